"""The public application: consents one by one, nothing told to strangers, the owner told, once whatever is resent."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.consents import SHIPPED, SHIPPED_VERSION
from loanhub.domain.errors import InvalidInput
from loanhub.models import Consent, Lead, LeadConsent, LeadTouch, Notification
from loanhub.services import channels, consent_texts, leads
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading
from loanhub.services.leads import apply
from tests.people import NOON, Company, make_company

FORM = {
    "name": "冯启明",
    "phone": "138 0013 8000",
    "city": "杭州",
    "amount_fen": "20万",
    "purpose": "经营周转",
}
PERSONAL = "personal"


@pytest.fixture
def company(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(apply, "_sends", apply._Sends())
    return make_company()


def submit(agreed: tuple[str, ...] = (PERSONAL,), channel: str = "douyin", **changes: Any) -> apply.Receipt:
    options = {
        "agreed": agreed, "text_version": SHIPPED_VERSION, "channel_code": channel, "ip": "203.0.113.9",
        "user_agent": "Mozilla/5.0", "now": NOON,
    }  # fmt: skip
    form = FORM | {key: value for key, value in changes.items() if key in apply.FIELDS}
    options |= {key: value for key, value in changes.items() if key not in apply.FIELDS}
    return apply.submit(form, **options)


def rows(model: Any) -> list[Any]:
    with reading() as db:
        return list(db.execute(sa.select(model).order_by(model.id)).scalars())


class TestNew:
    def test_makes_a_lead_of_the_channel_with_the_consents_as_given(self, company: Company) -> None:
        receipt = submit((PERSONAL, "marketing"))

        (lead,) = rows(Lead)
        assert (lead.name, lead.city, lead.amount_fen, lead.door) == ("冯启明", "杭州", 20_000_000, "h5")
        assert (lead.channel_code, lead.cost_fen, lead.note) == ("douyin", 8000, f"申请编号 {receipt.number}")
        given = {one.purpose: one for one in rows(LeadConsent)}
        assert set(given) == {PERSONAL, "marketing"}
        assert (
            given[PERSONAL].text_hash == SHIPPED[0].hash and given[PERSONAL].text_version == SHIPPED_VERSION
        )
        assert (given[PERSONAL].ip, given[PERSONAL].user_agent) == ("203.0.113.9", "Mozilla/5.0")
        assert given[PERSONAL].given_at == NOON

    def test_what_was_agreed_stays_with_the_customer_the_lead_becomes(self, company: Company) -> None:
        submit((PERSONAL, "marketing"))
        (lead,) = rows(Lead)

        customer_id = leads.convert(SYSTEM, lead_id=lead.id, now=NOON)

        given = rows(Consent)
        assert {(one.customer_id, one.purpose, one.way) for one in given} == {
            (customer_id, PERSONAL, "electronic"), (customer_id, "marketing", "electronic"),
        }  # fmt: skip
        assert all(SHIPPED_VERSION in one.note and one.given_date == NOON.date() for one in given)

    @pytest.mark.parametrize(
        ("code", "credited"), [("", "website"), ("nothing", "other"), ("DOUYIN", "douyin")]
    )
    def test_a_link_without_a_known_channel_still_brings_the_lead(
        self, company: Company, code: str, credited: str
    ) -> None:
        submit(channel=code)

        assert rows(Lead)[0].channel_code == credited

    def test_goes_to_the_person_the_channel_names(self, company: Company) -> None:
        boss = company.actor("admin")
        views, _ = channels.list_channels(boss, now=NOON)
        one = next(view for view in views if view.code == "douyin")
        form = one.values | {"owner_rule": "person", "owner_id": str(company.users["sales"])}
        channels.save(boss, channel_id=one.id, version=one.version, form=form, now=NOON)
        submit()

        (lead,) = rows(Lead)
        assert lead.owner_id == company.users["sales"] and lead.next_step == "首次联系"
        assert [note.user_id for note in rows(Notification)] == [company.users["sales"]]

    def test_sent_twice_is_one_lead_and_one_receipt(self, company: Company) -> None:
        assert submit(key="k") == submit(key="k")

        assert (len(rows(Lead)), len(rows(LeadTouch))) == (1, 0)


class TestFaults:
    def test_every_required_field_and_consent_at_once(self, company: Company) -> None:
        with pytest.raises(InvalidInput) as fault:
            submit((), name="", phone="", city="", amount_fen="")

        assert set(fault.value.fields) == {"name", "phone", "city", "amount_fen", "consent.personal"}
        assert rows(Lead) == []

    @pytest.mark.parametrize(
        ("field", "text"),
        [("phone", "1234"), ("amount_fen", "1.234"), ("amount_fen", "99999999万"), ("term_months", "9999"), ("name", "1")],
    )  # fmt: skip
    def test_names_the_field(self, company: Company, field: str, text: str) -> None:
        with pytest.raises(InvalidInput) as fault:
            submit(**{field: text})

        assert list(fault.value.fields) == [field] and rows(Lead) == []

    def test_nobody_agrees_to_words_that_changed_meanwhile(self, company: Company) -> None:
        texts = {one.purpose.value: {"title": one.title, "body": one.body + "新。"} for one in SHIPPED}
        consent_texts.publish(company.actor("admin"), version="2027-01", texts=texts, now=NOON)

        assert apply.find_offer("douyin").text_version == "2027-01"
        assert submit().number  # words of a version that exists stay good for who is on the page
        with pytest.raises(InvalidInput) as fault:
            submit(text_version="2031-01")
        assert list(fault.value.fields) == ["consent"]


class TestKnown:
    """The answer to somebody we know must not differ."""

    def test_the_known_lead_stays_one_its_owner_is_told_both_channels_count(self, company: Company) -> None:
        made = leads.create(
            company.actor("sales"),
            {"name": "冯启明", "phone": "13800138000", "channel_code": "baidu_sem"},
            now=NOON,
        )
        receipt = submit()

        (lead,) = rows(Lead)
        assert (lead.id, lead.channel_code) == (made.lead_id, "baidu_sem")
        (touch,) = rows(LeadTouch)
        assert (touch.channel_code, touch.note) == ("douyin", f"申请编号 {receipt.number}")
        assert [note.user_id for note in rows(Notification)] == [company.users["sales"]]
        assert [one.lead_id for one in rows(LeadConsent)] == [lead.id]

    def test_receipts_of_new_and_known_look_alike_and_name_no_lead(self, company: Company) -> None:
        new, known = submit(), submit()

        assert len(new.number) == len(known.number) == 16 and new.number[:10] == known.number[:10]
        assert rows(Lead)[0].number not in (new.number, known.number)

    def test_the_same_number_over_and_over_is_not_written_again(self, company: Company) -> None:
        receipts = {submit().number for _ in range(8)}

        assert len(receipts) >= 7
        assert len(rows(Lead)) == 1 and len(rows(LeadTouch)) == apply.PHONE_SENDS - 1

    def test_a_program_that_fills_the_trap_gets_a_receipt_and_nothing_is_written(
        self, company: Company
    ) -> None:
        assert submit(trap="http://spam.example").number.startswith("SQ")

        assert rows(Lead) == [] and rows(LeadConsent) == []


class TestTexts:
    def test_a_published_version_is_never_published_again(self, company: Company) -> None:
        texts = {one.purpose.value: {"title": one.title, "body": one.body} for one in SHIPPED}
        with pytest.raises(InvalidInput) as fault:
            consent_texts.publish(company.actor("admin"), version=SHIPPED_VERSION, texts=texts, now=NOON)
        assert list(fault.value.fields) == ["version"]

        with pytest.raises(InvalidInput) as empty:
            consent_texts.publish(company.actor("admin"), version="x y", texts={}, now=NOON)
        assert set(empty.value.fields) == {"version"} | {
            f"{p.purpose.value}.{k}" for p in SHIPPED for k in ("title", "body")
        }

    def test_no_purpose_is_ticked_or_bundled_in_the_shipped_words(self) -> None:
        assert [one.required for one in SHIPPED] == [True, False, False]
        assert len({one.purpose for one in SHIPPED}) == len(SHIPPED)
