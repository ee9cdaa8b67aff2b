"""What leads, applications, follow-up and to-dos must add up to, asked of the tables."""

from __future__ import annotations

import statistics
from datetime import timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.analytics.book import Window
from loanhub.domain.first_response import response
from loanhub.domain.formats import local
from loanhub.models import (
    Application,
    Customer,
    Interaction,
    Lead,
    Loan,
    StageMove,
    Task,
)
from loanhub.services._transaction import reading
from tests.analytics.asked import (
    OWN,
    PASSED,
    between,
    number,
    sql_share,
    start_of,
    total,
)


def decided(window: Window, statuses: tuple[str, ...]) -> int:
    return number(
        between(col(Application.decided_at), window),
        sa.cast(col(Application.status), sa.String).in_(statuses),
    )


def cohort(window: Window) -> Any:
    return sa.and_(between(col(Lead.created_at), window), col(Lead.deleted_at).is_(None))


def funded(window: Window | None = None) -> int:
    lent = (
        sa.select(col(Application.lead_id))
        .join(Loan, col(Loan.application_id) == col(Application.id))
        .where(OWN)
    )
    return number(cohort(window) if window else col(Lead.deleted_at).is_(None), col(Lead.id).in_(lent))


def cost(window: Window) -> int:
    return total(col(Lead.cost_fen), cohort(window))


def leads_of(window: Window) -> list[Lead]:
    with reading() as db:
        return list(db.execute(sa.select(Lead).where(cohort(window))).scalars())


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


def sql_stage_hours(window: Window) -> Fraction | None:
    with reading() as db:
        stayed = list(
            db.execute(
                sa.select(col(StageMove.stayed_seconds)).join(Lead, col(Lead.id) == col(StageMove.lead_id))
                .where(between(col(StageMove.at), window), col(Lead.deleted_at).is_(None))
            ).scalars()
        )  # fmt: skip
    return Fraction(statistics.median([seconds // 60 for seconds in stayed])) / 60 if stayed else None


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
