"""Whose a contested record is: claimed blindly, decided by who is no party, kept for the days of protection."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead, LeadTouch, Notification, OwnershipRuling
from loanhub.services import customers, leads, rulings
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.duplicates import tell
from tests.builders import NOON, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


CLAIM = "上周三已经面谈过，客户加了我的微信"


def contested(owner: Actor, claimant: Actor, channel: str = "") -> tuple[int, str]:
    phone = make_phone()
    made = leads.create(owner, {"name": "孙立", "phone": phone, "channel_code": "douyin"}, now=NOON)
    rulings.open_ruling(claimant, number=phone, claim=CLAIM, channel_code=channel, now=NOON)
    assert made.lead_id
    return made.lead_id, phone


def people() -> tuple[Actor, Actor, Actor]:
    return (
        make_user(RoleCode.SALES, name="甲"),
        make_user(RoleCode.SALES, name="乙", team="华东二组"),
        make_user(RoleCode.TEAM_LEAD),
    )


def decide(boss: Actor, **more: object) -> None:
    (row,) = rulings.list_rulings(boss, now=NOON)
    rulings.decide(
        boss,
        **{
            "ruling_id": row.id,
            "version": row.version,
            "outcome": "goes",
            "decision": "先接触者为准",
            "now": NOON,
            **more,
        },  # type: ignore[arg-type]
    )


def test_the_claimant_learns_the_team_and_not_who(database: Engine) -> None:
    owner, claimant, boss = people()
    contested(owner, claimant)

    (row,) = rulings.list_rulings(claimant, now=NOON)

    assert (row.subject, row.owner, row.href) == ("已存在，跟进中（华东一组）", "另一位同事", "")
    assert row.can_withdraw and not row.can_decide
    (above,) = rulings.list_rulings(boss, now=NOON)
    assert above.can_decide and "孙立" in above.subject
    with reading() as db:
        told = set(
            db.execute(
                sa.select(col(Notification.user_id)).where(col(Notification.entity) == "ruling")
            ).scalars()
        )
    assert told == {owner.user_id, boss.user_id}


def test_goes_to_the_claimant_who_keeps_it_protected_and_both_channels_count() -> None:
    owner, claimant, boss = people()
    lead_id, phone = contested(owner, claimant, channel="website")

    decide(boss, credit="both", protect_days=15)

    with reading() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None
        assert (lead.owner_id, lead.department_id, lead.previous_owner_id) == (
            claimant.user_id, claimant.department_id, owner.user_id,
        )  # fmt: skip
        assert lead.locked_until == NOON + timedelta(days=15)
        assert db.execute(sa.select(col(LeadTouch.channel_code))).scalars().all() == ["website"]
        (event,) = db.execute(sa.select(Event).where(col(Event.type) == "ruling.decided")).scalars().all()
        assert (event.before, event.after) == ({"负责人": "甲"}, {"负责人": "乙"})
    (row,) = rulings.list_rulings(claimant, now=NOON)
    assert row.credits == "抖音 50%、官网 50%" or "50%" in row.credits
    third = make_user(RoleCode.SALES, team="华东二组")
    assert "裁定保护至 2026-12-05" in tell.check(third, text=phone, now=NOON).sentences[0]


def test_stays_with_its_owner() -> None:
    owner, claimant, boss = people()
    lead_id, _ = contested(owner, claimant)

    decide(boss, outcome="stays")

    with reading() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None and lead.owner_id == owner.user_id


def test_a_customer_can_be_contested_as_well() -> None:
    owner, claimant, boss = people()
    phone = make_phone()
    customer_id = customers.create(owner, {"name": "孙立", "phone": phone}, now=NOON)
    rulings.open_ruling(claimant, number=phone, claim=CLAIM, now=NOON)

    decide(boss)

    assert customers.overview(claimant, customer_id=customer_id, now=NOON).id == customer_id


def test_nobody_decides_his_own_case_nor_without_the_permission_nor_beyond_his_scope() -> None:
    _owner, claimant, boss = people()
    contested(boss, claimant)
    (row,) = rulings.list_rulings(boss, now=NOON)
    asked = {
        "ruling_id": row.id,
        "version": row.version,
        "outcome": "stays",
        "decision": "先接触者为准",
        "now": NOON,
    }

    with pytest.raises(NotPermitted):
        rulings.decide(boss, **asked)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        rulings.decide(make_user(RoleCode.TEAM_LEAD, team="华东二组"), **asked)  # type: ignore[arg-type]
    with pytest.raises(NotPermitted):
        rulings.decide(make_user(RoleCode.CREDIT), **asked)  # type: ignore[arg-type]


def test_is_decided_once() -> None:
    owner, claimant, boss = people()
    contested(owner, claimant)
    (row,) = rulings.list_rulings(boss, now=NOON)
    decide(boss, outcome="stays")

    with pytest.raises(rulings.RulingStale):
        rulings.decide(
            boss, ruling_id=row.id, version=row.version, outcome="stays", decision="再想想", now=NOON
        )


def test_can_be_taken_back_by_who_opened_it_alone() -> None:
    owner, claimant, _boss = people()
    contested(owner, claimant)
    (row,) = rulings.list_rulings(claimant, now=NOON)

    with pytest.raises(NotFound):
        rulings.withdraw(owner, ruling_id=row.id, version=row.version, now=NOON)
    rulings.withdraw(claimant, ruling_id=row.id, version=row.version, now=NOON)

    with reading() as db:
        assert db.execute(sa.select(col(OwnershipRuling.status))).scalars().all() == ["withdrawn"]


def test_says_why_a_claim_cannot_be_opened_and_counts_it_as_a_check() -> None:
    owner, claimant, _boss = people()
    _lead, phone = contested(owner, claimant)

    with pytest.raises(Conflict, match="正在等裁定"):
        rulings.open_ruling(claimant, number=phone, claim=CLAIM, now=NOON)
    with pytest.raises(Conflict, match="已经在你名下"):
        rulings.open_ruling(owner, number=phone, claim=CLAIM, now=NOON)
    with pytest.raises(Conflict, match="直接录入"):
        rulings.open_ruling(claimant, number=make_phone(), claim=CLAIM, now=NOON)
    with pytest.raises(InvalidInput) as refused:
        rulings.open_ruling(claimant, number="138", claim="我的", channel_code="x", now=NOON)

    assert {"number", "claim"} <= set(refused.value.fields)
    assert tell.left_today(claimant, now=NOON)[0] == 17


def test_a_decision_needs_a_reason_and_a_channel_to_credit() -> None:
    owner, claimant, boss = people()
    contested(owner, claimant)

    with pytest.raises(InvalidInput) as refused:
        decide(boss, decision="", credit="last", protect_days=999)

    assert set(refused.value.fields) == {"decision", "credit", "protect_days"}


def test_a_protected_record_is_not_claimed_again_before_the_day() -> None:
    owner, claimant, boss = people()
    _lead, phone = contested(owner, claimant)
    decide(boss, outcome="stays", protect_days=10)

    with pytest.raises(Conflict, match="2026-11-30"):
        rulings.open_ruling(claimant, number=phone, claim=CLAIM, now=NOON)

    rulings.open_ruling(claimant, number=phone, claim=CLAIM, now=NOON + timedelta(days=11))
