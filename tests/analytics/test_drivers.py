"""What moved a number: the parts are the change, exactly, whatever the groups."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from loanhub.analytics.drivers import drivers, main_driver
from loanhub.analytics.measures import Group, How

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
    first = main_driver(found, rate(now) - rate(then))

    assert first is not None and first.key == ("douyin",)
    assert first.total == Fraction(-22, 150) - Fraction(1, 120)
    assert main_driver(found, Fraction(0)) is None


def test_a_channel_that_sends_more_of_the_worse_is_to_blame_by_weight() -> None:
    then, now = {"good": (80, 100), "bad": (10, 100)}, {"good": (80, 100), "bad": (30, 300)}
    found = {one.key[0]: one for one in drivers(groups(now), groups(then), How.SHARE)}

    assert found["bad"].by_rate == 0 and found["bad"].total < 0
    assert main_driver(list(found.values()), rate(now) - rate(then)) in found.values()
