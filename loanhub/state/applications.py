"""The applications page: the queue, one application beside it, and the decision on it."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.applications import ApplicationStatus, Condition, Decision, RejectReason, ReturnReason
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.services import applications
from loanhub.services.applications import ApplicationView
from loanhub.state import _listing
from loanhub.state._application_queue import ApplicationQueue
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.lead_drawer import timeline_of

PHRASES = {
    Decision.APPROVE: (
        "经营稳定，还款来源清晰，同意",
        "征信良好，资料齐全，同意",
        "额度合理，按申请方案通过",
    ),
    Decision.RETURN: ("资料不全，请补充后重新提交", "用途说明不清，请补充"),
    Decision.REJECT: ("征信不符合准入，不予通过", "负债偏高，偿债能力不足，不予通过"),
}
"""Opinions often written, one tap each."""
REASONS = {Decision.RETURN: ReturnReason, Decision.REJECT: RejectReason}


@dataclass
class Shown:
    """The application beside the queue."""

    id: int = 0
    code: str = ""
    number: str = ""
    version: int = 0
    status: str = ""
    status_label: str = ""
    tone: str = ""
    customer_id: int = 0
    customer: str = ""
    initial: str = ""
    color: int = 1
    customer_line: str = ""
    risk: int = 0
    risk_label: str = ""
    product: str = ""
    request_line: str = ""
    mode_label: str = ""
    amount: str = ""
    amount_full: str = ""
    term: str = ""
    method: str = ""
    rate: str = ""
    installment: str = ""
    sales_opinion: str = ""
    owner: str = ""
    sla_text: str = ""
    sla_percent: int = 0
    sla_status: str = "z"
    score: int = 0
    score_version: str = ""
    score_at: str = ""
    score_position: int = 0
    advice: str = ""
    advice_tone: str = ""
    documents_done: int = 0
    documents_total: int = 0
    checks_bad: int = 0
    last_opinion: str = ""
    contract_id: int = 0
    start_amount: str = ""
    start_rate: str = ""
    start_term: str = ""
    can_decide: bool = False
    why_not: str = ""
    can_edit: bool = False
    can_submit: bool = False
    can_withdraw: bool = False
    can_contract: bool = False
    can_open_customer: bool = False


class ApplicationsState(ApplicationQueue, SessionState):
    """The queue and the application chosen in it."""

    loading: bool = True
    picked: bool = False
    missing: bool = False

    shown: Shown = Shown()
    facts: list[dict[str, str]] = []
    request: list[dict[str, str]] = []
    result: list[dict[str, str]] = []
    reasons: list[dict[str, str]] = []
    checks: list[dict[str, str]] = []
    hits: list[str] = []
    segments: list[dict[str, str]] = []
    documents: list[dict[str, str]] = []
    steps: list[dict[str, str]] = []
    approvals: list[dict[str, str]] = []
    history: list[dict[str, str]] = []
    terms: list[dict[str, str]] = []

    decision: str = Decision.APPROVE.value
    sheet: bool = False
    opinion: str = ""
    opinion_key: str = "0"
    form_key: str = "0"
    difference: str = ""
    lowers: bool = False
    sentence: str = ""
    verb: str = ""
    phrases: list[str] = []
    reason_options: list[str] = []
    chosen_reasons: list[str] = []
    conditions: list[str] = []
    withdrawing: bool = False
    deciding: bool = False
    field_errors: dict[str, str] = {}

    _amount: str = ""
    _key: str = ""

    def _shown_id(self) -> str:
        return str(self.shown.id)

    async def _load(self) -> Any:
        """Read the queue and the application the address names; one that names none gets the first of the queue."""
        self._watch("applications")
        self._take_address(self.router.url.query_parameters)
        named = self.router.url.path.strip("/").partition("/")[2]
        self.picked, self.sheet, self.withdrawing = bool(named), False, False
        await self._read_queue()
        wanted = _id_of(named) if named else int(self.rows[0].id) if self.rows else 0
        self.shown, self.missing = Shown() if named else self.shown, False
        try:
            if wanted:
                await self._open(wanted)
            else:
                self.shown, self.missing = Shown(), bool(named)
        except NotFound:
            self.shown, self.missing = Shown(), True
        self._find_neighbours()
        self.loading = False
        return self._address()

    async def _open(self, application_id: int) -> None:
        await self._read(application_id)
        self._key, self.field_errors, self.deciding = secrets.token_hex(12), {}, False
        self.decision, self.opinion, self.chosen_reasons, self.conditions = Decision.APPROVE.value, "", [], []
        self._amount = self.shown.start_amount
        self.form_key = self.opinion_key = self._key
        self._find_neighbours()
        await self._preview()

    async def _read(self, application_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(
            lambda: applications.open_application(actor, application_id=application_id, now=now)
        )
        self.shown = _shown(found)
        self.facts, self.request, self.result = (
            _pairs(found.facts),
            _pairs(found.request),
            _pairs(found.result),
        )
        self.reasons = [
            {
                "code": r.code, "label": r.label, "words": r.words, "effect": r.effect, "bar": str(r.bar),
                "look": "p" if r.good else "n", "worst": "1" if r.worst else "",
            }
            for r in found.score.reasons
        ]  # fmt: skip
        self.checks = [asdict(check) for check in found.score.checks]
        self.hits = list(found.score.hits)
        self.segments = [{k: str(v) for k, v in asdict(s).items()} for s in found.score.segments]
        self.documents = [
            {
                **{k: str(row[k]) for k in ("kind", "label", "how", "note")},
                "present": "1" if row["present"] else "",
            }
            for row in found.documents
        ]
        self.steps = [asdict(step) for step in found.path]
        self.approvals = [{k: str(v) for k, v in asdict(row).items()} for row in found.approvals]
        self.history = timeline_of(found.history, now)
        self.terms = [{"value": str(t), "label": f"{t} 个月"} for t in found.terms]

    async def _preview(self) -> None:
        chosen = Decision(self.decision)
        self.phrases = list(PHRASES[chosen])
        options = REASONS.get(chosen)
        self.reason_options = [one.label for one in options] if options else []
        if not self.shown.can_decide:
            self.sentence = self.verb = self.difference = ""
            return
        actor, now = await self._actor(), utc_now()
        shown, decision, amount = self.shown, self.decision, self._amount
        found = await rx.run_in_thread(
            lambda: applications.preview(
                actor, application_id=shown.id, decision=decision, amount=amount, now=now
            )
        )
        self.difference, self.lowers = found.difference, found.lowers
        self.sentence, self.verb = found.sentence, found.verb
        errors = {k: v for k, v in self.field_errors.items() if k != "amount_fen"}
        self.field_errors = {**errors, "amount_fen": found.error} if found.error else errors

    async def _on_live(self, topic: str, ops: list[dict[str, Any]]) -> None:
        """Follow what others do; what is being typed stays."""
        if topic != "applications":
            await self._count_inbox(await self._actor())
            return
        await self._read_queue()
        if self.shown.id and any(op.get("id") == self.shown.id for op in ops):
            await self._read(self.shown.id)
            await self._preview()

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def choose(self, code: str) -> None:
        """Take 通过, 退回 or 拒绝 as the decision to be sent."""
        found = Decision.find(str(code))
        if found is not None:
            self.decision, self.chosen_reasons = found.value, []
            await self._preview()

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def open_sheet(self, code: str) -> None:
        """Choose a decision on the phone: the sheet opens, an approval with an opinion to be sent as it is."""
        found = Decision.find(str(code))
        if found is None:
            return
        self.decision, self.chosen_reasons, self.field_errors = found.value, [], {}
        self.opinion = PHRASES[found][0] if found is Decision.APPROVE else ""
        self.form_key = self.opinion_key = secrets.token_hex(6)
        await self._preview()
        self.sheet = True

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def show_sheet(self, is_open: bool) -> None:
        """Close the sheet."""
        self.sheet = bool(is_open) and self.sheet

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def type_amount(self, text: str) -> None:
        """Show the difference to what was applied for, and whose turn it will be."""
        self._amount = str(text)[:30]
        await self._preview()

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def note_opinion(self, text: str) -> None:
        """Keep what was typed, so that a phrase joins it."""
        self.opinion = str(text)[:1000]

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def say(self, phrase: str) -> None:
        """Add a phrase to the opinion."""
        if phrase in self.phrases and phrase not in self.opinion:
            self.opinion = f"{self.opinion.rstrip('。； ')}；{phrase}" if self.opinion.strip() else phrase
            self.opinion_key = secrets.token_hex(6)

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def toggle_reason(self, label: str) -> None:
        """Add a reason, or take it back."""
        if label in self.reason_options:
            self.chosen_reasons = _toggled(self.chosen_reasons, label)

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def toggle_condition(self, label: str) -> None:
        """Add a condition of the approval, or take it back."""
        if label in {one.label for one in Condition}:
            self.conditions = _toggled(self.conditions, label)

    @rx.event
    @needs(Permission.APPLICATIONS_APPROVE)
    async def decide(self, form: dict[str, Any]) -> Any:
        """Send the decision."""
        actor, now, shown, key = await self._actor(), utc_now(), self.shown, self._key
        chosen, reasons = Decision(self.decision), list(self.chosen_reasons)
        approves = chosen is Decision.APPROVE
        opinion, term = str(form.get("opinion", "")), str(form.get("term_months", ""))
        self.opinion = opinion[:1000]
        amount = str(form.get("amount_fen", "")) if approves else ""
        rate = str(form.get("annual_rate", "")) if approves else ""
        conditions = "\n".join(self.conditions) if approves else ""

        def work() -> tuple[ApplicationStatus, int]:
            asked = applications.preview(
                actor, application_id=shown.id, decision=chosen.value, amount=amount, rate=rate, now=now
            )
            if asked.error or (approves and not asked.amount_fen):
                raise InvalidInput(fields={"amount_fen": asked.error or "请填写批复金额"})
            status = applications.decide(
                actor, application_id=shown.id, decision=chosen.value, opinion=opinion,
                amount_fen=asked.amount_fen if approves else None,
                term_months=int(term) if approves and term.isascii() and term.isdigit() and len(term) < 4 else None,
                annual_rate=asked.annual_rate, conditions=conditions, reasons=reasons,
                expected_version=shown.version, key=key, now=now,
            )  # fmt: skip
            return status, asked.amount_fen

        status, amount_fen = await rx.run_in_thread(work)
        self.sheet = False
        await self._read_queue()
        await self._open(shown.id)
        if not approves:
            return done(f"{shown.customer} {'已退回补充' if chosen is Decision.RETURN else '已拒绝'}")
        after = "" if status is ApplicationStatus.APPROVED else f"，送{status.label.removesuffix('中')}"
        return done(f"{shown.customer} 已通过 {format_wan(amount_fen)}{after}")

    @rx.event
    @needs(Permission.APPLICATIONS_SUBMIT)
    async def show_withdraw(self, is_open: bool) -> None:
        """Open or close the question for the reason of a withdrawal."""
        self.withdrawing, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.APPLICATIONS_SUBMIT)
    async def withdraw(self, form: dict[str, Any]) -> Any:
        """Take the application back."""
        actor, now, shown = await self._actor(), utc_now(), self.shown
        reason = str(form.get("reason", ""))
        await rx.run_in_thread(
            lambda: applications.withdraw(actor, application_id=shown.id, reason=reason, now=now)
        )
        self.withdrawing = False
        await self._read_queue()
        await self._open(shown.id)
        return done(f"已撤回 {shown.number}")


def _toggled(chosen: list[str], label: str) -> list[str]:
    return [one for one in chosen if one != label] if label in chosen else [*chosen, label]


def _id_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _pairs(rows: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"label": label, "text": text} for label, text in rows]


def _shown(view: ApplicationView) -> Shown:
    same = {k: getattr(view, k) for k in Shown.__dataclass_fields__ if hasattr(view, k) and k != "score"}
    return Shown(**{
        **same, "code": str(view.id), "initial": _listing.initial(view.customer), "color": _listing.color_of(view.customer),
        "sla_text": view.deadline.text, "sla_percent": view.deadline.percent, "sla_status": view.deadline.status,
        "score": view.score.score, "score_version": view.score.version, "score_at": view.score.at,
        "score_position": view.score.position, "advice": view.score.advice, "advice_tone": view.score.advice_tone,
        "documents_total": len(view.documents), "checks_bad": len(view.score.hits),
        "start_term": str(view.start_term or ""),
    })  # fmt: skip
