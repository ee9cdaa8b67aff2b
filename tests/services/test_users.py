from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import Event, User
from loanhub.services import auth, departments, parameters, users
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from tests.people import NOON, PASSWORD, Company, make_company

NEW_PASSWORD = "山顶-收音机-蓝色-7"
IP = {"ip": "10.0.0.9", "user_agent": "test"}


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company()


@pytest.fixture
def small(sqlite_database: Engine) -> Company:
    return make_company()


def _event_types() -> list[str]:
    with reading() as db:
        return list(db.execute(sa.select(col(Event.type)).order_by(col(Event.id))).scalars())


def _user(login: str) -> User:
    with reading() as db:
        return db.execute(sa.select(User).where(col(User.login) == login)).scalar_one()


def _edit(company: Company, who: str, login: str, **changes: object) -> None:
    user = _user(login)
    with reading() as db:
        roles = [role.code for role in users.access.list_roles_of(db, user.id or 0)]
    values: dict[str, object] = {
        "user_id": user.id, "version": user.version, "name": user.name, "title": user.title,
        "department_id": user.department_id, "roles": roles, "now": NOON,
    }  # fmt: skip
    users.edit(company.actor(who), **{**values, **changes})  # type: ignore[arg-type]


class TestListUsers:
    def test_shows_labels_and_those_at_work_first(self, company: Company) -> None:
        users.set_active(company.actor("admin"), login="sales", active=False, now=NOON)

        rows = users.list_users(SYSTEM)

        assert rows[-1].login == "sales" and not rows[-1].active
        credit = next(row for row in rows if row.login == "credit")
        assert (credit.roles, credit.department) == ("风控", "team")

    def test_filters_by_text_role_state_and_department_below(self, company: Company) -> None:
        actor = company.actor("auditor")

        assert [u.login for u in users.list_users(actor, text="FINANCE")] == ["finance"]
        assert [u.login for u in users.list_users(actor, role="credit")] == ["credit"]
        assert users.list_users(actor, department_id=company.departments["other_branch"]) == []
        assert len(users.list_users(actor, department_id=company.departments["branch"])) == 10
        assert users.list_users(actor, active=False) == []

    def test_refuses_sales(self, small: Company) -> None:
        with pytest.raises(NotPermitted):
            users.list_users(small.actor("sales"))


class TestCreate:
    def test_makes_an_account_whose_password_must_change(self, company: Company) -> None:
        created = users.create(
            company.actor("admin"), login=" Lin.Xi ", name="林溪", roles=["sales"], department="other_team",
            password=NEW_PASSWORD, now=NOON,
        )  # fmt: skip

        opened = auth.sign_in("lin.xi", NEW_PASSWORD, now=NOON, **IP)
        assert opened.user_id == created and opened.must_change_password
        actor = auth.actor_for_session(opened.token, NOON)
        assert actor is not None and actor.permissions == frozenset()
        assert "user.created" in _event_types()

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("login", {"login": "sales"}),
            ("login", {"login": "林 溪"}),
            ("name", {"name": " "}),
            ("roles", {"roles": []}),
            ("roles", {"roles": ["nobody"]}),
            ("department", {"department": "月球"}),
            ("password", {"password": "short"}),
            ("password", {"password": "lin.xi-lin.xi-88"}),
        ],
    )
    def test_names_the_field_at_fault(self, small: Company, field: str, changes: dict[str, object]) -> None:
        values: dict[str, object] = {
            "login": "lin.xi", "name": "林溪", "roles": ["sales"], "department": "", "password": NEW_PASSWORD,
        }  # fmt: skip

        with pytest.raises(InvalidInput) as refused:
            users.create(small.actor("admin"), **{**values, **changes}, now=NOON)  # type: ignore[arg-type]

        assert list(refused.value.fields) == [field]

    @pytest.mark.parametrize(
        "pair", [["admin", "auditor"], ["admin", "security_admin"], ["auditor", "sales"]]
    )
    def test_keeps_the_watching_roles_apart(self, small: Company, pair: list[str]) -> None:
        with pytest.raises(InvalidInput, match="三权分立"):
            users.create(SYSTEM, login="both", name="兼任", roles=pair, password=NEW_PASSWORD, now=NOON)

    def test_refuses_sales_and_an_administrator_making_administrators(self, small: Company) -> None:
        for who, role in (
            ("sales", "sales"),
            ("admin", "admin"),
            ("admin", "auditor"),
            ("security_admin", "sales"),
        ):
            with pytest.raises(NotPermitted):
                users.create(
                    small.actor(who), login="x1", name="某", roles=[role], password=NEW_PASSWORD, now=NOON
                )

        users.create(
            small.actor("security_admin"),
            login="x1",
            name="某",
            roles=["auditor"],
            password=NEW_PASSWORD,
            now=NOON,
        )


class TestEdit:
    def test_changes_rights_at_once_and_records_before_and_after(self, company: Company) -> None:
        token = company.sign_in("sales")
        before = auth.actor_for_session(token, NOON)
        assert before is not None and before.can(Permission.LEADS_CREATE)

        _edit(
            company,
            "admin",
            "sales",
            roles=["finance"],
            title="出纳",
            department_id=company.departments["branch"],
        )

        after = auth.actor_for_session(token, NOON)
        assert after is not None and after.roles == {"finance"} and not after.can(Permission.LEADS_CREATE)
        with reading() as db:
            event = db.execute(sa.select(Event).where(col(Event.type) == "user.edited")).scalar_one()
        assert event.before["角色"] == "客户经理" and event.after["角色"] == "财务"
        assert event.after["部门"] == "branch"

    def test_refuses_a_stale_form_oneself_and_another_watcher(self, small: Company) -> None:
        with pytest.raises(users.StaleUser):
            _edit(small, "admin", "sales", version=99)
        with pytest.raises(users.NeedsSecurityAdmin):
            _edit(small, "admin", "auditor", name="换名")
        with pytest.raises(users.NeedsSecurityAdmin):
            _edit(small, "admin", "sales", roles=["admin"])
        with pytest.raises(users.NotOneself):
            _edit(small, "security_admin", "security_admin", roles=["auditor"])
        with pytest.raises(NotPermitted):
            _edit(small, "sales", "sales", name="换名")
        with pytest.raises(NotFound):
            _edit(small, "admin", "sales", user_id=999_999)

    def test_keeps_the_last_administrator(self, small: Company) -> None:
        with pytest.raises(users.LastOfItsKind):
            _edit(small, "security_admin", "admin", roles=["auditor"])


class TestSetActive:
    def test_ends_the_sessions_within_the_cache_time(self, company: Company) -> None:
        token = company.sign_in("sales")
        assert auth.actor_for_session(token, NOON) is not None

        ended = users.set_active(company.actor("admin"), login="sales", active=False, now=NOON)

        assert ended == 1
        assert auth.actor_for_session(token, NOON) is None
        with pytest.raises(auth.WrongPassword):
            auth.sign_in("sales", PASSWORD, now=NOON, **IP)

    def test_lets_in_again_but_old_sessions_stay_ended(self, company: Company) -> None:
        token = company.sign_in("sales")
        users.set_active(company.actor("admin"), login="sales", active=False, now=NOON)

        users.set_active(company.actor("admin"), login="sales", active=True, now=NOON)

        assert auth.actor_for_session(token, NOON + timedelta(seconds=6)) is None
        assert company.sign_in("sales")
        assert _event_types().count("user.enabled") == 1

    def test_disabling_twice_changes_nothing(self, small: Company) -> None:
        for _ in range(2):
            users.set_active(SYSTEM, login="sales", active=False, now=NOON)
        assert _event_types().count("user.disabled") == 1

    def test_refuses_oneself_watchers_the_last_one_and_sales(self, small: Company) -> None:
        small.add("security2", RoleCode.SECURITY_ADMIN, "team")
        for who, login, error in (
            ("security_admin", "security_admin", users.NotOneself),
            ("admin", "auditor", users.NeedsSecurityAdmin),
            ("security_admin", "admin", users.LastOfItsKind),
            ("sales", "credit", NotPermitted),
            ("admin", "nobody", NotFound),
        ):
            with pytest.raises(error):
                users.set_active(small.actor(who), login=login, active=False, now=NOON)
        users.set_active(small.actor("security2"), login="security_admin", active=False, now=NOON)


class TestSetPassword:
    def test_ends_the_sessions_and_asks_for_an_own_password(self, company: Company) -> None:
        token = company.sign_in("sales")

        users.set_password(company.actor("admin"), login="sales", password=NEW_PASSWORD, now=NOON)

        assert auth.actor_for_session(token, NOON) is None
        assert auth.sign_in("sales", NEW_PASSWORD, now=NOON, **IP).must_change_password

    def test_refuses_one_with_the_companys_own_name_in_it(self, small: Company) -> None:
        with transaction() as db:
            parameters.put(db, "company", {"name": "海州市恒信小额贷款有限公司", "short_name": "恒信普惠"})
        with pytest.raises(InvalidInput) as refused:
            users.set_password(
                small.actor("admin"), login="sales", password="恒信普惠-山顶-收音机-7", now=NOON
            )
        assert refused.value.fields == {"password": "密码里不能有账号、姓名或公司名"}

    def test_refuses_a_weak_one_and_taking_over_a_watcher(self, small: Company) -> None:
        with pytest.raises(InvalidInput):
            users.set_password(small.actor("admin"), login="sales", password="1234567890", now=NOON)
        with pytest.raises(users.NeedsSecurityAdmin):
            users.set_password(small.actor("admin"), login="auditor", password=NEW_PASSWORD, now=NOON)
        with pytest.raises(NotPermitted):
            users.set_password(small.actor("sales"), login="credit", password=NEW_PASSWORD, now=NOON)
        assert "user.password_set" not in _event_types()


class TestDepartments:
    def test_adds_a_team_that_the_branch_sees_at_once(self, company: Company) -> None:
        lead = company.actor("team_lead")

        created = departments.create(
            company.actor("admin"),
            name="华南组",
            kind="team",
            parent_id=company.departments["department"],
            now=NOON,
        )

        assert created not in lead.department_ids
        assert created in company.actor("team_lead").department_ids
        tree = departments.list_departments(company.actor("admin"))
        assert [(d.name, d.depth) for d in tree][:2] == [("company", 0), ("branch", 1)]
        assert next(d for d in tree if d.name == "team").people == 9

    def test_renames_and_refuses_a_name_twice_or_without_right(self, company: Company) -> None:
        team = company.departments["team"]
        departments.rename(company.actor("admin"), department_id=team, name="一组", city="上海", now=NOON)

        with pytest.raises(InvalidInput):
            departments.rename(company.actor("admin"), department_id=team, name="branch", city="", now=NOON)
        with pytest.raises(NotPermitted):
            departments.rename(company.actor("sales"), department_id=team, name="二组", city="", now=NOON)
        with pytest.raises(NotPermitted):
            departments.create(company.actor("manager"), name="新组", kind="team", parent_id=team, now=NOON)
        with pytest.raises(NotPermitted):
            departments.list_departments(company.actor("sales"))
