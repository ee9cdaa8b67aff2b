"""Ranks stay in order, short and insertable."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.rank import between, is_rank, needs_rebalance, spread

ranks = st.text("0123456789ABCXYZabcxyz", max_size=8).map(lambda t: t.rstrip("0")).filter(bool)


def test_twenty_thousand_pairs_of_neighbours():
    chance = random.Random(20260521)
    column = [between(None, None)]
    for _ in range(20_000):
        place = chance.randrange(len(column) + 1)
        before = column[place - 1] if place else None
        after = column[place] if place < len(column) else None
        rank = between(before, after)
        assert is_rank(rank)
        assert before is None or before < rank
        assert after is None or rank < after
        column.insert(place, rank)

    assert [r.encode() for r in column] == sorted(r.encode() for r in column)
    assert len(set(column)) == len(column)


@settings(max_examples=500)
@given(one=ranks, other=ranks)
def test_between_any_two_ranks_there_is_one(one, other):
    low, high = sorted((one, other))
    if low == high:
        with pytest.raises(ValueError):
            between(low, high)
    else:
        assert low < between(low, high) < high
    assert between(None, low) < low
    assert between(high, None) > high


def test_appending_and_prepending_stay_short():
    last = first = between(None, None)
    for _ in range(10_000):
        last, first = between(last, None), between(None, first)

    assert len(last) <= 5
    assert len(first) <= 5


def test_appended_neighbours_leave_room_between_them():
    first = between(None, None)
    second = between(first, None)

    assert len(between(first, second)) <= 4


def test_inserting_at_one_spot_grows_slowly_and_asks_for_a_rebalance():
    low, high = "V", "W"
    for _ in range(200):
        high = between(low, high)

    assert 24 < len(high) <= 41
    assert needs_rebalance(high)


@pytest.mark.parametrize("count", [0, 1, 2, 61, 62, 600, 10_000])
def test_a_spread_is_in_order_and_short(count):
    keys = spread(count)

    assert keys == sorted(set(keys))
    assert len(keys) == count
    assert all(is_rank(k) and len(k) <= 4 for k in keys)


@pytest.mark.parametrize("bad", ["", "0", "V0", "中", "a-b"])
def test_refuses_what_is_not_a_rank(bad):
    with pytest.raises(ValueError):
        between(bad, None)
