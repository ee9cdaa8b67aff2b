from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import Permission, RoleCode, Scope
from loanhub.models import Channel, Department, Event, User, UserSession
from loanhub.services import _passwords, auth, first_start, parameters, tickets
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings
from tests.hashing import OF_THE_PRODUCT
from tests.people import NOON, PASSWORD, Company, make_company

IP = {"ip": "10.0.0.9", "user_agent": "test"}


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company()


@pytest.fixture
def small(sqlite_database: Engine) -> Company:
    return make_company()


class TestSignIn:
    def test_opens_a_session_and_keeps_only_the_hash_of_its_token(self, company: Company) -> None:
        opened = auth.sign_in(" SALES ", PASSWORD, now=NOON, **IP)

        with reading() as db:
            stored = db.execute(sa.select(col(UserSession.token_hash))).scalar_one()
            events = list(db.execute(sa.select(col(Event.type))).scalars())
        assert opened.token not in stored
        assert len(opened.token) >= 43 and events == ["session.opened"]

    @pytest.mark.parametrize(("login", "password"), [("sales", "wrong"), ("nobody", PASSWORD), ("sales", "")])
    def test_says_the_same_for_a_wrong_password_and_an_unknown_account(
        self, small: Company, login: str, password: str
    ) -> None:
        with pytest.raises(auth.WrongPassword, match=r"^账号或密码不正确$"):
            auth.sign_in(login, password, now=NOON, **IP)

    def test_does_the_same_work_for_an_unknown_account(
        self, small: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Counted, not timed: a clock on a busy machine proves nothing."""
        hashed: list[str] = []

        class Counting:
            def verify(self, known: str, given: str) -> bool:
                hashed.append(known.rsplit("$", 2)[0])
                return real.verify(known, given)

        _passwords._nobody()
        real = _passwords.HASHER
        monkeypatch.setattr(_passwords, "HASHER", Counting())
        for login in ("sales", "nobody"):
            with pytest.raises(auth.WrongPassword):
                auth.sign_in(login, "wrong", user_agent="", ip="10.0.1.1", now=NOON)

        assert len(hashed) == 2 and hashed[0] == hashed[1] and hashed[0].startswith("$argon2id$")

    def test_refuses_a_disabled_account(self, small: Company) -> None:
        with transaction() as db:
            db.execute(sa.update(User).where(col(User.login) == "sales").values(active=False))

        with pytest.raises(auth.WrongPassword):
            auth.sign_in("sales", PASSWORD, now=NOON, **IP)

    def test_refuses_a_demo_account_outside_demo_mode(
        self, small: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small.add("demo", RoleCode.SALES, "team", demo=True)
        monkeypatch.setenv("LOANHUB_DEMO_MODE", "false")
        settings.cache_clear()
        try:
            with pytest.raises(auth.WrongPassword):
                auth.sign_in("demo", PASSWORD, now=NOON, **IP)
            assert auth.list_demo_accounts() == []
        finally:
            monkeypatch.undo()
            settings.cache_clear()
        assert [a.login for a in auth.list_demo_accounts()] == ["demo"]

    def test_locks_the_account_from_this_address_after_five_failures_then_ever_longer(
        self, company: Company
    ) -> None:
        def fail(seconds: float) -> None:
            auth.sign_in("sales", "wrong", now=NOON + timedelta(seconds=seconds), **IP)

        for second in range(5):
            with pytest.raises(auth.WrongPassword):
                fail(second)

        with pytest.raises(auth.TooManyFailures):
            auth.sign_in("sales", PASSWORD, now=NOON + timedelta(seconds=10), **IP)
        with pytest.raises(auth.WrongPassword):
            fail(35)
        with pytest.raises(auth.TooManyFailures) as second_wait:
            fail(70)
        assert second_wait.value.wait_seconds > 20
        # Another address is not locked, and after the window neither is this one.
        assert auth.sign_in("sales", PASSWORD, ip="10.0.0.10", user_agent="", now=NOON).user_id
        assert auth.sign_in("sales", PASSWORD, now=NOON + timedelta(minutes=16), **IP).user_id

    def test_counts_parallel_guesses(self, small: Company) -> None:
        outcomes: list[str] = []

        def guess() -> None:
            try:
                auth.sign_in("sales", "wrong", now=NOON, **IP)
            except NotPermitted:
                outcomes.append("wrong")
            except auth.TooManyFailures:
                outcomes.append("locked")

        threads = [threading.Thread(target=guess) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("wrong") == 5 and outcomes.count("locked") == 15


class TestActorForSession:
    def test_adds_permissions_up_and_takes_the_widest_scope(self, company: Company) -> None:
        actor = auth.actor_for_session(company.sign_in("team_lead"), NOON)

        assert actor is not None and actor.scope is Scope.DEPARTMENT
        wanted = {company.departments[name] for name in ("department", "team", "other_team")}
        assert actor.department_ids == wanted
        assert actor.can(Permission.LEADS_ASSIGN) and not actor.can(Permission.ROLES_EDIT)

    @pytest.mark.parametrize("role", list(RoleCode))
    def test_gives_each_role_exactly_its_matrix(self, small: Company, role: RoleCode) -> None:
        from loanhub.domain.permissions import ROLES

        actor = small.actor(role.value)

        for permission in Permission:
            assert actor.can(permission) == (permission in ROLES[role].permissions), permission

    @pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5000])
    def test_knows_nobody_by_an_invented_token(self, small: Company, token: str) -> None:
        assert auth.actor_for_session(token, NOON) is None

    def test_ends_after_the_idle_and_the_absolute_limit(self, company: Company) -> None:
        sales, finance = company.sign_in("sales"), company.sign_in("finance")

        assert auth.actor_for_session(finance, NOON + timedelta(minutes=31)) is None
        for hours in (0, 8, 16, 23):
            assert auth.actor_for_session(sales, NOON + timedelta(hours=hours)) is not None
        assert auth.actor_for_session(sales, NOON + timedelta(hours=24)) is None
        other = company.sign_in("manager")
        assert auth.actor_for_session(other, NOON + timedelta(hours=12, minutes=1)) is None

    def test_believes_the_cache_for_less_than_five_seconds(self, small: Company) -> None:
        token = small.sign_in("sales")
        assert auth.actor_for_session(token, NOON) is not None
        with transaction() as db:
            db.execute(sa.update(User).where(col(User.login) == "sales").values(active=False))

        assert auth.actor_for_session(token, NOON + timedelta(seconds=4)) is not None
        assert auth.actor_for_session(token, NOON + timedelta(seconds=5)) is None

    def test_may_do_nothing_before_the_password_is_changed(self, small: Company) -> None:
        with transaction() as db:
            db.execute(sa.update(User).where(col(User.login) == "sales").values(must_change_password=True))

        actor = auth.actor_for_session(small.sign_in("sales"), NOON)

        assert actor is not None and actor.must_change_password and not actor.permissions


class TestRevokeSession:
    def test_works_at_once_in_this_process(self, company: Company) -> None:
        token = company.sign_in("sales")
        actor = auth.actor_for_session(token, NOON)
        assert actor is not None

        auth.revoke_session(actor, session_id=actor.session_id or 0, now=NOON)

        assert auth.actor_for_session(token, NOON) is None

    def test_ends_another_persons_only_with_the_permission(self, small: Company) -> None:
        theirs = auth.actor_for_session(small.sign_in("sales"), NOON)
        assert theirs is not None and theirs.session_id is not None

        for login in ("manager", "admin", "auditor"):
            with pytest.raises(NotFound):
                auth.revoke_session(small.actor(login), session_id=theirs.session_id, now=NOON)
            with pytest.raises(NotPermitted):
                auth.list_sessions(small.actor(login), user_id=theirs.user_id, now=NOON)
        auth.revoke_session(small.actor("security_admin"), session_id=theirs.session_id, now=NOON)
        assert auth.list_sessions(theirs, now=NOON) == []


class TestChangePassword:
    def test_ends_every_session_and_takes_the_new_one_only(self, company: Company) -> None:
        token, second = company.sign_in("sales"), company.sign_in("sales")
        actor = auth.actor_for_session(token, NOON)
        assert actor is not None

        auth.change_password(actor, current=PASSWORD, new="三只橘猫在屋顶上开会", now=NOON)

        assert auth.actor_for_session(token, NOON) is None and auth.actor_for_session(second, NOON) is None
        assert auth.sign_in("sales", "三只橘猫在屋顶上开会", now=NOON, **IP).user_id == actor.user_id

    @pytest.mark.parametrize(
        ("current", "new", "field"),
        [
            ("wrong", "三只橘猫在屋顶上开会", "current"),
            (PASSWORD, PASSWORD, "new"),
            (PASSWORD, "123", "new"),
            (PASSWORD, "1234567890", "new"),
            (PASSWORD, "password123456", "new"),
            (PASSWORD, "澄江普惠2026年加油", "new"),
            (PASSWORD, "sales-9f3k!Q", "new"),
        ],
    )
    def test_refuses_beside_the_field(self, small: Company, current: str, new: str, field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            auth.change_password(small.actor("sales"), current=current, new=new, now=NOON)
        assert list(refused.value.fields) == [field]


class TestTickets:
    def test_work_once_for_one_purpose_within_thirty_seconds(self, company: Company) -> None:
        ticket = tickets.issue(company.users["sales"], "login", now=NOON)

        with pytest.raises(tickets.TicketRefused):
            tickets.redeem(ticket, "other", now=NOON)
        assert tickets.redeem(ticket, "login", now=NOON) == company.users["sales"]
        with pytest.raises(tickets.TicketRefused):
            tickets.redeem(ticket, "login", now=NOON)
        late = tickets.issue(1, "login", now=NOON)
        for wrong in (late.replace("1.", "2.", 1), "", "a.b.c.d", late[:-1] + "x"):
            with pytest.raises(tickets.TicketRefused):
                tickets.redeem(wrong, "login", now=NOON)
        with pytest.raises(tickets.TicketRefused):
            tickets.redeem(late, "login", now=NOON + timedelta(seconds=31))


class TestFirstStart:
    @pytest.fixture
    def empty(self, sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
        monkeypatch.setenv("LOANHUB_DEMO_MODE", "false")
        settings.cache_clear()
        yield
        monkeypatch.undo()
        settings.cache_clear()

    def test_makes_one_administrator_with_the_token_of_the_console(self, empty: None) -> None:
        assert first_start.needed() and first_start.setup_token() in first_start.console_notice()
        form = {
            "company": "海州市恒信小额贷款有限公司",
            "login": "Wang",
            "name": "王敏",
            "password": "三只橘猫在屋顶上开会",
            "now": NOON,
        }
        with pytest.raises(InvalidInput) as refused:
            first_start.create_first_admin(
                token="guess", company=" ", login="w", name=" ", password="123", now=NOON
            )
        assert set(refused.value.fields) == {"token", "company", "login", "name", "password"}
        with pytest.raises(InvalidInput, match="口令"):
            first_start.create_first_admin(token="guess", **form)

        user_id = first_start.create_first_admin(token=first_start.setup_token(), **form)

        assert auth.actor_for_user(user_id).roles == {"admin", "security_admin"}
        with reading() as db:
            assert parameters.company(db, now=NOON).name == parameters.brand(db, now=NOON) == form["company"]
            assert db.execute(sa.select(col(Department.name))).scalars().all() == [form["company"]]
            prices = db.execute(sa.select(col(Channel.cost_per_lead_fen), col(Channel.cost_model))).all()
        assert set(prices) == {(0, "free")}
        assert not first_start.needed() and first_start.console_notice() == ""
        with pytest.raises(first_start.AlreadySetUp):
            first_start.create_first_admin(token=first_start.setup_token(), **form)


class TestPasswords:
    def test_are_hashed_with_the_agreed_cost_and_never_cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_passwords, "HASHER", OF_THE_PRODUCT)
        hashed = _passwords.hash_password("a" * 100)

        assert hashed.startswith("$argon2id$") and "m=19456,t=2,p=1" in hashed
        assert _passwords.verify(hashed, "a" * 100) and not _passwords.verify(hashed, "a" * 99)

    def test_are_never_logged(self, small: Company, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            small.sign_in("sales")
        assert PASSWORD not in caplog.text
