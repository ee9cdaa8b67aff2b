"""To-dos 待办: made by people, rules and sequences, finished with a note, put off, escalated, coming again."""

from loanhub.domain.catalogue.choices import TaskKind
from loanhub.services.tasks.change import assign, save_form, snooze
from loanhub.services.tasks.clock import run_due
from loanhub.services.tasks.close import cancel, complete, reopen
from loanhub.services.tasks.create import create, faults
from loanhub.services.tasks.view import TaskView, list_open, of_ids, open_task, people, views_of

__all__ = [
    "TaskKind", "TaskView", "assign", "cancel", "complete", "create", "faults", "list_open", "of_ids", "open_task", "people", "reopen",
    "run_due", "save_form", "snooze", "views_of",
]  # fmt: skip
