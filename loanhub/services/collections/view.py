"""What a reader sees of one collection case: its drawer, with whom one may contact, the log and the promises.

Money is what the loan engine says today; names and numbers are masked for the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain import collections as rules
from loanhub.domain import contact_rules as conduct
from loanhub.domain import formats, masking
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.collections import Approach, CloseReason, CollectionStage, PromiseStatus
from loanhub.domain.contact_rules import Channel, ContactRules, Direction, Outcome, Party
from loanhub.domain.customers import RelationKind
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.domain.repayment.postings import InstallmentStatus, LoanState
from loanhub.models import CollectionCase, CollectionPromise, CollectionStrategy, Customer, Loan, User
from loanhub.repositories import collections as repository
from loanhub.services import catalogue as catalogues
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.collections import strategies
from loanhub.services.collections._shared import (
    Contactable,
    held,
    history_of,
    parties_of,
    state_of,
    wish_for,
)

STAGE_TONES = {
    "todo": "lead", "contacting": "intent", "promised": "match", "visit": "visit", "legal": "review", "closed": "closed",
}  # fmt: skip
APPROACH_TONES = {"gentle": "info", "standard": "neutral", "firm": "warn"}
PROMISE_TONES = {"open": "info", "kept": "ok", "broken": "danger", "replaced": "closed"}


@dataclass(frozen=True)
class PartyView:
    """Somebody one might contact: masked number, and for a call whether it may be made now (``why`` empty)."""

    relation_id: int
    label: str
    name: str
    phone: str
    party: str
    why: str
    counts: str
    can_call: bool
    outcomes: list[dict[str, str]]


@dataclass(frozen=True)
class ContactView:
    """One contact of the log; ``pending`` has no result yet."""

    id: int
    at: str
    title: str
    when: str
    who: str
    what: str
    note: str
    icon: str
    tone: str
    pending: bool


@dataclass(frozen=True)
class PromiseView:
    """One promise and what became of it; amounts without ¥."""

    id: int
    due_date: str
    amount: str
    paid: str
    status: str
    tone: str
    by: str
    note: str


@dataclass(frozen=True)
class OverdueRow:
    """One overdue installment as the loan engine has it today; amounts without ¥."""

    period: str
    due_date: str
    days: str
    principal: str
    interest: str
    penalty: str
    total: str


@dataclass(frozen=True)
class CaseView:
    """Everything in the drawer of a case. ``can_…`` show buttons; the services decide."""

    id: int
    number: str
    version: int
    stage: str
    stage_label: str
    stage_tone: str
    approach_label: str
    approach_tone: str
    strategy: str
    customer_id: int
    customer_name: str
    risk_grade: int
    loan_id: int
    loan_number: str
    product: str
    dpd: int
    bucket: str
    due: str
    due_fen: int
    overdue_principal: str
    penalty: str
    outstanding: str
    opened_on: str
    closed_words: str
    owner: str
    owner_id: int
    hold: str
    next_step: str
    script: str
    third_script: str
    quiet: str
    hours: str
    promise: str
    promise_tone: str
    promise_day: str
    rows: tuple[OverdueRow, ...]
    parties: tuple[PartyView, ...]
    contacts: tuple[ContactView, ...]
    promises: tuple[PromiseView, ...]
    stages: tuple[tuple[str, str], ...]
    can_contact: bool
    can_assign: bool
    can_legal: bool
    can_claim: bool


def case_view(actor: Actor, *, case_id: int, now: datetime) -> CaseView:
    """Return a case for its drawer.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:read.
    """
    with reading() as db:
        case = repository.get_visible(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_READ)
        loan, customer = db.get(Loan, case.loan_id), db.get(Customer, case.customer_id)
        assert loan is not None and customer is not None
        return _view(db, actor, case, loan, customer, now=now)


def _view(
    db: Session, actor: Actor, case: CollectionCase, loan: Loan, customer: Customer, *, now: datetime
) -> CaseView:
    today, limits = local(now).date(), parameters.contact_rules(db, now=now)
    state = state_of(db, loan, now)
    strategy = db.get(CollectionStrategy, case.strategy_id) if case.strategy_id else None
    owner = db.get(User, case.owner_id) if case.owner_id else None
    company = parameters.company(db, now=now)
    is_open = case.closed_on is None
    can_contact = is_open and actor.can(Permission.COLLECTIONS_CONTACT)
    due = state.amount_due_fen if state else 0
    dpd = state.dpd if state else 0
    name = customer_name(db, actor, customer.name, now)
    products = dict(catalogues.sources(db).get("product", ()))
    promises = repository.list_promises(db, case.id or 0)
    waiting = next((one for one, _ in promises if one.status == PromiseStatus.OPEN.value), None)
    stage = CollectionStage(case.stage)
    return CaseView(
        id=case.id or 0, number=case.number, version=case.version, stage=case.stage, stage_label=stage.label,
        stage_tone=STAGE_TONES[case.stage], approach_label=Approach(case.approach).label,
        approach_tone=APPROACH_TONES[case.approach], strategy=strategy.name if strategy else "",
        customer_id=case.customer_id, customer_name=name, risk_grade=customer.risk_grade or 0, loan_id=case.loan_id,
        loan_number=loan.number, product=products.get(case.product_code, case.product_code), dpd=dpd,
        bucket=Bucket(state.bucket.value).label if state and dpd else "", due=format_fen(due), due_fen=due,
        overdue_principal=format_plain(state.delinquency.overdue_principal_fen if state else 0),
        penalty=format_plain(state.due_penalty_fen + state.due_compound_fen if state else 0),
        outstanding=format_plain(state.outstanding_principal_fen if state else 0),
        opened_on=case.opened_on.isoformat(), closed_words=closed_text(case), owner=owner.name if owner else "",
        owner_id=case.owner_id or 0, hold=held(db, case, today) if is_open else "",
        next_step=formats.instant(case.next_step_at) if case.next_step_at else "",
        script=strategies.script_for(
            strategy, name=name, days=dpd, amount=format_fen(due), company=company.name
        ),
        third_script=conduct.THIRD_PARTY_SCRIPT.format(
            company=company.name, name=name, phone=company.phone or company.complaint_phone or "公司客服"
        ),
        quiet=quiet_text(limits, now), hours=limits.hours_text,
        promise=_promise_words(waiting, today) if waiting else "",
        promise_tone=("danger" if waiting.due_date < today else "warn" if waiting.due_date == today else "info")
        if waiting else "",
        promise_day=waiting.due_date.isoformat() if waiting else "", rows=_rows(state),
        parties=tuple(_parties(db, actor, case, customer, limits, now=now)), contacts=tuple(_contacts(db, case, now)),
        promises=tuple(_promise(row, by) for row, by in promises),
        stages=tuple(
            (one.value, one.label) for one in rules.MOVES[stage]
            if CollectionStage.LEGAL not in (one, stage) or actor.can(Permission.COLLECTIONS_LEGAL)
        ),
        can_contact=can_contact, can_assign=is_open and actor.can(Permission.COLLECTIONS_ASSIGN),
        can_legal=is_open and actor.can(Permission.COLLECTIONS_LEGAL),
        can_claim=can_contact and case.owner_id is None,
    )  # fmt: skip


def customer_name(db: Session, actor: Actor, name: str, now: datetime) -> str:
    """Return a customer's name as the reader may see it."""
    spec = catalogues.current(db).get("customer", "name")
    right = Access.READ if actor.is_system else access(spec, catalogues.rights_of(actor))
    return present(spec, name, right, now)


def closed_text(case: CollectionCase) -> str:
    """Return when and how a case ended, '' while it is open."""
    if case.closed_on is None:
        return ""
    return f"{case.closed_on.isoformat()} 结案：{CloseReason(case.close_reason).label}"


def quiet_text(limits: ContactRules, now: datetime) -> str:
    """Return that nobody may be contacted now and when one may, '' when one may."""
    if not limits.is_quiet(now):
        return ""
    return f"现在不是联系时间（{limits.hours_text} 可以联系），系统不放行拨打和发信；对方来电可以登记"


def _promise_words(promise: CollectionPromise, today: date) -> str:
    day = formats.relative_day(promise.due_date, today)
    near = f"（{day}）" if day not in promise.due_date.isoformat() else ""
    return f"承诺 {promise.due_date.isoformat()}{near}还 {format_fen(promise.amount_fen)}，已还 {format_fen(promise.paid_fen)}"


def _rows(state: LoanState | None) -> tuple[OverdueRow, ...]:
    if state is None:
        return ()
    found = []
    for row in state.installments:
        late = row.status is InstallmentStatus.OVERDUE
        if not late and not (row.due_date < state.as_of and row.open.total_fen):
            continue
        found.append(
            OverdueRow(
                period=f"第 {row.period} 期", due_date=row.due_date.isoformat(), days=f"{(state.as_of - row.due_date).days} 天",
                principal=format_plain(row.open.principal_fen),
                interest=format_plain(row.open.interest_fen + row.open.fee_fen),
                penalty=format_plain(row.open.penalty_fen + row.open.compound_fen),
                total=format_plain(row.open.total_fen),
            )
        )  # fmt: skip
    return tuple(found)


def _parties(
    db: Session,
    actor: Actor,
    case: CollectionCase,
    customer: Customer,
    limits: ContactRules,
    *,
    now: datetime,
) -> list[PartyView]:
    parties = parties_of(db, customer)
    history = history_of(db, case.customer_id, [one.number_index for one in parties], now=now)
    hold = held(db, case, local(now).date())
    mine = case.owner_id in (None, actor.actor_id)
    owner = None if mine else db.get(User, case.owner_id)
    other = f"这个案件由{owner.name}跟进，请先分配给自己" if owner is not None else ""
    return [
        _party(actor, case, one, limits, conduct.count(wish_for(one, Channel.CALL), history, now=now),
               conduct.refusal(limits, wish_for(one, Channel.CALL), history, now=now, hold=hold) or other)
        for one in parties
    ]  # fmt: skip


def _party(
    actor: Actor,
    case: CollectionCase,
    one: Contactable,
    limits: ContactRules,
    counts: conduct.Counts,
    why: str,
) -> PartyView:
    if not one.phone:
        why = "还没有登记手机号"
    text = f"今天未接 {counts.unanswered}/{limits.unanswered_per_number_day} · 已接通 {counts.answered}/{limits.answered_per_person_day}"
    week = limits.third_party_per_week if one.party is Party.THIRD else limits.contacts_per_person_week
    return PartyView(
        relation_id=one.relation_id or 0, label=one.label,
        name=masking.mask("name", one.name) if one.party is Party.THIRD else one.name,
        phone=masking.mask("phone", one.phone) if one.phone else "—", party=one.party.value, why=why,
        counts=f"{text} · 7 天内 {counts.week}/{week}",
        can_call=not why and case.closed_on is None and actor.can(Permission.COLLECTIONS_CONTACT),
        outcomes=[
            {"value": outcome.value, "label": outcome.label}
            for outcome in conduct.outcomes_for(one.party, Channel.CALL)
        ],
    )  # fmt: skip


_ICONS = {
    "call": "phone-call",
    "sms": "message-square",
    "wechat": "message-circle",
    "letter": "mail",
    "visit": "map-pin",
}


def _contacts(db: Session, case: CollectionCase, now: datetime) -> list[ContactView]:
    labels = {row.id: RelationKind(row.kind).label for row in repository.list_relations(db, case.customer_id)}
    found = []
    for row, by in repository.list_contacts(db, case.id or 0):
        whom = labels.get(row.relation_id, Party(row.party).label)
        began = "对方" if row.direction == Direction.IN.value else ""
        outcome = Outcome(row.outcome).label if row.outcome else "还没有登记结果"
        bad = row.outcome in ("complaint", "refused", "disputed")
        found.append(
            ContactView(
                id=row.id or 0, at=formats.instant(row.at), when=formats.relative(row.at, now), title=formats.instant(row.at),
                who=by, what=f"{began}{Channel(row.channel).label} · {whom} · {outcome}", note=row.note,
                icon=_ICONS[row.channel], tone="w" if bad or not row.outcome else "p" if row.outcome == "promised" else "",
                pending=not row.outcome,
            )
        )  # fmt: skip
    return found


def _promise(row: CollectionPromise, by: str) -> PromiseView:
    return PromiseView(
        id=row.id or 0, due_date=row.due_date.isoformat(), amount=format_plain(row.amount_fen),
        paid=format_plain(row.paid_fen), status=PromiseStatus(row.status).label, tone=PROMISE_TONES[row.status], by=by,
        note=row.note,
    )  # fmt: skip
