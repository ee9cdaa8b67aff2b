"""Fields an administrator adds 自定义字段: a stored row becomes a FieldSpec like any built-in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loanhub.domain.catalogue.kinds import KINDS, Sort
from loanhub.domain.catalogue.spec import Check, FieldSpec, Sensitivity
from loanhub.domain.errors import InvalidInput

CUSTOM_KINDS: tuple[str, ...] = (
    "text", "long_text", "name", "email", "region", "money", "percent", "integer", "decimal", "date",
    "datetime", "choice", "multi_choice", "tags", "boolean", "user", "department",
)  # fmt: skip
"""Kinds offered to administrators. Phone, identity and card numbers need an encrypted column."""

EDIT_PERMISSION: Mapping[str, str] = {
    "lead": "leads:edit",
    "customer": "customers:edit",
    "application": "applications:edit",
}
"""Entities with a ``custom`` column, and who writes its fields."""

MAX_CHOICES = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FLAGS = ("in_form", "in_table", "in_filter", "in_import", "in_export", "in_print")


def spec_from_custom(row: Mapping[str, Any] | object) -> FieldSpec:
    """Return the FieldSpec of a CustomField row, given as a mapping or an object with its attributes.

    ``rules`` may hold ``min``, ``max`` (in the kind's JSON form), ``min_length``, ``max_length`` and the
    flags ``in_form`` … ``in_print``; nothing else. No patterns: an administrator's pattern could
    hang the server.

    Raises:
        InvalidInput: naming each property that cannot be accepted.
    """

    def read(name: str, default: Any) -> Any:
        found = row.get(name, default) if isinstance(row, Mapping) else getattr(row, name, default)
        return default if found is None else found

    faults: dict[str, str] = {}
    entity, key, kind = str(read("entity", "")), str(read("key", "")), str(read("kind", ""))
    label = str(read("label", "")).strip()
    if entity not in EDIT_PERMISSION:
        faults["entity"] = "这类记录不能添加自定义字段"
    if not _KEY.fullmatch(key):
        faults["key"] = "字段标识应以小写字母开头，只含小写字母、数字和下划线，最多 40 位"
    if not 1 <= len(label) <= 40:
        faults["label"] = "请填写 1–40 个字的字段名称"
    if kind in KINDS and kind not in CUSTOM_KINDS:
        faults["kind"] = "敏感信息不能放在自定义字段里"
    elif kind not in CUSTOM_KINDS:
        faults["kind"] = "没有这种字段类型"
    sensitivity = Sensitivity.find(str(read("sensitivity", "internal")))
    if sensitivity in (None, Sensitivity.SENSITIVE):
        faults["sensitivity"] = "自定义字段的密级只能是公开、内部或个人信息"
    choices = tuple(_pair(item) for item in read("choices", ()))
    if kind in ("choice", "multi_choice") and not choices:
        faults["choices"] = "请至少填写一个选项"
    elif len(choices) > MAX_CHOICES or any(not code or not text or len(text) > 40 for code, text in choices):
        faults["choices"] = f"最多 {MAX_CHOICES} 个选项，每个 1–40 个字"
    elif len({code for code, _ in choices}) < len(choices) or len({text for _, text in choices}) < len(
        choices
    ):
        faults["choices"] = "选项不能重复"
    rules = read("rules", {})
    check = Check()
    if not faults:
        try:
            check = _check(KINDS[kind].sort, kind, rules)
        except InvalidInput as fault:
            faults["rules"] = fault.sentence
    if faults:
        raise InvalidInput(fields=faults)
    return FieldSpec(
        entity=entity,
        key=key,
        label=label,
        kind=kind,
        unit=str(read("unit", ""))[:10],
        choices=choices,
        required=bool(read("required", False)),
        check=check,
        sensitivity=sensitivity or Sensitivity.INTERNAL,
        mask=_mask(kind) if sensitivity is Sensitivity.PERSONAL else "",
        group=str(read("group", "")) or "其他信息",
        editors=frozenset({EDIT_PERMISSION[entity]}),
        synonyms=tuple(str(word) for word in read("synonyms", ()) if str(word).strip()),
        column=f"custom.{key}",
        help=str(read("help", "")),
        builtin=False,
        order=int(read("sort", 0)),
        **_flags(rules),
    )


def _flags(rules: Mapping[str, Any]) -> dict[str, Any]:
    return {flag: bool(rules[flag]) for flag in _FLAGS if flag in rules}


def _pair(item: Any) -> tuple[str, str]:
    if isinstance(item, str):
        return item.strip(), item.strip()
    code, label = [*item, *item][:2] if item else ("", "")
    return str(code).strip(), str(label).strip()


def _mask(kind: str) -> str:
    return {"name": "name", "email": "email"}.get(kind, "secret")


def _check(sort: Sort, kind: str, rules: Mapping[str, Any]) -> Check:
    unknown = set(rules) - {"min", "max", "min_length", "max_length", *_FLAGS}
    if unknown:
        raise InvalidInput(f"没有「{min(unknown)}」这项校验")
    ends: list[Any] = []
    for name in ("min", "max"):
        raw = rules.get(name)
        value = None if raw is None else KINDS[kind].from_json(raw)
        if raw is not None and (value is None or sort not in (Sort.NUMBER, Sort.DATE, Sort.DATETIME)):
            raise InvalidInput("最小值或最大值不适用于这种字段")
        ends.append(value)
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        raise InvalidInput("最小值不能大于最大值")
    lengths = [rules.get(name, 0) for name in ("min_length", "max_length")]
    if any(not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= 5000 for n in lengths):
        raise InvalidInput("长度应为 0 到 5000 的整数")
    if any(lengths) and sort not in (Sort.TEXT, Sort.LIST):
        raise InvalidInput("长度不适用于这种字段")
    return Check(minimum=ends[0], maximum=ends[1], min_length=lengths[0], max_length=lengths[1])
