"""Lead scores: points and bands, versions, computed after events and each night, explained, overruled, given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import LeadDoor, Temperature
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead
from loanhub.services import assignment, lead_scores, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads.intake import Enquiry, door_actor, take_in
from tests.builders import NOON, make_company, make_phone, make_user
from tests.killing import dies_at


@pytest.fixture
def manager(database: Engine) -> Actor:
    make_company()
    return make_user(RoleCode.MANAGER)


def rule(actor: Actor, name: str, points: str, raw: object) -> int:
    expected = lead_scores.view(actor, now=NOON).draft_version
    return lead_scores.save_rule(
        actor, expected=expected, name=name, points=points, raw_criteria=raw, now=NOON
    )


def condition(actor: Actor, field: str, operator: str, value: str) -> dict[str, object]:
    return lead_scores.leaf(actor, field=field, operator=operator, texts=[value], now=NOON)


def switch_on(actor: Actor) -> None:
    rule(actor, "三十万以上", "30", condition(actor, "amount_fen", "gte", "300000"))
    rule(actor, "苏州以外", "-20", {"not": condition(actor, "city", "eq", "苏州")})
    lead_scores.publish(actor, expected=lead_scores.view(actor, now=NOON).draft_version, now=NOON)


def make_lead(rep: Actor, amount: str = "40万", city: str = "苏州") -> int:
    raw = {
        "name": "郑文博",
        "phone": make_phone(),
        "amount_fen": amount,
        "city": city,
        "channel_code": "website",
    }
    made = leads.create(rep, raw, now=NOON)
    assert made.lead_id is not None
    return made.lead_id


def shown(lead_id: int) -> tuple[int | None, Temperature | None]:
    with reading() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None
        return lead.score, lead.temperature


class TestCompute:
    def test_gives_points_and_temperature_after_the_lead_came_in(self, manager: Actor) -> None:
        switch_on(manager)
        rep = make_user(RoleCode.SALES)
        good, poor = make_lead(rep), make_lead(rep, "5万", "杭州")
        lead_scores.run_due(now=NOON)

        assert shown(good) == (70, Temperature.HIGH)
        assert shown(poor) == (20, Temperature.INVALID)

    def test_follows_an_edit_and_says_so_once(self, manager: Actor) -> None:
        switch_on(manager)
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        lead_scores.run_due(now=NOON)
        leads.edit(rep, lead_id=lead_id, raw={"amount_fen": "5万"}, expected_version=None, now=NOON)
        for _ in range(3):
            lead_scores.run_due(now=NOON)

        with reading() as db:
            said = (
                sa.select(col(Event.summary)).where(col(Event.type) == "lead.scored").order_by(col(Event.id))
            )
            assert len(list(db.execute(said).scalars())) == 2
        assert shown(lead_id) == (40, Temperature.WATCH)

    def test_nothing_is_scored_before_rules_are_in_force(self, manager: Actor) -> None:
        lead_id = make_lead(make_user(RoleCode.SALES))
        assert lead_scores.run_due(now=NOON) == 0
        assert shown(lead_id) == (None, None)

    def test_each_night_what_time_changes_is_seen(self, manager: Actor) -> None:
        rule(manager, "近七天进线", "40", condition(manager, "created_at", "in_period", "last_7_days"))
        lead_scores.publish(manager, expected=1, now=NOON)
        lead_id = make_lead(make_user(RoleCode.SALES))
        lead_scores.run_due(now=NOON)
        before = shown(lead_id)[0]
        lead_scores.run_due(now=NOON + timedelta(days=9))

        assert (before, shown(lead_id)[0]) == (80, 40)

    def test_killed_before_the_commit_it_is_done_again(self, manager: Actor, database: Engine) -> None:
        switch_on(manager)
        lead_id = make_lead(make_user(RoleCode.SALES))
        assert dies_at(database, "lead_scores.before_commit", lambda: lead_scores.run_due(now=NOON))
        assert shown(lead_id) == (None, None)
        lead_scores.run_due(now=NOON)
        assert shown(lead_id) == (70, Temperature.HIGH)


class TestAssignment:
    def test_a_new_lead_is_given_out_by_its_score(self, manager: Actor) -> None:
        switch_on(manager)
        first, second = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        for owner, operator in ((first, "gte"), (second, "lt")):
            raw = assignment.leaf(manager, field="score", operator=operator, texts=["60"], now=NOON)
            assignment.save_rule(
                manager, expected=assignment.view(manager, now=NOON).draft_version, name=operator, raw_criteria=raw,
                strategy="round_robin", hours="any", fallback="next_rule", candidates=[("user", owner.user_id, 1)],
                now=NOON,
            )  # fmt: skip
        assignment.publish(manager, expected=assignment.view(manager, now=NOON).draft_version, now=NOON)
        owners = []
        for amount in ("40万", "5万"):
            raw = {
                "name": "郑文博",
                "phone": make_phone(),
                "amount_fen": amount,
                "city": "苏州",
                "channel_code": "website",
            }
            with transaction() as db:
                taken = take_in(db, [Enquiry(raw, LeadDoor.API, door_actor("官网"))], now=NOON)[0]
            with reading() as db:
                lead = db.get(Lead, taken.lead_id)
                assert lead is not None
                owners.append((lead.owner_id, lead.score))

        assert owners == [(first.user_id, None), (second.user_id, None)]


class TestPeople:
    def test_a_temperature_set_by_a_person_stays(self, manager: Actor) -> None:
        switch_on(manager)
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        lead_scores.run_due(now=NOON)
        leads.edit(rep, lead_id=lead_id, raw={"temperature": "watch"}, expected_version=None, now=NOON)
        lead_scores.run_due(now=NOON + timedelta(days=1))

        assert shown(lead_id) == (70, Temperature.WATCH)
        assert lead_scores.why(rep, lead_id=lead_id, now=NOON).by_person

    def test_is_fixed_with_a_reason_and_given_back(self, manager: Actor) -> None:
        switch_on(manager)
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        lead_scores.run_due(now=NOON)
        lead_scores.fix(rep, lead_id=lead_id, temperature="invalid", reason="电话里说不要了", now=NOON)
        lead_scores.run_due(now=NOON + timedelta(days=1))
        why = lead_scores.why(rep, lead_id=lead_id, now=NOON)

        assert (shown(lead_id)[1], "电话里说不要了" in why.fixed) == (Temperature.INVALID, True)
        lead_scores.give_back(rep, lead_id=lead_id, now=NOON)
        assert shown(lead_id)[1] is Temperature.HIGH
        with pytest.raises(NotFound):
            lead_scores.give_back(rep, lead_id=lead_id, now=NOON)

    def test_says_why_rule_by_rule(self, manager: Actor) -> None:
        switch_on(manager)
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        why = lead_scores.why(rep, lead_id=lead_id, now=NOON)

        assert [(p.name, p.points, p.met) for p in why.parts] == [
            ("三十万以上", "+30", True), ("苏州以外", "−20", False),
        ]  # fmt: skip
        assert why.score == "70"

    def test_is_for_who_may(self, manager: Actor) -> None:
        switch_on(manager)
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        with pytest.raises(NotFound):
            lead_scores.fix(other, lead_id=lead_id, temperature="high", reason="我看行", now=NOON)
        with pytest.raises(InvalidInput) as fault:
            lead_scores.fix(rep, lead_id=lead_id, temperature="hot", reason=" ", now=NOON)
        assert set(fault.value.fields) == {"temperature", "reason"}
        with pytest.raises(NotPermitted):
            lead_scores.view(rep, now=NOON)


class TestVersions:
    def test_try_publish_and_bring_back(self, manager: Actor) -> None:
        switch_on(manager)
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        lead_scores.run_due(now=NOON)
        lead_scores.save_bands(manager, expected=0, base="40", high_from="90", watch_from="30", now=NOON)
        trial = lead_scores.simulate(manager, now=NOON)
        assert (trial.which, trial.leads, trial.changed) == ("草稿", 1, 1)
        assert (trial.samples[0].before, trial.samples[0].after) == ("高意向", "待观察")
        assert shown(lead_id)[1] is Temperature.HIGH
        assert lead_scores.publish(manager, expected=1 + 0, now=NOON) == 2
        lead_scores.run_due(now=NOON)
        assert shown(lead_id)[1] is Temperature.WATCH
        assert lead_scores.roll_back(manager, number=1, now=NOON) == 3
        lead_scores.run_due(now=NOON)
        assert shown(lead_id)[1] is Temperature.HIGH
        with pytest.raises(Conflict):
            lead_scores.roll_back(manager, number=3, now=NOON)

    def test_refuses_what_is_wrong_where_it_is(self, manager: Actor) -> None:
        with pytest.raises(InvalidInput) as fault:
            lead_scores.save_rule(manager, expected=0, name=" ", points="0", raw_criteria={}, now=NOON)
        assert set(fault.value.fields) == {"name", "points", "criteria"}
        with pytest.raises(InvalidInput) as fault:
            lead_scores.save_bands(manager, expected=0, base="x", high_from="20", watch_from="30", now=NOON)
        assert set(fault.value.fields) == {"base"}
        with pytest.raises(NotFound):
            lead_scores.publish(manager, expected=0, now=NOON)

    def test_meets_another_window(self, manager: Actor) -> None:
        rule(manager, "三十万以上", "30", condition(manager, "amount_fen", "gte", "300000"))
        with pytest.raises(Conflict):
            lead_scores.save_bands(manager, expected=0, base="1", high_from="20", watch_from="3", now=NOON)
