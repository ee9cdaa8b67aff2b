"""What channels cost 渠道成本: bills spread over leads to the fen, prices of payouts."""

from __future__ import annotations

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
from loanhub.domain.permissions import Permission
from loanhub.models import Channel, ChannelCost, Lead, LeadCost
from loanhub.repositories import channel_credits
from loanhub.services import events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction

_LEAD = Lead.__table__  # type: ignore[attr-defined]
LONGEST_DAYS = 366


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
                after={"渠道": channel.label, "费用": format_fen(amount_fen), "期间": days_of(row)},
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


def midnight(day: date) -> datetime:
    """Return the instant a day begins in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def _spread(db: Session, row: ChannelCost, *, now: datetime) -> int:
    query = sa.select(col(Lead.id)).where(
        col(Lead.channel_code) == row.channel_code,
        col(Lead.created_at) >= midnight(row.first_date),
        col(Lead.created_at) < midnight(row.last_date + timedelta(days=1)),
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
    """Price the payouts of leads that have none yet, each by the channels it counts for; returns how many leads."""
    query = sa.select(col(Channel.code), col(Channel.cost_per_payout_fen)).where(
        col(Channel.cost_model) == CostModel.PER_PAYOUT.value, col(Channel.cost_per_payout_fen) > 0
    )
    prices = {str(code): int(price) for code, price in db.execute(query).all()}
    ruled = {
        lead: shares
        for lead, shares in channel_credits.ruled(db).items()
        if any(code in prices for code, _ in shares)
    }
    priced = sa.select(col(LeadCost.lead_id)).where(col(LeadCost.kind) == "payout")
    due = (
        sa.select(col(Lead.id), col(Lead.channel_code))
        .where(
            col(Lead.status) == LeadStatus.FUNDED, col(Lead.id).not_in(priced),
            sa.or_(col(Lead.channel_code).in_(prices), col(Lead.id).in_(ruled)),
        )
        .order_by(col(Lead.id))
        .limit(5000)
    )  # fmt: skip
    amounts: dict[str, dict[int, int]] = {}
    for lead_id, own in db.execute(due).all():
        for code, percent in ruled.get(int(lead_id or 0), ((own, 100),)):
            if code in prices:
                share = divide_half_up(prices[code] * percent, 100)
                amounts.setdefault(code, {})[int(lead_id or 0)] = share
    for code, shares in amounts.items():
        _put(db, shares, code, "payout", key=f"payout:{code}", now=now)
    return len(set().union(*amounts.values())) if amounts else 0


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


def days_of(row: ChannelCost) -> str:
    """Return the days of a bill as they are shown."""
    return f"{formats.day(row.first_date)} 至 {formats.day(row.last_date)}"


def _label(db: Session, code: str) -> str:
    return db.execute(sa.select(col(Channel.label)).where(col(Channel.code) == code)).scalar() or code
