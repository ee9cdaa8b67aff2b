"""What channels cost 渠道成本: bills spread over leads to the fen, prices of payouts, the table of costs per head."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.channels import CostKind, CostModel, spread
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.leads import LeadStatus
from loanhub.domain.money import divide_half_up, format_fen, parse_fen
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import Channel, ChannelCost, Lead, LeadCost, User
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction

_LEAD = Lead.__table__  # type: ignore[attr-defined]
LONGEST_DAYS = 366


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


def add_cost(
    actor: Actor, *, channel_code: str, kind: str, first: date | None, last: date | None, amount: str, note: str = "",
    key: str = "", now: datetime,
) -> int:  # fmt: skip
    """Enter what a channel charged for some days; returns the id. Spread at once when the days are past.

    Raises:
        NotPermitted: the actor lacks channels:cost.
        InvalidInput: a sentence for each field at fault.
    """
    faults: dict[str, str] = {}
    amount_fen = 0
    try:
        amount_fen = parse_fen(amount, field="amount")
        if amount_fen <= 0:
            faults["amount"] = "金额要大于 0"
    except InvalidInput as fault:
        faults.update(fault.fields)
    chosen = CostKind.find(kind)
    if chosen is None:
        faults["kind"] = "请选择费用类型"
    if first is None:
        faults["first"] = "请填写开始日期"
    if last is None:
        faults["last"] = "请填写结束日期"
    if first is not None and last is not None:
        if last < first:
            faults["last"] = "结束日期不能早于开始日期"
        elif (last - first).days >= LONGEST_DAYS:
            faults["last"] = "一笔费用最长一年"
    if len(note.strip()) > 200:
        faults["note"] = "最多 200 个字"
    with transaction() as db:
        actor.require(Permission.CHANNELS_COST)
        channel = db.execute(sa.select(Channel).where(col(Channel.code) == channel_code)).scalar_one_or_none()
        if channel is None:
            faults["channel_code"] = "请选择渠道"
        if faults or channel is None or chosen is None or first is None or last is None:
            raise InvalidInput(fields=faults)

        def work() -> dict[str, object]:
            row = ChannelCost(
                channel_code=channel.code, kind=chosen.value, first_date=first, last_date=last, amount_fen=amount_fen,
                note=note.strip(), created_by_id=actor.actor_id, created_at=now,
            )  # fmt: skip
            db.add(row)
            db.flush()
            if last < local(now).date():
                _spread(db, row, now=now)
            events.record(
                db, actor, "channel_cost.entered", now=now, entity="channel", entity_id=channel.id,
                summary=f"{channel.label} {chosen.label} {format_fen(amount_fen)}",
                after={"渠道": channel.label, "费用": format_fen(amount_fen), "期间": _days(row)},
            )  # fmt: skip
            return {"id": row.id or 0}

        request = [channel_code, kind, first, last, amount, note]
        return int(str(once(db, actor, "channels.add_cost", key, request, now=now, work=work)["id"]))


def void_cost(actor: Actor, *, cost_id: int, reason: str, now: datetime) -> None:
    """Take a wrong bill back: what it put on leads is taken off again, to the fen.

    Raises:
        NotFound: no such bill.
        NotPermitted: the actor lacks channels:cost.
        Conflict: it was taken back already.
        InvalidInput: no reason.
    """
    words = " ".join(reason.split())[:200]
    with transaction() as db:
        row = db.get(ChannelCost, cost_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这笔费用")
        actor.require(Permission.CHANNELS_COST)
        if len(words) < 2:
            raise InvalidInput(fields={"reason": "写一下作废的原因"})
        if row.voided_at is not None:
            raise Conflict("这笔费用已经作废")
        lines = db.execute(
            sa.select(LeadCost).where(col(LeadCost.cost_id) == cost_id, col(LeadCost.kind) == "share")
        ).scalars()
        _put(
            db,
            {line.lead_id: -line.amount_fen for line in lines},
            row.channel_code, "void", cost_id=cost_id, key=f"void:{cost_id}", now=now,
        )  # fmt: skip
        row.voided_at, row.void_reason, row.version = now, words, row.version + 1
        events.record(
            db, actor, "channel_cost.voided", now=now, entity="channel", entity_id=None,
            summary=f"{_label(db, row.channel_code)} {format_fen(row.amount_fen)}", reason=words,
        )  # fmt: skip


def settle(*, now: datetime) -> int:
    """Spread the bills whose days are past and price the payouts of the day; returns how many leads were touched.

    Safe to run by two workers at once: each bill is locked, each line has its own key.
    """
    touched = 0
    today = local(now).date()
    with reading() as db:
        due = list(
            db.execute(
                sa.select(col(ChannelCost.id)).where(
                    col(ChannelCost.spread_at).is_(None), col(ChannelCost.voided_at).is_(None),
                    col(ChannelCost.last_date) < today,
                )
            ).scalars()
        )  # fmt: skip
    for cost_id in due:
        with transaction() as db:
            row = db.get(ChannelCost, cost_id, with_for_update=True)
            if row is not None and row.spread_at is None and row.voided_at is None:
                touched += _spread(db, row, now=now)
    with transaction() as db:
        touched += _price_payouts(db, now=now)
        if touched:
            # No lead is named: the cockpit's book reads the costs of all of them again.
            events.record(
                db,
                SYSTEM,
                "channel_cost.settled",
                now=now,
                entity="channel",
                summary=f"{touched:,} 条线索的成本",
            )
    return touched


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _spread(db: Session, row: ChannelCost, *, now: datetime) -> int:
    query = sa.select(col(Lead.id)).where(
        col(Lead.channel_code) == row.channel_code,
        col(Lead.created_at) >= _midnight(row.first_date),
        col(Lead.created_at) < _midnight(row.last_date + timedelta(days=1)),
    )
    ids = [int(lead_id or 0) for lead_id in db.execute(query).scalars()]
    _put(
        db,
        spread(row.amount_fen, ids),
        row.channel_code,
        "share",
        cost_id=row.id,
        key=f"share:{row.id}",
        now=now,
    )
    row.lead_count, row.spread_at, row.version = len(ids), now, row.version + 1
    db.add(row)
    return len(ids)


def _price_payouts(db: Session, *, now: datetime) -> int:
    priced = sa.select(col(LeadCost.lead_id)).where(col(LeadCost.kind) == "payout")
    query = (
        sa.select(col(Lead.id), col(Lead.channel_code), col(Channel.cost_per_payout_fen))
        .join(Channel, col(Channel.code) == col(Lead.channel_code))
        .where(
            col(Channel.cost_model) == CostModel.PER_PAYOUT.value, col(Channel.cost_per_payout_fen) > 0,
            col(Lead.status) == LeadStatus.FUNDED, col(Lead.id).not_in(priced),
        )
        .order_by(col(Lead.id))
        .limit(5000)
    )  # fmt: skip
    by_channel: dict[str, dict[int, int]] = {}
    for lead_id, code, price in db.execute(query).all():
        by_channel.setdefault(code, {})[int(lead_id)] = int(price)
    for code, amounts in by_channel.items():
        _put(db, amounts, code, "payout", key="payout", now=now)
    return sum(len(amounts) for amounts in by_channel.values())


def _put(
    db: Session, amounts: dict[int, int], channel_code: str, kind: str, *, key: str, now: datetime,
    cost_id: int | None = None, claim_id: int | None = None,
) -> None:  # fmt: skip
    """Add a line a lead and carry it into the lead's cost; the key makes a second run fail instead of counting twice."""
    if not amounts:
        return
    lines: list[dict[str, Any]] = [
        {
            "key": f"{key}:{lead_id}", "lead_id": lead_id, "channel_code": channel_code, "kind": kind,
            "amount_fen": amount, "cost_id": cost_id, "claim_id": claim_id, "at": now,
        }
        for lead_id, amount in sorted(amounts.items())
    ]  # fmt: skip
    db.execute(sa.insert(LeadCost.__table__), lines)  # type: ignore[attr-defined]
    change = (
        sa.update(_LEAD)
        .where(_LEAD.c.id == sa.bindparam("row"))
        .values(cost_fen=_LEAD.c.cost_fen + sa.bindparam("change"))
    )
    db.execute(change, [{"row": line["lead_id"], "change": line["amount_fen"]} for line in lines])


def refund(
    db: Session, *, lead_id: int, channel_code: str, amount_fen: int, claim_id: int, now: datetime
) -> None:
    """Take the money a channel gave back off a lead's cost, in the caller's transaction."""
    _put(
        db,
        {lead_id: -amount_fen},
        channel_code,
        "refund",
        claim_id=claim_id,
        key=f"refund:{claim_id}",
        now=now,
    )


def cost_table(actor: Actor, *, first: date, last: date) -> tuple[list[CostRow], CostRow, list[EntryView]]:
    """Return what each channel's leads of these days cost per head, their sum, and the newest bills.

    A lead counts on the day it came in; 已联系 is one with a first contact, 放款 one that was lent to. Amounts per head
    are rounded to the fen, halves up. Bills not yet spread, or of days without leads, count for readers of everything.

    Raises:
        NotPermitted: the actor lacks channels:cost.
    """
    actor.require(Permission.CHANNELS_COST)
    one = sa.literal(1)
    query = (
        sa.select(
            col(Lead.channel_code), sa.func.count(), sa.func.coalesce(sa.func.sum(Lead.cost_fen), 0),
            sa.func.sum(sa.case((col(Lead.first_contact_at).is_not(None), one), else_=0)),
            sa.func.sum(sa.case((col(Lead.status) == LeadStatus.FUNDED, one), else_=0)),
        )
        .where(
            visible_to(actor, Lead), col(Lead.created_at) >= _midnight(first),
            col(Lead.created_at) < _midnight(last + timedelta(days=1)),
        )
        .group_by(col(Lead.channel_code))
    )  # fmt: skip
    with reading() as db:
        known = sa.select(col(Channel.code), col(Channel.label)).order_by(col(Channel.sort))
        labels = {str(code): str(label) for code, label in db.execute(known).all()}
        figures = {
            code: (int(leads), int(cost), int(contacted or 0), int(payouts or 0))
            for code, leads, cost, contacted, payouts in db.execute(query).all()
        }
        if actor.scope is Scope.ALL:
            for code, amount in _unspread(db, first, last).items():
                leads, cost, contacted, payouts = figures.get(code, (0, 0, 0, 0))
                figures[code] = (leads, cost + amount, contacted, payouts)
        rows = [_row(code, label, *figures[code]) for code, label in labels.items() if code in figures]
        rows += [_row(code, code or "未填渠道", *f) for code, f in figures.items() if code not in labels]
        total = [sum(f[i] for f in figures.values()) for i in range(4)]
        return rows, _row("", "合计", *total), _entries(db, labels)


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


def _row(code: str, label: str, leads: int, cost: int, contacted: int, payouts: int) -> CostRow:
    def per(heads: int) -> str:
        return format_fen(divide_half_up(cost, heads)) if heads else "—"

    return CostRow(
        code,
        label,
        str(leads),
        str(contacted),
        str(payouts),
        format_fen(cost),
        per(leads),
        per(contacted),
        per(payouts),
    )


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
            days=_days(row), amount=format_fen(row.amount_fen), state=_state(row), note=row.note,
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


def _days(row: ChannelCost) -> str:
    return f"{formats.day(row.first_date)} 至 {formats.day(row.last_date)}"


def _label(db: Session, code: str) -> str:
    return db.execute(sa.select(col(Channel.label)).where(col(Channel.code) == code)).scalar() or code
