"""Protected values: with a reason, within the limit, and never without a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import customers
from loanhub.services._transaction import reading
from loanhub.settings import settings
from tests.builders import NOON, make_phone, make_user
from tests.services.customers.making import make_customer


def events_of(customer_id: int, event_type: str) -> list[Event]:
    with reading() as db:
        query = sa.select(Event).where(col(Event.customer_id) == customer_id, col(Event.type) == event_type)
        return list(db.execute(query).scalars())


class TestReveal:
    def test_shows_the_value_and_records_why_but_not_what(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        made = make_customer(rep, phone=phone)

        shown = customers.reveal(rep, customer_id=made, field="phone", reason="visit", now=NOON)

        trace = events_of(made, "customer.revealed")[0]
        assert shown.text.replace(" ", "") == phone
        assert (trace.summary, trace.reason) == ("手机号", "面签核对")
        assert phone not in str([trace.before, trace.after, trace.summary, trace.reason])

    @pytest.mark.parametrize("reason", ["", "看看", "   "])
    def test_wants_a_reason(self, reason: str) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)

        with pytest.raises(InvalidInput):
            customers.reveal(rep, customer_id=made, field="phone", reason=reason, now=NOON)

    def test_shows_only_protected_fields_that_hold_something(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep, city="苏州")

        for field in ("city", "owner_id", "nonsense", "id_number"):
            with pytest.raises(InvalidInput):
                customers.reveal(rep, customer_id=made, field=field, reason="visit", now=NOON)

    def test_stops_at_the_daily_limit_and_starts_again_the_next_day(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        limit = settings().reveals_per_day
        for _ in range(limit):
            left = customers.reveal(rep, customer_id=made, field="phone", reason="visit", now=NOON).left

        assert left == 0
        with pytest.raises(customers.RevealLimit):
            customers.reveal(rep, customer_id=made, field="phone", reason="visit", now=NOON)
        tomorrow = NOON + timedelta(hours=13)  # past midnight in Shanghai
        assert (
            customers.reveal(rep, customer_id=made, field="phone", reason="visit", now=tomorrow).left
            == limit - 1
        )

    def test_refuses_who_may_not_and_hides_from_who_may_not_see(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            customers.reveal(
                make_user(RoleCode.FINANCE), customer_id=made, field="phone", reason="visit", now=NOON
            )
        with pytest.raises(NotFound):
            customers.reveal(
                make_user(RoleCode.SALES), customer_id=made, field="phone", reason="visit", now=NOON
            )


class TestDial:
    def test_calling_ones_own_customer_is_recorded_and_does_not_count(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        made = make_customer(rep, phone=phone)

        number = customers.dial(rep, customer_id=made, now=NOON)

        assert number.digits.endswith(phone)
        assert len(events_of(made, "phone.dialed")) == 1
        assert customers.used_today(rep, now=NOON)[0] == 0

    def test_calling_somebody_elses_counts_as_a_look(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))
        officer = make_user(RoleCode.CREDIT)

        customers.dial(officer, customer_id=made, now=NOON)

        assert customers.used_today(officer, now=NOON)[0] == 1

    def test_refuses_who_may_not(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            customers.dial(make_user(RoleCode.MANAGER), customer_id=made, now=NOON)
