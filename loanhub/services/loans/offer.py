"""Early-settlement offers 提前结清报价: a numbered quote with the price of each day it holds, and its PDF, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from loanhub.documents import render
from loanhub.documents.data import SettlementQuoteData
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen, parse_fen, uppercase
from loanhub.domain.permissions import Permission
from loanhub.models import Contract, Customer, Document, Loan, SettlementOffer
from loanhub.repositories import loan_requests as offers
from loanhub.repositories import loans as repository
from loanhub.services import _storage, files, parameters
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._numbering import next_number
from loanhub.services._templates import in_use
from loanhub.services._transaction import reading, transaction
from loanhub.services.loans._shared import CLOSED, Account, LoanClosed, open_account, record
from loanhub.services.loans.quote import Quote, quote_of
from loanhub.settings import settings

VALID_DAYS = 15
"""How far ahead an offer may hold, counted from today."""


@dataclass(frozen=True)
class OfferDay:
    """What settles the loan when the money arrives on a day."""

    on: str
    total: str
    total_fen: int


@dataclass(frozen=True)
class OfferPreview:
    """An offer before it is made: the lines of the day chosen, and each day's price."""

    days: tuple[OfferDay, ...]
    quote: Quote


@dataclass(frozen=True)
class OfferRow:
    """An offer in the list; ``state_label`` says whether it still holds."""

    id: int
    number: str
    settle_on: str
    valid_to: str
    total: str
    uppercase: str
    by: str
    at: str
    state_label: str
    tone: str
    link: str


def preview_offer(
    actor: Actor, *, loan_id: int, settle_on: date, valid_to: date, now: datetime
) -> OfferPreview:
    """Return what an offer would say; writes nothing.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
        NotDisbursed, LoanClosed: there is nothing to settle.
        InvalidInput: naming ``settle_on`` or ``valid_to``.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        return _preview(open_account(db, loan), settle_on, valid_to, today=local(now).date())


def _preview(account: Account, settle_on: date, valid_to: date, *, today: date) -> OfferPreview:
    loan = account.loan
    if loan.status in CLOSED:
        raise LoanClosed(loan.status)
    last = min(today + timedelta(days=VALID_DAYS), max(today, loan.maturity_date or today))
    refused = {}
    if not today <= valid_to <= last:
        refused["valid_to"] = (
            f"有效期要在今天到 {last.isoformat()} 之间（最长 {VALID_DAYS} 天，不超过到期日）"
        )
    if not today <= settle_on <= max(today, valid_to):
        refused["settle_on"] = "结清日要在今天到有效期之间"
    if refused:
        raise InvalidInput(fields=refused)
    days = [today + timedelta(days=ahead) for ahead in range((valid_to - today).days + 1)]
    quotes = {day: quote_of(account, day) for day in days}
    return OfferPreview(
        days=tuple(OfferDay(day.isoformat(), found.total, found.total_fen) for day, found in quotes.items()),
        quote=quotes[settle_on],
    )


def create_offer(
    actor: Actor, *, loan_id: int, settle_on: date, valid_to: date, key: str = "", now: datetime
) -> OfferRow:
    """Make an offer and its PDF; it holds on each of its days while nothing else is posted on the loan.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor may neither post payments, ask for changes nor look after customers.
        NotDisbursed, LoanClosed, MissingData, KeyReused: see the classes.
        InvalidInput: naming ``settle_on`` or ``valid_to``.
    """
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        if not actor.can_any(*MAY_OFFER):
            actor.require(Permission.LOANS_ADJUST)

        def work() -> dict[str, object]:
            return vars(_create(db, actor, loan, settle_on, valid_to, now=now))

        content = [loan_id, settle_on, valid_to]
        return OfferRow(**once(db, actor, "loans.offer", key, content, now=now, work=work))  # type: ignore[arg-type]


MAY_OFFER = (Permission.PAYMENTS_CREATE, Permission.LOANS_ADJUST, Permission.CUSTOMERS_EDIT)
"""Any of these may give a customer an offer: it moves no money and changes nothing."""


def _create(
    db: Session, actor: Actor, loan: Loan, settle_on: date, valid_to: date, *, now: datetime
) -> OfferRow:
    today = local(now).date()
    account = open_account(db, loan)
    seen = _preview(account, settle_on, valid_to, today=today)
    number = f"JS{today:%Y%m%d}{next_number(db, f'settlement_offer:{today:%Y%m%d}'):04d}"
    customer, contract = db.get(Customer, loan.customer_id), db.get(Contract, loan.contract_id)
    data = SettlementQuoteData(
        quote_number=number, contract_number=contract.number if contract else "", loan_number=loan.number,
        issued_at=now, issue_date=today, borrower=customer.name if customer else "", settle_on=settle_on,
        valid_to=valid_to,
        lines=tuple(
            (line.label, line.note, parse_fen(line.amount, allow_negative=True)) for line in seen.quote.lines
        ),
        total_fen=seen.quote.total_fen,
        days=tuple((date.fromisoformat(day.on), day.total_fen) for day in seen.days),
        repayment_account=parameters.repayment_account(db, now=now), handler=actor.name,
    )  # fmt: skip
    pdf = render(
        in_use(db, "settlement_quote"), data, company=parameters.company(db, now=now),
        watermark="演示数据" if settings().demo_mode else "",
    )  # fmt: skip
    stored = files.store_generated(
        db, actor, content=pdf, file_name=f"{number}.pdf", media_type="application/pdf", kind="settlement_quote",
        label=f"提前结清试算单 {number}", now=now, owner_id=loan.owner_id, department_id=loan.department_id,
        customer_id=loan.customer_id, loan_id=loan.id,
    )  # fmt: skip
    lines: list[dict[str, object]] = [
        {"kind": "line", "label": one.label, "note": one.note, "amount": one.amount}
        for one in seen.quote.lines
    ]
    lines += [{"kind": "day", "on": one.on, "total_fen": one.total_fen} for one in seen.days]
    row = SettlementOffer(
        number=number, loan_id=loan.id or 0, loan_version=loan.version, settle_on=settle_on, valid_to=valid_to,
        total_fen=seen.quote.total_fen,
        lines=lines,
        file_id=stored.id, created_by_id=actor.actor_id, created_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    failpoint("offer.after_row")
    record(
        db, actor, "loan.offer_made", loan, now=now,
        summary=f"{loan.number} {number}，{settle_on.isoformat()} 结清应付 {format_fen(row.total_fen)}，有效至 {valid_to.isoformat()}",
    )  # fmt: skip
    return row_of(row, loan, actor.name, today=today)


def row_of(row: SettlementOffer, loan: Loan, by: str, *, today: date) -> OfferRow:
    """Return an offer as lists show it."""
    if loan.status in CLOSED:
        label, tone = f"借据{loan.status.label}", "closed"
    elif row.loan_version != loan.version:
        label, tone = "已失效：之后有新的入账", "warn"
    elif today > row.valid_to:
        label, tone = "已过期", "closed"
    else:
        label, tone = "有效", "disbursed"
    return OfferRow(
        id=row.id or 0, number=row.number, settle_on=row.settle_on.isoformat(), valid_to=row.valid_to.isoformat(),
        total=format_fen(row.total_fen), uppercase=uppercase(row.total_fen), by=by,
        at=formats.instant(row.created_at), state_label=label, tone=tone, link=f"/api/loans/offers/{row.id}/pdf",
    )  # fmt: skip


def offers_of(db: Session, loan: Loan, *, today: date) -> tuple[OfferRow, ...]:
    """Return a loan's offers, newest first; the caller has judged who may see them."""
    found = offers.list_offers(db, loan.id or 0)
    names = repository.names_of_users(db, {row.created_by_id for row in found if row.created_by_id})
    return tuple(row_of(row, loan, names.get(row.created_by_id or 0, "系统"), today=today) for row in found)


def offer_pdf(actor: Actor, *, offer_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of an offer: the stored bytes, the same each time.

    Raises:
        NotFound: no such offer on a loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    with transaction() as db:
        row = offers.get_visible_offer(db, actor, offer_id)
        actor.require(Permission.LOANS_READ)
        loan = repository.get_visible(db, actor, row.loan_id)
        stored = db.get(Document, row.file_id) if row.file_id else None
        if stored is None:
            raise NotFound("没有找到这份试算单的文件")
        record(
            db,
            actor,
            "loan.document_printed",
            loan,
            now=now,
            summary=f"{loan.number} 提前结清试算单 {row.number}",
        )
        return f"{row.number}.pdf", _storage.read_all(stored.sha256)
