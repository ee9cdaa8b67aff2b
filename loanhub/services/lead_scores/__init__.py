"""Lead score and temperature 线索评分: rules in versions, computed after events and each night, explained, overruled."""

from loanhub.services._lead_scorer import TOPIC
from loanhub.services.lead_scores.compute import run_due
from loanhub.services.lead_scores.editor import (
    RuleView,
    ScoresView,
    delete_rule,
    discard,
    fields,
    leaf,
    publish,
    read_back,
    roll_back,
    save_bands,
    save_rule,
    switch_rule,
    view,
)
from loanhub.services.lead_scores.trial import Trial, simulate
from loanhub.services.lead_scores.why import Why, fix, give_back, why

__all__ = [
    "TOPIC", "RuleView", "ScoresView", "Trial", "Why", "delete_rule", "discard", "fields", "fix", "give_back", "leaf",
    "publish", "read_back", "roll_back", "run_due", "save_bands", "save_rule", "simulate", "switch_rule", "view", "why",
]  # fmt: skip
