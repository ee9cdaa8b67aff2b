"""The side sheet of a move that meets a gate: what is met, what is typed in, which documents are handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import MoveRefused
from loanhub.services import boards
from loanhub.services._actor import Actor
from loanhub.services.boards import Moved
from loanhub.state._board_opt import MoveRequest
from loanhub.state._board_view import BoardReading
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._record_form import FormItem, item_of


@dataclass
class GateSheet:
    """What the sheet shows; ``papers`` are documents still to be handed in, {kind, label}."""

    key: str = ""
    title: str = ""
    sentence: str = ""
    met: list[str] = field(default_factory=list)
    fields: list[FormItem] = field(default_factory=list)
    papers: list[dict[str, str]] = field(default_factory=list)


class BoardGates(BoardReading, mixin=True):
    """The handlers of the side sheet; ``state.boards`` mixes them into the page."""

    gate: GateSheet = GateSheet()
    sending: str = ""
    """The label of the document on its way, '' for none."""

    _held: MoveRequest | None = None
    """The move that waits for its side sheet; the card stays where it was dropped until the sheet closes."""
    _paper: str = ""

    async def _make(
        self,
        actor: Actor,
        request: MoveRequest,
        *,
        supply: Mapping[str, object] | None = None,
        reason: str = "",
    ) -> Moved:
        raise NotImplementedError("state.boards has it")

    async def _answer(self, request: MoveRequest, moved: Moved | None) -> None:
        raise NotImplementedError("state.boards has it")

    def _told(self, moved: Moved, back: tuple[str, int, int]) -> Any:
        raise NotImplementedError("state.boards has it")

    async def _ask(self, request: MoveRequest) -> None:
        """Open the side sheet with what the card lacks for its stage."""
        actor, now, board = await self._actor(), utc_now(), self.board
        found = await rx.run_in_thread(
            lambda: boards.gate_form(actor, card_id=request.card_id, to=request.target, board=board, now=now)
        )
        self._held, self.field_errors = request, {}
        lacking = len(found.missing) + len(found.papers)
        met, whole = len(found.met), len(found.met) + lacking
        self.gate = GateSheet(
            key=request.key, title=f"移入「{found.to_label}」",
            sentence=f"{found.name}：{met} / {whole} 已满足，" + ("补齐后移入" if lacking else "可以移入了"),
            met=list(found.met), fields=[item_of(one) for one in found.missing],
            papers=[{"kind": kind, "label": label} for kind, label in found.papers],
        )  # fmt: skip

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def complete(self, form: dict[str, Any]) -> Any:
        """Supply what the gate asks for and finish the move."""
        request = self._held
        if request is None:
            return
        supply = {one.key: str(form.get(one.key, "")).strip()[:200] for one in self.gate.fields}
        empty = {one.key: f"请填写{one.label}" for one in self.gate.fields if not supply[one.key]}
        if empty:
            raise InvalidInput(fields=empty)
        actor = await self._actor()
        back = await self._place_of(request.card_id)
        moved: Moved | None = None
        try:
            moved = await self._make(actor, replace(request, key=f"{request.key}-gate"[:64]), supply=supply)
        except (InvalidInput, MoveRefused):
            request = None  # the sheet stays open, with the sentence beside the field or in the toast
            raise
        finally:
            if request is not None:
                self._held, self.gate = None, GateSheet()
                await self._answer(request, moved)
            yield
        if moved is not None:
            yield self._told(moved, back)

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def show_gate(self, is_open: bool) -> None:
        """Close the side sheet; the card returns to where it came from."""
        if is_open or self._held is None:
            return
        request, self._held, self.gate = self._held, None, GateSheet()
        await self._answer(request, None)

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def pick_paper(self, kind: str) -> None:
        """Note which document the file chosen next will be."""
        self._paper = str(kind)[:32]

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def start_paper(self) -> None:
        """Show that a document is on its way."""
        found = DocumentKind.find(self._paper)
        self.sending = found.label if found is not None else ""

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def paper_sent(self, answer: dict[str, Any]) -> Any:
        """Hand an uploaded file in as the document that was asked for; what is typed in the sheet stays."""
        request, kind, self.sending = self._held, self._paper, ""
        answer = answer if isinstance(answer, dict) else {}
        number = answer.get("id")
        if not isinstance(number, int):
            return failed(str(answer.get("error", "文件没有上传，可以重试"))[:100])
        if request is None:
            return None
        actor, now, card = await self._actor(), utc_now(), request.card_id
        await rx.run_in_thread(
            lambda: boards.hand_in(actor, lead_id=card, document_id=number, kind=kind, now=now)
        )
        await self._ask(request)
        return done("已上传")
