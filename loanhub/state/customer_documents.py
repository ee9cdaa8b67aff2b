"""The documents of customer 360: the checklist by product and stage, the preview with its log, upload in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.documents import SlotState
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import documents, files
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._section import trouble
from loanhub.state.customer import CustomerState, record_id


@dataclass
class Tile:
    """A document, or a place for one that is missing or must come anew; ``state`` is a SlotState code."""

    id: int = 0
    kind: str = ""
    label: str = ""
    note: str = ""
    icon: str = ""
    missing: bool = False
    picture: bool = False
    pdf: bool = False
    more: str = ""
    look: str = "file"
    state: str = ""
    state_label: str = ""
    version: str = ""
    until: str = ""
    asked: str = ""


@dataclass
class Shelf:
    """A group of the checklist."""

    title: str = ""
    count: str = ""
    tiles: list[Tile] = field(default_factory=list)


class CustomerDocumentsState(SessionState):
    """What the documents tab and the list of missing papers show."""

    shelves: list[Shelf] = []
    done_text: str = ""
    done: int = 0
    total: int = 0
    asked_by: str = ""
    stage: str = ""
    asking: int = 0
    """The newest open application of the customer, whose missing papers a link can ask for; 0 without one."""
    there: bool = False
    packing: str = ""
    """Where this customer's papers are chosen and packed."""
    missing: list[dict[str, str]] = []
    chosen: Tile = Tile()
    looks: list[dict[str, str]] = []
    uploading: bool = False
    read: int = 0
    failed: str = ""
    field_errors: dict[str, str] = {}

    _customer: int = 0

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> None:
        """Read the checklist of the customer in the address."""
        self._customer = record_id(self, "customers")
        self.uploading, self.field_errors, self.failed = False, {}, ""
        await self._refresh()

    async def _refresh(self) -> None:
        page = await self.get_state(CustomerState)
        if page.missing or page.head.id != self._customer:
            return
        try:
            await self._read_documents()
            if (
                page.tab == "documents"
                and not self.looks
                and (await self._actor()).can(Permission.DOCUMENTS_READ)
            ):
                await self._read_looks()
            self.read, self.failed = self._customer, ""
        except Exception as error:  # the rest of the page is sound: this section alone says so
            self.failed = trouble(error)

    async def _read_documents(self) -> None:
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        if not actor.can(Permission.DOCUMENTS_READ):
            self.shelves, self.missing, self.done_text = [], [], ""
            return
        found = await rx.run_in_thread(lambda: documents.checklist(actor, customer_id=wanted, now=now))
        self.done_text, self.total, self.done = f"{found.done} / {found.total}", found.total, found.done
        self.asked_by = "、".join(found.products) or "基本资料"
        self.stage, self.asking = found.stage, found.application_id
        self.missing = [
            {
                "kind": slot.kind, "label": slot.label, "due": "1" if slot.due else "", "expired": "1" if slot.files else "",
                "note": f"{slot.until} 已过期" if slot.files else ("" if slot.due or not slot.stage else f"{slot.stage}前"),
            }
            for slot in sorted(found.missing, key=lambda one: not one.due)
        ]  # fmt: skip
        self.shelves = [_shelf(title, slots) for title, slots in found.groups]
        known = {tile.id for shelf in self.shelves for tile in shelf.tiles if tile.id}
        self.there = bool(known)
        self.packing = f"/archive?q={(await self.get_state(CustomerState)).head.number}"
        if self.chosen.id not in known:  # none is opened unasked: a look at an identity card is logged
            self.chosen, self.looks = Tile(), []

    @rx.event
    @needs(Permission.DOCUMENTS_READ)
    async def choose(self, document_id: int) -> None:
        """Show a document in the preview."""
        self.chosen = next((t for s in self.shelves for t in s.tiles if t.id == document_id), Tile())
        await self._read_looks()

    async def _read_looks(self) -> None:
        actor, now, number = await self._actor(), utc_now(), self.chosen.id
        if number:
            found = await rx.run_in_thread(
                lambda: files.looks_at(actor, document_id=number, now=now, limit=8)
            )
            self.looks = [vars(one) for one in found]
        else:
            self.looks = []

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def start_upload(self) -> None:
        """Show that a file is on its way."""
        self.uploading = True

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def uploaded(self, kind: str, answers: list[dict[str, Any]]) -> Any:
        """Join uploaded files to this customer as documents of a kind; say which did not arrive and why."""
        self.uploading = False
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        arrived, lost = [], []
        for answer in answers if isinstance(answers, list) else []:
            answer = answer if isinstance(answer, dict) else {}
            number, name = answer.get("id"), str(answer.get("name", ""))[:60]
            if not isinstance(number, int):
                lost.append(
                    f"{name}：{str(answer.get('error', '文件没有上传，可以重试'))[:100]}".lstrip("：")
                )
                continue
            label = name if kind == "other" else ""
            await rx.run_in_thread(
                lambda number=number, label=label: documents.attach(  # type: ignore[misc]
                    actor, document_id=number, kind=str(kind), label=label, customer_id=wanted, now=now
                )
            )
            arrived.append(number)
        if not arrived:
            return failed(lost[0] if lost else "文件没有上传，可以重试")
        await self._read_documents()
        self.chosen = next((t for s in self.shelves for t in s.tiles if t.id == arrived[-1]), self.chosen)
        await self._read_looks()
        good = done(f"已上传 {len(arrived)} 份" if len(arrived) > 1 else "已上传")
        return [good, failed(f"{len(lost)} 份没有上传", detail="；".join(lost)[:200])] if lost else good

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def relabel(self, form: dict[str, Any]) -> Any:
        """Say what the shown document is."""
        actor, now, number = await self._actor(), utc_now(), self.chosen.id
        kind, label, text = (
            str(form.get("kind", "")),
            str(form.get("label", "")),
            str(form.get("expires", "")).strip(),
        )
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError:
            raise InvalidInput(fields={"expires": "日期写成 2026-05-21 这样的形式"}) from None
        await rx.run_in_thread(
            lambda: documents.attach(actor, document_id=number, kind=kind, label=label, expires=day, now=now)
        )
        await self._read_documents()
        self.chosen = next((t for s in self.shelves for t in s.tiles if t.id == number), Tile())
        await self._read_looks()
        return done("已归类")

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def remove_document(self) -> Any:
        """Take the shown document out of the lists."""
        actor, now, number = await self._actor(), utc_now(), self.chosen.id
        await rx.run_in_thread(lambda: documents.remove(actor, document_id=number, now=now))
        self.chosen = Tile()
        await self._read_documents()
        return done("已移除，记录仍可在审计中查到")

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def accept(self) -> Any:
        """Say that the chosen paper, handed in by the customer, is good."""
        actor, now, number = await self._actor(), utc_now(), self.chosen.id
        await rx.run_in_thread(lambda: documents.review(actor, document_id=number, accepted=True, now=now))
        await self._refresh()
        self.chosen = next((t for s in self.shelves for t in s.tiles if t.id == number), Tile())
        return done("已核对，计入资料清单")

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def send_back(self, form: dict[str, Any]) -> Any:
        """Take the chosen paper out of the lists, with the reason."""
        actor, now, number = await self._actor(), utc_now(), self.chosen.id
        reason = str(form.get("back_reason", ""))[:300]
        await rx.run_in_thread(
            lambda: documents.review(actor, document_id=number, accepted=False, reason=reason, now=now)
        )
        self.field_errors = {}
        await self._refresh()
        return done("已退回，可以再发补件链接")


def _shelf(title: str, slots: tuple[documents.Slot, ...]) -> Shelf:
    tiles: list[Tile] = []
    for slot in slots:
        asked = "、".join(slot.products)
        if slot.missing:
            again = bool(slot.files)
            when = "" if slot.due or not slot.stage else f"{slot.stage}前补"
            note = f"{slot.until} 已过期，点按重传" if again else (when or "待补，点按上传")
            tiles.append(
                Tile(kind=slot.kind, label=slot.label, note=note, icon="upload", missing=True, asked=asked,
                     state=slot.state.value, more=f"{asked} 要求" if asked else "")
            )  # fmt: skip
        elif slot.original:
            tiles.append(
                Tile(kind=slot.kind, label=slot.label, note=f"已收原件 · {slot.original}", icon="file-check", missing=True,
                     asked=asked, state="original", more="还没有电子件，点按可以补传")
            )  # fmt: skip
        for place, one in enumerate(slot.files):
            current = place == 0 if one.revision == 1 and not one.replaced else not one.replaced
            state = SlotState.PENDING if one.pending else slot.state if current else SlotState.OPTIONAL
            tiles.append(
                Tile(
                    one.id, slot.kind, one.label, f"{one.by} · {one.at}", one.icon, False, one.picture, one.pdf,
                    f"{one.file_name} · {one.size_text} · {one.at_title}", one.look, state.value,
                    state.label if current or one.pending else "旧版", f"v{max(one.revision, len(slot.files) - place)}", one.until, asked,
                )
            )  # fmt: skip
    required = [slot for slot in slots if slot.required]
    there = sum(1 for slot in required if not slot.missing and slot.state is not SlotState.PENDING)
    return Shelf(
        title, f"{there} / {len(required)}" if required else f"{sum(len(s.files) for s in slots)} 份", tiles
    )
