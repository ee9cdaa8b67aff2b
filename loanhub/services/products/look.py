"""Products to look at 产品一览: the list, one product with its history, what a form would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.schedule import method_label
from loanhub.models import Event, Loan, Product
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.products import form as forms
from loanhub.services.products._rows import Seen, published_of, refuse_unlawful, rows_of, seen_of, state_of
from loanhub.services.products.check import worst_case


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
            shown, state = published_of(rows) or rows[0], state_of(rows)
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
        rows = rows_of(db, code)
        if not rows:
            raise NotFound("没有这个产品")
        actor.require(Permission.PRODUCTS_EDIT)
        published = published_of(rows)
        return Opened(
            code=code, form=forms.show(rows[0]), seen=seen_of(rows), state=state_of(rows), has_draft=rows[0].draft,
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
    published = published_of(rows)
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
        row = next((one for one in rows_of(db, code) if one.revision == revision), None)
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
        rows = rows_of(db, code)
        if not rows:
            forms.check_code(code)
        refuse_unlawful(db, wanted, now=now)
        return forms.differences(published_of(rows), wanted)
