"""What rulings say of channels 渠道归属, counted in the table of costs, priced at the payout, and compared with plain SQL."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead, LeadCost
from loanhub.services import channels, leads, rulings
from loanhub.services._transaction import reading, transaction
from tests.builders import make_phone, make_user
from tests.people import NOON, Company, make_company

LATER = NOON + timedelta(hours=1)
PARTNER = {
    "code": "wuye", "label": "物业合作", "kind": "partner", "cost_model": "per_payout", "price": "301.01",
    "owner_rule": "engine", "active": "true", "utm_source": "wuye",
}  # fmt: skip


@pytest.fixture
def company(database: Engine) -> Company:
    made = make_company()
    channels.save(made.actor("admin"), channel_id=0, version=0, form=PARTNER, now=NOON)
    return made


def lead(company: Company, channel: str = "website", phone: str = "") -> tuple[int, str]:
    number = phone or make_phone()
    made = leads.create(
        company.actor("sales"), {"name": "王芳", "phone": number, "channel_code": channel}, now=NOON
    )
    assert made.lead_id is not None
    return made.lead_id, number


def rule(company: Company, phone: str, credit: str, channel: str = "wuye") -> None:
    claimant = make_user(RoleCode.SALES, name="乙", team="other_team")
    rulings.open_ruling(claimant, number=phone, claim="上周三已经面谈过", channel_code=channel, now=NOON)
    boss = company.actor("manager")
    row = next(one for one in rulings.list_rulings(boss, now=NOON) if one.status == "open")
    rulings.decide(
        boss, ruling_id=row.id, version=row.version, outcome="stays", decision="先接触者为准", credit=credit, now=LATER
    )  # fmt: skip


def table(company: Company) -> dict[str, channels.CostRow]:
    rows, total, _ = channels.cost_table(company.actor("finance"), first=NOON.date(), last=NOON.date())
    return {row.label: row for row in (*rows, total)}


def test_a_ruled_lead_counts_for_whom_the_ruling_says(company: Company) -> None:
    for credit in ("first", "last", "both"):
        _, phone = lead(company)
        rule(company, phone, credit)
    lead(company)
    channels.add_cost(
        company.actor("finance"), channel_code="website", kind="media", first=NOON.date(), last=NOON.date(),
        amount="100", now=NOON + timedelta(days=1),
    )  # fmt: skip

    found = table(company)

    assert (found["官网"].leads, found["官网"].cost, found["官网"].per_lead) == ("2.5", "¥100.00", "¥40.00")
    assert (found["物业合作"].leads, found["物业合作"].cost, found["物业合作"].per_lead) == (
        "1.5",
        "¥0.00",
        "¥0.00",
    )
    assert (found["合计"].leads, found["合计"].cost, found["合计"].per_lead) == ("4", "¥100.00", "¥25.00")


def test_the_last_ruling_on_a_lead_is_the_one(company: Company) -> None:
    _, phone = lead(company)
    rule(company, phone, "last")
    with transaction() as db:
        db.execute(sa.text("UPDATE ownership_ruling SET protected_until = NULL"))
    rule(company, phone, "first")

    assert {name: row.leads for name, row in table(company).items()} == {"官网": "1", "合计": "1"}


def test_a_payout_is_priced_by_the_channels_it_counts_for(company: Company) -> None:
    ids = []
    for credit in ("first", "last", "both"):
        made, phone = lead(company)
        rule(company, phone, credit)
        ids.append(made)
    given, _ = lead(company, "wuye")
    with transaction() as db:
        db.execute(sa.update(Lead).where(col(Lead.id).in_([*ids, given])).values(status="funded"))

    assert channels.settle(now=LATER) == 3 and channels.settle(now=LATER) == 0

    with reading() as db:
        paid = {
            line.lead_id: (line.channel_code, line.amount_fen)
            for line in db.execute(sa.select(LeadCost)).scalars()
        }
    assert paid == {ids[1]: ("wuye", 30_101), ids[2]: ("wuye", 15_051), given: ("wuye", 30_101)}
    found = table(company)["物业合作"]
    assert (found.payouts, found.cost, found.per_payout) == ("2.5", "¥752.53", "¥301.01")
    assert (table(company)["官网"].payouts, table(company)["官网"].cost) == ("1.5", "¥0.00")


def test_a_ruling_on_a_customer_is_about_the_enquiry_they_met_over(company: Company) -> None:
    made, phone = lead(company)
    leads.convert(company.actor("sales"), lead_id=made, now=NOON)
    with transaction() as db:
        customer = db.get_one(Lead, made).customer_id
        db.execute(sa.update(Lead).where(col(Lead.id) == made).values(status="funded"))
    assert customer
    rule(company, phone, "last")

    found = table(company)

    assert (found["物业合作"].leads, found["物业合作"].payouts, found["官网"].leads) == ("1", "1", "0")


def test_agrees_with_plain_sql(company: Company) -> None:
    for number in range(12):
        made, phone = lead(company, ("website", "douyin", "wuye")[number % 3])
        if number % 2:
            rule(company, phone, ("both", "last")[number % 4 // 2], "website")
        if number % 3 == 2:
            with transaction() as db:
                db.execute(sa.update(Lead).where(col(Lead.id) == made).values(status="funded"))
    channels.settle(now=LATER)
    heads: dict[str, Decimal] = defaultdict(Decimal)
    with reading() as db:
        told = db.execute(
            sa.text("SELECT entity_id, credits FROM ownership_ruling WHERE status = 'decided'")
        ).all()
        shared = {row: json.loads(said) if isinstance(said, str) else said for row, said in told}
        for lead_id, own in db.execute(sa.text("SELECT id, channel_code FROM lead")).all():
            for share in shared.get(lead_id, [{"channel": own, "percent": 100}]):
                heads[share["channel"]] += Decimal(share["percent"]) / 100
        paid = dict(
            db.execute(
                sa.text(
                    "SELECT code, SUM(fen) FROM ("
                    "SELECT channel_code AS code, amount_fen AS fen FROM lead_cost UNION ALL "
                    "SELECT l.channel_code, l.cost_fen - COALESCE((SELECT SUM(c.amount_fen) FROM lead_cost c "
                    "WHERE c.lead_id = l.id), 0) FROM lead l) AS part GROUP BY code"
                )
            ).all()
        )

    found = table(company)

    labels = {"website": "官网", "douyin": "抖音信息流", "wuye": "物业合作"}
    assert {code: Decimal(found[label].leads) for code, label in labels.items()} == heads
    assert {code: found[label].cost for code, label in labels.items()} == {
        code: f"¥{Decimal(int(paid[code])) / 100:,.2f}" for code in labels
    }
    assert found["合计"].leads == "12" and int(paid["wuye"]) > 0
