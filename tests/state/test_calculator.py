"""The handlers of the calculators: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
import sqlalchemy as sa
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.models import Event
from loanhub.services._transaction import reading
from loanhub.state import calculator
from loanhub.state._guard import Bucket
from loanhub.state._marks import mark_of
from loanhub.state.calculator import CalculatorState, PublicCalculatorState, TooManyQuestions
from loanhub.state.palette import PaletteState
from tests.builders import make_company

Visit = Callable[..., Any]


@pytest.fixture
def visit(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Return a function that opens a calculator at an address."""
    make_company()
    monkeypatch.setattr(calculator, "_addresses", Bucket(6000, 600))

    def opened(state_class: type[rx.State] = CalculatorState, **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(state_class.get_full_name().split(".")[1:])
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/calculator?{urlencode(query)}"))
        do(state_class.load, state)  # type: ignore[attr-defined]
        return state

    return opened


def do(handler: Any, state: Any, *arguments: Any) -> Any:
    """Run one handler to its end."""

    async def work() -> Any:
        return await handler.fn(state, *arguments)

    return asyncio.run(work())


class TestInside:
    def test_shows_the_calculation_of_a_link(self, visit: Visit) -> None:
        state = visit(amount="30万", rate="10.8", months="24")

        assert state.figures["monthly"] == "13,954.51"
        assert state.figures["simple"] == "10.80%"
        assert len(state.rows) == 24 and state.field_errors == {}

    def test_calculates_while_typing_and_keeps_the_address(self, visit: Visit) -> None:
        state = visit()

        event = do(CalculatorState.put, state, "amount", "30万")

        assert state.figures["principal"] == "300,000.00"
        assert "amount=30%E4%B8%87" in str(event)

    def test_keeps_the_last_result_while_the_input_makes_no_sense(self, visit: Visit) -> None:
        state = visit()
        before = dict(state.figures)

        do(CalculatorState.put, state, "months", "601")

        assert state.figures == before and "1 到 600" in state.field_errors["months"]
        do(CalculatorState.put, state, "months", "6")
        assert state.field_errors == {} and state.figures["count"] == "6"

    @pytest.mark.parametrize("message", [("nonsense", "1"), (None, None), ("amount", None), ({}, [])])
    def test_a_strange_message_does_no_harm(self, visit: Visit, message: tuple[Any, Any]) -> None:
        state = visit()
        try:
            do(CalculatorState.put, state, *message)
        except TypeError:
            pytest.fail("a handler must take anything")
        assert set(state.form) == set(calculator.forms.KEYS)

    def test_puts_at_most_three_methods_side_by_side(self, visit: Visit) -> None:
        state = visit()
        for code in ("equal_principal", "interest_only", "bullet", "flat"):
            do(CalculatorState.compare_with, state, code)

        assert [one["label"] for one in state.compared] == ["先息后本", "利随本清", "等本等息"]
        do(CalculatorState.compare_with, state, "bullet")
        assert [one["label"] for one in state.compared] == ["先息后本", "等本等息"]

    def test_turns_pages_within_bounds(self, visit: Visit) -> None:
        state = visit(months="100")

        do(CalculatorState.turn, state, -1)
        assert state.page_number == 1
        for _ in range(5):
            do(CalculatorState.turn, state, 1)
        assert state.page_number == state.pages == 3 and state.rows[-1]["number"] == "100"

    def test_explains_a_row_and_closes_again(self, visit: Visit) -> None:
        state = visit()

        do(CalculatorState.explain, state, "2")
        assert state.explaining and state.explained == "2"
        assert {"利息", "本金", "本期应还"} <= {one["title"] for one in state.reasons}
        do(CalculatorState.show_explanation, state, False)
        assert not state.explaining
        do(CalculatorState.explain, state, "99")
        assert not state.explaining

    def test_hands_over_a_spreadsheet_and_a_link(self, visit: Visit) -> None:
        state = visit(amount="30万")

        assert "xlsx" in str(do(CalculatorState.export, state))
        assert "calculator?amount=30" in str(do(CalculatorState.share, state))

    def test_prints_every_row(self, visit: Visit) -> None:
        state = visit(months="100")

        do(CalculatorState.print_all, state)

        assert len(state.rows) == 100

    def test_begins_again(self, visit: Visit) -> None:
        state = visit(amount="30万", sum1="2%")

        do(CalculatorState.reset_form, state)

        assert state.form == calculator.forms.KEYS and state.figures["principal"] == "100,000.00"


class TestPublic:
    def test_begins_with_the_companys_offer(self, visit: Visit) -> None:
        state = visit(PublicCalculatorState)

        assert state.company == "澄江普惠"
        assert state.least < state.slide < state.most and state.figures["simple"]

    def test_takes_no_more_than_the_public_fields(self, visit: Visit) -> None:
        state = visit(PublicCalculatorState, rows="x", compare="flat", amount="20万")
        before = dict(state.form)

        do(PublicCalculatorState.put, state, "rows", "2026-06-15 1")
        do(PublicCalculatorState.put, state, "compare", "flat")

        assert state.form == before and state.form["compare"] == "" and state.form["amount"] == "20万"

    def test_the_slider_and_the_typed_amount_follow_each_other(self, visit: Visit) -> None:
        state = visit(PublicCalculatorState)

        do(PublicCalculatorState.slide_to, state, "30")
        assert state.figures["principal"] == "300,000.00" and state.start_of["amount"] == "30万"
        do(PublicCalculatorState.put, state, "amount", "25万")
        assert state.slide == 25
        for strange in ("x", "", "9" * 20, None):
            do(PublicCalculatorState.slide_to, state, strange)
        assert state.form["amount"] == "25万"

    def test_a_usual_term_fills_the_field_for_any_other(self, visit: Visit) -> None:
        state = visit(PublicCalculatorState)

        do(PublicCalculatorState.choose_months, state, "24")

        assert state.start_of["months"] == "24" and state.figures["count"] == "24"

    def test_slows_down_an_address_that_asks_too_fast(
        self, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        state = visit(PublicCalculatorState)
        monkeypatch.setattr(calculator, "_addresses", Bucket(1, 2))
        do(PublicCalculatorState.put, state, "months", "6")
        do(PublicCalculatorState.put, state, "months", "7")

        with pytest.raises(TooManyQuestions):
            do(PublicCalculatorState.put, state, "months", "8")

    def test_writes_nothing_and_needs_nobody(self, visit: Visit) -> None:
        with reading() as db:
            before = db.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one()
        state = visit(PublicCalculatorState)
        do(PublicCalculatorState.put, state, "months", "6")
        do(PublicCalculatorState.explain, state, "1")
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one() == before
        for name in (
            "load",
            "put",
            "choose_months",
            "slide_to",
            "turn",
            "explain",
            "show_explanation",
            "share",
        ):
            mark = mark_of(getattr(PublicCalculatorState, name).fn)
            assert mark is not None and mark.open_to_all
            inside = getattr(CalculatorState, name, None)
            assert inside is None or not mark_of(inside.fn).open_to_all  # type: ignore[union-attr]

    def test_shows_only_its_own_figures(self, visit: Visit) -> None:
        names = set(PublicCalculatorState.vars) - set(PaletteState.vars)

        assert not {name for name in names if "customer" in name or "loan" in name}
