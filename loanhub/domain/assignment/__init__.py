"""Assignment of leads 分配规则: the rules as data, whose turn it is, the decision with its reason, how fair it was.

Pure: the clock, the people and the counters are handed in. Source: lending-domain.md §5.7.
"""

from __future__ import annotations

from loanhub.domain.assignment.document import (
    MAX_CANDIDATES,
    MAX_RULES,
    MAX_WEIGHT,
    Candidate,
    CandidateKind,
    Document,
    Fallback,
    Hours,
    Rule,
    Strategy,
)
from loanhub.domain.assignment.engine import Decision, Engine, Outcome, Person, Team
from loanhub.domain.assignment.fairness import Fairness, Share, fairness
from loanhub.domain.assignment.turn import Turn

__all__ = [
    "MAX_CANDIDATES", "MAX_RULES", "MAX_WEIGHT", "Candidate", "CandidateKind", "Decision", "Document", "Engine",
    "Fairness", "Fallback", "Hours", "Outcome", "Person", "Rule", "Share", "Strategy", "Team", "Turn", "fairness",
]  # fmt: skip
