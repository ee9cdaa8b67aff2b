"""What 查重 compares of a stored record, and the blocking keys kept for it among its search tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from loanhub.domain.duplicates import Party, blocking_keys
from loanhub.models.encryption import blind_index

ENTITIES = ("lead", "customer")


def party_of(entity: str, row: Any, *, row_id: int = 0, relatives: Iterable[str] = ()) -> Party:
    """Return the comparable side of a lead or customer; ``row`` is anything with the model's attributes."""
    party = _bare_party(entity, row, row_id=row_id, relatives=relatives)
    return replace(party, tokens=blocking_keys(party, wechat=_wechat(getattr(row, "wechat", None))))


def _bare_party(entity: str, row: Any, *, row_id: int = 0, relatives: Iterable[str] = ()) -> Party:
    """Return all of it but the blocking keys."""

    def text(name: str) -> str:
        return str(getattr(row, name, None) or "")

    id_number = getattr(row, "id_number", None)
    return Party(
        entity=entity, id=row_id or int(getattr(row, "id", None) or 0), name=text("name"), is_company=text("kind") == "company",
        phone=getattr(row, "phone_index", None), phone_tail=getattr(row, "phone_tail_index", None),
        id_number=getattr(row, "id_number_index", None), address=getattr(row, "address_index", None),
        birth_date=getattr(row, "birth_date", None) or _birth(id_number), gender=text("gender"), city=text("city"),
        employer=text("company_name"), relatives=frozenset(relatives),
    )  # fmt: skip


def tokens_of(entity: str, row: Any) -> frozenset[str]:
    """Return the blocking keys of a lead or customer; none for other records."""
    if entity not in ENTITIES:
        return frozenset()
    return blocking_keys(_bare_party(entity, row), wechat=_wechat(getattr(row, "wechat", None)))


def _wechat(text: str | None) -> str | None:
    plain = "".join(str(text or "").split()).lower()
    return blind_index("wechat", plain) if plain else None


def _birth(id_number: str | None) -> date | None:
    text = str(id_number or "")
    if len(text) != 18 or not text[6:14].isdigit():
        return None
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return None
