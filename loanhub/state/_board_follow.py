"""The board page and what others do meanwhile: whose moves are read again, who looks, who edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reflex as rx

from loanhub.services import boards
from loanhub.services._actor import Actor
from loanhub.state import _listing, _live
from loanhub.state._board_view import TOPICS, BoardCards, BoardColumns, BoardReading, _plain
from loanhub.state._clock import utc_now
from loanhub.state._editing import TOPIC as EDITING
from loanhub.state._presence import HERE

TOLD_ELSEWHERE = frozenset({"lead.moved", "lead.reordered"})
"""Events that the topic of the board tells with more detail."""
PEOPLE_SHOWN = 4


class BoardFollowing(BoardReading, mixin=True):
    """Keeps the board as others leave it; ``state.boards`` mixes it into the page."""

    @classmethod
    def _wants(cls, topic: str, op: _live.Op, reader: Actor | None) -> bool:
        """Return False for moves of cards this reader never saw, and for moves on the topic of all leads.

        Most moves concern one person and one leader; asking everybody's state would cost more than the move.
        """
        if topic in TOPICS.values():
            return op.get("event") not in TOLD_ELSEWHERE
        if reader is None or "owner_id" not in op:
            return True
        return reader.reaches(owner_id=op["owner_id"], department_id=op["department_id"])  # type: ignore[arg-type]

    def _show_people(self) -> None:
        others = {i: n for i, n in _live.presence.people(self._topic).items() if i != self.user_id}
        self.people = [
            {"initial": name[-1:], "name": name, "color": str(_listing.color_of(name))}
            for name in list(others.values())[:PEOPLE_SHOWN]
        ]
        self.people_text = f"{len(others)} 人在看" if others else ""

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        """Read again what others changed, if it lies in this reader's reach; nothing for what is shown already."""
        if topic == HERE + self._topic:
            self._show_people()
        elif topic == EDITING + self.entity:
            await self._show_editors(ops)
        elif topic == self._topic:
            await self._follow_moves(ops)
            await self._follow_rows()
        elif topic == TOPICS.get(self.entity):
            await self._follow_changes(ops)
            await self._follow_rows()
        else:
            await super()._on_live(topic, ops)

    async def _follow_rows(self) -> None:
        if self.show == "table" and not self._typing:
            await self._read_table()

    async def _show_editors(self, ops: list[_live.Op]) -> None:
        """Say who begins or ends editing, on the cards that are shown."""
        cards = await self.get_state(BoardCards)
        known = {**_plain(cards.cards), **_plain(cards.patch)}
        new = {}
        for one in {str(one) for op in ops for one in op.get("ids", ())}:  # type: ignore[attr-defined]
            card = known.get(one)
            name = _live.editing.editor_of(self.entity, int(one), but=self.user_id) if one.isdigit() else ""
            if card is not None and (card.get("editing_by") or "") != name:
                new[one] = {**card, "editing_by": name}
        if new:
            cards._patch_cards(new)

    async def _catch_up(self) -> None:
        """Read all of it after a lost connection; an open cell keeps its row where it is."""
        await self._read_views()
        await self._read_board()
        await self._follow_rows()
        self._show_people()

    async def _follow_moves(self, ops: list[_live.Op]) -> None:
        actor = await self._actor()
        if any(op.get("event") == "pipeline.edited" for op in ops):
            await self._read_board()
            return
        columns, cards = await self.get_state(BoardColumns), await self.get_state(BoardCards)
        codes, self._stale = set(self._stale), []
        told: dict[str, str] = {}
        for op in ops:
            card_id = str(op.get("id"))
            card = _plain(cards.patch).get(card_id) or _plain(cards.cards).get(card_id)
            if card is not None and card.get("ver", 0) >= _number(op.get("version")):
                continue
            if card is None and not actor.reaches(
                owner_id=op.get("owner_id"), department_id=op.get("department_id")
            ):  # type: ignore[arg-type]
                continue
            codes.update(op.get("columns", ()), _showing(columns.order, {card_id}))  # type: ignore[arg-type]
            if op.get("by") != self.user_id:
                told[card_id] = str(op.get("who", ""))
        if codes:
            await self._read_columns(codes, told)

    async def _follow_changes(self, ops: list[_live.Op]) -> None:
        ids = {_number(op.get("id")) for op in ops}
        if 0 in ids:
            await self._read_board()
            return
        actor, question, now = await self._actor(), self._question(), utc_now()
        found = await rx.run_in_thread(lambda: boards.locate(actor, question, ids, now=now))
        shown = (await self.get_state(BoardColumns)).order
        codes = {*found.values(), *_showing(shown, {str(one) for one in ids})}
        if codes:
            await self._read_columns(codes)
            await self._read_views()


def _showing(order: Mapping[str, Any], ids: set[str]) -> set[str]:
    return {code for code, shown in order.items() if ids & set(shown)}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
