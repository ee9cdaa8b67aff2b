from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead
from loanhub.services import actions, leads, tasks
from loanhub.services._transaction import reading
from tests.builders import NOON, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


class TestRun:
    def test_goes_through_the_use_case_for_each_record(self) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        ids = [
            leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON).lead_id or 0
            for _ in range(3)
        ]

        outcome = actions.run(chief, "assign", entity="lead", record_ids=[*ids, 99999],
                              raw={"owner_id": str(chief.user_id)}, key="k", now=NOON)  # fmt: skip

        assert outcome.done == 3
        assert outcome.failures == ((99999, "没有找到这条线索，或你无权查看"),)
        with reading() as db:
            assert {lead.owner_id for lead in (db.get(Lead, i) for i in ids) if lead} == {chief.user_id}

    def test_is_done_once_for_one_key(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON).lead_id or 0

        for _ in range(2):
            actions.run(
                rep,
                "create_task",
                entity="lead",
                record_ids=[lead_id],
                raw={"title": "回电"},
                key="k",
                now=NOON,
            )

        assert len(tasks.list_open(rep, lead_id=lead_id, now=NOON)) == 1

    def test_checks_parameters_and_permission(self) -> None:
        rep = make_user(RoleCode.SALES)

        with pytest.raises(InvalidInput) as refusal:
            actions.run(rep, "release", entity="lead", record_ids=[1], raw={}, now=NOON)
        assert set(refusal.value.fields) == {"reason"}
        with pytest.raises(NotPermitted):
            actions.run(rep, "assign", entity="lead", record_ids=[1], raw={"owner_id": "1"}, now=NOON)
