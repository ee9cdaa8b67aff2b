"""Board stages 看板阶段: the form of a board, in the order on screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.documents import DocumentKind
from loanhub.domain.permissions import Permission
from loanhub.services import pipelines
from loanhub.services.pipelines import BoardView, StageForm
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._stage_boards import MoreBoards

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
    removable: bool = False
    documents: list[str] = field(default_factory=list)
    documents_text: str = ""
    documents_hard: bool = False


class StagesState(MoreBoards, SessionState):
    """The page of board stages."""

    boards: list[dict[str, str]] = []
    has_more: bool = False
    """Whether stages of this board may be added."""
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

    _held: tuple[str, list[StageForm]] | None = None

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    @outlives("form_key", whole=True)
    async def load(self) -> None:
        """Show the first board."""
        self.loading, self.board, self.creating, self.retiring = True, "", False, False
        await self._show_board()

    async def _show_board(self) -> None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: pipelines.list_boards(actor))
        self.boards = [{"id": str(key), "name": label, "count": ""} for key, label in found]
        if not any(one["id"] == self.board for one in self.boards):
            self.board = str(found[0][0]) if found else ""
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        number = int(self.board) if self.board.isdigit() else 0
        self._held, self.effects = None, []
        self._show(await rx.run_in_thread(lambda: pipelines.view(actor, pipeline_id=number, now=now)))
        await self._read_entry()

    def _show(self, board: BoardView) -> None:
        self.name, self._version, self.has_more = board.label, board.version, board.entity == "lead"
        self.rows = [
            StageRow(
                code=one.code, place=str(place), label=one.label, color=one.color, dwell=str(one.dwell_target_hours or ""),
                wip=str(one.wip_limit or ""), probability=str(one.probability_percent), required=list(one.required),
                required_text="、".join(one.required_labels) or "无", gate=one.gate, cards=str(one.cards),
                next_codes=list(one.next_codes), next_text="、".join(one.next_labels) or "任意阶段", wip_hard=one.wip_hard,
                fixed=place == 1 or bool(one.gate), removable=one.removable, documents=list(one.documents),
                documents_text="、".join(one.document_labels) or "无", documents_hard=one.documents_hard,
            )
            for place, one in enumerate(board.stages, start=1)
        ]  # fmt: skip
        self.options = [{"value": key, "label": label} for key, label in board.fields]
        self.goals = [{"value": one.code, "label": one.label} for one in board.stages]
        self.copies = [{"value": tab["id"], "label": tab["name"]} for tab in self.boards]
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
        self._renumber(rows)

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def add_stage(self) -> None:
        """Add an empty stage before the gated ones; saved with the rest."""
        if not self.has_more or len(self.rows) >= pipelines.MAX_STAGES:
            return
        taken = {row.code for row in self.rows}
        code = next(f"new{number}" for number in range(1, 100) if f"new{number}" not in taken)
        rows = list(self.rows)
        at = next((place for place, row in enumerate(rows) if row.gate), len(rows))
        color = rows[at - 1].color if at else "lead"
        fresh = StageRow(
            code=code,
            color=color,
            probability="0",
            required_text="无",
            cards="0",
            next_text="任意阶段",
            documents_text="无",
            removable=True,
        )
        self._renumber([*rows[:at], fresh, *rows[at:]])
        self.goals = [*self.goals, {"value": code, "label": f"新阶段 {code[3:]}"}]

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def remove_stage(self, code: str) -> None:
        """Take a stage away; it is gone once the board is saved."""
        left = [row for row in self.rows if row.code != str(code) or not row.removable]
        if len(left) < len(self.rows):
            self._renumber(left)
            self.goals = [goal for goal in self.goals if goal["value"] != str(code)]

    def _renumber(self, rows: list[StageRow]) -> None:
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
        wip_hard=bool(form.get(f"{code}.wip_hard")), documents_hard=bool(form.get(f"{code}.documents_hard")),
        documents=tuple(kind.value for kind in DocumentKind if form.get(f"{code}.document.{kind.value}")),
    )  # fmt: skip


def _number(raw: object) -> int:
    """Return the number typed; 0 for nothing, −1 (which the service refuses beside its field) for anything else."""
    text = str(raw).strip().replace(",", "")
    return 0 if not text else int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
