"""identity.json: resident numbers, company codes, bank cards, mobiles (README §3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from loanhub.domain import identity
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Unreadable

AS_OF = date(2026, 11, 21)
"""Day for ages and births in the future, unless the file's ``conventions`` name another."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable("input", "须是文字")
    return value


def _as_of(file: Mapping[str, Any]) -> date:
    named = _DAY.findall(str(file.get("conventions", "")))
    if len(set(named)) > 1:
        raise Unreadable("conventions", "写了不止一个截止日期")
    try:
        return date.fromisoformat(named[0]) if named else AS_OF
    except ValueError:
        raise Unreadable("conventions", "截止日期不存在") from None


def _resident(value: Any, file: Mapping[str, Any]) -> Any:
    found = identity.check_resident_id(_text(value), today=_as_of(file))
    return {
        "valid": found.valid,
        "reason": _reason(found),
        "kind": found.kind.value if found.kind else None,
        "normalized": found.normalized if found.valid else None,
        "birth_date": found.birth_date.isoformat() if found.birth_date else None,
        "gender": found.gender.label if found.gender else None,
        "province": found.province,
        "age": found.age,
        "as_id18": found.as_id18,
    }


def _reason(found: identity.Verdict) -> str | None:
    return None if found.reason is None else str(found.reason)


def _verdict(found: identity.Verdict) -> Any:
    return {
        "valid": found.valid,
        "reason": _reason(found),
        "normalized": found.normalized if found.valid else None,
    }


def _mobile(value: Any, _file: Mapping[str, Any]) -> Any:
    found = identity.check_mobile(_text(value))
    return {
        "valid": found.valid,
        "normalized": found.normalized if found.valid else None,
        "national": found.national,
    }


FIGURES = Figures(
    code="identity",
    sections={
        "id_numbers": Section(answer=_resident, optional=frozenset({"as_id18"})),
        "uscc": Section(answer=lambda value, _file: _verdict(identity.check_uscc(_text(value)))),
        "bank_cards": Section(answer=lambda value, _file: _verdict(identity.check_bank_card(_text(value)))),
        "phones": Section(answer=_mobile),
    },
)
