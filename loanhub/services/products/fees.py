"""The fees of a product as a form 费用: flat texts ``fee0_label`` and so on, a number of slots in ``fee_count``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_plain, parse_fen
from loanhub.domain.rates import parse_percent
from loanhub.domain.repayment.fees import Fee, FeeBase, FeePayer, FeeTiming

MOST_FEES = 6
STARTS = {
    "code": "", "label": "", "timing": "each_period", "base": "principal", "value": "", "collector": "",
    "payer": "borrower", "refundable": "", "included": "1",
}  # fmt: skip
"""The parts of a fee, and what a new one begins with."""


def show(fees: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the slots of the form for stored fees; slots beyond the last are as a new fee begins."""
    found = [_texts(Fee.parse(fee)) for fee in fees][:MOST_FEES]
    form = {"fee_count": str(len(found))}
    for slot in range(MOST_FEES):
        texts = found[slot] if slot < len(found) else STARTS
        form |= {f"fee{slot}_{part}": text for part, text in texts.items()}
    return form


def _texts(fee: Fee) -> dict[str, str]:
    fixed = fee.rate is None
    rate = "" if fee.rate is None else f"{(fee.rate * 100).normalize():f}"
    return {
        "code": fee.code, "label": fee.label, "timing": fee.timing.value,
        "base": FeeBase.FIXED.value if fixed else fee.base.value,
        "value": format_plain(fee.amount_fen or 0).removesuffix(".00") if fixed else rate,
        "collector": fee.collector, "payer": fee.payer.value, "refundable": "1" if fee.refundable else "",
        "included": "1" if fee.included_in_cost else "",
    }  # fmt: skip


def count_of(form: Mapping[str, str]) -> int:
    """Return how many slots of a form are in use."""
    text = form.get("fee_count", "0")
    return min(int(text), MOST_FEES) if text.isascii() and text.isdigit() else 0


def without(form: Mapping[str, str], slot: int) -> dict[str, str]:
    """Return the form with one fee taken out and those after it moved up."""
    count = count_of(form)
    if not 0 <= slot < count:
        return dict(form)
    changed = dict(form)
    for place in range(slot, MOST_FEES):
        for part, start in STARTS.items():
            changed[f"fee{place}_{part}"] = form[f"fee{place + 1}_{part}"] if place + 1 < count else start
    return changed | {"fee_count": str(count - 1)}


def read(form: Mapping[str, str], refused: dict[str, str]) -> list[dict[str, object]]:
    """Return the fees of a form for storing; a sentence for each field at fault goes to ``refused``."""
    fees: list[dict[str, object]] = []
    codes: set[str] = set()
    for slot in range(count_of(form)):
        texts = {part: form.get(f"fee{slot}_{part}", start).strip() for part, start in STARTS.items()}
        code = texts["code"]
        while not code or code in codes:
            code = f"fee_{len(codes) + 1}" if not code else f"{code}_{slot + 1}"
        codes.add(code)
        fee = _read_one(texts, code, slot, refused)
        if fee is not None:
            fees.append(fee.as_dict())
    return fees


def _read_one(texts: Mapping[str, str], code: str, slot: int, refused: dict[str, str]) -> Fee | None:
    key = f"fee{slot}_"
    if not texts["label"]:
        refused[f"{key}label"] = "请填写费用名称"
    elif len(texts["label"]) > 30:
        refused[f"{key}label"] = "费用名称不能超过 30 个字"
    timing, base, payer = (
        FeeTiming.find(texts["timing"]),
        FeeBase.find(texts["base"]),
        FeePayer.find(texts["payer"]),
    )
    for part, choice, label in (
        ("timing", timing, "收取方式"),
        ("base", base, "计费基数"),
        ("payer", payer, "承担方"),
    ):
        if choice is None:
            refused[f"{key}{part}"] = f"请选择{label}"
    amount: int | None = None
    rate: Decimal | None = None
    try:
        if not texts["value"]:
            raise InvalidInput("请填写金额或费率")
        if base is FeeBase.FIXED:
            amount = parse_fen(texts["value"])
        else:
            rate = parse_percent(texts["value"])
    except InvalidInput as fault:
        refused[f"{key}value"] = fault.sentence
    if any(one.startswith(key) for one in refused) or timing is None or base is None or payer is None:
        return None
    try:
        return Fee(
            code=code, label=texts["label"], timing=timing, amount_fen=amount, rate=rate, collector=texts["collector"][:30],
            base=base, payer=payer, refundable=bool(texts["refundable"]), included_in_cost=bool(texts["included"]),
        )  # fmt: skip
    except InvalidInput as fault:
        refused[f"{key}label"] = fault.sentence
        return None


def told(fees: Sequence[Mapping[str, Any]]) -> str:
    """Return the fees as one reads them: 服务费 · 每期收取 · 本金的 1.5%."""
    lines = []
    for fee in [Fee.parse(one) for one in fees]:
        words = [fee.label, fee.timing.label, fee.standard]
        if fee.collector:
            words.append(f"由{fee.collector}收取")
        if fee.payer is not FeePayer.BORROWER:
            words.append(f"{fee.payer.label}承担")
        if not fee.included_in_cost:
            words.append("不计入年化成本")
        lines.append(" · ".join(words))
    return "；".join(lines) or "无"
