"""What loans, money, cases and profit must add up to, asked of the tables."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.analytics.book import Window
from loanhub.domain.formats import local
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.models import (
    Application,
    CollectionCase,
    CollectionPromise,
    Installment,
    Lead,
    Loan,
    LoanSnapshot,
    Payment,
    PaymentAllocation,
    User,
)
from loanhub.services._transaction import reading
from tests.analytics.asked import (
    ALIVE,
    OWN,
    dated,
    number,
    per,
    sql_share,
    total,
)
from tests.analytics.truth_of_leads import (
    cost,
    funded,
    leads_of,
)


def balance(*conditions: Any) -> int:
    return total(col(Loan.outstanding_principal_fen), ALIVE, *conditions)


def forward_roll() -> Fraction | None:
    """Return how much of the balance of the last month end but one stood worse at the last, loan by loan."""
    order = [bucket.value for bucket in Bucket]
    with reading() as db:
        own = sa.select(col(LoanSnapshot.snapshot_date)).join(Loan, col(Loan.id) == col(LoanSnapshot.loan_id))
        days = sorted(set(db.execute(own.where(col(Loan.mode) == "own")).scalars()))[-2:]
        if len(days) < 2:
            return None
        stood: list[dict[int, tuple[str, int]]] = [
            {
                one.loan_id: (one.bucket, one.outstanding_principal_fen)
                for one in db.execute(
                    sa.select(LoanSnapshot)
                    .join(Loan, col(Loan.id) == col(LoanSnapshot.loan_id))
                    .where(col(LoanSnapshot.snapshot_date) == day, col(Loan.mode) == "own")
                ).scalars()
            }
            for day in days
        ]
        lost = set(db.execute(sa.select(col(Loan.id)).where(col(Loan.written_off_date) <= days[1])).scalars())
    worse = sum(
        fen for loan, (bucket, fen) in stood[0].items()
        if (loan in lost if loan not in stood[1] else order.index(stood[1][loan][0]) > order.index(bucket))
    )  # fmt: skip
    return sql_share(worse, sum(fen for _, fen in stood[0].values()))


def money(window: Window | None = None) -> list[Any]:
    """Return (payment, loan, fen, of it revenue, kind, day) of the money that came and was not taken back."""
    with reading() as db:
        undone = set(db.execute(sa.select(col(Payment.reverses_id))).scalars())
        earned: dict[int, int] = {}
        for payment_id, component, fen in db.execute(
            sa.select(
                col(PaymentAllocation.payment_id),
                col(PaymentAllocation.component),
                col(PaymentAllocation.amount_fen),
            )
        ):
            earned[payment_id] = earned.get(payment_id, 0) + (fen if component != "principal" else 0)
        rows = db.execute(
            sa.select(col(Payment.id), col(Payment.loan_id), col(Payment.amount_fen), col(Payment.kind), col(Payment.value_date))
            .join(Loan, col(Loan.id) == col(Payment.loan_id))
            .where(OWN, col(Payment.kind).in_(["payment", "prepayment", "settlement", "recovery"]))
        ).all()  # fmt: skip
    return [
        (row_id, loan_id, fen, earned.get(row_id, 0), kind, day)
        for row_id, loan_id, fen, kind, day in rows
        if row_id not in undone and (window is None or window.first <= day < window.end)
    ]


def loans() -> list[Loan]:
    with reading() as db:
        return list(db.execute(sa.select(Loan).where(OWN)).scalars())


def lost() -> int:
    gone = {loan.id: loan.written_off_fen for loan in loans() if loan.written_off_date}
    back = sum(
        fen - earned for _, loan_id, fen, earned, kind, _ in money() if kind == "recovery" and loan_id in gone
    )
    return sum(gone.values()) - back


def sql_roi(window: Window) -> Fraction | None:
    with reading() as db:
        lead_of = dict(
            db.execute(
                sa.select(col(Loan.id), col(Application.lead_id)).join(Application, col(Application.id) == col(Loan.application_id))
            ).all()
        )  # fmt: skip
    ids = {lead.id for lead in leads_of(window)}
    earned = sum(fen for _, loan_id, _, fen, _, _ in money() if lead_of.get(loan_id) in ids)
    return sql_share(earned - cost(window), cost(window))


def sql_first_default(window: Window, days: int) -> Fraction | None:
    with reading() as db:
        rows = db.execute(
            sa.select(col(Installment.due_date), col(Installment.cleared_date))
            .join(Loan, col(Loan.id) == col(Installment.loan_id)).where(OWN, col(Installment.period) == 1)
        ).all()  # fmt: skip
    judged = [(due + timedelta(days=days), cleared) for due, cleared in rows]
    judged = [(day, cleared) for day, cleared in judged if window.first <= day < window.end]
    return sql_share(sum(cleared is None or cleared >= day for day, cleared in judged), len(judged))


def sql_in_cases(window: Window) -> int:
    with reading() as db:
        cases = db.execute(
            sa.select(
                col(CollectionCase.loan_id), col(CollectionCase.opened_on), col(CollectionCase.closed_on)
            )
        ).all()
    return sum(
        fen for _, loan_id, fen, _, _, day in money(window)
        if any(loan_id == of and opened <= day and (closed is None or day <= closed) for of, opened, closed in cases)
    )  # fmt: skip


def sql_promises(window: Window) -> Fraction | None:
    def judged(*statuses: str) -> int:
        return number(
            dated(col(CollectionPromise.judged_on), window), col(CollectionPromise.status).in_(statuses)
        )

    return sql_share(judged("kept"), judged("kept", "broken"))


def sql_per_head(window: Window) -> int | None:
    with reading() as db:
        joined = [local(at).date() for at in db.execute(sa.select(col(User.created_at)).where(col(User.name).like("员工%"))).scalars()]  # fmt: skip
    days = [window.first + timedelta(days=n) for n in range(window.days)]
    at_work = sum(day >= start + timedelta(days=30) for day in days for start in joined)
    lent = total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), window))
    return per(lent * window.days, at_work)


def gained() -> int:
    return sum(earned for _, _, _, earned, _, _ in money()) - lost()


def borrowers() -> int:
    return len({loan.customer_id for loan in loans()})


def sql_to_cost() -> Fraction | None:
    base = per(total(col(Lead.cost_fen), col(Lead.deleted_at).is_(None)) * borrowers(), funded())
    return sql_share(gained(), base or 0)


BAD = ("substandard", "doubtful", "loss")
