"""What list pages share: conditions in the address, chips, the draft of the filter editor, page texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from loanhub.services import conditions
from loanhub.services.lists import PAGE_ROWS, FilterField

PROTECTED = frozenset({"phone", "id_number", "wechat"})
"""Fields whose values never stand in an address: it ends up in histories and logs."""
TWO_VALUES = "between"
NO_VALUE = frozenset({"is_empty", "is_not_empty"})


@dataclass
class Draft:
    """The condition being put together in the filter editor."""

    key: str = ""
    operator: str = ""
    operators: list[dict[str, str]] = field(default_factory=list)
    options: list[dict[str, str]] = field(default_factory=list)
    entry: str = "text"
    two: bool = False
    error: str = ""


def pairs(options: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return (code, label) pairs as the select of a form takes them."""
    return [{"value": code, "label": label} for code, label in options]


def draft_of(fields: Mapping[str, FilterField], key: str, operator: str = "") -> Draft:
    """Return the draft for a chosen field, with its first operator unless one is chosen."""
    chosen = fields.get(key)
    if chosen is None:
        return Draft()
    codes = [code for code, _ in chosen.operators]
    operator = operator if operator in codes else codes[0]
    options = list(chosen.options)
    if operator == conditions.PERIOD_OPERATOR:
        options = conditions.periods()
    if key == "owner_id":
        options = [("me", "我"), ("my_team", "我的团队"), *options]
    entry = "text"
    if operator in NO_VALUE:
        entry = "none"
    elif options and operator not in ("in", "not_in", "contains", "not_contains"):
        entry = "select"
    elif chosen.component in ("date", "datetime"):
        entry = "date"
    elif chosen.component in ("money", "number", "percent"):
        entry = "number"
    return Draft(key, operator, pairs(chosen.operators), pairs(options), entry, operator == TWO_VALUES)


def read_conditions(text: str) -> list[dict[str, Any]]:
    """Return the conditions in an address; anything else is no condition (the criteria parser judges the rest)."""
    try:
        found = json.loads(text) if text and len(text) <= 4000 else []
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)][:20] if isinstance(found, list) else []


def address(path: str, query: Mapping[str, object], found: Sequence[Mapping[str, Any]]) -> Any:
    """Return the event that puts the list's state into the address, without a visit."""
    shown = {key: value for key, value in query.items() if value not in ("", 0, 1, None)}
    open_conditions = [one for one in found if one.get("field") not in PROTECTED]
    if open_conditions:
        shown["f"] = json.dumps(open_conditions, ensure_ascii=False, separators=(",", ":"))
    url = path + ("?" + urlencode(shown) if shown else "")
    return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")


def criteria_of(*groups: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return one condition out of several lists of them; empty when there is none."""
    leaves = [leaf for group in groups for leaf in group]
    return {"all": leaves} if leaves else {}


def pages_of(total: int) -> int:
    """Return how many pages a list has, at least one."""
    return max(1, -(-total // PAGE_ROWS))


def range_text(page: int, shown: int, total: int, *, exact: bool = True) -> str:
    """Return 「1–50，共 126 条」, or 「1–50，共 10,000+ 条」 while a long list is being counted."""
    first, count = (page - 1) * PAGE_ROWS, f"{total:,}" if exact else f"{total:,}+"
    return f"{first + 1:,}–{first + shown:,}，共 {count} 条" if shown else f"共 {count} 条"


def initial(name: str) -> str:
    """Return what a small avatar shows of a name."""
    return name[-1:] if name and name != "—" else ""


def color_of(name: str) -> int:
    """Return the ground 1 to 6 of a person's avatar, always the same for a name."""
    return sum(map(ord, name)) % 6 + 1
