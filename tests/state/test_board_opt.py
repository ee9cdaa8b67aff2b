"""State of a board: reading a move, answering it, sending changed cards."""

from typing import Any

import pytest
import reflex as rx

from loanhub.domain.errors import InvalidInput
from loanhub.state._board_opt import (
    PATCH_LIMIT,
    BoardCardsMixin,
    BoardOptimism,
    MoveRequest,
)


class PatchedCards(BoardCardsMixin, rx.State):
    """Cards of the board under test."""


def make_payload(**changes: Any) -> dict[str, Any]:
    """Return a move as the browser sends it."""
    return {
        "n": 1, "id": "17", "from": "lead", "to": "review", "after": None, "before": "4", "ver": 3,
        "key": "0b8e6d3c-7f1e-4b0a-9c55-2f8f0b1f6a11", **changes,
    }  # fmt: skip


class TestMoveRequest:
    def test_reads_a_move(self):
        request = MoveRequest.parse(make_payload())

        assert (request.number, request.card_id, request.version) == (1, 17, 3)
        assert (request.source, request.target) == ("lead", "review")
        assert (request.after_id, request.before_id) == (None, 4)

    @pytest.mark.parametrize(
        "changes",
        [
            {"id": "1; drop table"}, {"id": -1}, {"id": True}, {"id": "９"}, {"id": None}, {"id": "9" * 30},
            {"ver": 1.5}, {"n": {"a": 1}}, {"to": ""}, {"to": "x" * 65}, {"to": ["lead"]}, {"from": "a b"},
            {"before": "first"}, {"key": None}, {"key": "k\n"},
        ],
        ids=str,
    )  # fmt: skip
    def test_refuses_what_no_board_sends(self, changes: dict[str, Any]):
        with pytest.raises(InvalidInput):
            MoveRequest.parse(make_payload(**changes))

    @pytest.mark.parametrize("payload", [None, [], "move", 3])
    def test_refuses_what_is_not_a_move_at_all(self, payload: object):
        with pytest.raises(InvalidInput):
            MoveRequest.parse(payload)


class TestBoardOptimism:
    def test_an_answer_is_sent_and_nothing_else(self):
        state = BoardOptimism(_reflex_internal_init=True)
        state._clean()

        state._answer_move(MoveRequest.parse(make_payload(n=4)))

        assert list(state.get_delta()[BoardOptimism.get_full_name()].values()) == [4]

    def test_a_late_answer_does_not_revive_newer_moves(self):
        state = BoardOptimism(_reflex_internal_init=True)

        state._answer_move(MoveRequest.parse(make_payload(n=4)))
        state._answer_move(MoveRequest.parse(make_payload(n=3)))

        assert state.acked == 4

    def test_a_refused_quick_add_keeps_the_text(self):
        state = BoardOptimism(_reflex_internal_init=True)

        state._answer_quick_add(added=False)

        assert (state.answered, state.added) == (1, 0)


class TestPatchCards:
    def test_sends_only_what_changed(self):
        state = PatchedCards(_reflex_internal_init=True)
        state._show_cards({"1": {"ver": 1}, "2": {"ver": 1}})
        state._clean()

        state._patch_cards({"1": {"ver": 2}})

        [delta] = state.get_delta().values()
        assert list(delta.values()) == [{"1": {"ver": 2}}]

    def test_folds_a_long_patch_and_forgets_cards_no_longer_shown(self):
        state = PatchedCards(_reflex_internal_init=True)
        state._show_cards({"gone": {"ver": 1}})

        state._patch_cards({str(n): {"ver": 2} for n in range(PATCH_LIMIT + 1)}, keep={"0", "1"})

        assert state.patch == {}
        assert set(state.cards) == {"0", "1"}
