"""A bank statement as read 流水: its lines, and what is wrong in a file that is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loanhub.domain.errors import InvalidInput
from loanhub.domain.statements.layouts import Layout

SHOWN_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place: row as the spreadsheet counts it (0: the file as a whole), column title, sentence."""

    row: int
    column: str
    sentence: str

    @property
    def text(self) -> str:
        """Return 「第 12 行「余额」：…」."""
        if not self.row:
            return self.sentence
        place = f"「{self.column}」" if self.column else ""
        return f"第 {self.row} 行{place}：{self.sentence}"


class StatementRefused(InvalidInput):
    """The file is not imported; ``problems`` says why, place by place (the first 50), ``total`` how many there are."""

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        self.problems = tuple(problems[:SHOWN_PROBLEMS])
        self.total = len(problems) if total is None else total
        first = self.problems[0].text
        more = f"（共 {self.total} 处问题）" if self.total > 1 else ""
        super().__init__(fields={"file": first + more})


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: ``amount_fen`` above zero came in, below zero went out; ``row`` as the spreadsheet counts it."""

    row: int
    transaction_id: str
    day: date
    clock: str
    amount_fen: int
    balance_fen: int | None
    party: str
    account: str
    remark: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as read, lines in the order of their running balance (oldest first).

    ``opening_fen`` and ``closing_fen`` are None when the layout carries no balances.
    """

    layout: Layout
    account: str
    lines: tuple[Line, ...]
    opening_fen: int | None
    closing_fen: int | None

    @property
    def first_day(self) -> date:
        """Return the first day with a movement."""
        return min(line.day for line in self.lines)

    @property
    def last_day(self) -> date:
        """Return the last day with a movement."""
        return max(line.day for line in self.lines)

    @property
    def in_fen(self) -> int:
        """Return all that came in."""
        return sum(line.amount_fen for line in self.lines if line.amount_fen > 0)

    @property
    def out_fen(self) -> int:
        """Return all that went out, above zero."""
        return -sum(line.amount_fen for line in self.lines if line.amount_fen < 0)
