"""Collection cases 催收案件: when one opens and closes, the path it takes, and what becomes of a promise to pay.

A case is about one loan of our own; a loan has at most one open case. Nothing here counts money: days and amounts come
from the loan's replay. Source: lending guide §8 (collection ladder, 停催, PTP), parameter ``collect.start_dpd``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict
from loanhub.domain.loans import LoanStatus


class CollectionStage(Choice):
    """Where a case stands 催收进展; the columns of its board, by the same codes."""

    TODO = "todo", "待联系"
    CONTACTING = "contacting", "联系中"
    PROMISED = "promised", "承诺还款"
    VISIT = "visit", "外访"
    LEGAL = "legal", "法务"
    CLOSED = "closed", "已结案"


class CloseReason(Choice):
    """Why a case ended 结案原因; all of them follow from the loan, none is chosen by hand."""

    CURED = "cured", "逾期已还清"
    SETTLED = "settled", "贷款已结清"
    WRITTEN_OFF = "written_off", "贷款已核销"


class Approach(Choice):
    """How a case is worked 催收方式."""

    GENTLE = "gentle", "温和提醒"
    STANDARD = "standard", "常规催收"
    FIRM = "firm", "重点催收"


class HoldReason(Choice):
    """Why nobody may be contacted for a while 停催原因. Source: lending guide §8 停催 flags."""

    COMPLAINT = "complaint", "投诉处理中"
    DISPUTE = "dispute", "债务有争议"
    NEGOTIATING = "negotiating", "协商中"
    LITIGATION = "litigation", "诉讼中"
    BANKRUPTCY = "bankruptcy", "破产程序"
    ILLNESS = "illness", "重病"
    DEATH = "death", "死亡"


class PromiseStatus(Choice):
    """What became of a promise to pay 承诺还款."""

    OPEN = "open", "待履约"
    KEPT = "kept", "已履约"
    BROKEN = "broken", "未履约"
    REPLACED = "replaced", "已改约"


LONGEST_PROMISE_DAYS = 30
"""A promise further ahead is a change of terms 展期 and asked for as one."""
WORKABLE = (
    CollectionStage.TODO,
    CollectionStage.CONTACTING,
    CollectionStage.PROMISED,
    CollectionStage.VISIT,
    CollectionStage.LEGAL,
)
"""The stages of an open case."""
LASTING = (CollectionStage.VISIT, CollectionStage.LEGAL)
"""Stages a call or a promise does not lead back from."""
_TALKING = (CollectionStage.CONTACTING, CollectionStage.VISIT, CollectionStage.LEGAL)
MOVES: dict[CollectionStage, tuple[CollectionStage, ...]] = {
    CollectionStage.TODO: _TALKING,
    CollectionStage.CONTACTING: (CollectionStage.VISIT, CollectionStage.LEGAL),
    CollectionStage.PROMISED: _TALKING,
    CollectionStage.VISIT: (CollectionStage.CONTACTING, CollectionStage.LEGAL),
    CollectionStage.LEGAL: (CollectionStage.CONTACTING,),
    CollectionStage.CLOSED: (),
}
"""Where a person may bring a case; 承诺还款 is reached by a promise, 已结案 by the loan alone."""


class IllegalStage(Conflict):
    """The case does not go there from where it stands."""

    def __init__(self, source: CollectionStage, target: CollectionStage) -> None:
        super().__init__(why_not(source, target))


def why_not(source: CollectionStage, target: CollectionStage) -> str:
    """Return why a person may not bring a case from ``source`` to ``target``; empty when he may."""
    if source is target or target in MOVES[source]:
        return ""
    if source is CollectionStage.CLOSED:
        return "案件已结案；再逾期时系统会重新立案"
    if target is CollectionStage.CLOSED:
        return "还清逾期、结清或核销后自动结案，不能手工结案"
    if target is CollectionStage.PROMISED:
        return "登记承诺还款的日期和金额后进入「承诺还款」"
    if target is CollectionStage.TODO:
        return "联系过的案件不能回到「待联系」"
    return f"「{source.label}」不能移至「{target.label}」"


def move(source: CollectionStage, target: CollectionStage) -> CollectionStage:
    """Return the stage a person brings a case to.

    Raises:
        IllegalStage: see :func:`why_not`.
    """
    if why_not(source, target):
        raise IllegalStage(source, target)
    return target


def opens(*, mode: str, status: LoanStatus, dpd: int, start_dpd: int = 1) -> bool:
    """Return whether a loan calls for a case: our own, overdue past its grace, ``start_dpd`` days or more.

    ``dpd`` is the effective number of days overdue: 0 while grace lasts. A brokered loan 助贷 is the bank's to collect.
    Source: lending guide, 逾期 1 天 → 建催收任务 (after grace).
    """
    return mode == "own" and status is LoanStatus.OVERDUE and dpd >= max(1, start_dpd)


def close_reason(status: LoanStatus) -> CloseReason | None:
    """Return why a case on a loan of this status is over; None while the loan is overdue."""
    if status is LoanStatus.WRITTEN_OFF:
        return CloseReason.WRITTEN_OFF
    if status in (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY):
        return CloseReason.SETTLED
    return None if status is LoanStatus.OVERDUE else CloseReason.CURED


def overdue_since(as_of: date, dpd: int) -> date:
    """Return the first day a loan that is ``dpd`` days overdue at the end of ``as_of`` was late."""
    return as_of - timedelta(days=max(0, dpd - 1))


def resumes(closed_on: date, since: date) -> bool:
    """Return whether a loan late since a day takes its closed case up again: the payment that cured it was undone."""
    return since <= closed_on


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in on a loan and was not taken back: the day it counts for and when it was entered."""

    value_date: date
    posted_at: datetime
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a promise, and how much was paid towards it."""

    status: PromiseStatus
    paid_fen: int


def judge(
    *, made_at: datetime, due_date: date, amount_fen: int, received: Iterable[Received], as_of: date
) -> Judgement:
    """Return what became of a promise at the end of ``as_of``.

    Kept as soon as what came in since it was made, counting for the due date or earlier, reaches the amount; broken
    when the due date is over without that. An entry made late for a day in time still keeps it; one taken back no
    longer does.
    """
    paid = sum(one.amount_fen for one in received if one.posted_at >= made_at and one.value_date <= due_date)
    if paid >= amount_fen:
        return Judgement(PromiseStatus.KEPT, paid)
    return Judgement(PromiseStatus.BROKEN if as_of > due_date else PromiseStatus.OPEN, paid)


def promise_faults(*, due_date: date | None, amount_fen: int, owed_fen: int, today: date) -> dict[str, str]:
    """Return what is wrong with a promise, by field: no day or one gone by, too far, no amount, or above the debt."""
    faults: dict[str, str] = {}
    if due_date is None:
        faults["due_date"] = "请选择承诺还款的日期"
    elif due_date < today:
        faults["due_date"] = "承诺日期已经过去了"
    elif due_date > today + timedelta(days=LONGEST_PROMISE_DAYS):
        faults["due_date"] = f"承诺日期最远 {LONGEST_PROMISE_DAYS} 天；更久请发起展期"
    if amount_fen <= 0:
        faults["amount"] = "承诺金额要大于 0"
    elif amount_fen > owed_fen:
        faults["amount"] = "承诺金额不能超过现在应还的金额"
    return faults


def after_contact(stage: CollectionStage) -> CollectionStage:
    """Return the stage after somebody was contacted."""
    return CollectionStage.CONTACTING if stage is CollectionStage.TODO else stage


def after_promise(stage: CollectionStage) -> CollectionStage:
    """Return the stage after a promise was made; a case with a lawyer or a visitor stays there."""
    return stage if stage in LASTING else CollectionStage.PROMISED


def after_judgement(stage: CollectionStage) -> CollectionStage:
    """Return the stage of a case still open after its promise was kept or broken: somebody calls again."""
    return CollectionStage.CONTACTING if stage is CollectionStage.PROMISED else stage
