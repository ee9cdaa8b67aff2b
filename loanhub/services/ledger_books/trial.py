"""The trial balance 试算平衡: every account with its opening, debits, credits and closing; both sides must be equal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanhub.domain.errors import InvalidInput
from loanhub.domain.loans import Account
from loanhub.domain.money import format_plain
from loanhub.domain.permissions import Permission
from loanhub.repositories import ledger as repository
from loanhub.repositories.ledger import AccountSums
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading


@dataclass(frozen=True)
class AccountRow:
    """An account in a period. ``side`` is 借 or 贷, where its closing balance stands; amounts without ¥."""

    code: str
    label: str
    opening_side: str
    opening: str
    debit: str
    credit: str
    side: str
    closing: str
    opening_fen: int
    debit_fen: int
    credit_fen: int
    closing_fen: int
    """Debits minus credits: below zero is a credit balance."""


@dataclass(frozen=True)
class TrialBalance:
    """The accounts of a period with both totals; ``balanced`` when openings, movements and closings each agree."""

    first: str
    last: str
    rows: tuple[AccountRow, ...]
    opening_debit: str
    opening_credit: str
    debit: str
    credit: str
    closing_debit: str
    closing_credit: str
    difference: str
    balanced: bool
    broken: tuple[int, ...]
    """Ids of transactions that do not balance in themselves: a damage of the data."""


def trial_balance(actor: Actor, *, last: date, first: date | None = None) -> TrialBalance:
    """Return the trial balance at the end of ``last`` (inclusive), movements since ``first``.

    By value date, so that an entry of later counts on the day its money moved. Without ``first`` the movements are
    those of the month of ``last``.

    Raises:
        NotPermitted: the actor lacks ledger:read.
        InvalidInput: naming ``first``: it lies after ``last``.
    """
    actor.require(Permission.LEDGER_READ)
    first = first or last.replace(day=1)
    if first > last:
        raise InvalidInput(fields={"first": "开始日期不能晚于截止日期"})
    with reading() as db:
        found = {sums.account: sums for sums in repository.sum_accounts(db, first, last)}
        broken = repository.trial_balance(db).unbalanced
    known = [account.value for account in Account]
    rows = tuple(_row(found[code]) for code in [*known, *sorted(set(found) - set(known))] if code in found)

    def total(values: list[int], *, side: int) -> int:
        return sum(side * value for value in values if side * value > 0)

    openings, closings = [row.opening_fen for row in rows], [row.closing_fen for row in rows]
    pairs = (
        (total(openings, side=1), total(openings, side=-1)),
        (sum(row.debit_fen for row in rows), sum(row.credit_fen for row in rows)),
        (total(closings, side=1), total(closings, side=-1)),
    )
    texts = [format_plain(value) for pair in pairs for value in pair]
    return TrialBalance(
        first=first.isoformat(), last=last.isoformat(), rows=rows, opening_debit=texts[0], opening_credit=texts[1],
        debit=texts[2], credit=texts[3], closing_debit=texts[4], closing_credit=texts[5],
        difference=format_plain(pairs[2][0] - pairs[2][1]),
        balanced=all(debit == credit for debit, credit in pairs) and not broken, broken=broken,
    )  # fmt: skip


def _row(sums: AccountSums) -> AccountRow:
    opening = sums.debit_before_fen - sums.credit_before_fen
    closing = opening + sums.debit_fen - sums.credit_fen
    return AccountRow(
        code=sums.account, label=account_label(sums.account), opening_side=side_of(opening),
        opening=format_plain(abs(opening)), debit=format_plain(sums.debit_fen), credit=format_plain(sums.credit_fen),
        side=side_of(closing), closing=format_plain(abs(closing)), opening_fen=opening, debit_fen=sums.debit_fen,
        credit_fen=sums.credit_fen, closing_fen=closing,
    )  # fmt: skip


def side_of(fen: int) -> str:
    """Return the side a balance (debits minus credits) stands on."""
    return "借" if fen > 0 else "贷" if fen < 0 else "平"


def account_label(code: str) -> str:
    """Return the Chinese name of an account; a code that is not known shows as it is."""
    found = Account.find(code)
    return found.label if found else code
