"""Versions of a product 产品版本: written as a draft, published as the next revision, switched off; never overwritten.

Loans, contracts and applications name the row they were made from, so a new revision leaves them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Event, Product
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import transaction
from loanhub.services.products import form as forms
from loanhub.services.products._rows import (
    NOTHING_SEEN,
    Seen,
    published_of,
    refuse_unlawful,
    rows_of,
    seen_of,
)

CARRIED = ("admission", "regions", "commission", "valid_until")
"""What the form does not hold; a new revision takes it over from the one before."""


@dataclass(frozen=True)
class Clash:
    """A field two people changed: mine and the latest, fit to show."""

    key: str
    label: str
    mine: str
    latest: str


@dataclass(frozen=True)
class Saved:
    """What became of a form: written as ``revision``, or nothing written since ``who`` saved another meanwhile."""

    revision: int
    seen: Seen
    clashes: tuple[Clash, ...] = ()
    who: str = ""
    moved: bool = False


class _Moved(Conflict):
    def __init__(self, saved: Saved) -> None:
        super().__init__(f"{saved.who}刚改过这个产品")
        self.saved = saved


class ProductMoved(Conflict):
    """Somebody changed the product since it was shown."""

    def __init__(self) -> None:
        super().__init__("别人刚改过这个产品，请看过最新内容再操作")


def _own_rows(db: Session, actor: Actor, code: str) -> list[Product]:
    rows = rows_of(db, code, for_update=True)
    if not rows:
        raise NotFound("没有这个产品")
    actor.require(Permission.PRODUCTS_EDIT)
    return rows


def save_draft(
    actor: Actor, *, code: str, form: Mapping[str, str], seen: Seen, key: str = "", now: datetime
) -> Saved:
    """Write a form as the draft of the next revision; what is offered stays as it is.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`publish`; a draft may lie above a cap.
    """

    def work(db: Session, rows: list[Product]) -> dict[str, object]:
        base = rows[0] if rows else None
        before = Product(**base.model_dump()) if base is not None else None
        row = _draft(db, rows, code, form, now=now)
        changes = forms.differences(before, row)
        events.record(
            db, actor, "product.edited", now=now, entity="product", entity_id=row.id,
            before={one["label"]: one["before"] for one in changes} if before else None,
            after={one["label"]: one["after"] for one in changes},
            summary=f"{row.label} · 第 {row.revision} 版草稿",
        )  # fmt: skip
        return {"revision": row.revision, "version": row.version}

    return _once(actor, "products.save_draft", code, form, seen, key, now=now, work=work)


def publish(
    actor: Actor,
    *,
    code: str,
    form: Mapping[str, str],
    seen: Seen,
    restored: int = 0,
    key: str = "",
    now: datetime,
) -> Saved:
    """Put a form in force from now on as the next revision; every earlier one is kept and no longer offered.

    restored: the earlier version it was taken from, for the log.

    Raises:
        NotFound: no such product, and ``seen`` says there was one.
        NotPermitted: the actor lacks products:edit.
        InvalidInput: a sentence for each field at fault; a loan above a cap, a fee taken too early; nothing to change.
    """  # fmt: skip

    def work(db: Session, rows: list[Product]) -> dict[str, object]:
        former = published_of(rows)
        row = _draft(db, rows, code, form, now=now)
        refuse_unlawful(db, row, now=now)
        changes = forms.differences(former, row)
        if not changes:
            raise InvalidInput("和现行版本没有不同，不用发布")
        today = local(now).date()
        for old in rows:
            if old is not row and old.active:
                old.active = False
                old.version += 1
        row.draft, row.active, row.created_at, row.valid_from = False, True, now, today
        if row.valid_until is not None and row.valid_until <= today:
            row.valid_until = None
        db.flush()
        events.record(
            db, actor, "product.published", now=now, entity="product", entity_id=row.id,
            before={one["label"]: one["before"] for one in changes} if former else None,
            after={one["label"]: one["after"] for one in changes},
            summary=f"{row.label} · 第 {row.revision} 版" + (f"（取自第 {restored} 版）" if restored else ""),
        )  # fmt: skip
        return {"revision": row.revision, "version": row.version}

    return _once(actor, "products.publish", code, form, seen, key, now=now, work=work)


def _once(
    actor: Actor, action: str, code: str, form: Mapping[str, str], seen: Seen, key: str, *, now: datetime,
    work: Callable[[Session, list[Product]], dict[str, object]],
) -> Saved:  # fmt: skip
    try:
        with transaction() as db:
            rows = rows_of(db, code, for_update=True)
            if not rows and seen != NOTHING_SEEN:
                raise NotFound("没有这个产品")
            actor.require(Permission.PRODUCTS_EDIT)

            def guarded() -> dict[str, object]:
                if not rows:
                    forms.check_code(code)
                elif seen == NOTHING_SEEN:
                    raise InvalidInput(fields={"code": f"已有产品「{rows[0].label}」用了这个代码"})
                elif seen != seen_of(rows):
                    raise _Moved(_clashes(db, rows, form))
                return work(db, rows)

            done = once(db, actor, action, key, [code, dict(form), list(seen)], now=now, work=guarded)
            revision, version = int(str(done["revision"])), int(str(done["version"]))
            return Saved(revision, (revision, version))
    except _Moved as moved:
        return moved.saved


def _clashes(db: Session, rows: list[Product], form: Mapping[str, str]) -> Saved:
    """Return where a form differs from what stands there now, and who wrote that."""
    latest = rows[0]
    who = db.execute(
        sa.select(col(Event.actor_name))
        .where(col(Event.entity) == "product", col(Event.entity_id).in_([row.id for row in rows]))
        .order_by(col(Event.id).desc())
        .limit(1)
    ).scalar_one_or_none()
    mine = Product(code=latest.code, created_at=latest.created_at, **forms.read(form))
    keys = {spec.label: spec.key for spec in forms.SPECS} | {"费用": "fees"}
    clashes = tuple(
        Clash(keys[one["label"]], one["label"], one["after"], one["before"])
        for one in forms.differences(latest, mine)
    )
    return Saved(latest.revision, seen_of(rows), clashes, who or "别人", moved=True)


def _draft(db: Session, rows: list[Product], code: str, form: Mapping[str, str], *, now: datetime) -> Product:
    """Write a form into the draft, made when there is none; it is the newest row and not offered."""
    values = forms.read(form)
    if rows and rows[0].draft:
        row = rows[0]
        row.version += 1
    else:
        carried = {name: getattr(rows[0], name) for name in CARRIED} if rows else {}
        row = Product(
            code=code,
            revision=rows[0].revision + 1 if rows else 1,
            draft=True,
            active=False,
            created_at=now,
            **carried,
        )
    for name, value in values.items():
        setattr(row, name, value)
    db.add(row)
    db.flush()
    return row


def discard_draft(actor: Actor, *, code: str, seen: Seen, now: datetime) -> None:
    """Throw a draft away; a product that was never published is then gone.

    Raises:
        NotFound, NotPermitted: no such product; the actor lacks products:edit.
        ProductMoved: it was changed since it was shown.
    """
    with transaction() as db:
        rows = _own_rows(db, actor, code)
        if seen_of(rows) != seen or not rows[0].draft:
            raise ProductMoved
        kept = published_of(rows)
        events.record(
            db, actor, "product.edited", now=now, entity="product", entity_id=kept.id if kept else None,
            summary=f"{rows[0].label} · 放弃第 {rows[0].revision} 版草稿",
        )  # fmt: skip
        db.delete(rows[0])


def switch(actor: Actor, *, code: str, active: bool, seen: Seen, now: datetime) -> None:
    """Take a product off 下架 or offer it again 上架; loans, contracts and applications keep theirs.

    Raises:
        NotFound, NotPermitted: no such product; the actor lacks products:edit.
        ProductMoved: it was changed since it was shown.
        InvalidInput: its loans may not be made any more.
    """
    with transaction() as db:
        rows = _own_rows(db, actor, code)
        row = published_of(rows)
        if seen_of(rows) != seen or row is None or row.active is active:
            raise ProductMoved
        if active:
            refuse_unlawful(db, row, now=now)
        for one in rows:
            if one.active or one is row:
                one.active = active and one is row
                one.version += 1
        states = {False: "下架", True: "在售"}
        events.record(
            db, actor, "product.edited", now=now, entity="product", entity_id=row.id,
            before={"状态": states[not active]}, after={"状态": states[active]},
            summary=f"{row.label} · {'上架' if active else '下架'}",
        )  # fmt: skip
