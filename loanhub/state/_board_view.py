"""What the board page shows and how it is read again: whole, by column, after what others did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import reflex as rx

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.errors import InvalidInput
from loanhub.domain.pipelines import StageCode
from loanhub.services import boards, lists
from loanhub.services.boards import BoardView, Moved
from loanhub.services.lists import FilterField
from loanhub.services.setup import DEFAULT_PIPELINE
from loanhub.state import _listing, _live
from loanhub.state._base import SessionState
from loanhub.state._board_opt import BoardCardsMixin, BoardColumnsMixin, MoveRequest
from loanhub.state._clock import utc_now
from loanhub.state._listing import Draft

EVERYTHING = "all"
TOPICS = {"lead": "leads", "application": "applications", "task": "tasks", "collection_case": "collections"}
"""Where changes of the records of a board are told, by entity."""
TOLD_ELSEWHERE = frozenset({"lead.moved", "lead.reordered"})
"""Events that the topic of the board tells with more detail."""
TABLE_KEYS = {
    "lead": ("name", "amount_fen", "product_code", "stage_code", "stage_entered_at", "next_step", "next_step_at",
             "owner_id", "temperature", "tags"),
    "application": ("number", "amount_fen", "product_code", "status", "submitted_at", "due_at", "owner_id"),
    "task": ("title", "kind", "priority", "due_at", "done_at", "owner_id"),
    "collection_case": ("number", "stage", "dpd", "bucket", "overdue_principal_fen", "approach", "last_contact_at",
                        "promise_due_date", "owner_id"),
}  # fmt: skip
"""What the table of the same records shows, by entity."""
SHOWN_KEYS = TABLE_KEYS
"""What a spreadsheet of them holds: the same."""
TABLE_SORT = {
    "lead": "stage_entered_at",
    "application": "due_at",
    "task": "due_at",
    "collection_case": "opened_on",
}
PEOPLE_SHOWN = 4
_TIMELESS = ("ver", "lane", "age", "risk", "owner_name", "product", "changed_by", "editing_by")


class BoardColumns(BoardColumnsMixin, rx.State):
    """Columns and the ids in them."""


class BoardCards(BoardCardsMixin, rx.State):
    """The cards."""


class BoardReading(SessionState):
    """Vars of the page and the reading of them; handlers stand in ``state.boards``."""

    ready: bool = False
    board: str = DEFAULT_PIPELINE
    """The code of the board shown."""
    entity: str = "lead"
    board_tabs: list[dict[str, str]] = []
    """The boards this reader may open: {value, label}."""
    age: str = ""
    """The age state shown alone, or '' for all."""
    gates: dict[str, Any] = {}
    """What the card in the air meets and lacks: {card, stages: {code: {met, missing, blocked}}}."""
    show: str = ""
    """'' the board, 'table' the table."""
    lane: str = ""
    """By what the board has lanes, or '' for none."""
    sort: str = ""
    """In which order cards stand, or '' for the board's own."""
    views: list[dict[str, str]] = []
    view: str = EVERYTHING
    text: str = ""
    quick: dict[str, str] = {}
    chips: list[dict[str, str]] = []
    owners: list[dict[str, str]] = []
    products: list[dict[str, str]] = []
    segments: list[dict[str, str]] = []
    """The segments of customers one may filter by."""
    filter_fields: list[dict[str, str]] = []
    draft: Draft = Draft()
    count_text: str = "0"
    amount_text: str = ""
    weighted_text: str = ""
    total: int = 0
    has_conditions: bool = False
    people: list[dict[str, str]] = []
    people_text: str = ""
    naming: bool = False
    field_errors: dict[str, str] = {}
    rows: list[dict[str, str]] = []
    page: int = 1
    pages: int = 1
    range_text: str = ""
    folds_kept: str = rx.LocalStorage("", name="lh-board-folds")

    _facts: tuple[str, ...] | None = None
    """What the cards say by the reader's own choice; None for the default."""
    _conditions: list[dict[str, Any]] = []
    _fields: dict[str, FilterField] = {}
    _stored: dict[str, dict[str, Any]] = {}
    _limits: dict[str, int] = {}
    _sums: dict[str, tuple[int, int, int]] = {}
    _topic: str = ""
    _typing: bool = False
    """Whether a cell of the table is open: its rows then wait, so that nothing shifts under the hands."""
    _stale: list[str] = []
    """Columns whose figures are to be read again once one's own moves are announced."""

    def _criteria(self) -> dict[str, object]:
        stored = self._stored.get(self.view, {}).get("criteria") or {}
        return _listing.criteria_of([dict(stored)] if stored else [], list(self._conditions))

    def _facts_shown(self) -> tuple[str, ...] | None:
        """Return what the cards say: as the saved view has it, else as the reader does."""
        settings = self._stored.get(self.view, {}).get("settings") or {}
        return boards.facts_in(settings) or self._facts

    def _question(self) -> boards.Question:
        return boards.Question(
            pipeline=self.board,
            criteria=self._criteria(),
            text=self.text,
            limits=dict(self._limits),
            age=self.age,
            lane=self.lane,
            order=self.sort,
            facts=self._facts_shown(),
        )

    def _folded(self) -> set[str]:
        try:
            kept = json.loads(self.folds_kept) if 0 < len(self.folds_kept) < 2_000 else None
        except ValueError:
            kept = None
        if isinstance(kept, list):
            return {str(code) for code in kept}
        return {StageCode.DISBURSED.value, ApplicationStatus.FUNDED.value}

    async def _read_views(self) -> None:
        actor, now = await self._actor(), utc_now()
        board = self.board
        everything, stored = await rx.run_in_thread(lambda: boards.tabs(actor, board=board, now=now))
        found = [
            (EVERYTHING, "全部在途", everything),
            *((f"s{tab.id}", tab.name, tab.count) for tab in stored),
        ]
        self.views = [
            {"id": code, "name": name, "count": str(count), "value": code, "label": f"{name} {count}"}
            for code, name, count in found
        ]
        self._stored = {
            f"s{tab.id}": {
                "id": tab.id, "name": tab.name, "criteria": tab.criteria, "settings": tab.settings, "shared": tab.shared,
                "for_whom": tab.for_whom, "editable": tab.editable,
            }
            for tab in stored
        }  # fmt: skip
        if self.view not in self._stored:
            self.view = EVERYTHING

    async def _read(self) -> None:
        """Read all of it: the board, or a page of the table."""
        try:
            await self._read_board()
        except InvalidInput:
            # A shared address whose condition no longer fits must not lock the page.
            self._conditions = []
            await self._read_board()
        if self.show == "table":
            await self._read_table()

    async def _read_board(self) -> None:
        actor, question, now = await self._actor(), self._question(), utc_now()
        found: BoardView = await rx.run_in_thread(lambda: boards.look(actor, question, now=now))
        columns, cards = await self.get_state(BoardColumns), await self.get_state(BoardCards)
        folded = self._folded()
        columns.columns = [{**one, "folded": one["code"] in folded} for one in found.columns]
        columns.order, columns.shift = found.order, {}
        columns.lanes = self._lanes(found, folded)
        self._mark_editors(found.cards)
        cards._show_cards(found.cards)
        self._show_sums(found.sums)
        self.ready = True

    @staticmethod
    def _lanes(found: BoardView, folded: set[str]) -> list[dict[str, Any]]:
        return [{**one, "folded": f"lane:{one['key']}" in folded} for one in found.lanes]

    async def _read_columns(self, codes: Iterable[str], changed_by: Mapping[str, str] | None = None) -> None:
        """Read some columns; send the ids, figures and cards in them that differ from what is shown.

        changed_by: card id -> who changed it, to be said on the card.
        """
        columns, cards = await self.get_state(BoardColumns), await self.get_state(BoardCards)
        wanted = {one["code"] for one in columns.columns} & set(codes)
        if not wanted:
            return
        actor, question, now = await self._actor(), self._question(), utc_now()
        found: BoardView = await rx.run_in_thread(
            lambda: boards.look(actor, question, now=now, only=sorted(wanted))
        )
        folded, fresh = self._folded(), {one["code"]: one for one in found.columns}
        shown = {
            "columns": [
                {**fresh.get(one["code"], one), "folded": one["code"] in folded}
                for one in _plain(columns.columns)
            ],
            "order": {**_plain(columns.order), **found.order},
            "shift": {code: by for code, by in _plain(columns.shift).items() if code not in fresh},
            "lanes": self._lanes(found, folded),
        }
        for name, value in shown.items():
            if value != columns.get_value(name):  # what is assigned is sent, equal or not
                setattr(columns, name, value)
        self._mark_editors(found.cards)
        told = changed_by or {}
        known = {**_plain(cards.cards), **_plain(cards.patch)}
        new = {
            card_id: {**card, "changed_by": told[card_id]} if card_id in told else card
            for card_id, card in found.cards.items()
            if card_id in told or card_id not in known or _differs(known[card_id], card)
        }
        cards._patch_cards(new, keep={card_id for ids in _plain(columns.order).values() for card_id in ids})
        self._show_sums({**self._sums, **found.sums})

    async def _show_move(self, request: MoveRequest, moved: Moved) -> None:
        """Show a move that was made, without reading anything: order, counts and the card's new version."""
        columns, cards = await self.get_state(BoardColumns), await self.get_state(BoardCards)
        one = str(request.card_id)
        card = _plain(cards.patch).get(one) or _plain(cards.cards).get(one)
        order = {
            code: [other for other in ids if other != one] for code, ids in _plain(columns.order).items()
        }
        ids = order.setdefault(moved.to_stage, [])
        after, before = str(request.after_id), str(request.before_id)
        ids.insert(ids.index(before) if before in ids else ids.index(after) + 1 if after in ids else 0, one)
        columns.order = order
        self._stale = sorted({*self._stale, request.source, moved.from_stage, moved.to_stage})
        if moved.stage_changed:
            change = {moved.from_stage: -1, moved.to_stage: 1}
            before = _plain(columns.shift)
            columns.shift = {**before, **{code: before.get(code, 0) + by for code, by in change.items()}}
            if self.lane:
                columns.columns = [
                    {**each, **_shifted(each, card, change.get(each["code"], 0))}
                    for each in _plain(columns.columns)
                ]
        if card is not None:
            cards._patch_cards({one: {**card, "ver": moved.version, "changed_by": ""}})

    async def _place_of(self, card_id: int) -> tuple[str, int, int]:
        """Return the column of a card and the ids above and below it, 0 for none: where an undo brings it."""
        one = str(card_id)
        for code, ids in _plain((await self.get_state(BoardColumns)).order).items():
            if one in ids:
                at = ids.index(one)
                return code, int(ids[at - 1]) if at else 0, int(ids[at + 1]) if at + 1 < len(ids) else 0
        return "", 0, 0

    async def _read_table(self) -> None:
        actor, now, entity = await self._actor(), utc_now(), self.entity
        question = self._question()
        offset, sort = (self.page - 1) * lists.PAGE_ROWS, TABLE_SORT.get(entity, "")
        found = await rx.run_in_thread(
            lambda: boards.table(actor, question, keys=TABLE_KEYS[entity], sort=sort, offset=offset, now=now)
        )
        self.pages = _listing.pages_of(found.total)
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)
        colors = {one["code"]: one["color"] for one in (await self.get_state(BoardColumns)).columns}
        self.rows = [
            {
                **row.cells, "id": str(row.id), "version": str(row.version),
                "owner_initial": _listing.initial(row.cells["owner_id"]),
                "owner_color": str(_listing.color_of(row.cells["owner_id"])),
                "stage_tone": colors.get(
                    next((row.codes[key] for key in ("stage_code", "status", "stage") if row.codes.get(key)), ""), "lead"
                ),
            }
            for row in found.rows
        ]  # fmt: skip

    def _mark_editors(self, cards: dict[str, dict[str, Any]]) -> None:
        """Say on these cards who else is editing them."""
        for record_id in _live.editing.edited(self.entity):
            if str(record_id) in cards:
                name = _live.editing.editor_of(self.entity, record_id, but=self.user_id)
                cards[str(record_id)]["editing_by"] = name

    def _show_sums(self, sums: dict[str, tuple[int, int, int]]) -> None:
        self._sums = dict(sums)
        figures = boards.totals(sums)
        self.count_text, self.amount_text, self.weighted_text = (
            figures.count_text, figures.amount_text, figures.weighted_text,
        )  # fmt: skip
        self.total = sum(one[0] for one in sums.values())


def _plain(value: Any) -> Any:
    """Return what Reflex wraps to notice changes; for reading many cards, which is slow through the wrapper."""
    return getattr(value, "__wrapped__", value)


def _differs(known: Mapping[str, Any], fresh: Mapping[str, Any]) -> bool:
    """Return whether a card must be sent; how long it stays alone is no reason to send it again."""
    return any((known.get(key) or "") != (fresh.get(key) or "") for key in _TIMELESS)


def _shifted(column: Mapping[str, Any], card: Mapping[str, Any] | None, by: int) -> dict[str, Any]:
    """Return the column's cards by lane after one came or went; nothing on a board without lanes."""
    if "cells" not in column or card is None or not by:
        return {}
    lane = str(card.get("lane", ""))
    return {"cells": {**column["cells"], lane: max(0, column["cells"].get(lane, 0) + by)}}
