"""Collections 催收: a case a day after grace, worked by rule: who may be contacted, when, how often, and what was promised."""

from loanhub.domain.contact_rules import ContactRefused
from loanhub.services.collections._shared import CaseClosed, SomebodysCase, StaleCase
from loanhub.services.collections.contact import Dialed, Pledge, Report, check, dial, finish, log
from loanhub.services.collections.follow import Done, run_day, run_due, run_events
from loanhub.services.collections.promise import promise
from loanhub.services.collections.queue import (
    CaseMark,
    QueueFigure,
    Today,
    collectors,
    customer_ids,
    figures,
    marks,
    of_customer,
    of_loan,
    today_view,
)
from loanhub.services.collections.view import CaseView, case_view
from loanhub.services.collections.work import assign, claim, hold, move_stage, resume

__all__ = [
    "CaseClosed", "CaseMark", "CaseView", "ContactRefused", "Dialed", "Done", "Pledge", "QueueFigure", "Report",
    "SomebodysCase", "StaleCase", "Today", "assign", "case_view", "check", "claim", "collectors", "customer_ids", "dial",
    "figures", "finish", "hold", "log", "marks", "move_stage", "of_customer", "of_loan", "promise", "resume",
    "run_day", "run_due", "run_events", "today_view",
]  # fmt: skip
