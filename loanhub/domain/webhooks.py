"""Webhooks of lead providers 渠道推送: the signature, and how a provider's JSON maps to our fields.

Signature: Standard Webhooks 1.0 (webhook-id, webhook-timestamp, webhook-signature; HMAC-SHA256 over
``id.timestamp.body`` with a base64 secret after ``whsec_``).
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

TOLERANCE_SECONDS = 300
PREFIX = "whsec_"
MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,100}", re.ASCII)
PATH = re.compile(r"[^.\s\[\]]{1,60}(\.[^.\s\[\]]{1,60}){0,7}")
MOST_RULES, MOST_VALUES, DEEPEST = 60, 50, 8


class DeliveryStatus(Choice):
    """Where a delivery stands."""

    RECEIVED = "received", "待处理"
    DONE = "done", "已入库"
    FAILED = "failed", "待修正"
    DISCARDED = "discarded", "已作废"


class MoneyUnit(Choice):
    """In which unit a provider sends amounts."""

    YUAN = "yuan", "元"
    FEN = "fen", "分"
    WAN = "wan", "万元"


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature ``v1,…`` a sender puts into webhook-signature.

    Raises:
        ValueError: the secret is no base64 after ``whsec_``.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def is_signed(
    secrets: Iterable[str], *, message_id: str, timestamp: str, signatures: str, body: bytes, now_seconds: int
) -> bool:
    """Return whether one of the live secrets signed this message, not more than five minutes ago or ahead.

    ``signatures``: several, parted by spaces, as a sender has them while it changes its secret.
    """
    if MESSAGE_ID.fullmatch(message_id) is None or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    if len(timestamp) > 12 or abs(int(timestamp) - now_seconds) > TOLERANCE_SECONDS:
        return False
    given = [one.encode() for one in signatures.split(" ")[:10]]
    good = False
    for secret in secrets:
        try:
            wanted = sign(secret, message_id, timestamp, body).encode()
        except (binascii.Error, ValueError):
            continue
        for one in given:
            good = hmac.compare_digest(wanted, one) or good
    return good


@dataclass(frozen=True)
class Rule:
    """One value of a provider's JSON and the field of ours it becomes.

    ``path`` names it (``data.mobile``, list items by number); ``unit`` is for money; ``values`` translates what the
    provider sends into what we read, before anything else.
    """

    path: str
    field: str
    unit: str = MoneyUnit.YUAN.value
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the rule as it is stored."""
        return {"path": self.path, "field": self.field, "unit": self.unit, "values": dict(self.values)}


def read_rules(stored: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return stored rules."""
    return tuple(
        Rule(str(one["path"]), str(one["field"]), str(one.get("unit", "yuan")), dict(one.get("values") or {}))
        for one in stored
    )


def check_rules(rules: Sequence[Rule], specs: Mapping[str, FieldSpec]) -> None:
    """Refuse rules that cannot work.

    Raises:
        InvalidInput: ``rules`` as key: too many, a path or field that is none, a field named twice.
    """
    faults = []
    if len(rules) > MOST_RULES:
        faults.append(f"最多 {MOST_RULES} 条映射")
    seen: set[str] = set()
    for rule in rules:
        spec = specs.get(rule.field)
        if PATH.fullmatch(rule.path) is None:
            faults.append(f"「{rule.path[:40]}」不是字段路径，写成 data.mobile")
        elif spec is None or spec.read_only:
            faults.append(f"「{rule.path}」还没有选对应的字段")
        elif rule.field in seen:
            faults.append(f"{spec.label}映射了两次")
        elif MoneyUnit.find(rule.unit) is None or len(rule.values) > MOST_VALUES:
            faults.append(f"「{rule.path}」的单位或取值对照有误")
        seen.add(rule.field)
    if faults:
        raise InvalidInput(fields={"rules": "；".join(faults[:5])})


def leaves(data: Any, *, most: int = 100) -> list[tuple[str, str]]:
    """Return the paths of a JSON document's plain values with a short example of each, in order."""
    found: list[tuple[str, str]] = []

    def walk(part: Any, path: str, depth: int) -> None:
        if len(found) >= most or depth > DEEPEST:
            return
        if isinstance(part, dict):
            for key, value in part.items():
                if PATH.fullmatch(str(key)):
                    walk(value, f"{path}.{key}" if path else str(key), depth + 1)
        elif isinstance(part, list):
            for number, value in enumerate(part[:3]):
                walk(value, f"{path}.{number}" if path else str(number), depth + 1)
        elif path and part is not None:
            found.append((path, str(part)[:40]))

    walk(data, "", 0)
    return found


def suggest(paths: Iterable[str], specs: Iterable[FieldSpec]) -> tuple[Rule, ...]:
    """Return rules for the paths whose last name is a field's key, label or synonym; each field once."""
    names: dict[str, str] = {}
    for spec in specs:
        if not spec.read_only:
            for name in (
                spec.key,
                spec.key.removesuffix("_fen").removesuffix("_code"),
                spec.label,
                *spec.synonyms,
            ):
                names.setdefault(_plain(name), spec.key)
    rules: list[Rule] = []
    taken: set[str] = set()
    for path in paths:
        key = names.get(_plain(path.rpartition(".")[2]))
        if key is not None and key not in taken:
            rules.append(Rule(path, key))
            taken.add(key)
    return tuple(rules)


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name).casefold()


def apply_rules(data: Any, rules: Sequence[Rule], specs: Mapping[str, FieldSpec]) -> dict[str, object]:
    """Return our fields as texts people could have typed, out of a provider's JSON; absent values are left out.

    Raises:
        InvalidInput: the JSON is no object, or an object or list stands where a value was expected.
    """
    if not isinstance(data, dict):
        raise InvalidInput("内容不是一个 JSON 对象")
    raw: dict[str, object] = {}
    faults: dict[str, str] = {}
    for rule in rules:
        value = _at(data, rule.path)
        if value is None:
            continue
        if isinstance(value, (dict, list)):
            faults[rule.field] = f"「{rule.path}」下不是一个值"
            continue
        text = ("是" if value else "否") if isinstance(value, bool) else str(value).strip()
        text = rule.values.get(text, text)
        spec = specs.get(rule.field)
        if spec is not None and spec.kind == "money" and text:
            text = _yuan(text, rule.unit)
        if text:
            raw[rule.field] = text[:4000]
    if faults:
        raise InvalidInput(fields=faults)
    return raw


def _at(data: Any, path: str) -> Any:
    part = data
    for name in path.split("."):
        if isinstance(part, dict):
            part = part.get(name)
        elif isinstance(part, list) and name.isascii() and name.isdigit() and int(name) < len(part):
            part = part[int(name)]
        else:
            return None
    return part


def _yuan(text: str, unit: str) -> str:
    if unit == MoneyUnit.WAN.value and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text, re.ASCII):
        return text + "万"
    if unit == MoneyUnit.FEN.value and re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        return f"{int(text) // 100}.{int(text) % 100:02d}"
    return text
