"""Every handler is a remote endpoint: whatever it is called with, by whomever, it refuses or answers, and never fails."""

from __future__ import annotations

import inspect
import random
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext
from sqlalchemy.engine import Engine
from structlog.testing import capture_logs

import loanhub.loanhub  # noqa: F401 - registers every handler
from loanhub.domain.permissions import RoleCode
from loanhub.settings import settings
from loanhub.state import _after_call, _customer_clear
from loanhub.state._guard import Bucket
from loanhub.state._marks import Mark
from tests.people import Company
from tests.state.test_guard import Browser, browser, company, signed_in_as

__all__ = ["browser", "company"]

WORDS = (
    "",
    "x",
    "0",
    "-1",
    "1",
    "12",
    "all",
    "x" * 3000,
    "<img src=x onerror=alert(1)>",
    "𠮷😀\u0000",
    "2026-02-30",
    "2026-11-20",
    "1e999",
    "NaN",
    "１２３",
    "' OR 1=1 --",
)
NUMBERS = (0, -1, 1, 2, 10**12, 2**63 - 1)
ANYTHING = (None, True, 1.5, {}, [], {"a": {"b": [1]}}, [None], *WORDS, *NUMBERS)
FIELDS = (
    "name",
    "title",
    "amount",
    "reason",
    "text",
    "phone",
    "id_number",
    "due_at",
    "date",
    "kind",
    "note",
    "code",
    "rate",
    "version",
)


def handlers() -> dict[str, list[inspect.Parameter]]:
    """Return the parameters of every handler of ours, by its full name."""
    found = {}
    for name, registered in RegistrationContext.get().event_handlers.items():
        if any(state.__module__.startswith("loanhub.") for state in registered.states):
            given = inspect.signature(inspect.unwrap(registered.handler.fn)).parameters.values()
            found[name] = list(given)[1:]
    return found


def argument(parameter: inspect.Parameter, draw: random.Random) -> Any:
    """Return something for a parameter: mostly of the shape its annotation names, sometimes not."""
    shape = str(parameter.annotation)
    if draw.random() < 0.2:
        return draw.choice(ANYTHING)
    if "dict" in shape:
        return {name: draw.choice(ANYTHING) for name in FIELDS}
    if "list" in shape:
        return draw.choice(([], ["x"], ["1", "2"], [{"id": 1}]))
    return draw.choice(NUMBERS if "int" in shape else WORDS)


@pytest.mark.asyncio
async def test_no_handler_fails_whatever_it_is_called_with(
    sqlite_database: Engine, company: Company, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The gate lets everything through, so that it is the services that refuse.
    monkeypatch.setattr(Mark, "admits", lambda self, actor: True)
    monkeypatch.setattr(Bucket, "take", lambda self, key: True)
    for module in (_after_call, _customer_clear):
        monkeypatch.setattr(module, "SHOWN_SECONDS", 0)
    await signed_in_as(browser, RoleCode.MANAGER.value)
    everything = handlers()
    with capture_logs() as logs:
        for name, parameters in everything.items():
            draw = random.Random(name)
            payload = {one.name: argument(one, draw) for one in parameters if one.kind is not one.VAR_KEYWORD}
            event = Event(name=name, payload=payload)
            event.router_data.update(
                headers={"cookie": f"{settings().cookie_name}={browser.cookie}"}, ip="10.0.0.9",
                token=browser.token, sid="s", pathname="/x", asPath="/x",
            )  # fmt: skip
            await browser.run(event)

    assert len(everything) > 1000
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
