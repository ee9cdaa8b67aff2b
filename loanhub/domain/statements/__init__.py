"""Bank statements 银行流水: two common layouts, reading them strictly, and which loan a movement belongs to."""

from loanhub.domain.statements.layouts import LAYOUTS, Layout
from loanhub.domain.statements.lines import LineStatus, LineTab
from loanhub.domain.statements.matching import (
    Claim,
    LoanFacts,
    Movement,
    Reason,
    Verdict,
    decide,
    is_third_party,
    score,
)
from loanhub.domain.statements.reading import read_statement
from loanhub.domain.statements.statement import Line, Problem, Statement, StatementRefused

__all__ = [
    "LAYOUTS", "Claim", "Layout", "Line", "LineStatus", "LineTab", "LoanFacts", "Movement", "Problem", "Reason", "Statement", "StatementRefused",
    "Verdict", "decide", "is_third_party", "read_statement", "score",
]  # fmt: skip
