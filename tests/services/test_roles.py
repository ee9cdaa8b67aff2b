from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.services import roles
from loanhub.services._actor import Actor
from tests.builders import bare_actor, make_company, make_user


class TestMatrix:
    def test_shows_every_permission_of_every_role_once(self, database: Engine) -> None:
        make_company()
        make_user(RoleCode.SALES)

        found = roles.matrix(bare_actor(RoleCode.AUDITOR))

        labels = [row.label for section in found.sections[: len(roles.NOUNS)] for row in section.rows]
        assert sorted(labels) == sorted(p.label for p in Permission)
        sales = [column.code for column in found.roles].index("sales")
        assert found.roles[sales].people == 1 and found.roles[sales].scope == "本人"
        words = {row.label: row.cells[sales] for section in found.sections for row in section.rows}
        assert (
            words["新建线索"] == "允许" and words["审批申请"] == "" and words["身份证号"].startswith("脱敏")
        )

    def test_says_that_no_administrator_sees_customers(self, sqlite_database: Engine) -> None:
        make_company()
        found = roles.matrix(bare_actor(RoleCode.SECURITY_ADMIN))
        for code in ("admin", "security_admin"):
            place = [column.code for column in found.roles].index(code)
            assert not any(row.cells[place] for section in found.sections[-2:] for row in section.rows)

    def test_refuses_those_who_watch_over_nobody(self, sqlite_database: Engine) -> None:
        make_company()
        for role in (RoleCode.SALES, RoleCode.MANAGER, RoleCode.FINANCE):
            with pytest.raises(NotPermitted):
                roles.matrix(bare_actor(role))
        with pytest.raises(NotPermitted):
            roles.matrix(Actor(user_id=1, name="x"))
