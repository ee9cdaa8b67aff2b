"""What the statements page shows 银行流水: the files, the lines by tab, one line with its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.errors import LoanHubError, NotFound
from loanhub.domain.formats import EMPTY, relative
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.statements import LAYOUTS, Claim, LineStatus, LineTab, Verdict
from loanhub.domain.statements.matching import describe_reason
from loanhub.models import BankLine, BankStatement
from loanhub.repositories import loans as loan_repository
from loanhub.repositories import statement_matches as matches
from loanhub.repositories import statements as repository
from loanhub.repositories.statement_matches import LoanCard
from loanhub.repositories.statements import Wanted
from loanhub.services import loans
from loanhub.services._actor import Actor, LacksPermission
from loanhub.services._transaction import reading
from loanhub.services.loans.preview import PaymentPreview
from loanhub.services.search import searched_ids
from loanhub.services.statements._candidates import Matched, match

PAGE_LINES = 50
AT_ONCE = 2_000
"""How many suggested lines one press of 全部入账 takes."""
TONES = {
    LineStatus.UNMATCHED: "warn", LineStatus.MATCHED: "ok", LineStatus.BOOKED: "info", LineStatus.IGNORED: "neutral",
}  # fmt: skip


@dataclass(frozen=True)
class StatementRow:
    """A statement file in the list; amounts without ¥."""

    id: int
    number: str
    file_name: str
    layout: str
    account: str
    period: str
    opening: str
    closing: str
    lines: int
    waiting: int
    done: int
    by: str
    when: str


@dataclass(frozen=True)
class LineRow:
    """A line of the table. ``amount`` carries its sign; ``account`` shows the tail only."""

    id: int
    version: int
    day: str
    amount: str
    incoming: bool
    payer: str
    account: str
    remark: str
    transaction_id: str
    source: str
    status: str
    status_label: str
    tone: str
    loan_id: int
    loan_number: str
    customer: str
    why: str
    third_party: bool
    receipt: str
    note: str
    by: str


@dataclass(frozen=True)
class CandidateRow:
    """A loan that a line may belong to, with the reasons in words."""

    loan_id: int
    number: str
    customer: str
    status: str
    outstanding: str
    reasons: tuple[str, ...]
    strong: bool
    kind: str
    third_party: bool


@dataclass(frozen=True)
class LineDetail:
    """One line with its candidates, best first."""

    line: LineRow
    verdict: str
    verdict_label: str
    candidates: tuple[CandidateRow, ...]
    chosen_id: int


@dataclass(frozen=True)
class Tab:
    """A tab with how many lines it holds and what came in with them."""

    code: str
    label: str
    count: int
    amount: str


@dataclass(frozen=True)
class LinePage:
    """A page of lines."""

    rows: tuple[LineRow, ...]
    tabs: tuple[Tab, ...]
    total: int


def _may_look(actor: Actor) -> None:
    if not actor.can_any(Permission.STATEMENTS_IMPORT, Permission.LEDGER_READ):
        raise LacksPermission(Permission.STATEMENTS_IMPORT)


def list_statements(actor: Actor, *, now: datetime) -> list[StatementRow]:
    """Return the newest statements.

    Raises:
        NotPermitted: the actor lacks both statements:import and ledger:read.
    """
    _may_look(actor)
    with reading() as db:
        rows = repository.list_statements(db)
        names = loan_repository.names_of_users(
            db, {row.imported_by_id for row, _ in rows if row.imported_by_id}
        )
        return [
            _statement(row, counts, names.get(row.imported_by_id or 0, "系统"), now) for row, counts in rows
        ]


def _statement(row: BankStatement, counts: dict[str, int], by: str, now: datetime) -> StatementRow:
    waiting = counts.get(LineStatus.UNMATCHED.value, 0)
    layout = LAYOUTS.get(row.layout)
    return StatementRow(
        id=row.id or 0, number=row.number, file_name=row.file_name, layout=layout.label if layout else row.layout,
        account=f"尾号 {row.account_tail}" if row.account_tail else EMPTY,
        period=f"{row.first_date} 至 {row.last_date}",
        opening=EMPTY if row.opening_fen is None else format_plain(row.opening_fen),
        closing=EMPTY if row.closing_fen is None else format_plain(row.closing_fen),
        lines=row.lines, waiting=waiting, done=row.lines - waiting, by=by, when=relative(row.imported_at, now),
    )  # fmt: skip


def list_lines(
    actor: Actor, *, tab: str, statement_id: int = 0, text: str = "", way: str = "", page: int = 1
) -> LinePage:
    """Return a page of lines (50) of a tab; suggestions are judged as of now.

    Raises:
        NotPermitted: the actor lacks both statements:import and ledger:read.
    """
    _may_look(actor)
    chosen = LineTab.find(tab) or LineTab.UNCLAIMED
    wanted = Wanted(statement_id, text.strip()[:60], way)
    with reading() as db:
        counts = repository.count_tabs(db, wanted)
        offset = (max(1, page) - 1) * PAGE_LINES
        found = repository.list_lines(db, chosen, wanted, offset=offset, limit=PAGE_LINES)
        tabs = tuple(Tab(one.value, one.label, counts[one][0], format_fen(counts[one][1])) for one in LineTab)
        return LinePage(tuple(_rows(db, actor, found)), tabs, counts[chosen][0])


def suggested_ids(actor: Actor, *, statement_id: int = 0, text: str = "", way: str = "") -> list[int]:
    """Return the suggested lines money came in with, oldest first, at most 2,000: what 全部入账 posts.

    Raises:
        NotPermitted: the actor lacks statements:import.
    """
    actor.require(Permission.STATEMENTS_IMPORT)
    with reading() as db:
        return repository.list_suggested_ids(db, Wanted(statement_id, text.strip()[:60], way), limit=AT_ONCE)


def _rows(db: Session, actor: Actor, found: Sequence[tuple[BankLine, str]]) -> list[LineRow]:
    lines = [line for line, _ in found]
    waiting = [line for line in lines if line.status == LineStatus.UNMATCHED.value]
    matched = match(db, actor, waiting) if waiting else {}
    cards = matches.list_cards(db, actor, {line.loan_id for line in lines if line.loan_id})
    receipts = matches.receipts_of(db, {line.payment_id for line in lines if line.payment_id})
    names = loan_repository.names_of_users(db, {line.decided_by_id for line in lines if line.decided_by_id})
    return [_row(line, number, matched.get(line.id or 0), cards, receipts, names) for line, number in found]


def _row(
    line: BankLine,
    statement: str,
    matched: Matched | None,
    cards: dict[int, LoanCard],
    receipts: dict[int, tuple[str, bool]],
    names: dict[int, str],
) -> LineRow:
    status = LineStatus(line.status)
    card = cards.get(line.loan_id or 0)
    receipt, undone = receipts.get(line.payment_id or 0, ("", False))
    claim = next((one for one in matched.claims if one.loan_id == line.loan_id), None) if matched else None
    why, label, tone = line.note, status.label, TONES[status]
    if status is LineStatus.UNMATCHED and matched is not None:
        why = _why(matched, claim, line.amount_fen)
        if card is not None:
            label, tone = "建议", "info"
        elif matched.verdict is Verdict.CHOOSE:
            label = "需选择"
    elif undone:
        label, tone, why = "入账已冲正", "danger", "这笔入账后来冲正了，可撤回后重新认领"
    return LineRow(
        id=line.id or 0, version=line.version, day=line.booked_date.isoformat(),
        amount=("+" if line.amount_fen > 0 else "") + format_plain(line.amount_fen), incoming=line.amount_fen > 0,
        payer=line.payer_name or EMPTY, account=f"尾号 {line.payer_account_tail}" if line.payer_account_tail else "",
        remark=line.remark or EMPTY, transaction_id=line.transaction_id, source=f"{statement} 第 {line.row} 行",
        status=status.value, status_label=label, tone=tone, loan_id=line.loan_id or 0,
        loan_number=card.loan.number if card else "", customer=card.customer.name if card else "", why=why,
        third_party=bool(claim and claim.third_party) or line.note == "他人代还", receipt=receipt, note=line.note,
        by=names.get(line.decided_by_id or 0, ""),
    )  # fmt: skip


def _why(matched: Matched, claim: Claim | None, amount_fen: int) -> str:
    if claim is None:
        return f"有 {len(matched.claims)} 笔可能的借据" if matched.claims else "没有找到对应的借据"
    return "，".join(describe_reason(reason, amount_fen) for reason in claim.reasons)


def line_detail(actor: Actor, *, line_id: int) -> LineDetail:
    """Return one line with its candidates.

    Raises:
        NotFound: no such line.
        NotPermitted: the actor lacks both statements:import and ledger:read.
    """
    with reading() as db:
        line = repository.get_line(db, line_id)
        _may_look(actor)
        statement = repository.get_statement(db, line.statement_id)
        row = _rows(db, actor, [(line, statement.number)])[0]
        if line.status != LineStatus.UNMATCHED.value:
            return LineDetail(row, "", "", (), line.loan_id or 0)
        found = match(db, actor, [line])[line_id]
        cards = matches.list_cards(db, actor, {claim.loan_id for claim in found.claims})
        candidates = tuple(
            _candidate(cards[claim.loan_id], claim, line.amount_fen)
            for claim in found.claims
            if claim.loan_id in cards
        )
        chosen = line.loan_id or (found.best.loan_id if found.best else 0)
        return LineDetail(row, found.verdict.value, found.verdict.label, candidates, chosen)


def _candidate(card: LoanCard, claim: Claim, amount_fen: int) -> CandidateRow:
    return CandidateRow(
        loan_id=card.loan.id or 0, number=card.loan.number, customer=card.customer.name, status=card.loan.status.label,
        outstanding=format_plain(card.loan.outstanding_principal_fen),
        reasons=tuple(describe_reason(reason, amount_fen) for reason in claim.reasons), strong=claim.strong,
        kind=claim.kind, third_party=claim.third_party,
    )  # fmt: skip


def find_loans(actor: Actor, *, line_id: int, text: str) -> list[CandidateRow]:
    """Return loans found by number or borrower for a line, with what speaks for them; at most 8.

    Raises:
        NotFound: no such line.
        NotPermitted: the actor lacks statements:import.
    """
    with reading() as db:
        line = repository.get_line(db, line_id)
        actor.require(Permission.STATEMENTS_IMPORT)
        text = text.strip()[:40]
        if len(text) < 2:
            return []
        customers = (
            None if text.isascii() and any(c.isdigit() for c in text) else searched_ids(db, "customer", text)
        )
        ids = matches.find_loans(db, actor, text, customers, outgoing=line.amount_fen < 0, limit=8)
        cards = matches.list_cards(db, actor, ids)
        known = {claim.loan_id: claim for claim in match(db, actor, [line])[line_id].claims}
        return [
            _candidate(cards[one], known.get(one, Claim(one, 0, (), third_party=False)), line.amount_fen)
            for one in ids
            if one in cards
        ]


def preview(
    actor: Actor, *, line_id: int, loan_id: int, kind: str = PostingKind.PAYMENT.value, now: datetime
) -> tuple[PaymentPreview | None, str]:
    """Return where the money of a line would go on a loan, or the sentence why it cannot; writes nothing.

    Raises:
        NotFound: no such line or loan.
        NotPermitted: the actor lacks payments:create.
    """
    with reading() as db:
        line = repository.get_line(db, line_id)
        amount, day = line.amount_fen, line.booked_date
    if amount < 0:
        return None, ""
    try:
        return loans.preview_payment(
            actor, loan_id=loan_id, amount=amount, value_date=day, kind=kind, now=now
        ), ""
    except (NotFound, LacksPermission):
        raise
    except LoanHubError as refusal:
        return None, refusal.sentence
