"""Changes of running loans 贷后变更 of the demo company: some decided, some waiting, as an office finds them in the morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlmodel import col

from loanhub.domain.errors import LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.models import Loan
from loanhub.services import loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans import Change

log = structlog.get_logger("loanhub.demo")


def build(collector: Actor, checker: Actor, manager: Actor, cashier: Actor, *, now: datetime) -> int:
    """Ask for changes and decide on some; return how many were made. What a loan does not allow is passed over."""
    today, made = local(now).date(), 0
    late, regular = _loans(LoanStatus.OVERDUE), _loans(LoanStatus.ACTIVE)

    def ask(candidates: Sequence[int], change: Change) -> int:
        nonlocal made
        for loan_id in candidates:
            try:
                asked = loans.request_change(collector, loan_id=loan_id, change=change, now=now)
            except LoanHubError as refusal:
                log.debug("demo_change_passed_over", loan_id=loan_id, why=str(refusal))
                continue
            made += 1
            taken.add(loan_id)
            return asked.request_id
        return 0

    def left(candidates: Sequence[int]) -> list[int]:
        return [loan_id for loan_id in candidates if loan_id not in taken]

    taken: set[int] = set()
    waived = ask(
        late,
        Change(kind="waiver", value_date=today, component="penalty", reason="客户住院期间逾期，已提供病历"),
    )
    extended = ask(
        left(regular),
        Change(
            kind="extension", value_date=today, months=3, guarantor_consent=True, evidence="展期申请书、担保人同意书",
            reason="下游回款推迟，项目合同已核",
        ),
    )  # fmt: skip
    lowered = ask(
        left(regular),
        Change(kind="rate_change", value_date=today, annual_rate="10.8", reason="连续按时还款，按政策下调"),
    )
    gone = ask(
        left(late[::-1]),
        Change(
            kind="write_off",
            value_date=today,
            evidence="法院终结执行裁定、催收记录",
            reason="借款人无财产可供执行",
        ),
    )
    for request_id, decider, note in (
        (waived, checker, "病历已核，同意减免"), (extended, checker, "担保人面签，同意展期"),
        (lowered, checker, "同意"), (gone, manager, "材料齐全，同意核销，账销案存"),
    ):  # fmt: skip
        if request_id:
            try:
                loans.approve_change(decider, request_id=request_id, note=note, now=now)
            except LoanHubError as refusal:
                log.debug("demo_change_not_approved", request_id=request_id, why=str(refusal))
    # Left waiting, for the first who signs in.
    ask(
        left(late),
        Change(kind="waiver", value_date=today, component="penalty", reason="首次逾期，承诺本周结清"),
    )
    ask(
        left(regular),
        Change(
            kind="extension", value_date=today, months=2, guarantor_consent=True, evidence="展期申请书",
            reason="旺季备货，回款集中在下季度",
        ),
    )  # fmt: skip
    ask(
        left(late),
        Change(
            kind="restructure", value_date=today, method="equal_installment", periods=18, annual_rate="9.6",
            evidence="重组协议、收入证明", reason="经营困难，降低月供后可以继续还",
        ),
    )  # fmt: skip
    made += _prepay(cashier, left(regular), now)
    return made


def _prepay(cashier: Actor, candidates: Sequence[int], now: datetime) -> int:
    """Repay part of one loan early."""
    day = local(now).date()
    for loan_id in candidates:
        try:
            shown = loans.preview_payment(
                cashier, loan_id=loan_id, amount="", value_date=day, kind="prepayment", prepay="1万", now=now
            )
            loans.post(
                cashier, loan_id=loan_id, amount_fen=shown.amount_fen, value_date=day, kind="prepayment",
                prepay_fen=1_000_000, bank_transaction_id=f"TQ{day:%Y%m%d}0001", now=now,
            )  # fmt: skip
        except LoanHubError:
            continue
        return 1
    return 0


def _loans(status: LoanStatus) -> list[int]:
    with reading() as db:
        query = sa.select(col(Loan.id)).where(col(Loan.status) == status, col(Loan.mode) == "own")
        return [int(one) for one in db.execute(query.order_by(col(Loan.dpd), col(Loan.id))).scalars()]
