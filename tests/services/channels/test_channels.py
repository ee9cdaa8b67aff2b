"""Channels: the form, what leads cost to the fen, claims for bad ones, who may do what, posters."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.channels import ClaimAnswered, spread
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Channel, Lead
from loanhub.services import channels, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.channels.edit import StaleChannel
from tests.people import NOON, Company, make_company

FORM = {
    "code": "wuye", "label": "物业合作", "kind": "partner", "cost_model": "per_lead", "price": "35.5",
    "owner_rule": "engine", "active": "true", "utm_source": "wuye",
}  # fmt: skip
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 19))


@pytest.fixture
def company(database: Engine) -> Company:
    return make_company()


def save(actor: Actor, channel_id: int = 0, version: int = 0, **changes: str) -> int:
    return channels.save(actor, channel_id=channel_id, version=version, form=FORM | changes, now=NOON)


def lead(actor: Actor, phone: str, channel: str = "douyin", now: datetime = NOON) -> int:
    made = leads.create(actor, {"name": "王芳", "phone": phone, "channel_code": channel}, now=now)
    assert made.lead_id is not None
    return made.lead_id


def cost_of(lead_id: int) -> int:
    with reading() as db:
        return int(db.execute(sa.select(col(Lead.cost_fen)).where(col(Lead.id) == lead_id)).scalar_one())


class TestSpread:
    @given(st.integers(0, 10**12), st.lists(st.integers(1, 10**6), unique=True, min_size=1, max_size=60))
    def test_shares_sum_to_the_bill_and_differ_by_a_fen_at_most(self, amount: int, ids: list[int]) -> None:
        shares = spread(amount, ids)

        assert sum(shares.values()) == amount and set(shares) == set(ids)
        assert max(shares.values()) - min(shares.values()) <= 1

    def test_gives_what_does_not_divide_to_the_lowest_ids(self) -> None:
        assert spread(100, [9, 3, 5]) == {3: 34, 5: 33, 9: 33}


class TestSave:
    def test_makes_a_channel_whose_price_new_leads_carry(self, company: Company) -> None:
        save(company.actor("admin"))

        assert cost_of(lead(company.actor("sales"), "13800138000", "wuye")) == 3550

    def test_shows_link_price_and_owner_in_words(self, company: Company) -> None:
        save(company.actor("admin"), owner_rule="person", owner_id=str(company.users["sales"]))

        views, form = channels.list_channels(company.actor("admin"), now=NOON)
        one = next(view for view in views if view.code == "wuye")
        assert one.price == "每条 ¥35.50" and one.owner == "员工sales"
        assert one.link.endswith("/h5/apply?c=wuye&utm_source=wuye")
        assert (str(company.users["sales"]), "员工sales") in form.people
        assert str(company.users["finance"]) not in dict(form.people)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"code": "A B"}, "code"), ({"code": "douyin"}, "code"), ({"label": ""}, "label"),
            ({"label": "抖音信息流"}, "label"), ({"price": "1.234"}, "price"), ({"kind": "x"}, "kind"),
            ({"owner_rule": "person", "owner_id": "0"}, "owner_id"), ({"consent_version": "9"}, "consent_version"),
        ],
    )  # fmt: skip
    def test_says_beside_the_field_what_is_wrong(
        self, company: Company, changes: dict[str, str], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as fault:
            save(company.actor("admin"), **changes)

        assert list(fault.value.fields) == [field]

    def test_refuses_an_edit_of_an_old_version(self, company: Company) -> None:
        made = save(company.actor("admin"))
        save(company.actor("admin"), made, 1, label="物业合作二")

        with pytest.raises(StaleChannel):
            save(company.actor("admin"), made, 1, label="物业合作三")

    def test_keeps_the_price_a_lead_came_for(self, company: Company) -> None:
        made = save(company.actor("admin"))
        first = lead(company.actor("sales"), "13800138000", "wuye")
        save(company.actor("admin"), made, 1, price="99")

        assert cost_of(first) == 3550

    @pytest.mark.parametrize("role", [RoleCode.SALES, RoleCode.TEAM_LEAD, RoleCode.AUDITOR])
    def test_is_the_administrators(self, company: Company, role: RoleCode) -> None:
        with pytest.raises(NotPermitted):
            save(company.actor(role.value))


class TestCosts:
    def add(
        self,
        company: Company,
        amount: str = "100",
        kind: str = "media",
        last: date = NOVEMBER[1],
        key: str = "",
    ) -> int:
        return channels.add_cost(
            company.actor("finance"), channel_code="website", kind=kind, first=NOVEMBER[0], last=last, amount=amount,
            key=key, now=NOON,
        )  # fmt: skip

    def three(self, company: Company) -> list[int]:
        day = NOON - timedelta(days=3)
        return [lead(company.actor("sales"), f"1380013800{n}", "website", day) for n in range(3)]

    def test_spreads_a_bill_of_past_days_over_their_leads_to_the_fen(self, company: Company) -> None:
        ids = self.three(company)
        lead(company.actor("sales"), "13800138009", "website")  # today: not of these days
        self.add(company)

        assert [cost_of(one) for one in ids] == [3334, 3333, 3333]

    def test_waits_for_the_end_of_the_days_and_spreads_once(self, company: Company) -> None:
        ids = self.three(company)
        self.add(company, last=date(2026, 11, 30))
        assert [cost_of(one) for one in ids] == [0, 0, 0]

        december = datetime(2026, 12, 1, 1, tzinfo=NOON.tzinfo)
        assert channels.settle(now=december) == 3
        assert channels.settle(now=december) == 0
        assert sum(cost_of(one) for one in ids) == 10_000

    def test_a_void_takes_off_exactly_what_was_put_on(self, company: Company) -> None:
        ids = self.three(company)
        entry = self.add(company)
        channels.void_cost(company.actor("finance"), cost_id=entry, reason="填错了", now=NOON)

        assert [cost_of(one) for one in ids] == [0, 0, 0]
        with pytest.raises(Conflict):
            channels.void_cost(company.actor("finance"), cost_id=entry, reason="再来一次", now=NOON)

    def test_the_same_key_is_one_bill(self, company: Company) -> None:
        ids = self.three(company)
        assert self.add(company, key="k") == self.add(company, key="k")

        assert sum(cost_of(one) for one in ids) == 10_000

    @pytest.mark.parametrize(
        ("kind", "amount", "last", "field"),
        [("x", "1", NOVEMBER[1], "kind"), ("media", "0", NOVEMBER[1], "amount"), ("media", "abc", NOVEMBER[1], "amount"),
         ("media", "1", date(2026, 10, 1), "last"), ("media", "1", date(2028, 1, 1), "last")],
    )  # fmt: skip
    def test_says_what_is_wrong(
        self, company: Company, kind: str, amount: str, last: date, field: str
    ) -> None:
        with pytest.raises(InvalidInput) as fault:
            self.add(company, amount, kind, last)

        assert list(fault.value.fields) == [field]

    def test_prices_a_payout_once(self, company: Company) -> None:
        made = save(company.actor("admin"), cost_model="per_payout", price="300")
        one = lead(company.actor("sales"), "13800138000", "wuye")
        with transaction() as db:
            db.execute(sa.update(Lead).where(col(Lead.id) == one).values(status="funded"))
            assert db.get(Channel, made) is not None
        assert channels.settle(now=NOON) == 1 and channels.settle(now=NOON) == 0

        assert cost_of(one) == 30_000

    def test_the_table_adds_up_and_divides_halves_up(self, company: Company) -> None:
        self.three(company)
        self.add(company)
        rows, total, entries = channels.cost_table(
            company.actor("finance"), first=NOVEMBER[0], last=date(2026, 11, 20)
        )

        assert [(row.label, row.leads, row.cost, row.per_lead, row.per_contacted) for row in rows] == [
            ("官网", "3", "¥100.00", "¥33.33", "—")
        ]
        assert total.cost == "¥100.00" and entries[0].state == "已分摊到 3 条线索"

    def test_a_team_lead_sees_the_own_leads_alone(self, company: Company) -> None:
        company.add("far", RoleCode.SALES, "other_branch")
        lead(company.actor("far"), "13800138001")
        lead(company.actor("sales"), "13800138002")
        rows, _, _ = channels.cost_table(company.actor("team_lead"), first=NOVEMBER[0], last=NOON.date())

        assert [row.leads for row in rows] == ["1"]
        with pytest.raises(NotPermitted):
            channels.cost_table(company.actor("sales"), first=NOVEMBER[0], last=NOVEMBER[1])


class TestRefunds:
    def bad(self, company: Company, phone: str = "13800138000") -> int:
        one = lead(company.actor("sales"), phone)
        leads.close(company.actor("sales"), lead_id=one, invalid="dead_number", now=NOON)
        return one

    def test_money_given_back_comes_off_the_lead_once(self, company: Company) -> None:
        one, boss = self.bad(company), company.actor("team_lead")
        assert [c.lead_id for c in channels.list_claimable(boss)] == [one]
        channels.claim(boss, lead_ids=[one], now=NOON)
        (claim,) = channels.list_claims(boss, now=NOON)
        assert cost_of(one) == 8000 and claim.amount == "¥80.00" and claim.reason == "空号"

        channels.decide(boss, claim_id=claim.id, accepted=True, now=NOON)
        assert cost_of(one) == 0 and channels.list_claimable(boss) == []
        with pytest.raises(ClaimAnswered):
            channels.decide(boss, claim_id=claim.id, accepted=False, now=NOON)

    def test_a_refused_claim_leaves_the_cost(self, company: Company) -> None:
        one, boss = self.bad(company), company.actor("team_lead")
        channels.claim(boss, lead_ids=[one], now=NOON)
        (claim,) = channels.list_claims(boss, now=NOON)
        channels.decide(boss, claim_id=claim.id, accepted=False, note="录音显示已接通", now=NOON)

        assert cost_of(one) == 8000
        assert channels.list_claims(boss, now=NOON)[0].note == "录音显示已接通"

    def test_refuses_good_leads_second_claims_and_those_out_of_sight(self, company: Company) -> None:
        good, bad, boss = (
            lead(company.actor("sales"), "13800138001"),
            self.bad(company),
            company.actor("team_lead"),
        )
        with pytest.raises(Conflict):
            channels.claim(boss, lead_ids=[bad, good], now=NOON)
        assert channels.list_claims(boss, now=NOON) == [], "half of a refused claim stayed"
        channels.claim(boss, lead_ids=[bad], now=NOON)
        with pytest.raises(Conflict):
            channels.claim(boss, lead_ids=[bad], now=NOON)
        company.add("far", RoleCode.TEAM_LEAD, "other_branch")
        with pytest.raises(NotFound):
            channels.claim(company.actor("far"), lead_ids=[bad], now=NOON)
        with pytest.raises(NotPermitted):
            channels.claim(company.actor("sales"), lead_ids=[bad], now=NOON)


class TestPoster:
    def test_is_a_pdf_with_embedded_fonts_and_no_foreign_names(self, company: Company) -> None:
        name, content = channels.poster(company.actor("admin"), code="douyin", now=NOON)

        assert name == "抖音信息流-海报.pdf" and content.startswith(b"%PDF")
        assert content.count(b"/FontFile2") >= 2 and b"/Helvetica" not in content

    def test_a_qr_code_is_the_link_and_no_code_is_no_channel(self, company: Company) -> None:
        assert channels.qr_svg(company.actor("team_lead"), code="douyin")[1].startswith(b"<svg")
        with pytest.raises(NotFound):
            channels.qr_svg(company.actor("admin"), code="nothing")
        with pytest.raises(NotPermitted):
            channels.poster(company.actor("sales"), code="douyin", now=NOON)
