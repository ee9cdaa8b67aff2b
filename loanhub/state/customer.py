"""Customer 360: the head, the timeline with its composer, the call, the next step, and values shown in clear."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import next_time
from loanhub.services import customers, documents, interactions, search, tasks
from loanhub.services._actor import Actor
from loanhub.services.customers import Overview, timeline
from loanhub.services.customers.timeline import TimelineItem
from loanhub.state._base import SessionState
from loanhub.state._begin import begin
from loanhub.state._clock import utc_now
from loanhub.state._dial import call
from loanhub.state._guard import needs

TABS = (
    "timeline", "profile", "applications", "contracts", "loans", "documents", "relations", "tasks", "scores", "consents",
    "audit",
)  # fmt: skip
SHOWN_SECONDS = 30
_WAYS = {"phone": "call", "message-circle": "wechat", "message-square": "sms", "map-pin": "visit"}


def record_id(state: Any, prefix: str) -> int:
    """Return the id in the address ``/<prefix>/<id>``, 0 when there is none."""
    parts = state.router.url.path.strip("/").split("/")
    text = parts[1] if len(parts) > 1 and parts[0] == prefix else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


class CustomerState(SessionState):
    """The page of one customer."""

    head: Overview = Overview()
    loaded: bool = False
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
    calling: bool = False
    call_number: str = ""
    finishing: bool = False
    planning: bool = False
    asking: str = ""
    asking_label: str = ""
    asking_hint: str = ""
    shown: dict[str, str] = {}
    """Values in clear by field, for thirty seconds; emptied by the page and again by the server."""
    field_errors: dict[str, str] = {}

    _shown_round: int = 0

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> Any:
        """Read the address: whose record, which tab. The head is on screen before anything else is read."""
        wanted, actor, now = record_id(self, "customers"), await self._actor(), utc_now()
        if self._returning and self.loaded and not self.missing and self.head.id == wanted:
            # A lost connection is back: what was missed is read, what is open and typed stays.
            self._watch(f"customer:{wanted}")
            await self._catch_up()
            from loanhub.state.customer_tabs import CustomerTabsState

            tabs = await self.get_state(CustomerTabsState)
            if tabs.editing:
                await tabs._tell_editing(actor)
            return
        if self.head.id != wanted:
            self.loaded, self.head, self.items = False, Overview(), []
        self.calling = self.finishing = self.planning = self.sending = False
        self.asking, self.call_number, self.shown, self.field_errors = "", "", {}, {}
        self.composer_error, self.attachments, self.composer_key = "", [], secrets.token_hex(12)
        tab = str(self.router.url.query_parameters.get("tab", "timeline"))
        self.tab, self.group = tab if tab in TABS else "timeline", ""
        self.person, self.words = "", ""
        try:
            self.head = await rx.run_in_thread(lambda: customers.overview(actor, customer_id=wanted, now=now))
        except NotFound:
            # The page itself says so; a toast over an empty frame would leave the reader with nothing.
            self.missing, self.loaded = True, True
            self._watch()
            return
        self.missing, self.loaded = False, True
        self._watch(f"customer:{wanted}")
        yield
        if self.tab == "timeline":
            await self._read_timeline()
            yield
        from loanhub.state.customer_past import CustomerPastState
        from loanhub.state.customer_sections import CustomerSectionsState
        from loanhub.state.customer_tabs import CustomerTabsState

        yield [
            CustomerPastState.load, CustomerTabsState.load, CustomerSectionsState.load,
            *self._begin(actor, str(self.router.url.query_parameters.get("do", ""))),
        ]  # fmt: skip
        await rx.run_in_thread(lambda: customers.note_opened(actor, customer_id=wanted, now=now))
        await rx.run_in_thread(lambda: search.note_opened(actor, "customer", wanted, now=now))

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
        from loanhub.state.customer_sections import CustomerSectionsState
        from loanhub.state.customer_tabs import CustomerTabsState

        await (await self.get_state(CustomerTabsState))._refresh()
        await (await self.get_state(CustomerSectionsState))._refresh()

    async def _read_head(self) -> None:
        actor, now, wanted = await self._actor(), utc_now(), self.head.id
        self.head = await rx.run_in_thread(lambda: customers.overview(actor, customer_id=wanted, now=now))

    async def _read_tab(self) -> None:
        if self.tab == "timeline":
            await self._read_timeline()

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
        yield
        url = f"/customers/{self.head.id}" + ("" if self.tab == "timeline" else f"?tab={self.tab}")
        from loanhub.state.customer_sections import CustomerSectionsState
        from loanhub.state.customer_tabs import CustomerTabsState

        await self._read_tab()
        yield [
            rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})"),
            CustomerTabsState.load, CustomerSectionsState.load,
        ]  # fmt: skip

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
        kind, text = str(form.get("kind", "note")), str(form.get("text", ""))
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
    async def attached(self, answer: dict[str, Any]) -> Any:
        """Add an uploaded file to the follow-up being written."""
        self.sending = False
        found = await self._attach(answer, DocumentKind.OTHER.value)
        if isinstance(found, dict):
            self.attachments = [*self.attachments, found][:10]
            return None
        return found

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

    # ---- call ----

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL, per_minute=30)
    async def dial(self) -> Any:
        """Call the customer: the number goes to the dialer, the sheet asks what came of it."""
        actor, now, wanted = await self._actor(), utc_now(), self.head.id
        number = await rx.run_in_thread(lambda: customers.dial(actor, customer_id=wanted, now=now))
        self.calling, self.call_number = True, number.text
        return [
            call(number.digits),
            CustomerState.forget(self._next_round()),
        ]

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def show_call(self, is_open: bool) -> None:
        """Close the sheet that asks what came of a call."""
        self.calling = bool(is_open)
        if not self.calling:
            self.call_number = ""

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def log_call(self, outcome: str) -> Any:
        """Log a call in one tap; a promised call back is set for tomorrow, a missed one for two hours on."""
        actor, now, wanted, key = await self._actor(), utc_now(), self.head.id, f"call-{self.composer_key}"
        result = interactions.CallOutcome.find(str(outcome))
        step, at = "", None
        if result is interactions.CallOutcome.CALL_BACK:
            step, at = "约定回访", next_time("tomorrow", "", now)
        elif result is interactions.CallOutcome.MISSED:
            step, at = "再次拨打", now + timedelta(hours=2)
        await rx.run_in_thread(
            lambda: customers.follow_up(
                actor, customer_id=wanted, kind="call", text="", outcome=str(outcome), next_step=step,
                next_step_at=at, key=key, now=now,
            )
        )  # fmt: skip
        self.calling, self.call_number, self.composer_key = False, "", secrets.token_hex(12)
        note = "，明天 10:00 回访" if step == "约定回访" else "，2 小时后再打" if at else ""
        return await self._again(done(f"已记录：{result.label if result else ''}{note}"))

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
                actor, customer_id=wanted, kind="call" if self.head.next_call else "note", text=words,
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

    # ---- clear text ----

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL)
    async def ask(self, field: str, label: str) -> None:
        """Open the dialog that asks why a protected value is looked at."""
        actor, now = await self._actor(), utc_now()
        used, limit = await rx.run_in_thread(lambda: customers.used_today(actor, now=now))
        self.asking, self.asking_label, self.field_errors = str(field)[:40], str(label)[:20], {}
        self.asking_hint = f"查看会记入审计日志，客户主管可见。今天你已查看 {used} 次，上限 {limit} 次。"

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL)
    async def stop_asking(self, is_open: bool) -> None:
        """Close the dialog."""
        if not is_open:
            self.asking = ""

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL, per_minute=20)
    async def reveal(self, form: dict[str, Any]) -> Any:
        """Show the value for thirty seconds."""
        actor, now, wanted, field = await self._actor(), utc_now(), self.head.id, self.asking
        reason = str(form.get("words", "")).strip() or str(form.get("reason", ""))
        found = await rx.run_in_thread(
            lambda: customers.reveal(actor, customer_id=wanted, field=field, reason=reason, now=now)
        )
        self.shown, self.asking = {**self.shown, field: found.text}, ""
        return CustomerState.forget(self._next_round())

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL)
    async def hide(self) -> None:
        """Mask everything again."""
        self.shown, self.call_number = {}, ""

    def _next_round(self) -> int:
        self._shown_round += 1
        return self._shown_round

    @rx.event(background=True)
    @needs(Permission.CUSTOMERS_REVEAL)
    async def forget(self, number: int) -> None:
        """Empty the clear text on the server as well, whatever became of the page."""
        await asyncio.sleep(SHOWN_SECONDS)
        async with self:
            if number == self._shown_round:
                self.shown, self.call_number = {}, ""
