"""What moved a number: the parts are the change, exactly, whatever the groups."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.analytics.drivers import drivers, is_general, main_drivers
from loanhub.analytics.measures import Group, How

THIRD = Fraction(1, 3)
TALLIES = st.dictionaries(
    st.sampled_from(["douyin", "referral", "field", "web"]),
    st.integers(1, 500).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))),
)


def groups(tallies: dict[str, tuple[int, int]]) -> list[Group]:
    return [Group((key,), Fraction(part, base), part, base, part) for key, (part, base) in tallies.items()]


def rate(tallies: dict[str, tuple[int, int]]) -> Fraction:
    return Fraction(sum(part for part, _ in tallies.values()), sum(base for _, base in tallies.values()))


@given(TALLIES, TALLIES)
def test_the_parts_of_a_share_sum_to_its_change(
    then: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]]
) -> None:
    found = drivers(groups(now), groups(then), How.SHARE)

    assert sum(one.total for one in found) == (rate(now) - rate(then) if now and then else 0)
    assert all(one.total == one.by_rate + one.by_weight for one in found)


@given(TALLIES, TALLIES)
def test_the_parts_of_a_sum_sum_to_its_change(
    then: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]]
) -> None:
    found = drivers(groups(now), groups(then), How.SUM)

    assert sum(one.total for one in found) == sum(p for p, _ in now.values()) - sum(
        p for p, _ in then.values()
    )


def test_the_documented_example() -> None:
    then, now = {"douyin": (30, 50), "referral": (30, 50)}, {"douyin": (20, 60), "referral": (30, 40)}
    found = drivers(groups(now), groups(then), How.SHARE)
    (first,) = main_drivers(found, rate(now) - rate(then), least=THIRD, most=2)

    assert first.key == ("douyin",) and first.total == Fraction(-22, 150) - Fraction(1, 120)
    assert main_drivers(found, Fraction(0), least=THIRD, most=2) == []
    assert not is_general(found, Fraction(0), least=THIRD)


def test_a_channel_that_sends_more_of_the_worse_is_to_blame_by_weight() -> None:
    then, now = {"good": (80, 100), "bad": (10, 100)}, {"good": (80, 100), "bad": (30, 300)}
    found = {one.key[0]: one for one in drivers(groups(now), groups(then), How.SHARE)}

    assert found["bad"].by_rate == 0 and found["bad"].total < 0
    assert (
        main_drivers(list(found.values()), rate(now) - rate(then), least=THIRD, most=2)[0] in found.values()
    )


@pytest.mark.parametrize(
    ("fell", "named", "general"),
    [({"a": 9, "b": 1}, ["a"], True), ({"a": 2, "b": 2, "c": 2, "d": 2, "e": 1}, ["a", "b"], True),
     (dict.fromkeys("abcdefgh", 1), [], True), ({"a": 9, "b": -3, "c": -3}, ["a"], False)],
)  # fmt: skip
def test_one_or_two_are_named_or_it_is_said_that_all_went_that_way(
    fell: dict[str, int], named: list[str], general: bool
) -> None:
    then = dict.fromkeys(fell, (10, 20))
    now = {key: (10 - by, 20) for key, by in fell.items()}
    found, change = drivers(groups(now), groups(then), How.SUM), Fraction(-sum(fell.values()))

    assert [one.key[0] for one in main_drivers(found, change, least=THIRD, most=2)] == named
    assert is_general(found, change, least=Fraction(3, 4)) is general
