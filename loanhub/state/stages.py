"""Board stages 看板阶段: the form of a board, in the order on screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import pipelines
from loanhub.services.pipelines import BoardView, StageForm
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

NUMBERS = ("dwell_target_hours", "wip_limit", "probability_percent")


@dataclass
class StageRow:
    """A stage as the form draws it; numbers as texts, empty for none."""

    code: str = ""
    place: str = ""
    label: str = ""
    color: str = ""
    dwell: str = ""
    wip: str = ""
    probability: str = ""
    required: list[str] = field(default_factory=list)
    required_text: str = ""
    gate: str = ""
    cards: str = ""
    next_codes: list[str] = field(default_factory=list)
    next_text: str = ""
    wip_hard: bool = False
    fixed: bool = False


class StagesState(SessionState):
    """The page of board stages."""

    boards: list[dict[str, str]] = []
    board: str = ""
    name: str = ""
    rows: list[StageRow] = []
    options: list[dict[str, str]] = []
    goals: list[dict[str, str]] = []
    """The stages a card may be allowed to go to."""
    effects: list[dict[str, str]] = []
    """What saving would mean for the cards there now, to be confirmed: {stage, sentence}."""
    form_key: str = ""
    moved: bool = False
    loading: bool = True
    field_errors: dict[str, str] = {}

    _version: int = 0
    _held: tuple[str, list[StageForm]] | None = None

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def load(self) -> None:
        """Show the first board."""
        actor = await self._actor()
        self.loading = True
        found = await rx.run_in_thread(lambda: pipelines.list_boards(actor))
        self.boards = [{"id": str(key), "name": label, "count": ""} for key, label in found]
        self.board = str(found[0][0]) if found else ""
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        number = int(self.board) if self.board.isdigit() else 0
        self._held, self.effects = None, []
        self._show(await rx.run_in_thread(lambda: pipelines.view(actor, pipeline_id=number, now=now)))

    def _show(self, board: BoardView) -> None:
        self.name, self._version = board.label, board.version
        self.rows = [
            StageRow(
                code=one.code, place=str(place), label=one.label, color=one.color, dwell=str(one.dwell_target_hours or ""),
                wip=str(one.wip_limit or ""), probability=str(one.probability_percent), required=list(one.required),
                required_text="、".join(one.required_labels) or "无", gate=one.gate, cards=str(one.cards),
                next_codes=list(one.next_codes), next_text="、".join(one.next_labels) or "任意阶段", wip_hard=one.wip_hard,
                fixed=place == 1 or bool(one.gate),
            )
            for place, one in enumerate(board.stages, start=1)
        ]  # fmt: skip
        self.options = [{"value": key, "label": label} for key, label in board.fields]
        self.goals = [{"value": one.code, "label": one.label} for one in board.stages]
        self.boards = [
            {**tab, "name": board.label} if tab["id"] == self.board else tab for tab in self.boards
        ]
        self.form_key, self.moved, self.loading, self.field_errors = (
            f"{board.id}-{board.version}",
            False,
            False,
            {},
        )

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def choose(self, board: str) -> None:
        """Show another board."""
        if any(tab["id"] == str(board) for tab in self.boards):
            self.board = str(board)
        await self._read()

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def move(self, code: str, step: int) -> None:
        """Move a free stage one place left or right; saved with the rest."""
        rows = list(self.rows)
        here = next((i for i, row in enumerate(rows) if row.code == str(code)), -1)
        there = here + (1 if step == 1 else -1)
        if here < 0 or not 0 <= there < len(rows) or rows[here].fixed or rows[there].fixed:
            return
        rows[here], rows[there] = rows[there], rows[here]
        for place, row in enumerate(rows, start=1):
            row.place = str(place)
        self.rows, self.moved = rows, True

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def reset_form(self) -> None:
        """Take back what was not saved."""
        await self._read()
        self.form_key = f"{self.form_key}-{utc_now().timestamp()}"

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the whole board; what it would mean for cards is shown first, to be confirmed."""
        actor, now = await self._actor(), utc_now()
        number = int(self.board) if self.board.isdigit() else 0
        keys, codes = [option["value"] for option in self.options], [row.code for row in self.rows]
        stages = [_form(row.code, form, keys, codes) for row in self.rows]
        name = str(form.get("label", ""))[:100]
        found = await rx.run_in_thread(
            lambda: pipelines.preview(actor, pipeline_id=number, stages=stages, now=now)
        )
        if found:
            self._held, self.field_errors = (name, stages), {}
            self.effects = [{"stage": one.stage, "sentence": one.sentence} for one in found]
            return None
        return await self._write(name, stages)

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def confirm(self) -> Any:
        """Save what was shown."""
        held = self._held
        self._held, self.effects = None, []
        return await self._write(*held) if held is not None else None

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def show_effects(self, is_open: bool) -> None:
        """Close the list of effects; nothing is saved, and what was typed stays."""
        if not is_open:
            self._held, self.effects = None, []

    async def _write(self, name: str, stages: list[StageForm]) -> Any:
        actor, now, version = await self._actor(), utc_now(), self._version
        number = int(self.board) if self.board.isdigit() else 0
        await rx.run_in_thread(
            lambda: pipelines.save(
                actor, pipeline_id=number, version=version, label=name, stages=stages, now=now
            )
        )
        await self._read()
        return done("已保存，看板上立刻生效")


def _form(code: str, form: dict[str, Any], keys: list[str], codes: list[str]) -> StageForm:
    dwell, wip, probability = (_number(form.get(f"{code}.{name}", "")) for name in NUMBERS)
    return StageForm(
        code=code, label=str(form.get(f"{code}.label", ""))[:100], dwell_target_hours=dwell, wip_limit=wip,
        probability_percent=probability, required=tuple(key for key in keys if form.get(f"{code}.required.{key}")),
        next_codes=tuple(one for one in codes if one != code and form.get(f"{code}.next.{one}")),
        wip_hard=bool(form.get(f"{code}.wip_hard")),
    )  # fmt: skip


def _number(raw: object) -> int:
    """Return the number typed; 0 for nothing, −1 (which the service refuses beside its field) for anything else."""
    text = str(raw).strip().replace(",", "")
    return 0 if not text else int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
