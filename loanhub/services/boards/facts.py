"""What a card says 卡片字段: six facts at most, the name the first, the others as each person chooses.

Some facts have a place of their own on a card (``CardEntity.slots``); any other field of the catalogue becomes a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm.interfaces import ORMOption
from sqlmodel import Session

from loanhub.domain.catalogue import Access, FieldSpec, access, present
from loanhub.repositories.boards import without
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services.boards.entities._entity import CardEntity

FACTS_MAXIMUM = 5
"""Besides the name."""
OWN_LABELS = {"stay": "停留时长", "risk": "风险等级", "about": "关联客户", "industry": "行业"}
"""Facts that are no field of the record."""


def offered(db: Session, actor: Actor, kind: CardEntity) -> list[tuple[str, str]]:
    """Return (key, label) of the facts this reader may put on a card: those shown by default first."""
    known, rights = catalogue.current(db), catalogue.rights_of(actor)

    def readable(spec: FieldSpec) -> bool:
        return actor.is_system or access(spec, rights) > Access.NONE

    found = []
    for key in kind.slots:
        spec = known.find(kind.code, key)
        if spec is None:
            found.append((key, OWN_LABELS[key]))
        elif readable(spec):
            found.append((key, spec.label))
    taken = {key for key, _ in found} | set(kind.slots) | {"name", "title", "stage_code", "stage_entered_at"}
    for spec in known.fields(kind.code):
        if spec.key not in taken and spec.kind not in ("segment", "relation") and readable(spec):
            found.append((spec.key, spec.label))
    return found


def default_facts(kind: CardEntity) -> tuple[str, ...]:
    """Return what a card says unless somebody chose otherwise."""
    return tuple(key for key in kind.slots if key not in ("risk", "industry"))[:FACTS_MAXIMUM]


def loading(db: Session, kind: CardEntity, chosen: Sequence[str]) -> tuple[ORMOption, ...]:
    """Return how to load cards that say this: what no card shows is never decrypted."""
    known = catalogue.current(db)
    specs = [spec for key in chosen if (spec := known.find(kind.code, key)) is not None]
    shown = {spec.json_column or spec.column for spec in specs}
    return without(kind.model, (name for name in kind.unloaded if name not in shown))


def show(
    db: Session,
    actor: Actor,
    kind: CardEntity,
    rows: Sequence[Any],
    cards: Mapping[str, dict[str, Any]],
    chosen: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Change the cards to what was chosen; a field the reader may not see says nothing, whatever was saved."""
    allowed = dict(offered(db, actor, kind))
    wanted = [key for key in chosen if key in allowed][:FACTS_MAXIMUM]
    known, rights = catalogue.current(db), catalogue.rights_of(actor)
    specs = [known.get(kind.code, key) for key in wanted if key not in kind.slots]
    options = catalogue.sources(db) if specs else {}
    for row in rows:
        card = cards[str(row.id)]
        for key, parts in kind.slots.items():
            if key not in wanted:
                card.update(dict.fromkeys(parts, 0 if key == "risk" else ""))
        card["plain"] = [part for part in ("next", "owner", "risk") if _PART[part] not in _kept(kind, wanted)]
        card["facts"] = [
            {"label": spec.label, "text": _text(spec, row, actor, rights, now, options)} for spec in specs
        ]


_PART = {"next": "next_text", "owner": "owner_name", "risk": "risk"}


def _kept(kind: CardEntity, wanted: Sequence[str]) -> set[str]:
    return {part for key in wanted for part in kind.slots.get(key, ())}


def _text(spec: FieldSpec, row: Any, actor: Actor, rights: Any, now: datetime, options: Any) -> str:
    right = Access.READ if actor.is_system else access(spec, rights)
    return present(spec, catalogue.read_value(row, spec), right, now, options)
