from __future__ import annotations

import asyncio
import contextlib
import json
import re
import uuid
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
import reflex as rx
from reflex.event import EventSpec
from reflex.istate.manager.memory import StateManagerMemory
from reflex.utils.format import json_dumps
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext
from sqlalchemy.engine import Engine

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import ROLES, Permission, RoleCode
from loanhub.services import auth
from loanhub.settings import settings
from loanhub.state import _guard
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket, Gate, needs, public, show_error, signed_in
from tests.people import PASSWORD, Company, make_company


class GuardedState(SessionState):
    """A page of the tests."""

    done: list[str] = []
    field_errors: dict[str, str] = {}
    secret: str = ""

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def approve(self, application_id: int):  # type: ignore[no-untyped-def]
        self.done = [*self.done, f"{(await self._actor()).name}:{application_id}"]

    @rx.event
    @signed_in
    async def keep(self, text: str):  # type: ignore[no-untyped-def]
        self.secret = text

    @rx.event
    @signed_in
    async def fill(self, form: dict[str, Any], rows: list[str]):  # type: ignore[no-untyped-def]
        self.done = [*self.done, f"{form.get('name')}:{len(rows)}"]

    @rx.event
    @public
    async def knock(self):  # type: ignore[no-untyped-def]
        self.done = [*self.done, "knock"]

    @rx.event
    @signed_in
    async def save(self, phone: str):  # type: ignore[no-untyped-def]
        if phone == "bad":
            raise InvalidInput(fields={"phone": "手机号应为 11 位"})
        if phone == "conflict":
            raise Conflict("已被他人修改")
        self.done = [*self.done, "saved"]

    @rx.event
    @signed_in
    async def steps(self, phone: str):  # type: ignore[no-untyped-def]
        yield rx.console_log("one")
        if phone == "bad":
            raise InvalidInput(fields={"phone": "手机号应为 11 位"})

    @rx.event(background=True)
    @needs(Permission.APPLICATIONS_APPROVE)
    async def slow(self, phone: str):  # type: ignore[no-untyped-def]
        if phone == "bad":
            raise InvalidInput(fields={"phone": "后台"})
        async with self:
            self.done = [*self.done, "slow"]

    @rx.event
    @signed_in
    async def visit(self):  # type: ignore[no-untyped-def]
        return GuardedState.approve(7)

    @rx.event
    @signed_in
    async def chain(self):  # type: ignore[no-untyped-def]
        return [GuardedState.knock for _ in range(60)]

    def unmarked(self) -> None:
        self.done = [*self.done, "unmarked"]


@pytest.fixture
def company(sqlite_database: Engine) -> Company:
    return make_company()


def readable(words: str) -> str:
    """Undo the escapes of a payload."""
    return re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), words)


class Browser:
    """A tab: sends events through the pipeline, gate included, and reads the state back."""

    def __init__(
        self, processor: BaseStateEventProcessor, manager: StateManagerMemory, answers: list[Any]
    ) -> None:
        self.processor, self.manager, self.answers = processor, manager, answers
        self.token, self.cookie = str(uuid.uuid4()), ""

    async def send(self, name: str, *, state: type[rx.State] = GuardedState, **payload: Any) -> None:
        event = Event(name=f"{state.get_full_name()}.{name}", payload=payload)
        headers = {"cookie": f"{settings().cookie_name}={self.cookie}"} if self.cookie else {"x": "y"}
        event.router_data.update(
            {
                "headers": headers,
                "ip": "10.0.0.9",
                "token": self.token,
                "sid": "s",
                "pathname": "/x",
                "asPath": "/x",
            }
        )
        await self.run(event)
        await asyncio.sleep(0.02)

    async def run(self, event: Event) -> None:
        """Send an event and wait until it and what it queued are over."""
        future = await self.processor.enqueue(self.token, event)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(future.wait_all() if hasattr(future, "wait_all") else future, 10)

    async def state(self) -> GuardedState:
        root = await self.manager.get_state(rx.BaseStateToken(ident=self.token, cls=GuardedState))
        return await root.get_state(GuardedState)

    def said(self) -> str:
        words = " ".join(str(one.payload) for one in self.answers)
        self.answers.clear()
        return readable(words)


@pytest_asyncio.fixture
async def browser(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    manager, answers = StateManagerMemory(), []
    app = rx.App.__new__(rx.App)
    app._middlewares = [Gate()]
    processor = BaseStateEventProcessor(middleware=app, backend_exception_handler=show_error)

    async def emit_event(token: str, *events: Event) -> None:
        answers.extend(events)

    registry = RegistrationContext.get()
    if registry._app is None:
        monkeypatch.setattr(
            RegistrationContext, "app", property(lambda _: SimpleNamespace(get_load_events=lambda _: []))
        )
    async with processor.configure(state_manager=manager):
        root = processor._root_context
        object.__setattr__(root, "emit_event_impl", emit_event)
        yield Browser(processor, manager, answers)


async def signed_in_as(browser: Browser, login: str) -> None:
    opened = await asyncio.to_thread(
        auth.sign_in, login, PASSWORD, ip="10.0.0.9", user_agent="test", now=utc_now()
    )
    browser.cookie = opened.token


@pytest.mark.asyncio
class TestGate:
    @pytest.mark.parametrize("role", [*RoleCode, None])
    async def test_lets_exactly_the_roles_with_the_permission_through(
        self, company: Company, browser: Browser, role: RoleCode | None
    ) -> None:
        if role:
            await signed_in_as(browser, role.value)

        await browser.send("approve", application_id=7)

        allowed = role is not None and Permission.APPLICATIONS_APPROVE in ROLES[role].permissions
        assert (await browser.state()).done == ([f"员工{role}:7"] if allowed else [])
        words = browser.said()
        assert ("权限" in words) == (role is not None and not allowed)
        assert ("/login" in words) == (role is None)

    async def test_a_part_of_a_page_that_is_refused_leaves_the_word_to_the_page(
        self, company: Company, browser: Browser
    ) -> None:
        await signed_in_as(browser, "sales")

        await browser.send("visit")

        assert (await browser.state()).done == [] and "权限" not in browser.said()

    @pytest.mark.parametrize("name", ["unmarked", "setvar"])
    async def test_denies_what_has_no_mark(self, company: Company, browser: Browser, name: str) -> None:
        await signed_in_as(browser, "team_lead")

        await browser.send(name, **({"var_name": "secret", "value": "x"} if name == "setvar" else {}))

        state = await browser.state()
        assert state.done == [] and state.secret == "" and "不能执行" in browser.said()

    async def test_guards_background_handlers_too(self, company: Company, browser: Browser) -> None:
        await signed_in_as(browser, "sales")
        await browser.send("slow", phone="")
        assert (await browser.state()).done == []

        browser.token = "another tab"
        await signed_in_as(browser, "team_lead")
        await browser.send("slow", phone="")
        await asyncio.sleep(0.1)
        assert (await browser.state()).done == ["slow"]

    async def test_lets_anybody_call_a_public_handler(self, company: Company, browser: Browser) -> None:
        await browser.send("knock")

        assert (await browser.state()).done == ["knock"]

    async def test_empties_the_state_when_another_person_signs_in_behind_the_same_tab(
        self, company: Company, browser: Browser
    ) -> None:
        await signed_in_as(browser, "sales")
        await browser.send("keep", text="张伟的证件")
        assert (await browser.state()).secret == "张伟的证件"

        await signed_in_as(browser, "finance")
        await browser.send("hydrate", state=rx.State)

        state = await browser.state()
        assert state.secret == "" and state.user_name == "员工finance" and state.role_label == "财务"

    async def test_stops_a_revoked_session_and_empties_its_state(
        self, company: Company, browser: Browser
    ) -> None:
        await signed_in_as(browser, "sales")
        await browser.send("keep", text="x")
        actor = auth.actor_for_session(browser.cookie, utc_now())
        assert actor is not None
        auth.revoke_session(actor, session_id=actor.session_id or 0, now=utc_now())

        await browser.send("keep", text="y")

        state = await browser.state()
        assert state.secret == "" and not state.signed_in and "/login" in browser.said()

    async def test_shows_who_is_signed_in_and_sends_no_cookie_back(
        self, company: Company, browser: Browser
    ) -> None:
        await signed_in_as(browser, "team_lead")
        await browser.send("hydrate", state=rx.State)

        state = await browser.state()

        assert state.signed_in and state.user_name == "员工team_lead" and state.initials == "ad"
        assert "leads:assign" in state.allowed and state.role_label == "主管"
        root = state._get_root_state()
        assert browser.cookie not in json_dumps(root.dict())

    async def test_slows_a_flood_down_but_not_what_a_handler_queues_itself(
        self, company: Company, browser: Browser
    ) -> None:
        await signed_in_as(browser, "sales")
        await browser.send("chain")
        await asyncio.sleep(0.3)
        assert (await browser.state()).done.count("knock") == 60

        for _ in range(60):
            await browser.send("knock")

        assert 35 <= (await browser.state()).done.count("knock") - 60 <= 45
        assert "太快" in browser.said()


@pytest.mark.asyncio
class TestFieldErrors:
    @pytest.mark.parametrize("handler", ["save", "steps"])
    async def test_stand_beside_their_field_until_the_same_form_is_accepted(
        self, company: Company, browser: Browser, handler: str
    ) -> None:
        await signed_in_as(browser, "sales")
        await browser.send(handler, phone="bad")
        assert (await browser.state()).field_errors == {"phone": "手机号应为 11 位"}
        assert "11 位" in browser.said()

        await browser.send("keep", text="other button")
        assert (await browser.state()).field_errors
        await browser.send(handler, phone="good")

        assert (await browser.state()).field_errors == {}

    async def test_come_from_background_handlers_too(self, company: Company, browser: Browser) -> None:
        await signed_in_as(browser, "team_lead")

        await browser.send("slow", phone="bad")
        await asyncio.sleep(0.1)

        assert (await browser.state()).field_errors == {"phone": "后台"}


class TestShowError:
    def _words(self, events: list[EventSpec]) -> str:
        return readable(" ".join(str(Event.from_event_type(e)[0].payload) for e in events))

    def test_says_the_sentence_of_a_refusal(self) -> None:
        assert "已被他人修改" in self._words(show_error(Conflict("已被他人修改")))

    def test_says_the_same_refusal_in_one_place(self) -> None:
        first, second = (show_error(Conflict("已被他人修改"))[0] for _ in range(2))

        assert '"refused"' in self._words([first]) and self._words([first]) == self._words([second])

    def test_says_a_number_and_nothing_else_of_a_bug(self) -> None:
        words = self._words(show_error(ValueError("SELECT secret FROM app_user")))

        assert "编号" in words and "SELECT" not in words

    def test_cannot_be_made_to_run_a_script(self) -> None:
        evil = '"); alert(1); (" </script> ${alert(1)} `'

        (event,) = show_error(Conflict(evil))

        code = str(Event.from_event_type(event)[0].payload["function"])
        assert json.dumps(evil)[1:-1] in code or json.dumps(evil, ensure_ascii=False)[1:-1] in code

    def test_sends_the_signed_out_to_the_login(self) -> None:
        assert "/login" in self._words(show_error(auth.SignedOut()))


class TestCheckHandlers:
    def test_names_every_handler_without_a_mark(self) -> None:
        with pytest.raises(_guard.UnmarkedHandler) as refused:
            _guard.check_handlers()

        assert [name.rsplit(".", 1)[1] for name in refused.value.names] == ["unmarked"]

    def test_refuses_a_second_mark_and_a_mark_without_permission(self) -> None:
        with pytest.raises(TypeError):
            needs()
        with pytest.raises(TypeError):
            public(signed_in(lambda self: None))


class TestBucket:
    def test_holds_forty_and_refills_two_a_second(self) -> None:
        time = [0.0]
        bucket = Bucket(120, 40, clock=lambda: time[0])

        assert [bucket.take("a") for _ in range(41)].count(True) == 40
        assert bucket.take("b")
        time[0] = 10.0
        assert [bucket.take("a") for _ in range(30)].count(True) == 20


def test_the_registry_holds_no_other_public_method() -> None:
    mine = [n for n in RegistrationContext.get().event_handlers if "guarded_state" in n]

    assert {n.rsplit(".", 1)[1] for n in mine} == {
        "approve", "keep", "fill", "knock", "save", "steps", "slow", "visit", "chain", "unmarked", "setvar",
    }  # fmt: skip


@pytest.mark.asyncio
async def test_what_has_another_shape_than_the_page_sends_never_reaches_the_handler(
    company: Company, browser: Browser
) -> None:
    await signed_in_as(browser, RoleCode.SALES.value)

    for payload in (
        {"form": "x", "rows": []},
        {"form": [], "rows": []},
        {"form": {}, "rows": "x"},
        {"form": None, "rows": []},
    ):
        await browser.send("fill", **payload)
        assert "不能执行这个操作" in browser.said(), payload
    await browser.send("keep", text={"a": 1})
    assert "不能执行这个操作" in browser.said()
    await browser.send("keep", text=2**63)
    assert "不能执行这个操作" in browser.said()
    await browser.send("fill", form={"name": "甲"}, rows=["1"])

    state = await browser.state()
    assert (state.done, state.secret) == (["甲:1"], "")
