"""Which loan a movement on our account belongs to 流水匹配: points for what fits, and a reason in words for each.

Payer account + remark + payer name say who it is from, the amount and the day say which loan. Points are no
probabilities; they only order the candidates. Source: docs/algorithms/reconciliation.md; lending rules §4.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loanhub.domain.choice import Choice
from loanhub.domain.loose_values import cell_text
from loanhub.domain.money import format_plain

STRONG = 60
"""Points from which a candidate is strong: a loan number in the remark alone, or a name with the exact amount."""
LEAD = 25
"""A strong candidate this far above the next one is the only one."""
CLOSE_DAYS, NEAR_DAYS = 3, 7


class Reason(Choice):
    """What speaks for a candidate, and for how much."""

    LOAN_NUMBER = "loan_number", "附言里有借据编号"
    CONTRACT_NUMBER = "contract_number", "附言里有合同编号"
    ACCOUNT = "account", "付款账号是借款人登记的卡号"
    ACCOUNT_TAIL = "account_tail", "付款账号尾号与借款人的卡号相同"
    BORROWER = "borrower", "付款人就是借款人"
    GUARANTOR = "guarantor", "付款人是关系人"
    NAMED = "named", "附言里有借款人姓名"
    OFFER = "offer", "金额等于提前结清报价"
    CLEARS = "clears", "金额等于结清当期金额"
    REGULAR = "regular", "金额等于一期应还"
    SETTLES = "settles", "金额等于剩余全部应还"
    DUE_CLOSE = "due_close", "离应还日 3 天以内"
    DUE_NEAR = "due_near", "离应还日 7 天以内"
    DISBURSED = "disbursed", "金额等于这笔放款"
    REFUNDED = "refunded", "金额等于这笔退款"
    POSTED = "posted", "同一天已有一笔金额相同的入账"


POINTS: dict[Reason, int] = {
    Reason.LOAN_NUMBER: 60,
    Reason.CONTRACT_NUMBER: 45,
    Reason.ACCOUNT: 50,
    Reason.ACCOUNT_TAIL: 20,
    Reason.BORROWER: 30,
    Reason.GUARANTOR: 20,
    Reason.NAMED: 25,
    Reason.OFFER: 35,
    Reason.CLEARS: 30,
    Reason.SETTLES: 30,
    Reason.REGULAR: 25,
    Reason.DUE_CLOSE: 5,
    Reason.DUE_NEAR: 2,
    Reason.DISBURSED: 35,
    Reason.REFUNDED: 35,
    Reason.POSTED: 0,
}
WHO = frozenset(
    {
        Reason.LOAN_NUMBER, Reason.CONTRACT_NUMBER, Reason.ACCOUNT, Reason.ACCOUNT_TAIL, Reason.BORROWER,
        Reason.GUARANTOR, Reason.NAMED,
    }
)  # fmt: skip
"""Reasons that say whose money it is; without one of them a candidate is never strong."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What a line says of itself. ``account`` may be masked with ``*``; ``amount_fen`` below zero went out."""

    day: date
    amount_fen: int
    payer: str = ""
    account: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFacts:
    """What a loan offers for comparison, on the day of the movement.

    ``clears_fen``: what leaves nothing due that day; ``regular_fen``: the totals of the installments open or next due;
    ``settles_fen``: everything still owed by schedule; ``offers_fen``: settlement offers valid that day;
    ``disbursed_fen``, ``refunds_fen``: what went out to the borrower within a few days of it;
    ``posted_same``: an entry of that very day and amount stands already under another bank id;
    ``written_off``: what comes in is a recovery 核销后收回.
    """

    loan_id: int
    number: str
    contract_number: str = ""
    borrower: str = ""
    account: str = ""
    related: tuple[str, ...] = ()
    clears_fen: int = 0
    regular_fen: tuple[int, ...] = ()
    settles_fen: int = 0
    offers_fen: tuple[int, ...] = ()
    due_dates: tuple[date, ...] = ()
    disbursed_fen: int = 0
    refunds_fen: tuple[int, ...] = ()
    posted_same: bool = False
    written_off: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A candidate: its points, why, and whether the money came from somebody else 代还."""

    loan_id: int
    points: int
    reasons: tuple[Reason, ...]
    kind: str = "payment"
    third_party: bool = False

    @property
    def strong(self) -> bool:
        """Return whether it is good enough to be suggested."""
        return self.points >= STRONG and any(reason in WHO for reason in self.reasons)


class Verdict(Choice):
    """What the candidates of a movement amount to."""

    SUGGESTED = "suggested", "建议"
    CHOOSE = "choose", "需选择"
    UNCLAIMED = "unclaimed", "待认领"


def normalized_party(name: str) -> str:
    """Return a name as two statements of it compare: full-width forms, spaces and brackets aside."""
    return re.sub(r"[\s()（）·•\-*]+", "", cell_text(name)).casefold()


def same_account(one: str, other: str) -> bool:
    """Return whether two whole account numbers are the same; masked or short ones never are."""
    return "*" not in one + other and len(one) >= 8 and one == other


def same_tail(one: str, other: str) -> bool:
    """Return whether a masked number fits a whole one: the digits shown at both ends agree, at least four behind."""
    shown, whole = (one, other) if "*" in one else (other, one)
    if "*" not in shown or "*" in whole or len(whole) < 8:
        return False
    head, tail = shown.split("*", 1)[0], shown.rsplit("*", 1)[-1]
    return len(tail) >= 4 and whole.endswith(tail) and whole.startswith(head)


def mentions(remark: str, number: str) -> bool:
    """Return whether a remark names a number, with or without its dashes; a longer number is another one."""
    wanted = number.upper().replace("-", "")
    folded = re.sub(r"[-_]", "", cell_text(remark)).upper()
    return bool(wanted) and re.search(rf"(?<![A-Z0-9]){re.escape(wanted)}(?![0-9])", folded) is not None


def is_third_party(movement: Movement, facts: LoanFacts) -> bool:
    """Return whether somebody else pays 代还: the payer's name is given and is not the borrower's."""
    payer = normalized_party(movement.payer)
    return bool(payer) and payer != normalized_party(facts.borrower)


def score(movement: Movement, facts: LoanFacts) -> Claim:
    """Return how well a loan fits a movement."""
    reasons = [*_who(movement, facts)]
    kind = "payment"
    if movement.amount_fen < 0:
        reasons += _out(-movement.amount_fen, facts)
        kind = "outgoing"
    else:
        amounts = _amounts(movement.amount_fen, facts)
        reasons += amounts
        if amounts:
            reasons += _near(movement.day, facts.due_dates)
        if Reason.OFFER in amounts:
            kind = "settlement"
        if facts.written_off:
            kind = "recovery"
        if facts.posted_same:
            reasons.append(Reason.POSTED)
    points = sum(POINTS[reason] for reason in reasons)
    if facts.posted_same:
        # Most likely the same money, entered by hand under a mistyped bank id: a person must look.
        points = min(points, STRONG - 1)
    return Claim(facts.loan_id, points, tuple(reasons), kind, is_third_party(movement, facts))


def _who(movement: Movement, facts: LoanFacts) -> list[Reason]:
    found: list[Reason] = []
    if mentions(movement.remark, facts.number):
        found.append(Reason.LOAN_NUMBER)
    elif mentions(movement.remark, facts.contract_number):
        found.append(Reason.CONTRACT_NUMBER)
    if same_account(movement.account, facts.account):
        found.append(Reason.ACCOUNT)
    elif same_tail(movement.account, facts.account):
        found.append(Reason.ACCOUNT_TAIL)
    payer, borrower = normalized_party(movement.payer), normalized_party(facts.borrower)
    if payer and payer == borrower:
        found.append(Reason.BORROWER)
    elif payer and payer in {normalized_party(name) for name in facts.related}:
        found.append(Reason.GUARANTOR)
    elif payer and len(borrower) >= 2 and borrower in normalized_party(movement.remark):
        found.append(Reason.NAMED)
    return found


def _amounts(amount_fen: int, facts: LoanFacts) -> list[Reason]:
    if amount_fen in facts.offers_fen:
        return [Reason.OFFER]
    if amount_fen == facts.clears_fen:
        return [Reason.CLEARS]
    if amount_fen in facts.regular_fen:
        return [Reason.REGULAR]
    if amount_fen == facts.settles_fen:
        return [Reason.SETTLES]
    return []


def _near(day: date, due_dates: Sequence[date]) -> list[Reason]:
    distance = min((abs((due - day).days) for due in due_dates), default=None)
    if distance is None or distance > NEAR_DAYS:
        return []
    return [Reason.DUE_CLOSE if distance <= CLOSE_DAYS else Reason.DUE_NEAR]


def _out(amount_fen: int, facts: LoanFacts) -> list[Reason]:
    found = []
    if amount_fen == facts.disbursed_fen:
        found.append(Reason.DISBURSED)
    if amount_fen in facts.refunds_fen:
        found.append(Reason.REFUNDED)
    return found


def decide(claims: Sequence[Claim]) -> tuple[Verdict, Claim | None]:
    """Return what to do with a movement and, when suggested, the one candidate.

    Exactly one strong candidate, or one ``LEAD`` points above the next, is suggested; several are for a person to
    choose from; none leaves the movement unclaimed 待认领. Of an outgoing movement only one whose amount fits is strong.
    """
    strong = sorted((claim for claim in claims if claim.strong and _fits(claim)), key=lambda one: -one.points)
    if not strong:
        return Verdict.UNCLAIMED, None
    if len(strong) == 1 or strong[0].points - strong[1].points >= LEAD:
        return Verdict.SUGGESTED, strong[0]
    return Verdict.CHOOSE, None


def _fits(claim: Claim) -> bool:
    return claim.kind != "outgoing" or Reason.DISBURSED in claim.reasons or Reason.REFUNDED in claim.reasons


def describe_reason(reason: Reason, amount_fen: int) -> str:
    """Return a reason as the page shows it; those on the amount carry it."""
    if reason in (Reason.CLEARS, Reason.REGULAR, Reason.OFFER, Reason.SETTLES):
        return f"{reason.label} {format_plain(abs(amount_fen))}"
    return reason.label


_TOKEN = re.compile(r"[A-Z]{1,6}(?:-[A-Z]{1,4})?-[0-9]{6,8}-[0-9]{3,6}(?:-[0-9]{1,3})?")


def numbers_in(remark: str) -> tuple[str, ...]:
    """Return what looks like a loan or contract number in a remark, for looking it up; in upper case.

    A loan number contains its contract's number, so both readings are given.
    """
    found: list[str] = []
    for matched in _TOKEN.finditer(cell_text(remark).upper()):
        found += [matched[0], re.sub(r"(-[0-9]{3,6})-[0-9]{1,3}$", r"\1", matched[0])]
    return tuple(dict.fromkeys(found))
