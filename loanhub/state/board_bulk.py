"""What is done with the chosen cards 批量: each a decision of the service, the reasons told, one undo for all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed, undoable
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import actions, boards, collections, lists
from loanhub.services._actor import Actor
from loanhub.services.actions import Outcome
from loanhub.services.boards import bulk
from loanhub.services.leads import view
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._board_opt import BoardOptimism
from loanhub.state._board_view import SHOWN_KEYS
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._taking import take
from loanhub.state.boards import BoardState
from loanhub.state.leads import Colleague

STEP = 25
"""Records a step: after each the progress is shown and a cancel is heard."""
VERBS = {"move": "移动", "assign": "分配", "assign_case": "分配", "hand_over": "转交", "tag": "打标签"}
GIVING = {"task": "hand_over", "collection_case": "assign_case"}
"""The action that gives a record to a colleague, where it is not ``assign``."""
TAGS_OFFERED = 12


@dataclass
class Refusal:
    """A record that was left as it was, and why."""

    id: str = ""
    name: str = ""
    reason: str = ""


class BoardBulkState(SessionState):
    """The bar of the chosen, the progress of a long run, and the list of what was left."""

    can_move: bool = False
    can_assign: bool = False
    can_tag: bool = False
    can_export: bool = False
    people: list[Colleague] = []
    tags: list[str] = []
    running: bool = False
    percent: int = 0
    progress: str = ""
    asking: bool = False
    """Whether the list of what was left is open."""
    asking_title: str = ""
    refusals: list[Refusal] = []
    field_errors: dict[str, str] = {}

    _cancelled: bool = False
    _undo: tuple[str, str, list[tuple[int, dict[str, Any]]]] = ("", "", [])
    """The last run: entity, action, and for each record what taking it back needs."""

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def enter_page(self) -> None:
        """Learn what this reader may do with many, and to whom work may be given."""
        actor, now, entity = await self._actor(), utc_now(), (await self.get_state(BoardState)).entity
        offered = {one.code for one in actions.offered(actor, entity)}
        self.can_move, self.can_tag = "move" in offered, "tag" in offered
        self.can_assign = GIVING.get(entity, "assign") in offered
        self.can_export = boards.may_export(actor, entity)
        if not self._returning:
            self.running, self.asking, self.refusals, self._undo = False, False, [], ("", "", [])
            (await self.get_state(BoardOptimism))._choose([])
        self.people, self.field_errors = [], {}
        if "assign" in offered:
            found = await rx.run_in_thread(lambda: view.assignable(actor, now=now))
            most = max((one.open for one in found), default=1) or 1
            self.people = [
                _person(
                    one.id,
                    one.name,
                    f"在手 {one.open} · 今日 {one.today}",
                    formats.percent_of(one.open, most),
                )
                for one in found
            ]
        elif "assign_case" in offered:
            free = await rx.run_in_thread(lambda: collections.collectors(actor))
            self.people = [_person(int(one["value"]), one["label"], f"在手 {one['load']}") for one in free]
        elif "hand_over" in offered:
            fields = await rx.run_in_thread(lambda: lists.filter_fields(actor, entity))
            owners = next((one.options for one in fields if one.key == "owner_id"), ())
            self.people = [_person(int(code), name) for code, name in owners if code.isdigit()]
        if self.can_tag:
            tags = await rx.run_in_thread(lambda: bulk.known_tags(actor, limit=TAGS_OFFERED))
            self.tags = list(tags)

    # ── the acts ───────────────────────────────────────────────────────────────────────────────────────────

    @rx.event(background=True)
    @needs(Permission.BOARDS_MOVE)
    async def move(self, to: str, chosen: list[str]) -> Any:
        """Move the chosen to a stage, each through its gate."""
        async for event in self._run("move", {"to": str(to)[:64]}, chosen):
            yield event

    @rx.event(background=True)
    @needs(Permission.BOARDS_READ)
    async def assign(self, owner_id: str, chosen: list[str]) -> Any:
        """Give the chosen to a colleague."""
        async with self:
            entity = (await self.get_state(BoardState)).entity
        code = GIVING.get(entity, "assign")
        async for event in self._run(code, {"owner_id": str(owner_id)[:12]}, chosen):
            yield event

    @rx.event(background=True)
    @needs(Permission.LEADS_EDIT)
    async def tag(self, word: str, chosen: list[str]) -> Any:
        """Put a tag on the chosen."""
        async for event in self._run("tag", {"add": str(word).strip()[:40]}, chosen):
            yield event

    async def _run(self, code: str, raw: Mapping[str, object], chosen: list[str]) -> Any:
        """Run an action over the chosen in steps; the page stays usable, the run can be cancelled."""
        ids, outcome, key = _ids(chosen), Outcome(0, ()), secrets.token_hex(8)
        async with self:
            if self.running or not ids:
                return
            actor, entity = await self._actor(), (await self.get_state(BoardState)).entity
            self.running, self._cancelled, self.percent = True, False, 0
            self.progress = f"{VERBS[code]} 0 / {len(ids):,}" if len(ids) > STEP else ""
        at, stopped = 0, False
        try:
            while at < len(ids) and not stopped:
                step = ids[at : at + STEP]
                outcome = outcome.plus(
                    await rx.run_in_thread(
                        lambda step=step: actions.run(  # type: ignore[misc]
                            actor, code, entity=entity, record_ids=step, raw=raw, key=key, now=utc_now()
                        )
                    )
                )
                at += len(step)
                async with self:
                    stopped = self._cancelled
                    self.percent = formats.percent_of(at, len(ids))
                    if len(ids) > STEP:
                        self.progress = f"{VERBS[code]} {at:,} / {len(ids):,}"
        finally:
            async with self:
                self.running, self.progress = False, ""
                answers = await self._answer(actor, entity, code, outcome, ids[at:])
        for answer in answers:
            yield answer

    async def _answer(
        self, actor: Actor, entity: str, code: str, outcome: Outcome, left: list[int]
    ) -> list[Any]:
        (await self.get_state(BoardOptimism))._choose([*(record for record, _ in outcome.failures), *left])
        board = await self.get_state(BoardState)
        await board._read()
        found = await rx.run_in_thread(lambda: bulk.explain(actor, entity, outcome.failures))
        self.refusals = [Refusal(str(one.id), one.name, one.reason) for one in found]
        self._undo = (entity, code, [(record, dict(result)) for record, result in outcome.results])
        sentence = f"{outcome.done:,} 条已{VERBS[code]}"
        if self.refusals:
            sentence += f"，{len(self.refusals):,} 条没有{VERBS[code]}"
        if left:
            sentence += f"，已取消，{len(left):,} 条未处理"
        self.asking_title, self.asking = sentence, bool(self.refusals)
        if not outcome.done:
            return [] if self.refusals else [failed(sentence)]
        if (entity, code) in bulk.UNDOABLE:
            board._remember("bulk")
            return [undoable(sentence, BoardBulkState.undo)]
        return [done(sentence)]

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def cancel(self) -> None:
        """Stop after the step that is being made; what is done stays, and can be undone."""
        self._cancelled = True

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def undo(self) -> Any:
        """Take the last run back as a whole; what somebody touched since is left and named."""
        actor, now = await self._actor(), utc_now()
        entity, code, results = self._undo
        self._undo = ("", "", [])
        if not results:
            return done("没有可以撤销的")
        outcome = await rx.run_in_thread(lambda: bulk.undo(actor, entity, code, results, now=now))
        await (await self.get_state(BoardState))._read()
        found = await rx.run_in_thread(lambda: bulk.explain(actor, entity, outcome.failures))
        self.refusals = [Refusal(str(one.id), one.name, one.reason) for one in found]
        sentence = f"已撤销 {outcome.done:,} 条"
        if self.refusals:
            sentence += f"，{len(self.refusals):,} 条不能撤销"
            self.asking_title, self.asking = sentence, True
        return done(sentence)

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def show_refusals(self, is_open: bool) -> None:
        """Open or close the list of what was left."""
        self.asking = bool(is_open) and bool(self.refusals)

    @rx.event
    @needs(Permission.BOARDS_READ, per_minute=20)
    async def export(self, chosen: list[str]) -> Any:
        """Take the chosen away as a spreadsheet, or with none chosen all that the filter shows."""
        board = await self.get_state(BoardState)
        question, ids = board._question(), _ids(chosen)
        if isinstance(chosen, list) and chosen and not ids:
            raise InvalidInput("没有可以导出的记录")
        asked = {
            "pipeline": question.pipeline, "criteria": dict(question.criteria or {}), "text": question.text,
            "age": question.age, "keys": list(SHOWN_KEYS.get(board.entity, ())), "ids": ids,
        }  # fmt: skip
        return await take(await self._actor(), "board", asked)


def _ids(chosen: object) -> list[int]:
    texts = [str(one) for one in chosen] if isinstance(chosen, list) else []
    found = [int(one) for one in texts if one.isascii() and one.isdigit() and len(one) < 12]
    return list(dict.fromkeys(found))[: actions.AT_ONCE]


def _person(user_id: int, name: str, load: str = "", percent: int = 0) -> Colleague:
    return Colleague(user_id, name, _listing.initial(name), _listing.color_of(name), load, percent)
