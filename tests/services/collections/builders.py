"""An overdue loan with its people, for the tests of collections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.permissions import RoleCode
from loanhub.models import CollectionCase, Customer, CustomerRelation, Event, Loan
from loanhub.models.encryption import blind_index
from loanhub.services import collections, day_end
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import make_company, make_phone, make_user
from tests.copies import made_once
from tests.services.loans.builders import Desk, make_desk, make_loan, noon

FIRST_DUE = date(2026, 2, 15)
"""The first due date of a loan of 15 January; grace lasts three days."""
LATE = date(2026, 2, 19)
"""The first day it is overdue."""


@dataclass
class Office:
    """The people, an overdue loan and what it is about."""

    desk: Desk
    collector: Actor
    colleague: Actor
    loan_id: int
    customer_id: int

    @property
    def case(self) -> CollectionCase:
        """Return the newest case of the loan."""
        with reading() as db:
            query = sa.select(CollectionCase).where(col(CollectionCase.loan_id) == self.loan_id)
            found: CollectionCase = (
                db.execute(query.order_by(col(CollectionCase.id).desc())).scalars().first()
            )  # type: ignore[assignment]
            return found

    @property
    def case_id(self) -> int:
        """Return its id."""
        return self.case.id or 0

    def relate(self, kind: str, name: str = "刘芳") -> int:
        """Add a related party with a phone; return the relation's id."""
        with transaction() as db:
            phone = f"+86{make_phone()}"
            row = CustomerRelation(
                customer_id=self.customer_id, kind=kind, name=name, phone=phone, phone_index=blind_index("phone", phone),
                created_at=noon(LATE),
            )  # fmt: skip
            db.add(row)
            db.flush()
            return row.id or 0


def make_office(**loan: object) -> Office:
    """Store people and a loan of 15 January, of which nothing was paid; no case yet."""
    desk = make_desk()
    loan_id = make_loan(desk, **loan)  # type: ignore[arg-type]
    with transaction() as db:
        row = db.get(Loan, loan_id)
        assert row is not None
        customer = db.get(Customer, row.customer_id)
        assert customer is not None
        customer.phone = f"+86{make_phone()}"
        customer.phone_index = blind_index("phone", customer.phone)
        customer.risk_grade = 1
        customer_id = customer.id or 0
    return Office(
        desk,
        make_user(RoleCode.COLLECTIONS, name="沈岩"),
        make_user(RoleCode.COLLECTIONS, name="何清"),
        loan_id,
        customer_id,
    )


def make_first_office() -> Office:
    """Return an office whose loan has just begun; makes the company too."""
    return made_once("first office", _first_office)


def _first_office() -> Office:
    make_company()
    return make_office()


def make_late_office() -> Office:
    """Return an office on the evening of the first day its loan is overdue; makes the company too."""
    return made_once("late office", _late_office)


def _late_office() -> Office:
    made = make_first_office()
    end_day(LATE)
    return made


def end_day(day: date) -> collections.Done:
    """Run the day-end of a day and bring the cases after it; both in the following night."""
    night = noon(day) + timedelta(hours=13)
    day_end.catch_up(SYSTEM, until=day, clock=lambda: night)
    return collections.run_day(day, now=night)


def events_of(case_id: int) -> list[str]:
    """Return the types of the events on a case, in order."""
    with reading() as db:
        query = sa.select(col(Event.type)).where(
            col(Event.entity) == "collection_case", col(Event.entity_id) == case_id
        )
        return list(db.execute(query.order_by(col(Event.id))).scalars())


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a time of day in Shanghai."""
    return noon(day) + timedelta(hours=hour - 12, minutes=minute)
