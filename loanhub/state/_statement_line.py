"""One line of a bank statement: its loans, the posting tried before it is made, the reason of setting it aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import MINUS
from loanhub.domain.permissions import Permission
from loanhub.services import statements
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

LOOK = (Permission.STATEMENTS_IMPORT, Permission.LEDGER_READ)
KINDS = {"payment": "还款", "settlement": "提前结清", "recovery": "核销后收回"}


@dataclass
class LoanChoice:
    """A loan a line may belong to."""

    id: str = ""
    number: str = ""
    customer: str = ""
    status: str = ""
    outstanding: str = ""
    reasons: list[str] = field(default_factory=list)
    strong: bool = False
    kind: str = "payment"
    third: bool = False


class StatementLine(SessionState, mixin=True):
    """The drawer of one line; the page that has it gives ``_read``."""

    is_open: bool = False
    line: dict[str, str] = {}
    choices: list[LoanChoice] = []
    found: list[LoanChoice] = []
    loan_id: str = ""
    kind: str = "payment"
    third: bool = False
    tried: dict[str, str] = {}
    parts: list[dict[str, str]] = []
    warnings: list[str] = []
    preview_error: str = ""
    asking: str = ""
    pending: bool = False
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(*LOOK)
    async def open(self, line_id: str) -> None:
        """Show a line with the loans it may belong to."""
        if digits(line_id):
            await self._open(int(line_id))

    async def _open(self, line_id: int) -> None:
        actor = await self._actor()
        shown = await rx.run_in_thread(lambda: statements.line_detail(actor, line_id=line_id))
        row = shown.line
        self.line = {key: str(value) for key, value in vars(row).items()}
        self.line |= {
            "incoming": "1" if row.incoming else "", "verdict": shown.verdict_label, "amount": row.amount.lstrip("+" + MINUS),
        }  # fmt: skip
        self.choices = [_choice(one) for one in shown.candidates]
        self.found, self.asking, self.field_errors, self.third = [], "", {}, row.third_party
        self.loan_id, self.tried, self.parts, self.warnings, self.preview_error = "", {}, [], [], ""
        self.is_open = True
        if shown.chosen_id and row.status == "unmatched":
            await self._choose(str(shown.chosen_id))

    @rx.event
    @needs(*LOOK)
    async def close(self, is_open: bool = False) -> None:
        """Close the line."""
        self.is_open = bool(is_open)

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def choose(self, loan_id: str) -> None:
        """Choose the loan and try the posting."""
        await self._choose(digits(loan_id))

    async def _choose(self, loan_id: str) -> None:
        chosen = next((one for one in [*self.choices, *self.found] if one.id == loan_id), None)
        self.loan_id = loan_id
        if chosen is not None:
            self.third = chosen.third
            self.kind = chosen.kind if chosen.kind in KINDS else "payment"
        await self._try()

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def choose_kind(self, code: str) -> None:
        """Post as a repayment or as an early settlement."""
        self.kind = str(code) if str(code) in KINDS else "payment"
        await self._try()

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def set_third(self, on: bool) -> None:
        """Say whether somebody else pays."""
        self.third = bool(on)

    async def _try(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.tried, self.parts, self.warnings, self.preview_error = {}, [], [], ""
        if not self.loan_id or not self.line.get("incoming") or not actor.can(Permission.PAYMENTS_CREATE):
            return
        (line_id, _), loan_id, kind = self._shown_line(), int(self.loan_id), self.kind
        shown, sentence = await rx.run_in_thread(
            lambda: statements.preview(actor, line_id=line_id, loan_id=loan_id, kind=kind, now=now)
        )
        self.preview_error = sentence
        if shown is None:
            return
        self.tried = {
            "amount": shown.amount, "uppercase": shown.uppercase, "before": shown.before.outstanding,
            "after": shown.after.outstanding, "due_before": shown.before.due, "due_after": shown.after.due,
            "status": shown.after.status,
        }  # fmt: skip
        self.parts = [
            {"label": part.label, "amount": part.amount, "percent": part.percent, "color": part.color}
            for part in shown.parts
        ]
        self.warnings = list(shown.warnings)

    @rx.event(supersedes=True)
    @needs(Permission.STATEMENTS_IMPORT, per_minute=60)
    async def find_loans(self, text: str) -> None:
        """Look for another loan by its number or its borrower."""
        actor, line_id, wanted = await self._actor(), int(self.line.get("id") or 0), str(text)[:40]
        found = await rx.run_in_thread(lambda: statements.find_loans(actor, line_id=line_id, text=wanted))
        listed = {one.id for one in self.choices}
        self.found = [one for one in map(_choice, found) if one.id not in listed]

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def accept(self, _data: dict[str, Any] | None = None) -> Any:
        """Post the line to the chosen loan."""
        if not (self.line and self.loan_id):
            yield failed("先选择借据")
            return
        actor, now = await self._actor(), utc_now()
        (line_id, version), loan_id, kind, third = (
            self._shown_line(),
            int(self.loan_id),
            self.kind,
            self.third,
        )
        self.pending = True
        yield
        try:
            found = await rx.run_in_thread(
                lambda: statements.accept(
                    actor, line_id=line_id, loan_id=loan_id, kind=kind, third_party=third, expected_version=version, now=now
                )
            )  # fmt: skip
        except InvalidInput as refusal:
            self.preview_error = refusal.sentence
            return
        finally:
            self.pending = False
        self.is_open = False
        await self._read()
        yield done(f"已入账 {found.amount}，收据 {found.receipt_number}")

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def link(self) -> Any:
        """Say that the chosen loan's books show this money already."""
        if not (self.line and self.loan_id):
            return failed("先选择借据")
        actor, now = await self._actor(), utc_now()
        (line_id, version), loan_id = self._shown_line(), int(self.loan_id)
        await rx.run_in_thread(
            lambda: statements.link(
                actor, line_id=line_id, loan_id=loan_id, expected_version=version, now=now
            )
        )
        self.is_open = False
        await self._read()
        return done("已与账上的记录对上，没有重复入账")

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def ask(self, what: str) -> None:
        """Open the reason for setting the line aside or taking it back."""
        self.asking, self.field_errors = str(what) if str(what) in ("ignore", "undo") else "", {}

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def give_reason(self, data: dict[str, Any]) -> Any:
        """Set the line aside, or take its decision back, for the reason given."""
        if not self.line:
            return None
        actor, now, reason = await self._actor(), utc_now(), str(data.get("reason", ""))[:400]
        line_id, version = self._shown_line()
        undoing = self.asking == "undo"
        work = statements.undo if undoing else statements.ignore
        try:
            await rx.run_in_thread(
                lambda: work(actor, line_id=line_id, reason=reason, expected_version=version, now=now)
            )
        except InvalidInput as refusal:
            self.field_errors = refusal.fields
            return None
        self.is_open = False
        await self._read()
        return done("已撤回，这笔流水回到待认领" if undoing else "已标为无关")

    def _shown_line(self) -> tuple[int, int]:
        """Return the line's id and version."""
        return int(self.line["id"]), int(self.line["version"])

    async def _read(self) -> None:
        """Read the list behind the drawer anew."""
        raise NotImplementedError


def digits(raw: object) -> str:
    """Return the text if it is a number an id may have, else nothing."""
    text = str(raw)
    return text if text.isascii() and text.isdigit() and len(text) < 12 else ""


def _choice(one: statements.CandidateRow) -> LoanChoice:
    return LoanChoice(
        str(one.loan_id), one.number, one.customer, one.status, one.outstanding, list(one.reasons), one.strong, one.kind,
        one.third_party,
    )  # fmt: skip
