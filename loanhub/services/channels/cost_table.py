"""What a channel's leads cost per head 渠道成本表, and the newest bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.channels import CostKind
from loanhub.domain.leads import LeadStatus
from loanhub.domain.money import divide_half_up, format_fen
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import Channel, ChannelCost, Lead, LeadCost, User
from loanhub.repositories import channel_credits
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading
from loanhub.services.channels.costs import days_of, midnight


@dataclass(frozen=True)
class CostRow:
    """A channel's figures over a span of days, as texts; 「—」 where nothing divides."""

    code: str
    label: str
    leads: str
    contacted: str
    payouts: str
    cost: str
    per_lead: str
    per_contacted: str
    per_payout: str


@dataclass(frozen=True)
class EntryView:
    """A bill as the list shows it."""

    id: int
    channel: str
    kind: str
    days: str
    amount: str
    state: str
    note: str
    by: str
    voided: bool
    version: int


def cost_table(actor: Actor, *, first: date, last: date) -> tuple[list[CostRow], CostRow, list[EntryView]]:
    """Return what each channel's leads of these days cost per head, their sum, and the newest bills.

    A lead counts on the day it came in, for its own channel or for those a ruling gave it to (``repositories.channel_credits``),
    half a lead each when it says so; what was paid stays with the channel that charged it. 已联系 is one with a first
    contact, 放款 one that was lent to. Amounts per head are rounded to the fen, halves up. Bills not yet spread, or of days
    without leads, count for readers of everything.

    Raises:
        NotPermitted: the actor lacks channels:cost.
    """
    actor.require(Permission.CHANNELS_COST)
    of_days = (
        visible_to(actor, Lead), col(Lead.created_at) >= midnight(first),
        col(Lead.created_at) < midnight(last + timedelta(days=1)),
    )  # fmt: skip
    with reading() as db:
        known = sa.select(col(Channel.code), col(Channel.label)).order_by(col(Channel.sort))
        labels = {str(code): str(label) for code, label in db.execute(known).all()}
        figures = _counted(db, of_days)
        _credit(db, figures, of_days)
        _leave_where_charged(db, figures, of_days)
        if actor.scope is Scope.ALL:
            for code, amount in _unspread(db, first, last).items():
                figures[code].cost_fen += amount
        rows = [_row(code, label, figures[code]) for code, label in labels.items() if code in figures]
        rows += [_row(code, code or "未填渠道", one) for code, one in figures.items() if code not in labels]
        return rows, _row("", "合计", _sum(figures.values())), _entries(db, labels)


@dataclass
class _Figures:
    """What a channel's leads are so far; heads are shares of leads, since a ruling may halve one."""

    leads: Fraction = Fraction(0)
    contacted: Fraction = Fraction(0)
    payouts: Fraction = Fraction(0)
    cost_fen: int = 0

    def add(self, other: _Figures, *, times: Fraction = Fraction(1)) -> None:
        """Add the heads of another, or a share of them; money is never shared."""
        self.leads += other.leads * times
        self.contacted += other.contacted * times
        self.payouts += other.payouts * times


Conditions = Sequence[sa.ColumnElement[bool]]


def _counted(db: Session, of_days: Conditions) -> defaultdict[str, _Figures]:
    """Return every lead under its own channel."""
    one = sa.literal(1)
    query = (
        sa.select(
            col(Lead.channel_code), sa.func.count(),
            sa.func.sum(sa.case((col(Lead.first_contact_at).is_not(None), one), else_=0)),
            sa.func.sum(sa.case((col(Lead.status) == LeadStatus.FUNDED, one), else_=0)),
            sa.func.coalesce(sa.func.sum(Lead.cost_fen), 0),
        )
        .where(*of_days)
        .group_by(col(Lead.channel_code))
    )  # fmt: skip
    figures: defaultdict[str, _Figures] = defaultdict(_Figures)
    for code, leads, contacted, payouts, cost in db.execute(query).all():
        figures[code] = _Figures(
            Fraction(int(leads)), Fraction(int(contacted)), Fraction(int(payouts)), int(cost)
        )
    return figures


def _credit(db: Session, figures: defaultdict[str, _Figures], of_days: Conditions) -> None:
    """Count the leads of rulings for the channels they were given to instead of their own."""
    ruled = channel_credits.ruled(db)
    query = sa.select(
        col(Lead.id), col(Lead.channel_code), col(Lead.first_contact_at).is_not(None),
        col(Lead.status) == LeadStatus.FUNDED,
    ).where(*of_days, col(Lead.id).in_(ruled))  # fmt: skip
    for lead_id, own, contacted, funded in db.execute(query).all():
        head = _Figures(Fraction(1), Fraction(int(contacted)), Fraction(int(funded)))
        figures[own].add(head, times=Fraction(-1))
        for code, percent in ruled[int(lead_id or 0)]:
            figures[code].add(head, times=Fraction(percent, 100))


def _leave_where_charged(db: Session, figures: defaultdict[str, _Figures], of_days: Conditions) -> None:
    """Put what another channel than the lead's own charged for it under the one that was paid."""
    query = (
        sa.select(col(Lead.channel_code), col(LeadCost.channel_code), sa.func.sum(LeadCost.amount_fen))
        .join(LeadCost, col(LeadCost.lead_id) == col(Lead.id))
        .where(*of_days, col(LeadCost.channel_code) != col(Lead.channel_code))
        .group_by(col(Lead.channel_code), col(LeadCost.channel_code))
    )
    for own, charged, amount in db.execute(query).all():
        figures[own].cost_fen -= int(amount)
        figures[charged].cost_fen += int(amount)


def _sum(figures: Iterable[_Figures]) -> _Figures:
    total = _Figures()
    for one in figures:
        total.add(one)
        total.cost_fen += one.cost_fen
    return total


def _unspread(db: Session, first: date, last: date) -> dict[str, int]:
    """Return bills that lie on no lead, by channel, of the days asked for."""
    query = (
        sa.select(col(ChannelCost.channel_code), sa.func.sum(ChannelCost.amount_fen))
        .where(
            col(ChannelCost.voided_at).is_(None), col(ChannelCost.lead_count) == 0,
            col(ChannelCost.first_date) >= first, col(ChannelCost.first_date) <= last,
        )
        .group_by(col(ChannelCost.channel_code))
    )  # fmt: skip
    return {code: int(amount) for code, amount in db.execute(query).all()}


def _row(code: str, label: str, one: _Figures) -> CostRow:
    def per(heads: Fraction) -> str:
        if heads <= 0:
            return "—"
        return format_fen(divide_half_up(one.cost_fen * heads.denominator, heads.numerator))

    return CostRow(
        code, label, _heads(one.leads), _heads(one.contacted), _heads(one.payouts), format_fen(one.cost_fen), per(one.leads),
        per(one.contacted), per(one.payouts),
    )  # fmt: skip


def _heads(number: Fraction) -> str:
    """Return a number of leads, with its half where a ruling shared one between two channels."""
    return f"{Decimal(number.numerator) / number.denominator:f}"


def _entries(db: Session, labels: dict[str, str]) -> list[EntryView]:
    query = (
        sa.select(ChannelCost, col(User.name))
        .outerjoin(User, col(User.id) == col(ChannelCost.created_by_id))
        .order_by(col(ChannelCost.id).desc())
        .limit(100)
    )
    return [
        EntryView(
            id=row.id or 0, channel=labels.get(row.channel_code, row.channel_code), kind=CostKind(row.kind).label,
            days=days_of(row), amount=format_fen(row.amount_fen), state=_state(row), note=row.note,
            by=who or SYSTEM.name, voided=row.voided_at is not None, version=row.version,
        )
        for row, who in db.execute(query).all()
    ]  # fmt: skip


def _state(row: ChannelCost) -> str:
    if row.voided_at is not None:
        return f"已作废：{row.void_reason}"
    if row.spread_at is None:
        return "期满后分摊"
    return f"已分摊到 {row.lead_count} 条线索" if row.lead_count else "期间没有线索，记在渠道上"
