"""Queries on bank statements and their lines; what a line may belong to is found in ``statement_matches``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.domain.statements import LineStatus, LineTab
from loanhub.models import (
    BankLine,
    BankStatement,
)

AT_ONCE = 500


def pieces(values: Iterable[str], size: int = AT_ONCE) -> list[list[str]]:
    """Return distinct non-empty values in lists short enough for one statement."""
    found = [value for value in dict.fromkeys(values) if value]
    return [found[start : start + size] for start in range(0, len(found), size)]


# ---- statements and lines ----
def get_line(db: Session, line_id: int, *, for_update: bool = False) -> BankLine:
    """Return a line; raise NotFound when there is none such."""
    query = sa.select(BankLine).where(col(BankLine.id) == line_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    line: BankLine | None = db.execute(query).scalar_one_or_none()
    if line is None:
        raise NotFound("没有找到这笔流水")
    return line


def find_by_digest(db: Session, sha256: str) -> BankStatement | None:
    """Return the statement read from a file of exactly this content, or None."""
    return db.execute(
        sa.select(BankStatement).where(col(BankStatement.sha256) == sha256)
    ).scalar_one_or_none()


def get_statement(db: Session, statement_id: int) -> BankStatement:
    """Return a statement; raise NotFound when there is none such."""
    found = db.get(BankStatement, statement_id)
    if found is None:
        raise NotFound("没有找到这份流水")
    return found


def find_before(db: Session, account_tail: str, day: date) -> BankStatement | None:
    """Return the newest statement of an account that ends before a day, or None."""
    query = (
        sa.select(BankStatement)
        .where(col(BankStatement.account_tail) == account_tail, col(BankStatement.last_date) < day)
        .order_by(col(BankStatement.last_date).desc(), col(BankStatement.id).desc())
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none()


def known_lines(db: Session, transaction_ids: Iterable[str]) -> dict[str, tuple[int, date]]:
    """Return amount and day of the lines already stored under these ids."""
    found: dict[str, tuple[int, date]] = {}
    columns = (col(BankLine.transaction_id), col(BankLine.amount_fen), col(BankLine.booked_date))
    for some in pieces(transaction_ids):
        for key, amount, day in db.execute(
            sa.select(*columns).where(col(BankLine.transaction_id).in_(some))
        ).all():
            found[str(key)] = (int(amount), day)
    return found


def list_statements(db: Session, *, limit: int = 30) -> list[tuple[BankStatement, dict[str, int]]]:
    """Return the newest statements, each with how many of its lines stand in each status."""
    rows = list(
        db.execute(sa.select(BankStatement).order_by(col(BankStatement.id).desc()).limit(limit)).scalars()
    )
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    query = (
        sa.select(col(BankLine.statement_id), col(BankLine.status), sa.func.count())
        .where(col(BankLine.statement_id).in_([row.id for row in rows]))
        .group_by(col(BankLine.statement_id), col(BankLine.status))
    )
    for statement_id, status, number in db.execute(query).all():
        counts[int(statement_id)][str(status)] = int(number)
    return [(row, counts[row.id or 0]) for row in rows]


def in_tab(tab: LineTab) -> sa.ColumnElement[bool]:
    """Return the condition of a tab."""
    waiting = col(BankLine.status) == LineStatus.UNMATCHED.value
    if tab is LineTab.UNCLAIMED:
        return sa.and_(waiting, col(BankLine.loan_id).is_(None))
    if tab is LineTab.SUGGESTED:
        return sa.and_(waiting, col(BankLine.loan_id).is_not(None))
    if tab is LineTab.IGNORED:
        return col(BankLine.status) == LineStatus.IGNORED.value
    return col(BankLine.status).in_((LineStatus.MATCHED.value, LineStatus.BOOKED.value))


@dataclass(frozen=True)
class Wanted:
    """Which lines are asked for; ``way`` is in, out or both (empty)."""

    statement_id: int = 0
    text: str = ""
    way: str = ""

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Return it as SQL."""
        parts: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.statement_id:
            parts.append(col(BankLine.statement_id) == self.statement_id)
        if self.way == "in":
            parts.append(col(BankLine.amount_fen) > 0)
        elif self.way == "out":
            parts.append(col(BankLine.amount_fen) < 0)
        if self.text:
            columns = (BankLine.payer_name, BankLine.remark, BankLine.transaction_id)
            ways = [col(column).contains(self.text, autoescape=True) for column in columns]
            if self.text.isascii() and self.text.isdigit() and len(self.text) == 4:
                ways.append(col(BankLine.payer_account_tail) == self.text)
            parts.append(sa.or_(*ways))
        return sa.and_(*parts)


def count_tabs(db: Session, wanted: Wanted) -> dict[LineTab, tuple[int, int]]:
    """Return (lines, sum of what came in) of each tab."""
    found = {}
    total = sa.func.coalesce(
        sa.func.sum(sa.case((col(BankLine.amount_fen) > 0, col(BankLine.amount_fen)), else_=0)), 0
    )
    for tab in LineTab:
        row = db.execute(
            sa.select(sa.func.count(), total).select_from(BankLine).where(wanted.condition, in_tab(tab))
        ).one()
        found[tab] = (int(row[0]), int(row[1]))
    return found


def list_lines(
    db: Session, tab: LineTab, wanted: Wanted, *, offset: int = 0, limit: int = 50
) -> list[tuple[BankLine, str]]:
    """Return lines of a tab, newest day first, each with the number of its statement."""
    query = (
        sa.select(BankLine, col(BankStatement.number))
        .join(BankStatement, col(BankStatement.id) == col(BankLine.statement_id))
        .where(wanted.condition, in_tab(tab))
        .order_by(col(BankLine.booked_date).desc(), col(BankLine.id).desc())
    )
    return [(line, str(number)) for line, number in db.execute(query.offset(offset).limit(limit)).all()]


def list_unmatched_ids(db: Session, statement_id: int, *, after_id: int, limit: int) -> list[int]:
    """Return ids above ``after_id`` of the unmatched lines of a statement (0: of all), in order."""
    query = sa.select(col(BankLine.id)).where(
        col(BankLine.status) == LineStatus.UNMATCHED.value, col(BankLine.id) > after_id
    )
    if statement_id:
        query = query.where(col(BankLine.statement_id) == statement_id)
    return [int(i or 0) for i in db.execute(query.order_by(col(BankLine.id)).limit(limit)).scalars()]


def list_suggested_ids(db: Session, wanted: Wanted, *, limit: int) -> list[int]:
    """Return the ids of the suggested incoming lines, oldest day first: postings in the order the money came."""
    query = (
        sa.select(col(BankLine.id))
        .where(wanted.condition, in_tab(LineTab.SUGGESTED), col(BankLine.amount_fen) > 0)
        .order_by(col(BankLine.booked_date), col(BankLine.id))
        .limit(limit)
    )
    return [int(i or 0) for i in db.execute(query).scalars()]


def list_by_ids(db: Session, ids: Sequence[int], *, for_update: bool = False) -> list[BankLine]:
    """Return lines in order of id."""
    query = sa.select(BankLine).where(col(BankLine.id).in_(ids)).order_by(col(BankLine.id))
    return list(db.execute(query.with_for_update() if for_update else query).scalars())
