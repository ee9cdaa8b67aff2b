"""Leads: legal moves, numbers, duplicates and what becomes of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import leads
from loanhub.domain.errors import InvalidInput
from loanhub.domain.leads import DuplicateKey, DuplicateOutcome, LeadEvent, LeadStatus, PartyKeys
from loanhub.domain.pipelines import StageCode

NOW = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)


class TestMove:
    def test_goes_from_new_to_funded(self):
        status = LeadStatus.NEW
        for event in (
            LeadEvent.ASSIGN,
            LeadEvent.MISS,
            LeadEvent.REACH,
            LeadEvent.INTEREST,
            LeadEvent.QUALIFY,
            LeadEvent.MATCH,
            LeadEvent.SIGN,
            LeadEvent.SUBMIT,
            LeadEvent.APPROVE,
            LeadEvent.ACCEPT,
            LeadEvent.FUND,
        ):
            status = leads.move(status, event)

        assert status is LeadStatus.FUNDED

    def test_refuses_what_the_table_does_not_have(self):
        with pytest.raises(leads.IllegalMove, match="「新线索」的线索不能放款"):
            leads.move(LeadStatus.NEW, LeadEvent.FUND)

    @pytest.mark.parametrize("status", sorted(leads.PROTECTED_STATUSES))
    def test_never_releases_or_invalidates_a_signed_lead(self, status):
        assert (status, LeadEvent.RELEASE) not in leads.MOVES
        assert (status, LeadEvent.INVALIDATE) not in leads.MOVES

    def test_every_status_can_be_reached(self):
        assert set(leads.MOVES.values()) == set(LeadStatus)

    def test_every_event_does_something(self):
        assert {event for _, event in leads.MOVES} == set(LeadEvent)


class TestStatusOnEntering:
    def test_every_open_status_belongs_to_one_stage(self):
        folded = [status for statuses in leads.STAGE_STATUSES.values() for status in statuses]

        assert sorted(folded) == sorted({*leads.OPEN_STATUSES, LeadStatus.FUNDED})
        assert set(leads.STAGE_STATUSES) == set(StageCode)

    @pytest.mark.parametrize(
        ("stage", "status", "owned", "expected"),
        [
            ("intent", LeadStatus.WAITING, True, LeadStatus.CONTACTED),
            ("intent", LeadStatus.INVITED, True, LeadStatus.INVITED),
            ("lead", LeadStatus.CONTACTED, True, LeadStatus.WAITING),
            ("lead", LeadStatus.CONTACTED, False, LeadStatus.NEW),
            ("own_stage", LeadStatus.CONTACTED, True, LeadStatus.CONTACTED),
        ],
    )
    def test_follows_the_stage(self, stage, status, owned, expected):
        assert leads.status_on_entering(stage, status, owned=owned) is expected


@pytest.mark.parametrize(
    ("grade", "label"), [("A", "高意向"), ("B", "高意向"), ("C", "待观察"), ("D", "无效")]
)
def test_temperature_follows_the_grade(grade, label):
    assert leads.temperature_of(leads.IntentGrade(grade)).label == label


def test_an_invalid_lead_is_cold_whatever_its_grade():
    assert (
        leads.temperature_of(leads.IntentGrade.A, leads.InvalidReason.DEAD_NUMBER)
        is leads.Temperature.INVALID
    )


class TestLeadNumber:
    def test_has_three_digits_and_widens(self):
        assert leads.lead_number(date(2026, 5, 20), 1) == "L20260520001"
        assert leads.lead_number(date(2026, 5, 20), 1000) == "L202605201000"

    @given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), sequence=st.integers(1, 10**6))
    def test_reads_back(self, day, sequence):
        assert leads.parse_lead_number(leads.lead_number(day, sequence)) == (day, sequence)

    @pytest.mark.parametrize(
        "text", ["", "L20260532001", "L2026052001", "X20260520001", "L２０２６０５２０００１"]
    )
    def test_refuses_other_texts(self, text):
        with pytest.raises(InvalidInput):
            leads.parse_lead_number(text)


class TestFindDuplicateKey:
    @pytest.mark.parametrize(
        ("one", "other", "key"),
        [
            (
                PartyKeys(phone="1", id_number="a"),
                PartyKeys(phone="2", id_number="a"),
                DuplicateKey.ID_NUMBER,
            ),
            (PartyKeys(phone="1"), PartyKeys(phone="1", id_number="a"), DuplicateKey.PHONE),
            (PartyKeys(phone="1", id_number="a"), PartyKeys(phone="1", id_number="b"), None),
            (PartyKeys(uscc="u", company_name="x"), PartyKeys(uscc="u"), DuplicateKey.USCC),
            (PartyKeys(company_name="x"), PartyKeys(company_name="x"), DuplicateKey.COMPANY_NAME),
            (PartyKeys(name="王明"), PartyKeys(name="王明"), None),
            (
                PartyKeys(name="王明", birth_date=date(1990, 1, 1)),
                PartyKeys(name="王明", birth_date=date(1990, 1, 1)),
                DuplicateKey.NAME_BIRTH,
            ),
            (PartyKeys(phone=""), PartyKeys(phone=""), None),
        ],
    )
    def test_finds_the_strongest(self, one, other, key):
        assert leads.find_duplicate_key(one, other) is key
        assert leads.find_duplicate_key(other, one) is key

    def test_only_numbers_of_documents_are_certain(self):
        assert [key for key in DuplicateKey if key.certain] == [DuplicateKey.ID_NUMBER, DuplicateKey.USCC]


class TestDecideDuplicate:
    @pytest.mark.parametrize(
        ("status", "owned", "closed_days_ago", "outcome"),
        [
            (LeadStatus.CONTACTED, True, None, DuplicateOutcome.APPEND_TOUCH),
            (LeadStatus.NEW, False, None, DuplicateOutcome.ASSIGN),
            (LeadStatus.LOST, True, 90, DuplicateOutcome.APPEND_TOUCH),
            (LeadStatus.LOST, True, 91, DuplicateOutcome.NEW_OPPORTUNITY),
            (LeadStatus.LOST, False, 10, DuplicateOutcome.ASSIGN),
        ],
    )
    def test_follows_the_guide(self, status, owned, closed_days_ago, outcome):
        closed_at = None if closed_days_ago is None else NOW - timedelta(days=closed_days_ago)

        assert leads.decide_duplicate(status=status, owned=owned, closed_at=closed_at, now=NOW) is outcome


def test_a_blind_notice_tells_state_and_team_only():
    assert (
        leads.blind_notice(LeadStatus.INTERESTED, in_pool=False, team="华东一组")
        == "已存在，跟进中（华东一组）"
    )
    assert leads.blind_notice(LeadStatus.NEW, in_pool=True, team="华东一组") == "已存在，在公海"
    assert leads.blind_notice(LeadStatus.LOST, in_pool=False, team="") == "已存在，已流失"


def test_the_first_owner_is_protected_for_thirty_days():
    assert leads.protected_until(NOW) == NOW + timedelta(days=30)
