"""Versions of a product 产品版本: written as a draft, published as the next revision, switched off; never overwritten.

Loans, contracts and applications name the row they were made from, so a new revision leaves them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.schedule import method_label
from loanhub.models import Event, Loan, Product
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.products import form as forms
from loanhub.services.products.check import refusals, worst_case

CARRIED = ("admission", "required_documents", "regions", "commission", "valid_until")
"""What the form does not hold; a new revision takes it over from the one before."""
Seen = tuple[int, int]
"""Revision and version of a product's newest row as an editor was shown them; (0, 0) of a new product."""
NOTHING_SEEN: Seen = (0, 0)


@dataclass(frozen=True)
class ProductLine:
    """A product as the list shows it; ``state`` is draft, active or off."""

    code: str
    label: str
    mode: str
    lender: str
    state: str
    has_draft: bool
    revision: int
    amounts: str
    rates: str
    terms: str
    method: str
    loans: int
    verdict: str
    verdict_sentence: str
    cost: str


@dataclass(frozen=True)
class VersionLine:
    """One version in a product's history; ``state`` is draft, active, off or past."""

    revision: int
    state: str
    at: str
    by: str
    loans: int
    changes: str


@dataclass(frozen=True)
class Opened:
    """A product in the editor: its form, the version in force it is compared with, and what came before."""

    code: str
    form: dict[str, str]
    seen: Seen
    state: str
    has_draft: bool
    published: int
    history: tuple[VersionLine, ...]


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


def _rows(db: Session, code: str, *, for_update: bool = False) -> list[Product]:
    """Return every version of a product, newest first."""
    query = sa.select(Product).where(col(Product.code) == code).order_by(col(Product.revision).desc())
    return list(db.execute(query.with_for_update() if for_update else query).scalars())


def _own_rows(db: Session, actor: Actor, code: str) -> list[Product]:
    rows = _rows(db, code, for_update=True)
    if not rows:
        raise NotFound("没有这个产品")
    actor.require(Permission.PRODUCTS_EDIT)
    return rows


def _seen(rows: list[Product]) -> Seen:
    return (rows[0].revision, rows[0].version) if rows else NOTHING_SEEN


def _published(rows: list[Product]) -> Product | None:
    return next((row for row in rows if not row.draft), None)


def _state(rows: list[Product]) -> str:
    published = _published(rows)
    return "draft" if published is None else "active" if published.active else "off"


def list_products(actor: Actor, *, now: datetime) -> list[ProductLine]:
    """Return every product in the order they were made; of each the version in force, else its draft.

    Raises:
        NotPermitted: the actor lacks products:edit.
    """
    actor.require(Permission.PRODUCTS_EDIT)
    today = local(now).date()
    found: dict[str, list[Product]] = {}
    with reading() as db:
        for row in db.execute(sa.select(Product).order_by(col(Product.id))).scalars():
            found.setdefault(row.code, []).insert(0, row)
        lent = dict(
            db.execute(
                sa.select(col(Loan.product_code), sa.func.count()).group_by(col(Loan.product_code))
            ).all()
        )
        lines = []
        for code, rows in found.items():
            rows.sort(key=lambda row: -row.revision)
            shown, state = _published(rows) or rows[0], _state(rows)
            worst = worst_case(db, shown, on=today, now=now) if state == "active" else None
            mode = Mode.find(shown.mode)
            low, high = formats.percent(shown.min_annual_rate), formats.percent(shown.max_annual_rate)
            lines.append(
                ProductLine(
                    code=code, label=shown.label, mode=mode.label if mode else "", lender=shown.lender, state=state,
                    has_draft=rows[0].draft, revision=shown.revision,
                    amounts=f"{format_wan(shown.min_amount_fen)} ～ {format_wan(shown.max_amount_fen)}",
                    rates=low if low == high else f"{low} ～ {high}",
                    terms="、".join(str(months) for months in shown.terms_months) + " 个月",
                    method=method_label(shown.method), loans=int(lent.get(code, 0)),
                    verdict=worst.state if worst else "", verdict_sentence=worst.sentence if worst else "",
                    cost=worst.cost_text if worst else "",
                )
            )  # fmt: skip
    return lines


def open_product(actor: Actor, *, code: str) -> Opened:
    """Return a product for the editor: its draft when there is one, else the version in force.

    Raises:
        NotFound: no such product.
        NotPermitted: the actor lacks products:edit.
    """
    with reading() as db:
        rows = _rows(db, code)
        if not rows:
            raise NotFound("没有这个产品")
        actor.require(Permission.PRODUCTS_EDIT)
        published = _published(rows)
        return Opened(
            code=code, form=forms.show(rows[0]), seen=_seen(rows), state=_state(rows), has_draft=rows[0].draft,
            published=published.revision if published else 0, history=_history(db, rows),
        )  # fmt: skip


def _history(db: Session, rows: list[Product]) -> tuple[VersionLine, ...]:
    ids = [row.id for row in rows]
    lent = dict(
        db.execute(
            sa.select(col(Loan.product_id), sa.func.count())
            .where(col(Loan.product_id).in_(ids))
            .group_by(col(Loan.product_id))
        ).all()
    )
    written = db.execute(
        sa.select(col(Event.entity_id), col(Event.actor_name))
        .where(col(Event.entity) == "product", col(Event.entity_id).in_(ids))
        .order_by(col(Event.id))
    ).all()
    by = dict(written)
    published = _published(rows)
    lines = []
    for place, row in enumerate(rows):
        older = rows[place + 1] if place + 1 < len(rows) else None
        changed = [change["label"] for change in forms.differences(older, row)] if older else []
        state = (
            "draft" if row.draft else "past" if row is not published else "active" if row.active else "off"
        )
        lines.append(
            VersionLine(
                revision=row.revision, state=state, at=formats.instant(row.created_at), by=by.get(row.id, "系统"),
                loans=int(lent.get(row.id, 0)), changes="、".join(changed) or ("首个版本" if older is None else "无"),
            )
        )  # fmt: skip
    return tuple(lines)


def form_of_revision(actor: Actor, *, code: str, revision: int) -> dict[str, str]:
    """Return the form of an earlier version, to be looked at or published again as a new one.

    Raises:
        NotFound: no such version.
        NotPermitted: the actor lacks products:edit.
    """
    with reading() as db:
        row = next((one for one in _rows(db, code) if one.revision == revision), None)
        if row is None:
            raise NotFound("没有这个版本")
        actor.require(Permission.PRODUCTS_EDIT)
        return forms.show(row)


def compare(actor: Actor, *, code: str, form: Mapping[str, str], now: datetime) -> list[dict[str, str]]:
    """Return what publishing a form would change: {label, before, after}, against the version in force.

    Raises:
        NotPermitted: the actor lacks products:edit.
        InvalidInput: a sentence for each field at fault: unreadable, taken too early, above a cap.
    """
    actor.require(Permission.PRODUCTS_EDIT)
    wanted = Product(code=code, created_at=now, **forms.read(form))
    with reading() as db:
        rows = _rows(db, code)
        if not rows:
            forms.check_code(code)
        _refuse(db, wanted, now=now)
        return forms.differences(_published(rows), wanted)


def _refuse(db: Session, product: Product, *, now: datetime) -> None:
    refused, _ = refusals(db, product, on=local(now).date(), now=now)
    if refused:
        raise InvalidInput(fields=refused)


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
        former = _published(rows)
        row = _draft(db, rows, code, form, now=now)
        _refuse(db, row, now=now)
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
            rows = _rows(db, code, for_update=True)
            if not rows and seen != NOTHING_SEEN:
                raise NotFound("没有这个产品")
            actor.require(Permission.PRODUCTS_EDIT)

            def guarded() -> dict[str, object]:
                if not rows:
                    forms.check_code(code)
                elif seen == NOTHING_SEEN:
                    raise InvalidInput(fields={"code": f"已有产品「{rows[0].label}」用了这个代码"})
                elif seen != _seen(rows):
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
    return Saved(latest.revision, _seen(rows), clashes, who or "别人", moved=True)


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
        if _seen(rows) != seen or not rows[0].draft:
            raise ProductMoved
        kept = _published(rows)
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
        row = _published(rows)
        if _seen(rows) != seen or row is None or row.active is active:
            raise ProductMoved
        if active:
            _refuse(db, row, now=now)
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
