"""When two records are one party: what counts, what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.duplicates import (
    Certainty,
    Key,
    Mode,
    Party,
    Rules,
    blocking_keys,
    compare,
    folded,
    name_likeness,
)
from loanhub.domain.errors import InvalidInput

ONE = Party("lead", 1, name="张晓明", phone="p1", city="上海", gender="male")


def test_the_same_identity_number_is_the_same_party_whatever_else_differs() -> None:
    found = compare(
        replace(ONE, id_number="i"), Party("customer", 2, name="李四", id_number="i", city="北京")
    )

    assert found is not None
    assert (found.score, found.certainty) == (100, Certainty.EXACT)


def test_two_identity_numbers_are_two_parties_even_on_one_phone() -> None:
    assert compare(replace(ONE, id_number="i"), replace(ONE, id=2, id_number="j")) is None


def test_a_phone_under_another_name_is_worth_less_and_says_why() -> None:
    same, other = compare(ONE, replace(ONE, id=2)), compare(ONE, replace(ONE, id=2, name="李四"))

    assert same is not None and other is not None
    assert same.score > 90 and other.score < 60
    assert "姓名不同，可能是家人共用" in [reason.label for reason in other.reasons]
    assert other.certainty is Certainty.STRONG


def test_the_same_sound_in_one_town_and_firm_is_likely() -> None:
    known = Party("customer", 2, name="章小敏", phone="p2", city="上海", employer="澄江 贸易（上海）有限公司")

    found = compare(replace(ONE, employer="澄江贸易(上海)有限公司"), known)

    assert found is not None and found.keys == {Key.NAME_EMPLOYER, Key.NAME_CITY}
    assert found.certainty is Certainty.FUZZY and found.score >= 60


def test_the_same_sound_in_one_town_alone_is_not_enough() -> None:
    found = compare(ONE, Party("lead", 2, name="章小明", phone="p2", city="上海"))

    assert found is not None and found.score < 60


def test_another_day_of_birth_speaks_against() -> None:
    born = replace(ONE, birth_date=date(1990, 3, 7))

    found = compare(born, replace(born, id=2, birth_date=date(1962, 1, 1)))

    assert found is not None and found.score < 60


def test_a_key_that_is_off_does_not_count() -> None:
    assert compare(ONE, replace(ONE, id=2, city=""), {Key.PHONE: Mode.OFF}) is None


def test_a_relative_s_phone_is_seen_from_either_side() -> None:
    known = Party("customer", 2, name="王芳", phone="p2", relatives=frozenset({"p1"}))

    for mine, theirs in ((ONE, known), (known, ONE)):
        found = compare(mine, theirs)
        assert found is not None and Key.RELATIVE_PHONE in found.keys


@pytest.mark.parametrize(
    ("mine", "theirs", "least", "most"),
    [
        ("张三", "张三", 100, 100),
        ("张伟", "章炜", 90, 90),
        ("林丽", "宁力", 80, 80),
        ("张三", "李四", 0, 40),
        ("", "张三", 0, 0),
    ],
)
def test_names_are_alike_by_sight_and_sound(mine: str, theirs: str, least: int, most: int) -> None:
    assert least <= name_likeness(mine, theirs) <= most


def test_dialects_are_folded() -> None:
    assert folded("郑林") == folded("曾您") == "zennin"


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=4), st.booleans())
def test_the_score_is_between_0_and_100_and_the_same_from_both_sides(
    a: str, b: str, city: str, phone: bool
) -> None:
    mine = Party("lead", 1, name=a, city=city, phone="p" if phone else None)
    theirs = Party("lead", 2, name=b, city=city, phone="p" if phone else None)

    found, back = compare(mine, theirs), compare(theirs, mine)

    assert (found is None) == (back is None)
    if found is not None and back is not None:
        assert 0 <= found.score <= 100 and found.score == back.score


@given(st.text(alphabet="张章章晓小明敏林您", min_size=2, max_size=4), st.sampled_from(["", "上海"]))
def test_parties_of_one_sound_and_town_share_a_key(name: str, city: str) -> None:
    party = Party("lead", 1, name=name, city=city)

    assert bool(blocking_keys(party)) == bool(city)
    assert all(len(token) <= 80 and token.startswith("~") for token in blocking_keys(party, wechat="w"))


class TestRules:
    def test_a_likeness_of_names_never_stops_anybody(self) -> None:
        with pytest.raises(InvalidInput):
            Rules.parse({"name_city": "stop"})

    def test_are_read_back_as_stored(self) -> None:
        rules = Rules.parse({"phone": "warn", "threshold": "75"})

        assert Rules.parse(rules.as_dict()) == rules
        assert not rules.stops(Key.PHONE) and rules.stops(Key.ID_NUMBER)

    @pytest.mark.parametrize("raw", [{"threshold": "0"}, {"undo_days": "x"}, {"phone": "maybe"}])
    def test_refuse_what_makes_no_sense(self, raw: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            Rules.parse(raw)
