"""Customer 360: the head, the timeline with its composer, the call, the next step, and values shown in clear."""

from __future__ import annotations

import json
import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import next_time
from loanhub.services import customers, documents, search, tasks
from loanhub.services._actor import Actor
from loanhub.services.customers import Overview, timeline
from loanhub.services.customers.timeline import TimelineItem
from loanhub.services.duplicates import merge
from loanhub.state._base import SessionState
from loanhub.state._begin import begin
from loanhub.state._clock import utc_now
from loanhub.state._customer_clear import ClearText
from loanhub.state._guard import needs
from loanhub.state._record import RecordPage
from loanhub.state._section import trouble
from loanhub.state.after_call import AfterCallState
from loanhub.state.sop_runs import SopRunState

TABS = (
    "timeline", "profile", "applications", "contracts", "loans", "collections", "documents", "relations", "tasks", "scores",
    "consents",
    "audit",
)  # fmt: skip
_WAYS = {"phone": "call", "message-circle": "wechat", "message-square": "sms", "map-pin": "visit"}


def record_id(state: Any, prefix: str) -> int:
    """Return the id in the address ``/<prefix>/<id>``, 0 when there is none."""
    parts = state.router.url.path.strip("/").split("/")
    text = parts[1] if len(parts) > 1 and parts[0] == prefix else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


class CustomerState(RecordPage, ClearText, SessionState):
    """The page of one customer."""

    head: Overview = Overview()
    missing: bool = False
    tab: str = "timeline"
    group: str = ""
    person: str = ""
    words: str = ""
    people: list[str] = []
    items: list[TimelineItem] = []
    totals: dict[str, str] = {}
    has_more: bool = False
    composer_key: str = "0"
    composer_error: str = ""
    attachments: list[dict[str, str]] = []
    sending: bool = False
    finishing: bool = False
    planning: bool = False
    field_errors: dict[str, str] = {}
    reading: bool = False
    """Whether the timeline asked for is not here yet."""
    failed: str = ""
    """The number of the error that kept the timeline away, '' when it is here."""

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> Any:
        """Read the address: whose record, which tab. The head is on screen before anything else is read."""
        wanted, actor, now = record_id(self, "customers"), await self._actor(), utc_now()
        if self._returning and wanted and not self.missing and self.head.id == wanted:
            # A lost connection is back: what was missed is read, what is open and typed stays.
            self._watch(f"customer:{wanted}")
            await self._catch_up()
            from loanhub.state.customer_tabs import CustomerTabsState

            tabs = await self.get_state(CustomerTabsState)
            if tabs.editing:
                await tabs._tell_editing(actor)
            return
        if self.head.id != wanted:
            self.holds, self.head, self.items, self.totals, self.people = "", Overview(), [], {}, []
            await self._forget_sections()
        self.finishing = self.planning = self.sending = False
        self.asking, self.shown, self.field_errors = "", {}, {}
        (await self.get_state(AfterCallState))._put_away()
        self.composer_error, self.attachments, self.composer_key = "", [], secrets.token_hex(12)
        tab = str(self.router.url.query_parameters.get("tab", "timeline"))
        self.tab, self.group = tab if tab in TABS else "timeline", ""
        self.person, self.words = "", ""
        try:
            self.head = await rx.run_in_thread(lambda: customers.overview(actor, customer_id=wanted, now=now))
        except NotFound:
            survivor = await rx.run_in_thread(lambda: merge.survivor_of(actor, "customer", wanted))
            if survivor:
                yield rx.redirect(f"/customers/{survivor}", replace=True)
                return
            # The page itself says so; a toast over an empty frame would leave the reader with nothing.
            self.missing = True
            self._hold()
            self._watch()
            return
        self.missing = False
        self._hold()
        self.reading, self.failed = self.tab == "timeline", ""
        self._watch(f"customer:{wanted}")
        yield
        await self._read_tab()
        await (await self.get_state(SopRunState))._show_for(customer_id=wanted)
        yield
        from loanhub.state.recycle import RecordKeepingState

        yield [
            *[section.load for section in _sections()], RecordKeepingState.read("customer", str(wanted)),
            *self._begin(actor, str(self.router.url.query_parameters.get("do", ""))),
        ]  # fmt: skip
        await rx.run_in_thread(lambda: customers.note_opened(actor, customer_id=wanted, now=now))
        await rx.run_in_thread(lambda: search.keep_recent(actor, "customer", wanted, now=now))

    async def _forget_sections(self) -> None:
        """Empty the States of the sections: not a line of one customer may stand on the page of the next."""
        for section in (*_sections(), SopRunState):
            (await self.get_state(section)).reset()

    def _begin(self, actor: Actor, what: str) -> list[Any]:
        """Begin what the address asks for, as the palette does; a link never dials or writes by itself."""
        if what == "plan" and actor.can(Permission.INTERACTIONS_CREATE):
            self.planning = True
        elif what == "move" and actor.can(Permission.BOARDS_MOVE):
            from loanhub.state.customer_sections import CustomerSectionsState

            return [CustomerSectionsState.show_move(True)]
        return begin(what)

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Show what somebody changed on this customer."""
        if topic != f"customer:{self.head.id}":
            await super()._on_live(topic, ops)
            return
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Read again what others may have changed; forms that are open keep what is typed."""
        await self._read_head()
        await self._read_tab()
        await (await self.get_state(SopRunState))._show_for(customer_id=self.head.id)
        for section in _sections()[1:]:  # a past day does not change
            await (await self.get_state(section))._refresh()

    async def _read_head(self) -> None:
        actor, now, wanted = await self._actor(), utc_now(), self.head.id
        self.head = await rx.run_in_thread(lambda: customers.overview(actor, customer_id=wanted, now=now))

    async def _read_tab(self) -> None:
        if self.tab != "timeline":
            return
        try:
            await self._read_timeline()
            self.failed = ""
        except (
            Exception
        ) as error:  # the rest of the page is sound: this section alone says so and offers another try
            self.failed = trouble(error)
        self.reading = False

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def again(self) -> Any:
        """Read the open section once more, after it could not be loaded."""
        self.failed = ""
        await self._read_tab()
        return [section.load for section in _sections()[1:]]

    async def _read_timeline(self, before_id: int | None = None) -> None:
        actor, now, wanted, group = await self._actor(), utc_now(), self.head.id, self.group
        person, words = self.person, self.words
        found = await rx.run_in_thread(
            lambda: timeline.timeline(
                actor,
                customer_id=wanted,
                group=group,
                person=person,
                text=words,
                before_id=before_id,
                now=now,
            )
        )
        self.items = [*self.items, *found.items] if before_id else found.items
        self.totals, self.has_more, self.people = found.counts, found.has_more, found.people

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def open_tab(self, code: str) -> Any:
        """Show a tab, read it, and keep it in the address."""
        if str(code) not in TABS or self.missing:
            return
        self.tab = str(code)
        self.reading = self.tab == "timeline" and not self.items
        yield
        url = f"/customers/{self.head.id}" + ("" if self.tab == "timeline" else f"?tab={self.tab}")
        await self._read_tab()
        yield [
            rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})"),
            *[section.load for section in _sections()[1:4]],
        ]

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def choose_group(self, code: str) -> None:
        """Show one kind of event in the timeline."""
        self.group = str(code)
        await self._read_timeline()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def choose_person(self, name: str) -> None:
        """Show what one person did; an empty name shows everybody's."""
        self.person = str(name)[:60] if str(name) in self.people else ""
        await self._read_timeline()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def search_timeline(self, words: str) -> None:
        """Show the events that say these words."""
        self.words = str(words)[:50]
        await self._read_timeline()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def older(self) -> None:
        """Add older events below."""
        if self.items:
            await self._read_timeline(int(self.items[-1].id))

    async def _again(self, *answers: Any) -> list[Any]:
        await self._read_head()
        await self._read_tab()
        return list(answers)

    # ---- follow-up ----

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def write(self, form: dict[str, Any]) -> Any:
        """Write a follow-up with its next step, or a to-do; what was typed stays until it is saved."""
        actor, now, wanted, key = await self._actor(), utc_now(), self.head.id, f"note-{self.composer_key}"
        kind, text = str(form.get("kind", "follow_up")), str(form.get("text", ""))
        files = tuple(int(one["id"]) for one in self.attachments)
        try:
            at = next_time(str(form.get("next", "")), str(form.get("next_at", "")), now)
            if kind == "task":
                if at is None:
                    raise InvalidInput("任务要有期限，选一个时间")
                await rx.run_in_thread(
                    lambda: tasks.create(actor, title=text[:200], due_at=at, customer_id=wanted, now=now)
                )
            else:
                await rx.run_in_thread(
                    lambda: customers.follow_up(
                        actor, customer_id=wanted, kind=kind, text=text, next_step="跟进" if at else "",
                        next_step_at=at, clear_next=at is None, attachments=files, key=key,
                        temperature=str(form.get("temperature", "")), now=now,
                    )
                )  # fmt: skip
        except InvalidInput as refusal:
            self.composer_error = refusal.sentence
            return None
        self.composer_error, self.attachments, self.composer_key = "", [], secrets.token_hex(12)
        return await self._again(done("已新建任务" if kind == "task" else "已记录"))

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def start_sending(self) -> None:
        """Show that a file is on its way."""
        self.sending = True

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def attached(self, answers: list[dict[str, Any]]) -> Any:
        """Add uploaded files to the follow-up being written; say what went wrong with the others."""
        self.sending = False
        wrong: list[Any] = []
        for answer in (answers if isinstance(answers, list) else [answers])[:40]:
            found = await self._attach(answer, DocumentKind.OTHER.value)
            if isinstance(found, dict):
                self.attachments = [*self.attachments, found][:10]
            else:
                wrong.append(found)
        return wrong or None

    async def _attach(self, answer: object, kind: str) -> Any:
        """Join an uploaded file to this customer; returns {id, name}, or what to say instead."""
        answer = answer if isinstance(answer, dict) else {}
        number, name = answer.get("id"), str(answer.get("name", ""))[:60]
        if not isinstance(number, int):
            return failed(str(answer.get("error", "文件没有上传，可以重试"))[:100])
        actor, now, wanted = await self._actor(), utc_now(), self.head.id
        label = name if kind == DocumentKind.OTHER.value else ""
        await rx.run_in_thread(
            lambda: documents.attach(
                actor, document_id=number, kind=kind, label=label, customer_id=wanted, now=now
            )
        )
        return {"id": str(number), "name": name}

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def detach(self, document_id: str) -> None:
        """Take a file off the follow-up being written; it stays among the customer's documents."""
        self.attachments = [one for one in self.attachments if one["id"] != str(document_id)]

    # ---- next step ----

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def show_finish(self, is_open: bool) -> None:
        """Open or close the sheet that finishes the next step."""
        self.finishing, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def finish(self, form: dict[str, Any]) -> Any:
        """Write what came of the next step, and set the one after it."""
        actor, now, wanted, title = await self._actor(), utc_now(), self.head.id, self.head.next_title
        at = next_time(str(form.get("next", "")), str(form.get("next_at", "")), now)
        words = str(form.get("text", "")).strip() or f"已完成：{title}"
        step = str(form.get("step", "")).strip() or "跟进"
        await rx.run_in_thread(
            lambda: customers.follow_up(
                actor, customer_id=wanted, kind="call" if self.head.next_call else "follow_up", text=words,
                next_step=step if at else "", next_step_at=at, clear_next=at is None, now=now,
            )
        )  # fmt: skip
        self.finishing = False
        return await self._again(done("已完成"))

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def show_plan(self, is_open: bool) -> None:
        """Open or close the sheet that sets the next step."""
        self.planning, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def plan(self, form: dict[str, Any]) -> Any:
        """Set the next step."""
        actor, now, wanted = await self._actor(), utc_now(), self.head.id
        at = next_time(str(form.get("next", "")), str(form.get("next_at", "")), now)
        text = str(form.get("step", "")).strip()
        icon = str(form.get("icon", "phone"))
        if at is not None and not text:
            raise InvalidInput(fields={"step": "写一下要做什么"})
        await rx.run_in_thread(
            lambda: customers.set_next_step(
                actor, customer_id=wanted, text=text if at else "", at=at, icon=icon if icon in _WAYS else "phone",
                now=now,
            )
        )  # fmt: skip
        self.planning = False
        return await self._again(done("已定下一步" if at else "已清除下一步"))


def _sections() -> tuple[Any, ...]:
    """Return the States of the sections, which know this one and so cannot be imported above; each reads in ``load``."""
    from loanhub.state.customer_care import CustomerCareState
    from loanhub.state.customer_documents import CustomerDocumentsState
    from loanhub.state.customer_past import CustomerPastState
    from loanhub.state.customer_sections import CustomerSectionsState
    from loanhub.state.customer_tabs import CustomerTabsState

    return (
        CustomerPastState,
        CustomerTabsState,
        CustomerDocumentsState,
        CustomerSectionsState,
        CustomerCareState,
    )
