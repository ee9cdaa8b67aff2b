"""Assignment 分配规则: the rules' life, who takes leads, the trial on history, and the engine that gives leads out.

Stands below ``services/leads``: whoever takes leads in calls :func:`place_new`.
"""

from loanhub.services._versions import StaleDraft
from loanhub.services.assignment._load import OpenEngine, open_engine
from loanhub.services.assignment.editor import fields, leaf, read_back
from loanhub.services.assignment.people import (
    AssigneeView,
    GroupView,
    delete_group,
    list_groups,
    list_people,
    save_group,
    set_caps,
)
from loanhub.services.assignment.place import Placed, columns_of, first_step_at, own_entries_too, place_new
from loanhub.services.assignment.rules import (
    RulesView,
    RuleView,
    VersionView,
    delete_rule,
    discard,
    move_rule,
    publish,
    roll_back,
    save_rule,
    save_settings,
    switch_rule,
    view,
)
from loanhub.services.assignment.simulate import Trial, channels, simulate

__all__ = [
    "AssigneeView", "GroupView", "OpenEngine", "Placed", "RuleView", "RulesView", "StaleDraft", "Trial", "VersionView",
    "channels", "columns_of", "delete_group", "delete_rule", "discard", "fields", "first_step_at", "leaf", "list_groups", "list_people",
    "move_rule", "open_engine", "own_entries_too", "place_new", "publish", "read_back", "roll_back", "save_group", "save_rule",
    "save_settings", "set_caps", "simulate", "switch_rule", "view",
]  # fmt: skip
