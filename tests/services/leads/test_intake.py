"""Many enquiries at once: each its own fate, numbers without gaps, one person one lead."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.leads import LeadDoor
from loanhub.models import Event, Lead, LeadTouch, SearchToken
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads.intake import Enquiry, Taken, door_actor, take_in
from tests.people import NOON, Company, make_company

DOOR = door_actor("接口 · 贷超甲", ip="203.0.113.7")


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company()


def enquiry(phone: str, name: str = "李伟", **raw: object) -> Enquiry:
    return Enquiry({"name": name, "phone": phone, "channel_code": "loan_market"} | raw, LeadDoor.API, DOOR)


def take(*enquiries: Enquiry) -> list[Taken]:
    with transaction() as db:
        return take_in(db, enquiries, now=NOON)


def leads() -> list[Lead]:
    with reading() as db:
        return list(db.execute(sa.select(Lead).order_by(col(Lead.id))).scalars())


def test_a_batch_is_numbered_without_gaps_found_and_recorded(company: Company) -> None:
    taken = take(*(enquiry(f"138001380{n:02d}") for n in range(20)))

    found = leads()
    assert [one.number for one in taken] == [lead.number for lead in found]
    assert [lead.number[-3:] for lead in found] == [f"{n:03d}" for n in range(1, 21)]
    assert len({lead.rank for lead in found}) == 20
    assert all(lead.cost_fen == 2500 and lead.door == "api" for lead in found)
    with reading() as db:
        events = db.execute(sa.select(Event).where(col(Event.type) == "lead.created")).scalars().all()
        assert {event.lead_id for event in events} == {lead.id for lead in found}
        assert {event.actor_name for event in events} == {"接口 · 贷超甲"} and {e.ip for e in events} == {
            "203.0.113.7"
        }
        assert all("138001380" not in str(event.after) for event in events), (
            "a phone number stands in the log"
        )
        tokens = set(db.execute(sa.select(col(SearchToken.entity_id))).scalars())
        assert tokens == {lead.id for lead in found}


def test_the_same_person_twice_in_a_batch_is_one_lead_and_a_touch(company: Company) -> None:
    first, second, other = take(enquiry("13800138000"), enquiry("+86 138-0013-8000"), enquiry("13800138001"))

    assert (first.new, second.new, other.new) == (True, False, True)
    assert first.lead_id == second.lead_id and len(leads()) == 2
    with reading() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(LeadTouch)).scalar_one() == 1


def test_a_fault_hurts_no_other(company: Company) -> None:
    good, bad, last = take(enquiry("13800138000"), enquiry("12", amount_fen="-5"), enquiry("13800138002"))

    assert good.new and last.new and bad.fault is not None
    assert set(bad.fault.fields) == {"phone", "amount_fen"}
    assert [lead.number[-3:] for lead in leads()] == ["001", "002"]


def test_system_fields_cannot_be_sent(company: Company) -> None:
    (taken,) = take(enquiry("13800138000", cost_fen="1", owner_id="1", number="L1", nonsense="x"))

    assert taken.fault is not None
    assert set(taken.fault.fields) == {"cost_fen", "owner_id", "number", "nonsense"}
