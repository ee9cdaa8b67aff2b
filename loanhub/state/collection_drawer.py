"""The drawer of one collection case: call, log, promise, assign, bring on, suspend; every refusal stands where it is asked."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.contact_rules import Channel, ContactRefused, Direction, Outcome, Party, outcomes_for
from loanhub.domain.permissions import Permission
from loanhub.services import collections
from loanhub.services.collections import Report
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._collection_case import ICONS, STEPS, CaseHead, day_of, report_of
from loanhub.state._dial import call
from loanhub.state._guard import needs
from loanhub.state._over_list import put_over
from loanhub.state.collections import CollectionsState


class CollectionDrawerState(SessionState):
    """The case on top of the queue."""

    case: CaseHead = CaseHead()
    is_open: bool = False
    rows: list[dict[str, str]] = []
    parties: list[dict[str, str]] = []
    contacts: list[dict[str, str]] = []
    promises: list[dict[str, str]] = []
    stages: list[dict[str, str]] = []
    colleagues: list[dict[str, str]] = []
    cells: list[str] = []
    clock: str = ""
    channel: str = Channel.CALL.value
    direction: str = Direction.OUT.value
    whom: str = "0"
    outcome: str = ""
    outcomes: list[dict[str, str]] = []
    refused: str = ""
    """Why the contact chosen in the form may not be made now."""
    calling: bool = False
    pending_id: int = 0
    call_label: str = ""
    call_number: str = ""
    call_outcomes: list[dict[str, str]] = []
    call_third: bool = False
    asking: str = ""
    """The dialog that is open: legal, hold, resume."""
    field_errors: dict[str, str] = {}
    form_key: str = ""

    _key: str = ""

    @rx.event
    @needs(Permission.COLLECTIONS_READ)
    async def enter_page(self) -> Any:
        """Open the case the address names, if it names one."""
        self.is_open = self.calling = False
        self.asking = ""
        return await self._maybe_open(str(self.router.url.query_parameters.get("case", "")))

    @rx.event
    @needs(Permission.COLLECTIONS_READ)
    async def open(self, case_id: str) -> Any:
        """Open a case over the queue."""
        return await self._maybe_open(str(case_id))

    async def _maybe_open(self, text: str) -> Any:
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            return None
        self.calling, self.asking, self.field_errors = False, "", {}
        self.channel, self.direction, self.whom, self.outcome = (
            Channel.CALL.value,
            Direction.OUT.value,
            "0",
            "",
        )
        await self._read(int(text))
        self.is_open = True
        return put_over("/collections", "case", text)

    @rx.event
    @needs(Permission.COLLECTIONS_READ)
    async def show(self, is_open: bool) -> Any:
        """Close the drawer (a dialog reports only that)."""
        if is_open:
            return None
        self.is_open = self.calling = False
        return put_over("/collections", "case", "")

    async def _read(self, case_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found, today = await rx.run_in_thread(
            lambda: (
                collections.case_view(actor, case_id=case_id, now=now),
                collections.today_view(now=now),
            )
        )
        self.case = CaseHead(
            id=found.id, number=found.number, version=found.version, stage=found.stage, stage_label=found.stage_label,
            stage_tone=found.stage_tone, approach_label=found.approach_label, approach_tone=found.approach_tone,
            strategy=found.strategy, customer_id=found.customer_id, customer_name=found.customer_name,
            risk_grade=found.risk_grade, loan_id=found.loan_id, loan_number=found.loan_number, product=found.product,
            dpd=found.dpd, bucket=found.bucket, due=found.due, due_plain=found.due.removeprefix("¥"),
            overdue_principal=found.overdue_principal, penalty=found.penalty, outstanding=found.outstanding,
            opened_on=found.opened_on, closed_words=found.closed_words, owner=found.owner, hold=found.hold,
            next_step=found.next_step, script=found.script, third_script=found.third_script, quiet=found.quiet,
            hours=found.hours, promise=found.promise, promise_tone=found.promise_tone, can_contact=found.can_contact,
            can_assign=found.can_assign, can_legal=found.can_legal, can_claim=found.can_claim,
        )  # fmt: skip
        self.rows = [dict(vars(row)) for row in found.rows]
        self.parties = [
            {
                "id": str(one.relation_id), "label": one.label, "name": one.name, "phone": one.phone, "party": one.party,
                "why": one.why, "counts": one.counts, "can_call": "1" if one.can_call else "",
            }
            for one in found.parties
        ]  # fmt: skip
        self.contacts = [
            {
                "id": str(one.id), "icon": one.icon, "tone": one.tone, "who": one.who, "what": one.what, "time": one.when,
                "at": one.title, "text": one.note, "pending": "1" if one.pending and found.can_contact else "",
            }
            for one in found.contacts
        ]  # fmt: skip
        self.promises = [{**dict(vars(one)), "id": str(one.id)} for one in found.promises]
        self.stages = [{"value": code, "label": label} for code, label in found.stages]
        self.cells, self.clock = list(today.cells), today.clock
        self.form_key = self._key = secrets.token_hex(8)
        if found.can_assign and not self.colleagues:
            self.colleagues = await rx.run_in_thread(lambda: collections.collectors(actor))
        await self._check()

    async def _again(self, *answers: Any) -> list[Any]:
        await self._read(self.case.id)
        return [CollectionsState.reload, *answers]

    # ── the form that logs a contact ───────────────────────────────────────────────────────────────────────

    async def _check(self) -> None:
        """Say whether the contact chosen may be made now, before anything is typed."""
        if not self.case.can_contact:
            self.refused, self.outcomes = "", []
            return
        party = next((one for one in self.parties if one["id"] == self.whom), self.parties[0])
        self.whom = party["id"]
        found = outcomes_for(Party(party["party"]), Channel(self.channel))
        self.outcomes = [{"value": one.value, "label": one.label} for one in found]
        if self.outcome not in [one.value for one in found]:
            self.outcome = found[0].value
        if self.direction == Direction.IN.value:
            self.refused = ""
            return
        actor, now, case_id, channel, whom = (
            await self._actor(),
            utc_now(),
            self.case.id,
            self.channel,
            int(self.whom),
        )
        self.refused = await rx.run_in_thread(
            lambda: collections.check(
                actor, case_id=case_id, channel=channel, relation_id=whom or None, now=now
            )
        )

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def set_channel(self, code: str) -> None:
        """Choose how somebody was contacted."""
        if Channel.find(str(code)) is not None:
            self.channel = str(code)
        await self._check()

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def set_direction(self, code: str) -> None:
        """Choose who began."""
        if Direction.find(str(code)) is not None:
            self.direction = str(code)
        await self._check()

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def set_whom(self, relation_id: str) -> None:
        """Choose who was contacted."""
        if any(one["id"] == str(relation_id) for one in self.parties):
            self.whom = str(relation_id)
        await self._check()

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def set_outcome(self, code: str) -> None:
        """Choose what came of it."""
        if any(one["value"] == str(code) for one in self.outcomes):
            self.outcome = str(code)

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def log(self, form: dict[str, Any]) -> Any:
        """Log a contact with what came of it."""
        actor, now, case_id, key = await self._actor(), utc_now(), self.case.id, f"log-{self._key}"
        channel, direction, whom = self.channel, self.direction, int(self.whom)
        report = report_of(form, self.outcome, now)
        try:
            await rx.run_in_thread(
                lambda: collections.log(
                    actor, case_id=case_id, channel=channel, direction=direction, relation_id=whom or None,
                    report=report, key=key, now=now,
                )
            )  # fmt: skip
        except ContactRefused as refusal:
            await self._read(case_id)
            self.refused = refusal.sentence
            return None
        self.field_errors, self.outcome = {}, ""
        return await self._again(done("已登记"))

    # ── a call and its result ──────────────────────────────────────────────────────────────────────────────

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT, per_minute=30)
    async def dial(self, relation_id: str) -> Any:
        """Call somebody: the number goes to the dialer, the sheet asks what came of it."""
        actor, now, case_id = await self._actor(), utc_now(), self.case.id
        whom = int(relation_id) if str(relation_id).isascii() and str(relation_id).isdigit() else 0
        key = f"dial-{self._key}-{whom}"
        try:
            number = await rx.run_in_thread(
                lambda: collections.dial(actor, case_id=case_id, relation_id=whom or None, key=key, now=now)
            )
        except ContactRefused:
            await self._read(case_id)
            raise
        answers = await self._again()
        self._ask_result(number.contact_id, str(whom), number.text)
        return [*answers, call(number.digits)]

    def _ask_result(self, contact_id: int, whom: str, number: str) -> None:
        party = next((one for one in self.parties if one["id"] == whom), self.parties[0])
        found = outcomes_for(Party(party["party"]), Channel.CALL)
        self.pending_id, self.call_number = contact_id, number
        self.call_label = f"{party['label']} {party['name']}"
        self.call_third = party["party"] == Party.THIRD.value
        self.call_outcomes = [
            {"value": one.value, "label": one.label, "icon": ICONS.get(one.value, "phone-call")}
            for one in found
            if one is not Outcome.PROMISED
        ]
        self.calling, self.field_errors = True, {}

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def ask_result(self, contact_id: str) -> None:
        """Ask again what came of a call whose result nobody entered."""
        row = next((one for one in self.contacts if one["id"] == str(contact_id) and one["pending"]), None)
        if row is not None:
            whom = next((one["id"] for one in self.parties if one["label"] in row["what"]), "0")
            self._ask_result(int(row["id"]), whom, "")

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def show_call(self, is_open: bool) -> None:
        """Close the sheet that asks what came of a call."""
        self.calling = bool(is_open) and self.is_open

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def finish(self, outcome: str) -> Any:
        """Enter the result of the call in one tap; who was not reached is called again in two hours."""
        now = utc_now()
        missed = str(outcome) == Outcome.MISSED.value
        return await self._finish(
            Report(outcome=str(outcome), next_step_at=now + STEPS["hours"] if missed else None), now
        )

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def finish_promise(self, form: dict[str, Any]) -> Any:
        """Enter that the call ended in a promise."""
        now = utc_now()
        return await self._finish(report_of(form, Outcome.PROMISED.value, now), now)

    async def _finish(self, report: Report, now: datetime) -> Any:
        actor, contact_id = await self._actor(), self.pending_id
        await rx.run_in_thread(
            lambda: collections.finish(actor, contact_id=contact_id, report=report, now=now)
        )
        self.calling, self.field_errors = False, {}
        label = Outcome(report.outcome).label
        return await self._again(done(f"已登记：{label}"))

    # ── who works on it, and where it stands ───────────────────────────────────────────────────────────────

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def claim(self) -> Any:
        """Take the case."""
        actor, now, case_id = await self._actor(), utc_now(), self.case.id
        await rx.run_in_thread(lambda: collections.claim(actor, case_id=case_id, now=now))
        return await self._again(done("已领到我的队列"))

    @rx.event
    @needs(Permission.COLLECTIONS_ASSIGN)
    async def assign(self, owner_id: str) -> Any:
        """Give the case to a collector."""
        actor, now, case_id = await self._actor(), utc_now(), self.case.id
        wanted = int(owner_id) if str(owner_id).isascii() and str(owner_id).isdigit() else 0
        await rx.run_in_thread(lambda: collections.assign(actor, case_id=case_id, owner_id=wanted, now=now))
        return await self._again(done("已分配"))

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def move(self, to: str) -> Any:
        """Bring the case on; the lawyers are asked for with a reason."""
        if str(to) == "legal":
            self.asking, self.field_errors = "legal", {}
            return None
        actor, now, case = await self._actor(), utc_now(), self.case
        await rx.run_in_thread(
            lambda: collections.move_stage(
                actor, case_id=case.id, to=str(to), expected_version=case.version, now=now
            )
        )
        return await self._again(done("已推进"))

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def ask(self, what: str) -> None:
        """Open one of the dialogs, or close them."""
        self.asking = str(what) if str(what) in ("legal", "hold", "resume") else ""
        self.field_errors = {}

    @rx.event
    @needs(Permission.COLLECTIONS_LEGAL)
    async def send_to_legal(self, form: dict[str, Any]) -> Any:
        """Refer the case to the lawyers."""
        actor, now, case = await self._actor(), utc_now(), self.case
        reason = str(form.get("reason", ""))[:400]
        await rx.run_in_thread(
            lambda: collections.move_stage(
                actor, case_id=case.id, to="legal", reason=reason, expected_version=case.version, now=now
            )
        )
        self.asking = ""
        return await self._again(done("已移送法务"))

    @rx.event
    @needs(Permission.COLLECTIONS_CONTACT)
    async def hold(self, form: dict[str, Any]) -> Any:
        """Suspend contact."""
        actor, now, case_id = await self._actor(), utc_now(), self.case.id
        reason, note = str(form.get("reason", "")), str(form.get("note", ""))
        until = day_of(str(form.get("until", "")), "until")
        await rx.run_in_thread(
            lambda: collections.hold(actor, case_id=case_id, reason=reason, until=until, note=note, now=now)
        )
        self.asking = ""
        return await self._again(done("已停催，期间不能主动联系"))

    @rx.event
    @needs(Permission.COLLECTIONS_ASSIGN)
    async def resume(self, form: dict[str, Any]) -> Any:
        """Lift the stop of contact."""
        actor, now, case_id, note = await self._actor(), utc_now(), self.case.id, str(form.get("note", ""))
        await rx.run_in_thread(lambda: collections.resume(actor, case_id=case_id, note=note, now=now))
        self.asking = ""
        return await self._again(done("已恢复催收"))
