"""The best answers to what was typed, by group 全局搜索."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.template import get_template
from loanhub.domain import masking
from loanhub.domain.mixed_pinyin import readings, spelled_span
from loanhub.domain.money import format_wan
from loanhub.domain.names import closeness, found_span
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Contract, Customer, Lead, Loan, SavedView, SearchToken, User
from loanhub.repositories.saved_views import found_by
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.search.candidates import NOTHING, Asked, asked_by, begins, candidates, read_as

Names = Mapping[int, str]
"""Names of customers by id."""
Maker = Callable[[Any, Names], "Hit"]

PER_GROUP = 8
PAPERS_OF = 2
"""The papers of so many found customers are shown with them."""
VIEW_PAGES = {"leads": "线索", "customers": "客户", "boards": "看板", "loans": "贷款"}


@dataclass(frozen=True)
class Hit:
    """One result: where it leads and what a reader may see of it.

    ``start`` and ``end`` are the characters of the title that were found; ``stage`` 1 to 7 or 0.
    """

    group: str
    title: str
    detail: str
    link: str
    icon: str
    start: int = 0
    end: int = 0
    stage: int = 0
    entity: str = ""
    entity_id: int = 0


def find(actor: Actor, text: str, *, limit: int = PER_GROUP, now: datetime | None = None) -> list[Hit]:
    """Return the best hits by group for what was typed: customers, leads, papers, views, colleagues.

    A whole phone or identity number is a read that is logged, when ``now`` is given.

    Raises:
        NotPermitted: the actor lacks search:use.
    """
    actor.require(Permission.SEARCH_USE)
    text = text.strip()[:60]
    if not text:
        return []
    with reading() as db:
        asked = read_as(db, asked_by(actor, text))
        people: list[Hit] = []
        if actor.can(Permission.CUSTOMERS_READ):
            people += _named(db, actor, "customer", Customer, asked, text, hit_of_customer)[:limit]
        customers = [hit.entity_id for hit in people if _nearness(hit.title, text, asked) < 9][:PAPERS_OF]
        if actor.can(Permission.LEADS_READ):
            people += _named(db, actor, "lead", Lead, asked, text, hit_of_lead)[:limit]
        hits = people + _papers(db, actor, asked, text, customers, limit)
        if not asked.whole:
            hits += _views(db, actor, text) + _colleagues(db, actor, text)
    if asked.whole and now is not None:
        _log(actor, asked, text, len(people), now=now)
    return hits


def _named(
    db: Session, actor: Actor, entity: str, model: Any, asked: Asked, text: str, make: Maker
) -> list[Hit]:
    ids = candidates(db, actor, entity, model, asked, text)
    if not ids:
        return []
    rows: list[tuple[int, str, str]] = []
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        query = sa.select(model.id, model.name, model.number).where(model.id.in_(part))
        rows += [(int(i), str(name), str(number)) for i, name, number in db.execute(query).all()]

    def nearness(row: tuple[int, str, str]) -> tuple[int, int, int]:
        row_id, name, number = row
        rank = 0 if number.lower() == text.lower() else _nearness(name, text, asked)
        return rank, len(name), -row_id

    best = [row[0] for row in sorted(rows, key=nearness)[:PER_GROUP]]
    found = {row.id: row for row in rows_of(db, model, best)}
    return [_marked(make(found[row_id], {}), text, asked) for row_id in best if row_id in found]


def rows_of(db: Session, model: Any, ids: Sequence[int]) -> list[Any]:
    """Return records with the columns a hit shows; the others, encrypted ones above all, stay unread."""
    query = sa.select(model).where(model.id.in_(ids)).options(sa.orm.load_only(*_SHOWN[model]))
    return list(db.execute(query).scalars())


_SHOWN: dict[Any, tuple[Any, ...]] = {
    Customer: (Customer.name, Customer.phone, Customer.city, Customer.company_name),
    Lead: (Lead.name, Lead.phone, Lead.city, Lead.number),
    Loan: (Loan.number, Loan.principal_fen, Loan.status, Loan.customer_id),
    Contract: (Contract.number, Contract.amount_fen, Contract.status, Contract.customer_id),
    Application: (Application.number, Application.status, Application.customer_id),
}


def names_of(db: Session, rows: Iterable[Any]) -> Names:
    """Return the names of the customers whose papers these are."""
    wanted = {row.customer_id for row in rows}
    query = sa.select(col(Customer.id), col(Customer.name)).where(col(Customer.id).in_(wanted))
    return {int(customer_id): str(name) for customer_id, name in db.execute(query).all()}


def _span(name: str, text: str, asked: Asked) -> tuple[int, int]:
    return spelled_span(name, asked.mixed) if asked.mixed else found_span(name, text)


def _nearness(name: str, text: str, asked: Asked) -> int:
    """Return how near a name is: a mixture that begins it as its initials would, one within it as a part would; a firm 9."""
    if not asked.mixed:
        return closeness(name, text)
    start, end = spelled_span(name, asked.mixed)
    return 9 if not end else 6 if not start else 7


def _marked(hit: Hit, text: str, asked: Asked = NOTHING) -> Hit:
    start, end = _span(hit.title, text, asked)
    return Hit(**{**vars(hit), "start": start, "end": end})


def hit_of_customer(customer: Customer, _names: Names) -> Hit:
    """Return how a customer is shown: masked phone, city, firm."""
    return Hit(
        "客户", customer.name, _line(customer.phone, customer.city, customer.company_name),
        f"/customers/{customer.id}", "user-round", entity="customer", entity_id=customer.id or 0,
    )  # fmt: skip


def hit_of_lead(lead: Lead, _names: Names) -> Hit:
    """Return how a lead is shown: masked phone, city, number."""
    return Hit(
        "线索", lead.name, _line(lead.phone, lead.city, lead.number), f"/leads?lead={lead.id}", "user-plus",
        entity="lead", entity_id=lead.id or 0,
    )  # fmt: skip


def hit_of_loan(loan: Loan, names: Names) -> Hit:
    """Return how a loan is shown: whose, how much, where it stands."""
    detail = f"{names.get(loan.customer_id, '')} · {format_wan(loan.principal_fen)} · {loan.status.label}"
    return Hit(
        "贷款", loan.number, detail, f"/loans/{loan.id}", "wallet", entity="loan", entity_id=loan.id or 0
    )


def _line(phone: str | None, *parts: str) -> str:
    masked = masking.mask("phone", (phone or "").removeprefix("+86")) if phone else ""
    return " · ".join(part for part in (masked, *parts) if part)


def _hit_of_contract(contract: Contract, names: Names) -> Hit:
    main = contract.base == LOAN_CONTRACT
    what = format_wan(contract.amount_fen) if main else get_template(contract.base).label
    detail = f"{names.get(contract.customer_id, '')} · {what} · {contract.status.label}"
    return Hit("合同" if main else "文书", contract.number, detail, f"/contracts/{contract.id}", "file-text", entity="contract",
               entity_id=contract.id or 0)  # fmt: skip


def _hit_of_application(application: Application, names: Names) -> Hit:
    detail = f"{names.get(application.customer_id, '')} · {application.status.label}"
    return Hit("申请", application.number, detail, f"/applications/{application.id}", "stamp",
               entity="application", entity_id=application.id or 0)  # fmt: skip


_PAPERS: tuple[tuple[Permission, str, Any, Maker], ...] = (
    (Permission.LOANS_READ, "loan", Loan, hit_of_loan),
    (Permission.CONTRACTS_READ, "contract", Contract, _hit_of_contract),
    (Permission.APPLICATIONS_READ, "application", Application, _hit_of_application),
)


def _papers(
    db: Session, actor: Actor, asked: Asked, text: str, customer_ids: Sequence[int], limit: int
) -> list[Hit]:
    """Return loans, contracts and applications: by their number, or of the customers found by name."""
    hits: list[Hit] = []
    numbered = not asked.whole and any(c.isdigit() for c in text) and text.isascii()
    for permission, entity, model, make in _PAPERS:
        if not actor.can(permission):
            continue
        ids: dict[int, None] = {}
        if numbered:
            ids.update(dict.fromkeys(_by_number(db, actor, entity, model, text, limit)))
        if customer_ids:
            query = sa.select(model.id).where(model.customer_id.in_(customer_ids), visible_to(actor, model))
            newest = db.execute(query.order_by(model.id.desc()).limit(3)).scalars()
            ids.update(dict.fromkeys(int(one) for one in newest))
        if not ids:
            continue
        best = list(ids)[:limit]
        rows = {row.id: row for row in rows_of(db, model, best)}
        names = names_of(db, rows.values())
        hits += [_marked(make(rows[one], names), text) for one in best if one in rows]
    return hits


def _by_number(db: Session, actor: Actor, entity: str, model: Any, text: str, limit: int) -> Iterable[int]:
    typed = "".join(text.split())
    upper = typed.upper()
    last = upper[:-1] + chr(ord(upper[-1]) + 1)
    query = sa.select(model.id).where(model.number >= upper, model.number < last, visible_to(actor, model))
    yield from (int(one) for one in db.execute(query.limit(limit)).scalars())
    # A common end, such as 01, is in every loan's number: only so many are looked at.
    ids = sa.select(col(SearchToken.entity_id)).where(
        col(SearchToken.entity) == entity, begins(typed.lower())
    )
    query = sa.select(model.id).where(model.id.in_(ids.limit(400)), visible_to(actor, model))
    yield from (int(one) for one in db.execute(query.limit(limit)).scalars())


def _views(db: Session, actor: Actor, text: str) -> list[Hit]:
    """Return the person's saved views and the shared ones whose name holds the text."""
    query = sa.select(SavedView).where(
        found_by(db, actor),
        col(SavedView.name).contains(text, autoescape=True),
    )
    rows = db.execute(query.order_by(col(SavedView.id).desc()).limit(4)).scalars()
    return [
        _marked(
            Hit("视图", row.name, VIEW_PAGES[row.page], f"/{row.page}?view=s{row.id}", "list-filter"), text
        )
        for row in rows
        if row.page in VIEW_PAGES
    ]


def _colleagues(db: Session, actor: Actor, text: str) -> list[Hit]:
    """Return people at work by name, pinyin or initials; their phone is everybody's business inside the firm."""
    may_look = actor.can_any(Permission.LEADS_ASSIGN, Permission.COCKPIT_READ)
    if not may_look or any(c.isdigit() for c in text) or (len(text) < 2 and text.isascii()):
        return []
    query = sa.select(col(User.id), col(User.name), col(User.title)).where(col(User.active).is_(True))
    mixed = Asked(mixed=text.lower()) if readings(text.lower()) else NOTHING
    near = []
    for user_id, name, title in db.execute(query).all():
        rank, asked = closeness(name, text), NOTHING
        if rank == 9 and mixed.mixed:
            rank, asked = _nearness(name, text, mixed), mixed
        if rank < 7:
            hit = Hit("同事", name, title, f"/customers?f={_owned_by(user_id)}", "user-check")
            near.append((rank, int(user_id), _marked(hit, text, asked)))
    return [hit for _, _, hit in sorted(near, key=lambda one: one[:2])[:4]]


def _owned_by(user_id: int) -> str:
    from urllib.parse import quote

    return quote(f'[{{"field":"owner_id","op":"eq","value":{user_id}}}]')


def _log(actor: Actor, asked: Asked, text: str, found: int, *, now: datetime) -> None:
    kind = "phone" if asked.whole == "phone" else "id_number"
    with transaction() as db:
        events.record(
            db, actor, "search.exact", now=now, entity="user", entity_id=actor.actor_id,
            summary=f"按{'手机号' if kind == 'phone' else '证件号'} {masking.mask(kind, text)} 搜索，{found} 条",
        )  # fmt: skip
