"""Saving, changing, copying, sharing and deleting reports."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, make_company, make_user

BY_CHANNEL = {"measures": ["new_leads"], "rows": ["channel"]}


@pytest.fixture
def firm(database: Engine) -> dict[str, Actor]:
    make_company()
    return {
        "sales": make_user(RoleCode.SALES),
        "lead": make_user(RoleCode.TEAM_LEAD),
        "other": make_user(RoleCode.TEAM_LEAD, team="华东二组"),
        "manager": make_user(RoleCode.MANAGER, team="上海分公司"),
        "auditor": make_user(RoleCode.AUDITOR, team="上海分公司"),
    }


def make(actor: Actor, name: str = "渠道周报", **changed: object) -> str:
    return str(reports.create(actor, **{"name": name, "definition": BY_CHANNEL, "now": NOON, **changed}))  # type: ignore[arg-type]


def keys(actor: Actor) -> set[str]:
    return {one.key for one in reports.list_reports(actor, now=NOON) if not one.ready}


class TestSharing:
    def test_who_finds_a_report(self, firm: dict[str, Actor]) -> None:
        home = firm["lead"].department_id
        own, team, role, everybody = (
            make(firm["lead"], "甲"), make(firm["lead"], "乙", shared_with=f"department:{home}"),
            make(firm["lead"], "丙", shared_with="role:auditor"), make(firm["lead"], "丁", shared_with="all"),
        )  # fmt: skip

        assert keys(firm["lead"]) == {own, team, role, everybody}
        assert keys(firm["sales"]) == {team, everybody}
        assert keys(firm["other"]) == {everybody}
        assert keys(firm["auditor"]) == {role, everybody}
        with pytest.raises(NotFound):
            reports.look(firm["other"], own, now=NOON)
        with pytest.raises(NotFound):
            reports.run(firm["sales"], own, now=NOON)

    def test_only_departments_in_scope_and_roles_that_open_reports_are_offered(
        self, firm: dict[str, Actor]
    ) -> None:
        offered = dict(reports.sharing_options(firm["lead"]))

        assert f"department:{firm['lead'].department_id}" in offered
        assert f"department:{firm['other'].department_id}" not in offered
        assert "role:manager" in offered and "role:admin" not in offered
        with pytest.raises(InvalidInput) as refused:
            make(firm["lead"], shared_with=f"department:{firm['other'].department_id}")
        assert set(refused.value.fields) == {"shared_with"}


class TestEditing:
    def test_it_is_stored_in_one_form_and_once(self, firm: dict[str, Actor]) -> None:
        first = make(firm["manager"], key="k1")

        assert make(firm["manager"], key="k1") == first
        assert reports.look(firm["manager"], first, now=NOON).definition["period"] == {"code": "month"}
        with reading() as db:
            written = (
                db.execute(sa.select(col(Event.type)).where(col(Event.entity) == "report")).scalars().all()
            )
        assert written == ["report.created"]

    def test_name_and_definition_are_judged_together(self, firm: dict[str, Actor]) -> None:
        make(firm["manager"])

        with pytest.raises(InvalidInput) as refused:
            make(firm["manager"], definition={"measures": ["nope"]})

        assert set(refused.value.fields) == {"name", "measures"}

    def test_an_older_version_changes_nothing(self, firm: dict[str, Actor]) -> None:
        key = make(firm["manager"])
        change = {
            "key": key,
            "name": "新名",
            "note": "",
            "definition": BY_CHANNEL,
            "shared_with": "me",
            "now": NOON,
        }
        assert reports.edit(firm["manager"], version=1, **change) == 2  # type: ignore[arg-type]

        with pytest.raises(Conflict):
            reports.edit(firm["manager"], version=1, **{**change, "name": "旧名"})  # type: ignore[arg-type]

        assert reports.look(firm["manager"], key, now=NOON).row.name == "新名"
        assert reports.edit(firm["manager"], version=2, **change) == 2  # type: ignore[arg-type]

    def test_a_shared_one_is_changed_by_its_owner_and_by_who_sees_all(self, firm: dict[str, Actor]) -> None:
        key = make(firm["lead"], shared_with="all")
        change = {
            "key": key,
            "version": 1,
            "name": "改",
            "note": "",
            "definition": BY_CHANNEL,
            "shared_with": "all",
            "now": NOON,
        }

        for other in ("other", "sales", "auditor"):
            with pytest.raises(NotPermitted):
                reports.edit(firm[other], **change)  # type: ignore[arg-type]
            with pytest.raises(NotPermitted):
                reports.delete(firm[other], key=key, now=NOON)
        assert reports.edit(firm["manager"], **change) == 2  # type: ignore[arg-type]

    def test_ready_ones_change_as_copies(self, firm: dict[str, Actor]) -> None:
        with pytest.raises(NotFound):
            reports.delete(firm["manager"], key="region", now=NOON)

        first, second = (reports.copy(firm["manager"], key="region", now=NOON) for _ in range(2))

        names = {one.key: one.name for one in reports.list_reports(firm["manager"], now=NOON)}
        assert names[str(first)] == "客户地域" and names[str(second)] == "客户地域 2"
        with pytest.raises(NotPermitted):
            reports.copy(firm["auditor"], key="region", now=NOON)

    def test_a_deletion_is_taken_back_by_who_did_it(self, firm: dict[str, Actor]) -> None:
        key = make(firm["lead"], shared_with="all")
        reports.delete(firm["lead"], key=key, now=NOON)
        assert key not in keys(firm["lead"])
        with pytest.raises(NotFound):
            reports.restore(firm["manager"], key=key, now=NOON)

        reports.restore(firm["lead"], key=key, now=NOON)

        assert key in keys(firm["lead"])

    @pytest.mark.parametrize("key", ["", "0", "-1", "9999999999", "x", "１", "1 OR 1=1"])
    def test_a_key_that_names_nothing_is_not_found(self, firm: dict[str, Actor], key: str) -> None:
        with pytest.raises(NotFound):
            reports.look(firm["manager"], key, now=NOON)
