"""Who may be contacted, when and how often: the law's limits hold whatever an administrator sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import contact_rules as conduct
from loanhub.domain.contact_rules import (
    Channel,
    ContactRules,
    Direction,
    Outcome,
    Party,
    Past,
    Wish,
    is_unreachable,
    refusal,
)
from loanhub.domain.errors import InvalidInput

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
RULES = ContactRules()
CALL = Wish(Channel.CALL, Party.DEBTOR, "debtor", "n1")
THIRD = Wish(Channel.CALL, Party.THIRD, "r7", "n7")


def past(
    outcome: Outcome | None = Outcome.MISSED, *, ago: timedelta = timedelta(hours=1), person: str = "debtor",
    number: str = "n1", channel: Channel = Channel.CALL, direction: Direction = Direction.OUT,
) -> Past:  # fmt: skip
    party = Party.DEBTOR if person == "debtor" else Party.THIRD
    return Past(NOON - ago, channel, direction, party, person, number, outcome)


class TestHours:
    @pytest.mark.parametrize(
        ("clock", "quiet"),
        [
            ("07:59", True),
            ("08:00", False),
            ("12:00", False),
            ("21:59", False),
            ("22:00", True),
            ("23:30", True),
            ("00:10", True),
        ],
    )
    def test_nobody_is_contacted_between_ten_and_eight(self, clock: str, quiet: bool) -> None:
        hour, minute = map(int, clock.split(":"))
        at = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(hours=8) + timedelta(hours=hour, minutes=minute)
        found = refusal(RULES, CALL, [], now=at)

        assert bool(found) is quiet
        assert not quiet or f"{hour}:{minute:02d}" in found

    @given(
        minutes=st.integers(0, 24 * 60 - 1),
        channel=st.sampled_from([c for c in Channel if c is not Channel.LETTER]),
    )
    def test_holds_for_every_minute_and_channel(self, minutes: int, channel: Channel) -> None:
        at = datetime(2026, 11, 19, 16, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        found = refusal(RULES, Wish(channel, Party.DEBTOR), [], now=at)

        assert bool(found) == (minutes < 8 * 60 or minutes >= 22 * 60)

    def test_what_the_other_side_begins_is_always_logged(self) -> None:
        night = NOON + timedelta(hours=11)
        incoming = Wish(Channel.CALL, Party.DEBTOR, direction=Direction.IN)

        assert refusal(RULES, incoming, [past()] * 20, now=night, hold="投诉处理中") == ""


class TestCounts:
    def test_six_unanswered_calls_to_a_number_are_enough(self) -> None:
        assert refusal(RULES, CALL, [past()] * 5, now=NOON) == ""
        assert "6 次未接" in refusal(RULES, CALL, [past()] * 6, now=NOON)

    def test_a_call_without_a_result_counts_as_unanswered(self) -> None:
        assert "6 次未接" in refusal(RULES, CALL, [past(None)] * 6, now=NOON)

    def test_another_number_and_another_day_do_not_count(self) -> None:
        history = [past(number="n2")] * 6 + [past(ago=timedelta(hours=13))] * 6

        assert refusal(RULES, CALL, history, now=NOON) == ""

    def test_the_same_number_counts_whoever_it_was_called_for(self) -> None:
        assert "6 次未接" in refusal(RULES, CALL, [past(person="c5:r2")] * 6, now=NOON)

    def test_three_talks_a_day_are_enough(self) -> None:
        talks = [past(Outcome.ANSWERED), past(Outcome.REFUSED), past(Outcome.PROMISED)]

        assert refusal(RULES, CALL, talks[:2], now=NOON) == ""
        assert "3 次" in refusal(RULES, CALL, talks, now=NOON)
        assert refusal(RULES, Wish(Channel.SMS, Party.DEBTOR), talks, now=NOON) == ""

    def test_a_week_has_a_limit_over_all_channels(self) -> None:
        week = [
            past(Outcome.SENT, ago=timedelta(days=n % 6, hours=1), channel=Channel.SMS) for n in range(15)
        ]

        assert "每周 15 次" in refusal(RULES, CALL, week, now=NOON)
        assert refusal(RULES, Wish(Channel.LETTER, Party.DEBTOR), week, now=NOON) == ""

    @given(number=st.integers(0, 30))
    def test_never_lets_through_more_than_the_law_allows(self, number: int) -> None:
        allowed = refusal(RULES, CALL, [past()] * number, now=NOON) == ""

        assert allowed == (number < conduct.LAW_UNANSWERED)

    def test_a_hold_stops_everything_we_begin(self) -> None:
        for channel in Channel:
            assert "停催中（重病）" in refusal(RULES, Wish(channel, Party.DEBTOR), [], now=NOON, hold="重病")


class TestThirdParties:
    lost = [past(ago=timedelta(days=n, hours=1)) for n in range(3)]

    def test_are_left_alone_while_the_debtor_can_be_reached(self) -> None:
        assert "本人还联系得上" in refusal(RULES, THIRD, [], now=NOON)
        assert "本人还联系得上" in refusal(RULES, THIRD, [past()] * 5, now=NOON)
        assert refusal(RULES, THIRD, self.lost, now=NOON) == ""

    def test_one_word_from_the_debtor_ends_it(self) -> None:
        spoken = [*self.lost, past(Outcome.ANSWERED, ago=timedelta(minutes=5))]
        called_back = [*self.lost, past(None, ago=timedelta(minutes=5), direction=Direction.IN)]

        assert not is_unreachable(RULES, spoken, now=NOON)
        assert not is_unreachable(RULES, called_back, now=NOON)

    def test_a_dead_number_is_enough(self) -> None:
        assert is_unreachable(RULES, [past(Outcome.DEAD)], now=NOON)
        assert not is_unreachable(
            RULES, [past(Outcome.DEAD), past(Outcome.ANSWERED, ago=timedelta(minutes=1))], now=NOON
        )

    def test_who_asked_to_be_left_alone_is_for_ever(self) -> None:
        asked = [*self.lost, past(Outcome.DECLINED, ago=timedelta(days=300), person="r7", number="n7")]

        assert "已要求不再联系" in refusal(RULES, THIRD, asked, now=NOON)
        assert refusal(RULES, Wish(Channel.CALL, Party.THIRD, "r8", "n8"), asked, now=NOON) == ""

    def test_a_weekly_limit_and_no_visits(self) -> None:
        twice = [*self.lost, *[past(Outcome.RELAYED, person="r7", number="n7")] * 2]

        assert "每周 2 次" in refusal(RULES, THIRD, twice, now=NOON)
        assert "不能上门" in refusal(RULES, Wish(Channel.VISIT, Party.THIRD, "r7"), self.lost, now=NOON)

    def test_a_guarantor_owes_the_debt_himself(self) -> None:
        assert conduct.party_of("guarantor") is Party.OBLIGOR
        assert conduct.party_of("spouse") is Party.THIRD
        assert refusal(RULES, Wish(Channel.CALL, Party.OBLIGOR, "r9", "n9"), [], now=NOON) == ""

    def test_are_told_nothing_of_the_debt(self) -> None:
        for word in ("逾期", "欠", "贷款", "还款", "金额", "{amount}", "{days}"):
            assert word not in conduct.THIRD_PARTY_SCRIPT


class TestParse:
    def test_reads_its_own_defaults(self) -> None:
        assert ContactRules.parse({}) == RULES

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("quiet_from", "22:30"), ("quiet_to", "07:30"), ("quiet_from", "晚上"), ("unanswered_per_number_day", 7),
            ("unanswered_per_number_day", "x"), ("answered_per_person_day", 4), ("complaint_hold_days", 3),
            ("third_party_days", 1), ("third_party_per_week", 5),
        ],
    )  # fmt: skip
    def test_refuses_what_is_laxer_than_the_law(self, key: str, value: object) -> None:
        with pytest.raises(InvalidInput) as fault:
            ContactRules.parse({key: value})
        assert list(fault.value.fields) == [key]

    def test_takes_what_is_stricter(self) -> None:
        strict = ContactRules.parse(
            {"quiet_from": "20:00", "quiet_to": "09:00", "unanswered_per_number_day": 3}
        )

        assert refusal(strict, CALL, [], now=NOON.replace(hour=12, minute=30)) != ""
        assert "3 次未接" in refusal(strict, CALL, [past()] * 3, now=NOON)


class TestWords:
    @pytest.mark.parametrize("word", conduct.FORBIDDEN_WORDS)
    def test_a_threat_is_refused(self, word: str) -> None:
        with pytest.raises(InvalidInput, match=word):
            conduct.check_words(f"再不还就{word}")

    def test_plain_words_pass(self) -> None:
        conduct.check_words("客户说周五发工资后还款，态度配合")


def test_every_contact_may_end_in_something() -> None:
    for party in Party:
        for channel in Channel:
            assert conduct.outcomes_for(party, channel)
    assert Outcome.PROMISED not in conduct.outcomes_for(Party.THIRD, Channel.CALL)
