"""The calculator's form: texts as people type them, read into the body of a quote. A dict of texts by ``KEYS``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from loanhub.domain.calendar import HolidayRule
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import half_width, parse_fen
from loanhub.domain.rates import parse_percent
from loanhub.domain.repayment.fees import FeeTiming
from loanhub.domain.repayment.schedule import METHODS
from loanhub.domain.repayment.terms import InterestBasis

FEE_SLOTS = 3
LONGEST_TEXT = 2000

KEYS: dict[str, str] = {
    "amount": "10万", "method": "equal_installment", "rate": "12", "months": "12", "start": "",
    "basis": "monthly", "day": "", "first_days": "", "amort": "", "maturity": "", "holiday": "none",
    "changes": "", "split": "", "rows": "",
    "fee1": "服务费", "when1": "upfront", "sum1": "",
    "fee2": "担保费", "when2": "each_period", "sum2": "",
    "fee3": "其他费用", "when3": "at_end", "sum3": "",
    "compare": "",
}  # fmt: skip
"""The fields of the form and what they hold before anything is typed."""

_FORM_KEYS = {
    "principal_fen": "amount", "annual_rate": "rate", "flat_monthly_rate": "rate", "periods": "months",
    "disburse_date": "start", "interest_basis": "basis", "repayment_day": "day", "min_first_days": "first_days",
    "amortization_periods": "amort", "maturity_date": "maturity", "holiday_rule": "holiday",
    "split_rate_change": "changes", "rate_changes": "changes", "custom_rows": "rows", "method": "method",
}  # fmt: skip
_NEEDS_DAYS = "分段计息须选按日计息"


def clean(given: Mapping[str, Any]) -> dict[str, str]:
    """Return a whole form out of an address or a browser's message: known keys, texts, no longer than sensible."""
    form = dict(KEYS)
    for key in KEYS:
        if key in given:
            form[key] = str(given[key] or "")[:LONGEST_TEXT]
    return form


def shown_keys(form: Mapping[str, str]) -> dict[str, str]:
    """Return what has to stand in an address so that the link shows the same: all that is not the default."""
    return {key: form[key] for key, start in KEYS.items() if form.get(key, start) != start}


def request_body(form: Mapping[str, str], *, today: date) -> dict[str, Any]:
    """Return the request body a form means, as the API takes it.

    Raises:
        InvalidInput: naming the field of the form.
    """
    refused: dict[str, str] = {}

    def read(key: str, reader: Any, *arguments: Any) -> Any:
        try:
            return reader(form[key], *arguments)
        except InvalidInput as error:
            refused[key] = error.sentence
            return None

    method = form["method"]
    flat = method == "flat"
    body: dict[str, Any] = {
        "method": method,
        "principal_fen": read("amount", _amount),
        "disburse_date": read("start", _day) if form["start"].strip() else today.isoformat(),
        "interest_basis": form["basis"],
        "flat_monthly_rate" if flat else "annual_rate": read("rate", _fraction),
        "holiday_rule": form["holiday"] or "none",
    }
    body["periods"] = read("months", _count)
    if method == "custom":
        rows = read("rows", _rows) or []
        body |= {"custom_rows": rows, "periods": max(1, len(rows))}
    if method == "balloon" and form["amort"].strip():
        body["amortization_periods"] = read("amort", _count)
    if method == "bullet" and form["maturity"].strip():
        body["maturity_date"] = read("maturity", _day)
    if form["day"].strip() and method in METHODS and "repayment_day" in METHODS[method].accepts:
        body["repayment_day"] = read("day", _count)
        if form["first_days"].strip():
            body["min_first_days"] = read("first_days", _count)
    if form["changes"].strip() and not flat:
        changes = read("changes", _changes) or []
        if form["split"] and form["basis"] == "monthly":
            refused["changes"] = _NEEDS_DAYS
        body["rate_changes"] = [change | ({"split": True} if form["split"] else {}) for change in changes]
    fees = [fee for slot in range(1, FEE_SLOTS + 1) if (fee := _fee(form, slot, refused)) is not None]
    if fees:
        body["fees"] = fees
    if refused:
        raise InvalidInput(fields=refused)
    return body


def _amount(text: str) -> int:
    return parse_fen(text)


def _fraction(text: str) -> str:
    if not text.strip():
        raise InvalidInput(fields={"rate": "请填写利率"})
    return f"{parse_percent(text):f}"


def _count(text: str) -> int:
    plain = half_width(text).removesuffix("期").removesuffix("个月").removesuffix("天").removesuffix("日")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 6):
        raise InvalidInput(fields={"count": "请填写整数"})
    return int(plain)


def _day(text: str) -> str:
    plain = half_width(text).replace("/", "-").replace(".", "-")
    try:
        year, month, day = (int(part) for part in plain.split("-"))
        return date(year, month, day).isoformat()
    except ValueError:
        raise InvalidInput(fields={"day": "没有这一天，格式是 2026-01-15"}) from None


def _lines(text: str) -> list[list[str]]:
    """Return the words of each line; a line may also end with ； or ;."""
    plain = text.replace("；", "\n").replace(";", "\n").replace("=", " ").replace("\u3000", " ")
    return [line.split() for line in plain.splitlines() if line.strip()]


def _changes(text: str) -> list[dict[str, Any]]:
    found = []
    for words in _lines(text):
        if len(words) != 2:
            raise InvalidInput(fields={"changes": "每行写日期和年利率，例如 2027-01-15 9.6"})
        found.append({"effective_from": _day(words[0]), "annual_rate": _fraction(words[1])})
    return found


def _rows(text: str) -> list[dict[str, Any]]:
    found = []
    for words in _lines(text):
        if len(words) not in (2, 3):
            raise InvalidInput(fields={"rows": "每行写应还日、本金，可再写利息，例如 2026-06-15 5万 1200"})
        row: dict[str, Any] = {"due_date": _day(words[0]), "principal_fen": parse_fen(words[1])}
        found.append(row | ({"interest_fen": parse_fen(words[2])} if len(words) == 3 else {}))
    if not found:
        raise InvalidInput(fields={"rows": "请逐行填写还款计划，例如 2026-06-15 5万"})
    return found


def _fee(form: Mapping[str, str], slot: int, refused: dict[str, str]) -> dict[str, Any] | None:
    text = half_width(form[f"sum{slot}"])
    if not text:
        return None
    fee: dict[str, Any] = {
        "label": form[f"fee{slot}"].strip()[:30] or f"费用 {slot}",
        "timing": form[f"when{slot}"],
    }
    try:
        if text.endswith("%"):
            return fee | {"rate": f"{parse_percent(text):f}"}
        return fee | {"amount_fen": parse_fen(text)}
    except InvalidInput as error:
        refused[f"sum{slot}"] = error.sentence
        return None


def renamed(error: InvalidInput, form: Mapping[str, str]) -> dict[str, str]:
    """Return the sentences of a refusal by the fields of the form."""
    found = {}
    slots = [slot for slot in range(1, FEE_SLOTS + 1) if form[f"sum{slot}"].strip()]
    for path, sentence in (error.fields or {"amount": error.sentence}).items():
        head = path.partition("[")[0].partition(".")[0]
        if head == "fees":
            place = path.removeprefix("fees[").partition("]")[0]
            slot = slots[int(place)] if place.isdigit() and int(place) < len(slots) else (slots or [1])[0]
            found[f"sum{slot}"] = sentence
        else:
            found[head if head in KEYS else _FORM_KEYS.get(head, "amount")] = sentence
    return found


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return the (code, label) pairs of the form's selects."""
    return {
        "method": [(code, method.label) for code, method in METHODS.items()],
        "basis": InterestBasis.options(),
        "holiday": HolidayRule.options(),
        "timing": FeeTiming.options(),
    }
