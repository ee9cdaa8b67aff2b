"""The handlers of the products page: what is typed is checked, kept, reviewed and published."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.domain.permissions import RoleCode
from loanhub.models import Product
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.products import look, versions
from loanhub.state.products import ProductsState
from tests.builders import NOON, make_company, make_product, make_user

Visit = Callable[..., Any]
CODE = "personal_business"


@pytest.fixture
def admin(sqlite_database: Engine) -> Actor:
    make_company()
    make_product(min_annual_rate=Decimal("0.10"))
    return make_user(RoleCode.ADMIN, name="管理员甲")


@pytest.fixture
def visit(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Return a function that opens the page at an address."""

    async def actor(self: Any) -> Actor:
        return admin

    monkeypatch.setattr(ProductsState, "_actor", actor)

    def opened(**query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(ProductsState.get_full_name().split(".")[1:])
        root.rx_router_url = URLData.from_url(
            ReflexURL(f"http://localhost/settings/products?{urlencode(query)}")
        )
        do(ProductsState.load, state)
        return state

    return opened


def do(handler: Any, state: Any, *arguments: Any) -> Any:
    """Run one handler to its end."""

    async def work() -> Any:
        return await handler.fn(state, *arguments)

    return asyncio.run(work())


def revisions() -> list[int]:
    with reading() as db:
        return sorted(row.revision for row in db.exec(select(Product)).all())


def test_the_list_and_the_product_of_the_address(visit: Visit) -> None:
    listed, opened = visit(), visit(code=CODE)

    assert [line.label for line in listed.products] == ["个人经营贷"] and not listed.editing
    assert opened.editing and opened.form["max_rate"] == "12" and opened.verdict in ("ok", "warn")
    assert opened.figures["principal"] == "30,000.00" and opened.rows


def test_typing_is_checked_and_nothing_typed_is_lost(visit: Visit) -> None:
    state = visit(code=CODE)

    do(ProductsState.put, state, "max_rate", "40")

    assert state.verdict == "block" and "超过" in state.field_errors["max_rate"]
    do(ProductsState.put, state, "max_rate", "四十")
    assert "格式不对" in state.field_errors["max_rate"] and state.form["max_rate"] == "四十"
    do(ProductsState.put, state, "max_rate", "11")
    assert state.field_errors == {} and state.verdict in ("ok", "warn")


def test_a_new_form_shouts_about_nothing_yet(visit: Visit) -> None:
    state = visit()

    do(ProductsState.open_new, state)
    assert state.field_errors == {} and state.is_new
    do(ProductsState.put, state, "label", "")
    do(ProductsState.put, state, "max_rate", "x")
    assert set(state.field_errors) == {"label", "max_rate"}


def test_review_shows_the_differences_and_publishing_makes_a_version(visit: Visit) -> None:
    state = visit(code=CODE)

    do(ProductsState.review, state, {"max_rate": "11", "grace_days": "5"})
    assert state.reviewing
    assert [one["label"] for one in state.changes] == ["最高年利率", "宽限期"]
    do(ProductsState.publish, state)

    assert revisions() == [1, 2] and not state.reviewing
    assert [(one.revision, one.past) for one in state.history] == [("2", False), ("1", True)]
    do(ProductsState.take_version, state, "1")
    assert state.form["max_rate"] == "12" and state.restored == 1


def test_a_refused_review_keeps_what_was_typed_and_says_why(visit: Visit) -> None:
    state = visit(code=CODE)

    do(ProductsState.review, state, {"max_rate": "60", "label": "改了名"})

    assert not state.reviewing and "超过" in state.field_errors["max_rate"]
    assert state.form["label"] == "改了名" and revisions() == [1]


def test_another_editor_in_between_is_a_choice_field_by_field(visit: Visit) -> None:
    state = visit(code=CODE)
    other = make_user(RoleCode.ADMIN, name="管理员乙")
    found = look.open_product(other, code=CODE)
    versions.publish(
        other, code=CODE, form=found.form | {"max_rate": "11", "grace_days": "4"}, seen=found.seen, now=NOON
    )

    do(ProductsState.put, state, "max_rate", "11.5")
    do(ProductsState.publish, state)

    assert state.clashing and "管理员乙" in state.clash_sentence and revisions() == [1, 2]
    do(ProductsState.resolve, state, {"max_rate": "mine", "grace_days": "latest"})
    assert (state.form["max_rate"], state.form["grace_days"]) == ("11.5", "4")
    do(ProductsState.publish, state)
    assert revisions() == [1, 2, 3]


def test_the_order_moves_by_steps_and_stays_legal(visit: Visit) -> None:
    state = visit(code=CODE)

    do(ProductsState.move, state, "allocation", 4, -1)
    assert state.form["allocation"] == "fee,penalty,compound,principal,interest"
    for strange in (
        ("allocation", 0, -1),
        ("allocation", 99, 1),
        ("nonsense", 0, 1),
        ("allocation", None, 1),
    ):
        do(ProductsState.move, state, *strange)
    assert state.form["allocation"] == "fee,penalty,compound,principal,interest"


def test_fees_are_added_filled_and_taken_out(visit: Visit) -> None:
    state = visit(code=CODE)

    do(ProductsState.add_fee, state)
    assert state.field_errors.keys() == {"fee0_label", "fee0_value"}
    do(ProductsState.put, state, "fee0_label", "砍头息")
    do(ProductsState.put, state, "fee0_timing", "upfront")
    do(ProductsState.put, state, "fee0_value", "5")
    assert "第六百七十条" in state.field_errors["fee0_label"]
    do(ProductsState.remove_fee, state, 0)
    assert state.form["fee_count"] == "0" and state.field_errors == {}


def test_a_draft_is_kept_and_thrown_away(visit: Visit) -> None:
    state = visit(code=CODE)

    do(ProductsState.put, state, "label", "新名字")
    do(ProductsState.save_draft, state)
    assert state.has_draft and state.products[0].draft == "有草稿"
    do(ProductsState.discard, state)
    assert not state.has_draft and state.form["label"] == "个人经营贷"
    do(ProductsState.switch, state, False)
    assert state.status == "off"


@pytest.mark.parametrize(
    "message", [("nonsense", "1"), (None, None), ("fee_count", "9"), ({}, []), ("allocation", "a")]
)
def test_a_strange_message_does_no_harm(visit: Visit, message: tuple[Any, Any]) -> None:
    state = visit(code=CODE)
    before = dict(state.form)

    do(ProductsState.put, state, *message)

    assert state.form == before
