"""Strategies as a person edits them: read back with what they hold, ordered, kept by version, brought back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services._transaction import reading
from loanhub.services.collections import strategies, strategy_editor
from tests.builders import bare_actor
from tests.services.collections.builders import Office, at, end_day, make_late_office
from tests.services.collections.test_board import DAY

NOW = at(DAY, 10)
FORM = {"name": "首期逾期", "approach": "gentle", "priority": "70", "script": "您好，请问是{name}吗？提醒您还款。",
        "criteria": {"all": [{"field": "dpd", "op": "lte", "value": 3}]}, "active": True}  # fmt: skip


@pytest.fixture
def office(database: Engine) -> Office:
    return make_late_office()


def names(office: Office) -> list[str]:
    return [one.name for one in strategies.list_all(office.collector, now=NOW)]


class TestReadBack:
    def test_says_how_it_reads_and_how_many_cases_it_meets(self, office: Office) -> None:
        leaf = strategy_editor.leaf(office.collector, field="dpd", operator="gte", texts=["1"], now=NOW)
        found = strategy_editor.read_back(office.collector, {"all": [leaf]}, [leaf], now=NOW)
        assert (found.cases, found.leaves) == (1, (found.sentence,)) and "逾期天数" in found.sentence

        assert strategy_editor.read_back(office.collector, {}, [], now=NOW).sentence == "所有案件"
        none = {"field": "dpd", "op": "gte", "value": 900}
        assert strategy_editor.read_back(office.collector, {"all": [none]}, [none], now=NOW).cases == 0

    def test_is_for_those_who_lead_collections(self, office: Office) -> None:
        for call in (
            lambda who: strategy_editor.fields(who),
            lambda who: strategy_editor.read_back(who, {}, [], now=NOW),
            lambda who: strategy_editor.create(who, form=FORM, now=NOW),
            lambda who: strategy_editor.versions(who, strategy_id=1),
        ):
            with pytest.raises(NotPermitted):
                call(bare_actor(RoleCode.SALES))


class TestOrder:
    def test_a_new_one_stands_before_the_one_for_every_case(self, office: Office) -> None:
        before = names(office)
        strategy_editor.create(office.collector, form=FORM, now=NOW)

        assert names(office) == [*before[:-1], "首期逾期", before[-1]]

    def test_the_first_that_holds_counts_after_a_move(self, office: Office) -> None:
        every = {"all": [{"field": "dpd", "op": "gte", "value": 1}]}
        made = strategy_editor.create(office.collector, form={**FORM, "criteria": every}, now=NOW)
        for _ in range(20):
            strategy_editor.move(office.collector, strategy_id=made, step=-1, now=NOW)
        assert names(office)[0] == "首期逾期"
        end_day(DAY)

        assert (office.case.strategy_id, office.case.priority) == (made, 70)
        with pytest.raises(NotFound):
            strategy_editor.move(office.collector, strategy_id=987, step=1, now=NOW)


class TestVersions:
    def test_every_save_is_kept_and_an_earlier_one_comes_back(self, office: Office) -> None:
        row = strategies.list_all(office.collector, now=NOW)[1]

        def save(version: int, **form: Any) -> None:
            strategies.save(
                office.collector, strategy_id=row.id, form=form, expected_version=version, now=NOW
            )

        save(1, priority="11")
        save(2, priority="12", criteria={"all": [{"field": "dpd", "op": "gte", "value": 5}]})

        kept = strategy_editor.versions(office.collector, strategy_id=row.id)
        assert [(one.number, one.by) for one in kept] == [
            (3, office.collector.name), (2, office.collector.name), (1, "系统"),
        ]  # fmt: skip
        assert "优先度 12" in kept[0].told and "逾期天数" in kept[0].told
        first = strategy_editor.form_of_version(office.collector, strategy_id=row.id, number=1)
        save(3, **first)
        now = strategies.list_all(office.collector, now=NOW)[1]
        assert (now.priority, now.criteria, now.version) == (row.priority, row.criteria, 4)
        with pytest.raises(NotFound):
            strategy_editor.form_of_version(office.collector, strategy_id=row.id, number=99)

    def test_a_refused_form_leaves_nothing(self, office: Office) -> None:
        with pytest.raises(InvalidInput) as fault:
            strategy_editor.create(office.collector, form={**FORM, "script": "短"}, now=NOW)
        assert set(fault.value.fields) == {"script"} and "首期逾期" not in names(office)

    def test_a_new_one_is_said_in_the_log(self, office: Office) -> None:
        made = strategy_editor.create(office.collector, form=FORM, now=NOW)

        with reading() as db:
            query = sa.select(Event).where(
                col(Event.entity) == "collection_strategy", col(Event.entity_id) == made
            )
            event = db.execute(query).scalar_one()
        assert event.after["名称"] == "首期逾期"
