"""What each measure must give: asked of the tables themselves, row by row or in SQL, without the book."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.analytics.book import Window
from loanhub.domain.first_response import response
from loanhub.domain.formats import local
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.models import (
    Application,
    CollectionCase,
    CollectionContact,
    CollectionPromise,
    Customer,
    Installment,
    Interaction,
    Lead,
    Loan,
    LoanSnapshot,
    Payment,
    PaymentAllocation,
    StageMove,
    Task,
    User,
)
from loanhub.services._transaction import reading

OPEN = ("active", "grace", "overdue")
PASSED = ("approved", "contracted", "funded")


def instants(window: Window) -> tuple[datetime, datetime]:
    """Return the window as instants; Shanghai is eight hours ahead all year."""

    def start(day: Any) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)

    return start(window.first), start(window.end)


def between(column: Any, window: Window) -> Any:
    first, end = instants(window)
    return sa.and_(column >= first, column < end)


def dated(column: Any, window: Window) -> Any:
    return sa.and_(column >= window.first, column < window.end)


def scalar(query: Any) -> Any:
    with reading() as db:
        return db.execute(query).scalar_one()


def total(column: Any, *conditions: Any) -> int:
    return int(scalar(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(*conditions)))


def number(*conditions: Any) -> int:
    return int(scalar(sa.select(sa.func.count()).where(*conditions)))


OWN = sa.and_(col(Loan.mode) == "own", col(Loan.status) != "pending", col(Loan.disbursed_date).is_not(None))
ALIVE = sa.and_(OWN, sa.cast(col(Loan.status), sa.String).in_(OPEN))


def decided(window: Window, statuses: tuple[str, ...]) -> int:
    return number(
        between(col(Application.decided_at), window),
        sa.cast(col(Application.status), sa.String).in_(statuses),
    )


def sql_share(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None


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


def cohort(window: Window) -> Any:
    return sa.and_(between(col(Lead.created_at), window), col(Lead.deleted_at).is_(None))


def funded(window: Window | None = None) -> int:
    lent = (
        sa.select(col(Application.lead_id))
        .join(Loan, col(Loan.application_id) == col(Application.id))
        .where(OWN)
    )
    return number(cohort(window) if window else col(Lead.deleted_at).is_(None), col(Lead.id).in_(lent))


def per(amount_fen: int, heads: int) -> int | None:
    whole = int((Decimal(abs(amount_fen)) / heads).quantize(Decimal(1), ROUND_HALF_UP)) if heads else None
    return whole if whole is None or amount_fen >= 0 else -whole


def cost(window: Window) -> int:
    return total(col(Lead.cost_fen), cohort(window))


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


def leads_of(window: Window) -> list[Lead]:
    with reading() as db:
        return list(db.execute(sa.select(Lead).where(cohort(window))).scalars())


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


def sql_conversion_days(window: Window) -> Fraction | None:
    with reading() as db:
        rows = db.execute(
            sa.select(col(Lead.id), col(Lead.created_at), sa.func.min(col(Loan.disbursed_date)))
            .join(Application, col(Application.lead_id) == col(Lead.id))
            .join(Loan, col(Loan.application_id) == col(Application.id))
            .where(OWN, col(Lead.deleted_at).is_(None))
            .group_by(col(Lead.id), col(Lead.created_at))
        ).all()
    days = [(first - local(at).date()).days for _, at, first in rows if window.first <= first < window.end]
    return Fraction(statistics.median(days)) if days else None


def sql_minutes(window: Window) -> list[int]:
    with reading() as db:
        rows = db.execute(
            sa.select(col(Application.submitted_at), col(Application.decided_at)).where(
                between(col(Application.decided_at), window),
                sa.cast(col(Application.status), sa.String).in_((*PASSED, "rejected")),
            )
        ).all()
    return [int((end - start).total_seconds() // 60) for start, end in rows]


def amount_decided(window: Window, statuses: tuple[str, ...], column: Any = None) -> int:
    wanted = col(Application.amount_fen) if column is None else column
    return total(wanted, between(col(Application.decided_at), window),
                 sa.cast(col(Application.status), sa.String).in_(statuses))  # fmt: skip


def sql_first_default(window: Window, days: int) -> Fraction | None:
    with reading() as db:
        rows = db.execute(
            sa.select(col(Installment.due_date), col(Installment.cleared_date))
            .join(Loan, col(Loan.id) == col(Installment.loan_id)).where(OWN, col(Installment.period) == 1)
        ).all()  # fmt: skip
    judged = [(due + timedelta(days=days), cleared) for due, cleared in rows]
    judged = [(day, cleared) for day, cleared in judged if window.first <= day < window.end]
    return sql_share(sum(cleared is None or cleared >= day for day, cleared in judged), len(judged))


def sql_stage_hours(window: Window) -> Fraction | None:
    with reading() as db:
        stayed = list(
            db.execute(
                sa.select(col(StageMove.stayed_seconds)).join(Lead, col(Lead.id) == col(StageMove.lead_id))
                .where(between(col(StageMove.at), window), col(Lead.deleted_at).is_(None))
            ).scalars()
        )  # fmt: skip
    return Fraction(statistics.median([seconds // 60 for seconds in stayed])) / 60 if stayed else None


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


def start_of(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)


def due_between(first: Any, end: Any) -> Any:
    return sa.and_(col(Task.due_at) >= start_of(first), col(Task.due_at) < start_of(end))


OPEN_TASK = sa.and_(col(Task.done_at).is_(None), col(Task.deleted_at).is_(None))


def assigned(window: Window) -> Any:
    return sa.and_(
        between(col(Lead.assigned_at), window),
        col(Lead.deleted_at).is_(None),
        col(Lead.owner_id).is_not(None),
    )


def sql_follow_ups(window: Window) -> int:
    """Return the calls, messages and visits about somebody who is there, row by row."""
    with reading() as db:
        leads = set(db.execute(sa.select(col(Lead.id)).where(col(Lead.deleted_at).is_(None))).scalars())
        people = set(
            db.execute(sa.select(col(Customer.id)).where(col(Customer.deleted_at).is_(None))).scalars()
        )
        rows = db.execute(
            sa.select(col(Interaction.lead_id), col(Interaction.customer_id)).where(
                between(col(Interaction.at), window), col(Interaction.kind) != "note"
            )
        ).all()
    return sum(lead in leads or customer in people for lead, customer in rows)


def sql_first_response(window: Window) -> Fraction | None:
    """Return the share contacted before the moment the domain names, lead by lead."""
    with reading() as db:
        rows = db.execute(
            sa.select(col(Lead.assigned_at), col(Lead.first_contact_at)).where(assigned(window))
        ).all()
    due = [(response(at).due_at, first) for at, first in rows]
    known = [
        (until, first)
        for until, first in due
        if first or local(until).date() < window.end - timedelta(days=1)
    ]
    return sql_share(sum(bool(first and first <= until) for until, first in known), len(known))


TRUTH: dict[str, Callable[[Window], Any]] = {
    "new_leads": lambda w: number(cohort(w)),
    "new_customers": lambda w: number(between(col(Customer.created_at), w)),
    "valid_lead_rate": lambda w: sql_share(
        number(cohort(w), sa.cast(col(Lead.status), sa.String) != "invalid"), number(cohort(w))
    ),
    "contact_rate": lambda w: sql_share(
        number(cohort(w), col(Lead.assigned_at).is_not(None), col(Lead.first_contact_at).is_not(None)),
        number(cohort(w), col(Lead.assigned_at).is_not(None)),
    ),
    "lead_conversion": lambda w: sql_share(funded(w), number(cohort(w))),
    "period_conversion": lambda w: sql_share(
        int(scalar(sa.select(sa.func.count()).select_from(Loan).join(Application, col(Application.id) == col(Loan.application_id))
                   .where(OWN, dated(col(Loan.disbursed_date), w), col(Application.lead_id).is_not(None)))),
        number(cohort(w)),
    ),
    "channel_cost": cost,
    "cost_per_lead": lambda w: per(cost(w), number(cohort(w))),
    "channel_roi": sql_roi,
    "conversion_days": sql_conversion_days,
    "acquisition_cost": lambda w: per(cost(w), funded(w)),
    "application_count": lambda w: number(between(col(Application.submitted_at), w)),
    "applied_amount": lambda w: total(col(Application.amount_fen), between(col(Application.submitted_at), w)),
    "approval_rate": lambda w: sql_share(decided(w, PASSED), decided(w, (*PASSED, "rejected"))),
    "approval_rate_amount": lambda w: sql_share(amount_decided(w, PASSED), amount_decided(w, (*PASSED, "rejected"))),
    "approved_amount": lambda w: amount_decided(
        w, PASSED, sa.func.coalesce(col(Application.approved_amount_fen), col(Application.amount_fen))
    ),
    "approval_hours": lambda w: sql_share(sum(sql_minutes(w)), len(sql_minutes(w)) * 60),
    "approval_hours_median": lambda w: Fraction(statistics.median(sql_minutes(w))) / 60 if sql_minutes(w) else None,
    "stage_hours": sql_stage_hours,
    "disbursed_amount": lambda w: total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), w)),
    "disbursed_count": lambda w: number(OWN, dated(col(Loan.disbursed_date), w)),
    "average_ticket": lambda w: per(
        total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), w)), number(OWN, dated(col(Loan.disbursed_date), w))
    ),
    "output_per_head": sql_per_head,
    "collected_amount": lambda w: sum(fen for _, _, fen, _, _, _ in money(w)),
    "revenue_amount": lambda w: sum(earned for _, _, _, earned, _, _ in money(w)),
    "recovered_amount": lambda w: sum(fen for _, _, fen, _, kind, _ in money(w) if kind == "recovery"),
    "written_off_amount": lambda w: total(col(Loan.written_off_fen), OWN, dated(col(Loan.written_off_date), w)),
    "bad_debt_rate": lambda w: sql_share(lost(), total(col(Loan.principal_fen), OWN)),
    "outstanding_principal": lambda w: balance(),
    "overdue_rate": lambda w: sql_share(balance(col(Loan.dpd) > 0), balance()),
    "forward_roll_rate": lambda w: forward_roll(),
    "overdue_90_rate": lambda w: sql_share(balance(col(Loan.dpd) > 90), balance()),
    "overdue_principal": lambda w: total(col(Loan.overdue_principal_fen), ALIVE),
    "bad_loan_rate": lambda w: sql_share(balance(col(Loan.five_class).in_(BAD)), balance()),
    "provision_amount": lambda w: total(col(Loan.provision_fen), ALIVE),
    "provision_coverage": lambda w: sql_share(total(col(Loan.provision_fen), ALIVE), balance(col(Loan.five_class).in_(BAD))),
    "suspense_amount": lambda w: total(col(Loan.suspense_fen), OWN),
    "first_payment_default_7": lambda w: sql_first_default(w, 7),
    "first_payment_default_30": lambda w: sql_first_default(w, 30),
    "lifetime_value": lambda w: per(gained(), borrowers()),
    "lifetime_to_cost": lambda w: sql_to_cost(),
    "cases_opened": lambda w: number(dated(col(CollectionCase.opened_on), w)),
    "cases_closed": lambda w: number(dated(col(CollectionCase.closed_on), w)),
    "cases_open": lambda w: number(col(CollectionCase.id).is_not(None), col(CollectionCase.closed_on).is_(None)),
    "collected_in_cases": sql_in_cases,
    "promises_kept_rate": sql_promises,
    "follow_up_count": sql_follow_ups,
    "leads_assigned": lambda w: number(assigned(w)),
    "first_response_rate": sql_first_response,
    "tasks_due_today": lambda w: number(OPEN_TASK, due_between(w.end - timedelta(days=1), w.end)),
    "tasks_overdue": lambda w: number(OPEN_TASK, col(Task.due_at) < start_of(w.end - timedelta(days=1))),
    "collection_contacts": lambda w: number(between(col(CollectionContact.at), w), col(CollectionContact.direction) == "out"),
}  # fmt: skip
"""Each measure asked of the database without the book."""
