"""What the drawer of a collection case holds, and how its forms are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from loanhub.domain import formats
from loanhub.domain.contact_rules import Outcome
from loanhub.domain.errors import InvalidInput
from loanhub.services.collections import Pledge, Report
from loanhub.state._clock import SHANGHAI

STEPS = {"hours": timedelta(hours=2), "tomorrow": timedelta(days=1), "three_days": timedelta(days=3)}
ICONS = {
    "answered": "phone-call", "missed": "phone-missed", "dead": "phone-off", "wrong": "user-x", "refused": "ban",
    "paid": "wallet", "disputed": "circle-help", "complaint": "triangle-alert", "relayed": "message-square",
    "declined": "circle-x",
}  # fmt: skip


@dataclass
class CaseHead:
    """The case in the drawer."""

    id: int = 0
    number: str = ""
    version: int = 0
    stage: str = ""
    stage_label: str = ""
    stage_tone: str = ""
    approach_label: str = ""
    approach_tone: str = ""
    strategy: str = ""
    customer_id: int = 0
    customer_name: str = ""
    risk_grade: int = 0
    loan_id: int = 0
    loan_number: str = ""
    product: str = ""
    dpd: int = 0
    bucket: str = ""
    due: str = ""
    due_plain: str = ""
    overdue_principal: str = ""
    penalty: str = ""
    outstanding: str = ""
    opened_on: str = ""
    closed_words: str = ""
    owner: str = ""
    hold: str = ""
    next_step: str = ""
    script: str = ""
    third_script: str = ""
    quiet: str = ""
    hours: str = ""
    promise: str = ""
    promise_tone: str = ""
    can_contact: bool = False
    can_assign: bool = False
    can_legal: bool = False
    can_claim: bool = False


def report_of(form: dict[str, Any], outcome: str, now: datetime) -> Report:
    """Return what a submitted sheet says of a contact; a promise only where the outcome is one."""
    promised = outcome == Outcome.PROMISED.value
    pledge = (
        Pledge(day_of(str(form.get("due_date", "")), "due_date"), str(form.get("amount", "")))
        if promised
        else Pledge()
    )
    return Report(
        outcome=outcome,
        note=str(form.get("note", "")),
        next_step_at=next_of(form, now),
        pledge=pledge,
    )


def next_of(form: dict[str, Any], now: datetime) -> datetime | None:
    """Return when somebody is to be contacted again: in two hours, or at half past nine some days on."""
    code, own = str(form.get("next", "")), str(form.get("next_at", ""))
    if own:
        try:
            return datetime.fromisoformat(own).replace(tzinfo=SHANGHAI)
        except ValueError:
            raise InvalidInput(fields={"next_step_at": "时间格式不对"}) from None
    if code == "hours":
        return now + STEPS[code]
    if code in STEPS:
        day = formats.local(now + STEPS[code])
        return day.replace(hour=9, minute=30, second=0, microsecond=0)
    return None


def day_of(text: str, key: str) -> date | None:
    """Return a typed day; None for nothing. Raises InvalidInput naming ``key`` for anything else."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(fields={key: "日期格式不对"}) from None
