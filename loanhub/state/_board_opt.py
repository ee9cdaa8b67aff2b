"""State of a board: what only the browser writes, what the server sends, and how a move is read.

A page with a board has three substates, so that one changing does not re-send or re-render the others:
``BoardOptimism`` (browser only), one deriving from ``BoardColumnsMixin``, one from ``BoardCardsMixin``.

A move must be answered even when the service refuses it, and Reflex sends no delta of a handler that raises,
so the handler yields in its ``finally``; the error then goes on to the app's one error handler:

    async def move(self, payload: dict[str, Any]):
        request = MoveRequest.parse(payload)
        try:
            await rx.run_in_thread(lambda: boards.move_card(actor, ...))
        finally:
            await self._show(columns the card left, was meant for and is in now; the card itself)
            (await self.get_state(BoardOptimism))._answer_move(request)
            yield  # a delta with the answer
        yield undo_toast(...)
"""

import re
from dataclasses import dataclass
from typing import Any, Self

import reflex as rx

from loanhub.domain.errors import InvalidInput

PATCH_LIMIT = 24
"""Changed cards kept beside ``cards`` before all are folded into one dict again (kanban.md §2)."""

_CODE = re.compile(r"[\w\-:.]{1,64}", re.ASCII)


class BoardOptimism(rx.State):
    """What the browser adds to a board until the server has answered.

    Every var but ``acked``, ``told``, ``added`` and ``answered`` is written in the browser alone, without any event;
    here it keeps its default. A reload therefore clears it by itself. What is chosen outlives a lost connection in
    the browser; the server writes it after many were acted on (those that were left), counting in ``chosen_by_server``.
    """

    ops: list[dict[str, Any]] = []
    acked: int = 0
    told: dict[str, Any] = {}
    """What the toast of the newest move says and takes back: {n, text, back}. As data it travels with the answer;
    built as an event it cost a seventh of a move."""
    hold: dict[str, list[str]] = {}
    lift: dict[str, str | int] = {}
    menu: str = ""
    back: str = ""
    tab: str = ""
    folds: dict[str, bool] = {}
    say: str = ""
    asked: dict[str, str | int] = {}
    added: int = 0
    answered: int = 0
    over: str = ""
    chosen: list[str] = []
    anchor: str = ""
    chosen_by_server: int = 0

    def _answer_move(self, request: "MoveRequest") -> None:
        """Answer a move, accepted or refused; without it the card stays where it was dropped."""
        self.acked = max(self.acked, request.number)

    def _tell_move(self, request: "MoveRequest", text: str, back: list[Any]) -> None:
        """Say that a move is done; ``back`` are the arguments of the page's undo."""
        self.told = {"n": request.number, "text": text, "back": back}

    def _choose(self, ids: list[int]) -> None:
        """Say what is chosen from now on."""
        self.chosen, self.hold, self.chosen_by_server = (
            [str(one) for one in ids],
            {},
            self.chosen_by_server + 1,
        )

    def _answer_quick_add(self, *, added: bool) -> None:
        """Answer a quick add; only an accepted one empties the input, so nothing typed is lost."""
        self.answered += 1
        self.added += added


class BoardColumnsMixin(rx.State, mixin=True):
    """Columns and the ids shown in each; the keys of a column are described at ``components.board.board``."""

    columns: list[dict[str, Any]] = []
    order: dict[str, list[str]] = {}
    shift: dict[str, int] = {}
    """How many cards came (went: below 0) by column since its figures were sent: a move sends one number, no column."""
    lanes: list[dict[str, Any]] = []
    """The lanes from top to bottom; empty for none."""


class BoardCardsMixin(rx.State, mixin=True):
    """The cards shown, and those changed since."""

    cards: dict[str, dict[str, Any]] = {}
    patch: dict[str, dict[str, Any]] = {}

    def _show_cards(self, cards: dict[str, dict[str, Any]]) -> None:
        """Replace all cards."""
        self.cards, self.patch = cards, {}

    def _patch_cards(self, changed: dict[str, dict[str, Any]], *, keep: set[str] | None = None) -> None:
        """Send the changed or new cards only; fold them into ``cards`` beyond PATCH_LIMIT.

        keep: ids still shown; when folding, cards outside of it are dropped. None keeps all.
        """
        if not changed:
            return
        patch = {**self.get_value("patch"), **changed}
        if len(patch) <= PATCH_LIMIT:
            self.patch = patch
            return
        every = {**self.get_value("cards"), **patch}
        self._show_cards(
            {card_id: card for card_id, card in every.items() if keep is None or card_id in keep}
        )


@dataclass(frozen=True)
class MoveRequest:
    """A move as the browser asks for it: where to, between which neighbors, from which version."""

    number: int
    card_id: int
    source: str
    target: str
    after_id: int | None
    before_id: int | None
    version: int
    key: str

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Return the move; the payload comes from a browser and may be anything.

        Raises:
            InvalidInput: it is not a move this board can have sent.
        """
        if not isinstance(payload, dict):
            raise InvalidInput("移动请求不完整，请刷新页面后再试")
        return cls(
            number=_whole(payload.get("n")),
            card_id=_whole(payload.get("id")),
            source=_code(payload.get("from")),
            target=_code(payload.get("to")),
            after_id=_neighbor(payload.get("after")),
            before_id=_neighbor(payload.get("before")),
            version=_whole(payload.get("ver")),
            key=_code(payload.get("key")),
        )


def _whole(value: object) -> int:
    """Return a count or id sent as a number or as digits, 0 to 2^53 - 1 (a browser's integers)."""
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[0-9]{1,16}", digits) or int(digits) >= 2**53:
        raise InvalidInput("移动请求里的编号不对，请刷新页面后再试")
    return int(digits)


def _neighbor(value: object) -> int | None:
    return None if value is None else _whole(value)


def _code(value: object) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise InvalidInput("移动请求里的阶段不对，请刷新页面后再试")
    return value
