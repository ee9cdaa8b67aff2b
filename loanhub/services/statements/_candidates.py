"""What a bank line may be matched with 匹配候选: looked up for many lines at once, judged by the domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session

from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment import servicing
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.statements import Claim, LoanFacts, Movement, Verdict, decide, score
from loanhub.domain.statements.matching import WHO, numbers_in
from loanhub.models import BankLine, Installment, Payment, SettlementOffer
from loanhub.repositories import statement_matches as matches
from loanhub.repositories.statement_matches import LoanCard
from loanhub.services._actor import Actor
from loanhub.services.loans._shared import open_account

SHOWN_CANDIDATES = 6
DISBURSED_DAYS = 7
"""How far the day on the statement may lie from the day the books say money went out."""


@dataclass(frozen=True)
class Matched:
    """A line with its candidates, best first, and what they amount to."""

    claims: tuple[Claim, ...]
    verdict: Verdict
    best: Claim | None
    entered: Payment | None = None
    """A posting typed in without a bank id that is this very money."""


@dataclass
class _Lookup:
    """What was read for a batch of lines, by loan."""

    cards: dict[int, LoanCard]
    related: dict[int, tuple[str, ...]]
    rows: dict[int, list[Installment]]
    offers: dict[int, list[SettlementOffer]]
    payments: dict[tuple[int, date], list[Payment]] = field(default_factory=lambda: defaultdict(list))
    clears: dict[tuple[int, date], int] = field(default_factory=dict)


def movement_of(line: BankLine) -> Movement:
    """Return what a stored line says of itself."""
    return Movement(line.booked_date, line.amount_fen, line.payer_name, line.payer_account or "", line.remark)


def match(db: Session, reader: Actor, lines: Sequence[BankLine]) -> dict[int, Matched]:
    """Return the candidates of each line, by its id; loans outside the reader's scope never appear."""
    found: dict[int, Matched] = {}
    for outgoing in (False, True):
        some = [line for line in lines if (line.amount_fen < 0) is outgoing]
        if some:
            found |= _match_way(db, reader, some, outgoing=outgoing)
    return found


def _match_way(
    db: Session, reader: Actor, lines: Sequence[BankLine], *, outgoing: bool
) -> dict[int, Matched]:
    ids = _loans_of(db, reader, lines, outgoing=outgoing)
    known = _look_up(db, reader, lines, {one for some in ids.values() for one in some})
    found: dict[int, Matched] = {}
    for line in lines:
        movement = movement_of(line)
        claims = [
            score(movement, _facts(db, known, loan_id, line))
            for loan_id in sorted(ids[line.id or 0])
            if loan_id in known.cards
        ]
        claims = sorted((claim for claim in claims if claim.reasons), key=lambda one: -one.points)
        verdict, best = decide(claims)
        found[line.id or 0] = Matched(
            tuple(claims[:SHOWN_CANDIDATES]), verdict, best, _entered(known, line, claims)
        )
    return found


def _loans_of(
    db: Session, reader: Actor, lines: Sequence[BankLine], *, outgoing: bool
) -> dict[int, set[int]]:
    numbers = {line.id or 0: numbers_in(line.remark) for line in lines}
    by_number = matches.ids_by_number(
        db, reader, (number for some in numbers.values() for number in some), outgoing=outgoing
    )
    by_account = matches.ids_by_account(
        db, reader, (line.payer_account_index for line in lines), outgoing=outgoing
    )
    by_name = matches.ids_by_name(db, reader, (line.payer_name for line in lines), outgoing=outgoing)
    days = [line.booked_date for line in lines]
    by_amount = (
        []
        if outgoing
        else matches.ids_by_amount(db, reader, (line.amount_fen for line in lines), min(days), max(days))
    )
    due: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for amount, day, loan_id in by_amount:
        due[amount].append((day, loan_id))
    found: dict[int, set[int]] = {}
    for line in lines:
        ids: set[int] = set()
        for number in numbers[line.id or 0]:
            ids |= by_number.get(number, set())
        ids |= by_account.get(line.payer_account_index, set()) if line.payer_account_index else set()
        ids |= by_name.get(line.payer_name, set()) if line.payer_name else set()
        near = [loan_id for day, loan_id in due[line.amount_fen] if abs((day - line.booked_date).days) <= 7]
        # A common round amount says nothing: leave it to the other signs when it fits many loans.
        if len(near) <= SHOWN_CANDIDATES:
            ids |= set(near)
        found[line.id or 0] = ids
    return found


def _look_up(db: Session, reader: Actor, lines: Sequence[BankLine], loan_ids: set[int]) -> _Lookup:
    cards = matches.list_cards(db, reader, loan_ids)
    known = _Lookup(
        cards=cards,
        related=matches.related_names(db, (card.loan.customer_id for card in cards.values())),
        rows=matches.open_installments(db, cards),
        offers=matches.list_offers(db, cards),
    )
    for payment in matches.free_payments(db, cards, (line.booked_date for line in lines)):
        known.payments[payment.loan_id, payment.value_date].append(payment)
    return known


def _facts(db: Session, known: _Lookup, loan_id: int, line: BankLine) -> LoanFacts:
    card, rows, day = known.cards[loan_id], known.rows.get(loan_id, []), line.booked_date
    loan = card.loan
    same = [p for p in known.payments.get((loan_id, day), []) if p.amount_fen == abs(line.amount_fen)]
    close = loan.disbursed_date is not None and abs((loan.disbursed_date - day).days) <= DISBURSED_DAYS
    return LoanFacts(
        loan_id=loan_id,
        number=loan.number,
        contract_number=card.contract_number,
        borrower=card.customer.name,
        account=card.customer.bank_card or "",
        related=known.related.get(loan.customer_id, ()),
        clears_fen=_clears(db, known, card, day) if line.amount_fen > 0 else 0,
        regular_fen=tuple(_whole(row) for row in rows[:3]),
        settles_fen=sum(_open(row) for row in rows),
        offers_fen=tuple(
            offer.total_fen
            for offer in known.offers.get(loan_id, [])
            if offer.settle_on <= day <= max(offer.settle_on, offer.valid_to)
        ),
        due_dates=tuple(row.due_date for row in rows[:3]),
        disbursed_fen=loan.principal_fen if close else 0,
        refunds_fen=tuple(p.amount_fen for p in same if p.kind == PostingKind.REFUND.value),
        written_off=loan.status is LoanStatus.WRITTEN_OFF,
        posted_same=any(p.kind != PostingKind.REFUND.value and p.bank_transaction_id for p in same),
    )


def _whole(row: Installment) -> int:
    return row.principal_fen + row.interest_fen + row.fee_fen


def _open(row: Installment) -> int:
    paid = row.paid_principal_fen + row.paid_interest_fen + row.paid_fee_fen
    waived = row.waived_principal_fen + row.waived_interest_fen + row.waived_fee_fen
    return _whole(row) - paid - waived


def _clears(db: Session, known: _Lookup, card: LoanCard, day: date) -> int:
    """Return what clears everything due on a day; replayed only for a loan behind, whose penalty moves daily."""
    loan = card.loan
    key = (loan.id or 0, day)
    if key not in known.clears:
        if loan.status in (LoanStatus.OVERDUE, LoanStatus.GRACE):
            account = open_account(db, loan)
            earliest = account.terms.disburse_date
            known.clears[key] = servicing.settle_amount_due(
                account.terms, account.postings, as_of=max(day, earliest), options=account.options
            )
        else:
            rows = known.rows.get(loan.id or 0, [])
            owed = sum(_open(row) for row in rows if row.due_date <= day)
            known.clears[key] = max(0, owed - loan.suspense_fen)
    return known.clears[key]


def _entered(known: _Lookup, line: BankLine, claims: Sequence[Claim]) -> Payment | None:
    """Return the one posting without a bank id that says the same: loan, amount and day."""
    found = []
    for claim in claims:
        if not any(reason in WHO for reason in claim.reasons):
            continue
        for payment in known.payments.get((claim.loan_id, line.booked_date), []):
            goes_out = payment.kind == PostingKind.REFUND.value
            fits = payment.amount_fen == abs(line.amount_fen) and goes_out is (line.amount_fen < 0)
            if fits and not payment.bank_transaction_id:
                found.append(payment)
    return found[0] if len(found) == 1 else None
