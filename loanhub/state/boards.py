"""The board page: moving cards, undoing, quick add.

``_board_filters`` holds filters and views, ``_board_gate`` the side sheet of a gate, ``_board_follow`` what others do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import MoveRefused
from loanhub.services import boards, lists
from loanhub.services._actor import Actor
from loanhub.services.boards import Moved
from loanhub.services.boards.view import CARDS_MAXIMUM
from loanhub.services.setup import DEFAULT_PIPELINE
from loanhub.state import _listing
from loanhub.state._board_filters import AGE_LABELS, FIRST_FIELD, SEGMENT, BoardFilters
from loanhub.state._board_follow import BoardFollowing
from loanhub.state._board_gate import BoardGates, GateSheet
from loanhub.state._board_opt import BoardOptimism, MoveRequest
from loanhub.state._board_view import TOPICS, BoardColumns, BoardReading
from loanhub.state._clock import utc_now
from loanhub.state._editing import TOPIC as EDITING
from loanhub.state._guard import needs
from loanhub.state._presence import HERE

UNDO_WITHIN = timedelta(minutes=5)
"""How long key Z takes one's last move back after its toast is gone."""


class BoardState(BoardGates, BoardFilters, BoardFollowing, BoardReading):
    """The board page."""

    title: str = ""
    """The name of the board shown."""

    _last: dict[str, Any] = {}
    """One's own last move, for key Z: {at, what ``move`` | ``transfer`` | ``bulk``, args}."""

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def load(self) -> None:
        """Read the address and show the board it describes."""
        query = self.router.url.query_parameters
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: boards.choices(actor))
        if not found:
            raise NotFound("没有你可以查看的看板")
        self.board_tabs = [{"value": one.code, "label": one.label} for one in found]
        wanted = str(query.get("board", DEFAULT_PIPELINE))
        chosen = next((one for one in found if one.code == wanted), found[0])
        self.board, self.entity, self.title = chosen.code, chosen.entity, chosen.label
        pipeline_id = await rx.run_in_thread(lambda: boards.pipeline_id_of(actor, chosen.code))
        returning = self._returning and self._topic == f"board:{pipeline_id}"
        self._topic = f"board:{pipeline_id}"
        self._watch(self._topic, HERE + self._topic, EDITING + self.entity, TOPICS[self.entity], reader=actor)
        if returning:
            await self._catch_up()
            return
        self._typing = False
        self.age = str(query.get("age", "")) if query.get("age") in AGE_LABELS else ""
        self.gates = {}
        self.view = str(query.get("view", ""))[:16]
        self.text = str(query.get("q", ""))[:60]
        self.show = "table" if query.get("show") == "table" else ""
        self._conditions = _listing.read_conditions(str(query.get("f", "")))
        self._limits, self.page, self._held, self.gate, self._last = {}, 1, None, GateSheet(), {}
        fields = await rx.run_in_thread(lambda: lists.filter_fields(actor, chosen.entity))
        self._fields = {one.key: one for one in fields}
        self.filter_fields = [{"value": one.key, "label": one.label} for one in fields]
        self.draft = _listing.draft_of(self._fields, FIRST_FIELD[self.entity])
        self.owners = [
            {"value": "me", "label": "我"},
            {"value": "my_team", "label": "我的团队"},
            *self._options("owner_id"),
        ]
        self.products, self.segments = self._options("product_code"), self._options(SEGMENT)
        await self._open_display(query)
        await self._read()
        await self._show_conditions()
        self._show_people()

    def _options(self, key: str) -> list[dict[str, str]]:
        return _listing.pairs(self._fields[key].options) if key in self._fields else []

    # ── cards ──────────────────────────────────────────────────────────────────────────────────────────────

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def move(self, payload: dict[str, Any]) -> Any:
        """Move a card; answered in any case, so that a refused one returns to its place."""
        request = MoveRequest.parse(payload)
        actor = await self._actor()
        back = await self._place_of(request.card_id)
        moved: Moved | None = None
        if self.gates:
            self.gates = {}
        try:
            moved = await self._make(actor, request)
        except MoveRefused as refusal:
            if not refusal.missing and not refusal.papers:
                raise
            await self._ask(request)
        finally:
            if moved is not None and self.entity == "lead" and not self.sort:
                # The mover is answered from what is on screen; the figures follow with the announcement.
                await self._show_move(request, moved)
                (await self.get_state(BoardOptimism))._answer_move(request)
            elif moved is not None or self._held is None:
                await self._answer(request, moved)
            if moved is not None and moved.stage_changed:
                await self._tell(request, moved, back)
            yield

    @rx.event(supersedes=True)
    @needs(Permission.BOARDS_MOVE)
    async def lift(self, card_id: str) -> None:
        """Show what the card in the air meets and lacks for each stage."""
        actor, now, text, board = await self._actor(), utc_now(), str(card_id), self.board
        if text.isascii() and text.isdigit() and len(text) < 12:
            found = await rx.run_in_thread(
                lambda: boards.gates(actor, card_id=int(text), board=board, now=now)
            )
            self.gates = {"card": text, "stages": found}

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def choose_board(self, code: str) -> Any:
        """Open another board, without any filter of the one before."""
        if any(one["value"] == str(code) for one in self.board_tabs):
            return rx.redirect("/boards" if code == DEFAULT_PIPELINE else f"/boards?board={code}")
        return None

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def undo(self, lead_id: int, to: str, after: int, before: int, version: int) -> Any:
        """Move a card back between its old neighbors, unless somebody moved it since."""
        request = MoveRequest.parse(
            {"n": 0, "id": lead_id, "from": to, "to": to, "after": after or None, "before": before or None,
             "ver": version, "key": f"undo-{lead_id}-{version}"}
        )  # fmt: skip
        actor, self._last = await self._actor(), {}
        moved: Moved | None = None
        try:
            moved = await self._make(actor, request, reason="撤销")
        except boards.MovedBySomebody as late:
            raise Conflict(f"无法撤销，{late.sentence}") from late
        finally:
            await self._answer(request, moved)
            yield
        yield done(f"已撤销，{moved.name}回到「{moved.to_label}」")

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def undo_last(self) -> Any:
        """Take back one's own last move of the last minutes (key Z), as its toast would have."""
        last, self._last = dict(self._last), {}
        if not last or utc_now() - last["at"] > UNDO_WITHIN:
            return done(f"{UNDO_WITHIN.seconds // 60} 分钟内没有可以撤销的移动")
        if last["what"] == "bulk":
            from loanhub.state.board_bulk import BoardBulkState  # builds on this State

            return BoardBulkState.undo
        handler = BoardState.transfer if last["what"] == "transfer" else BoardState.undo
        return handler(*last["args"])

    def _remember(self, what: str, *args: object) -> None:
        self._last = {"at": utc_now(), "what": what, "args": list(args)}

    def _told(self, moved: Moved, back: tuple[str, int, int]) -> Any:
        """Return the toast of a move, with the way back."""
        args = self._way_back(moved, back)
        return undoable(_said(moved), BoardState.undo(*args)) if args else done(_said(moved))

    async def _tell(self, request: MoveRequest, moved: Moved, back: tuple[str, int, int]) -> None:
        """Say the same of a move the browser made itself; it shows the toast."""
        args = self._way_back(moved, back)
        (await self.get_state(BoardOptimism))._tell_move(request, _said(moved), list(args))

    def _way_back(
        self, moved: Moved, back: tuple[str, int, int]
    ) -> tuple[int, str, int, int, int] | tuple[()]:
        """Return the arguments of the undo and keep them for key Z; none where the rules know no way back."""
        if moved.final:
            self._last = {}
            return ()
        code, after, before = back
        args = (moved.card_id, code or moved.from_stage, after, before, moved.version)
        self._remember("move", *args)
        return args

    async def _make(
        self,
        actor: Actor,
        request: MoveRequest,
        *,
        supply: Mapping[str, object] | None = None,
        reason: str = "",
    ) -> Moved:
        now, entity = utc_now(), self.entity
        if self.sort:  # the column is shown in another order than that by hand
            request = replace(request, after_id=None, before_id=None)
        moved: Moved = await rx.run_in_thread(
            lambda: boards.move_card(
                actor, entity=entity, card_id=request.card_id, to=request.target, after_id=request.after_id,
                before_id=request.before_id, expected_version=request.version, key=request.key, supply=supply,
                reason=reason, now=now,
            )
        )  # fmt: skip
        return moved

    async def _answer(self, request: MoveRequest, moved: Moved | None) -> None:
        """Show the columns the card left, was meant for and is in now; then answer the move."""
        codes = {request.source, request.target}
        if moved is not None:
            codes |= {moved.from_stage, moved.to_stage}
        else:
            actor, now = await self._actor(), utc_now()
            everything = boards.Question(pipeline=self.board)
            found = await rx.run_in_thread(
                lambda: boards.locate(actor, everything, [request.card_id], now=now)
            )
            codes |= set(found.values())
        await self._read_columns(codes)
        (await self.get_state(BoardOptimism))._answer_move(request)

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def open_card(self, card_id: str) -> Any:
        """Go to the customer, or to the lead that is none yet."""
        actor, text, board = await self._actor(), str(card_id), self.board
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            return None
        return rx.redirect(
            await rx.run_in_thread(lambda: boards.link_of(actor, card_id=int(text), board=board))
        )

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def load_more(self, code: str) -> None:
        """Show twenty cards more of a column, or of one lane in it: ``column|lane``."""
        place = str(code)
        column, _, lane = place.partition("|")
        shown = await self.get_state(BoardColumns)
        if not any(one["code"] == column for one in shown.columns):
            return
        if lane and not any(one["key"] == lane for one in shown.lanes):
            return
        start = 0 if lane else boards.CARDS_PER_COLUMN
        asked = self._limits.get(place, start) + boards.CARDS_PER_COLUMN
        self._limits = {**self._limits, place: min(asked, CARDS_MAXIMUM)}
        await self._read_columns([column])

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def quick_add(self, code: str, text: str) -> Any:
        """Make a card of 「孙立 138 0021 7763 40万」; what was typed stays when it is refused."""
        actor, now = await self._actor(), utc_now()
        made = None
        try:
            made = await rx.run_in_thread(lambda: boards.quick_add(actor, str(text), now=now))
            if made.new:
                await self._read_columns([str(code)])
                await self._read_views()
        finally:
            (await self.get_state(BoardOptimism))._answer_quick_add(added=made is not None)
            yield
        if made.new:
            yield done(f"已新建 {made.number}，首次联系时限 2 小时")
        else:
            yield rx.toast.warning(f"{made.notice}。这次进线已记到原线索，并通知负责人")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def toggle_fold(self, code: str) -> None:
        """Keep in this browser which columns and lanes are folded."""
        shown = await self.get_state(BoardColumns)
        known = {one["code"] for one in shown.columns} | {f"lane:{one['key']}" for one in shown.lanes}
        if str(code) in known:
            self.folds_kept = json.dumps(sorted(self._folded() ^ {str(code)}))


def _said(moved: Moved) -> str:
    return f"已将 {moved.name} 移至「{moved.to_label}」"
