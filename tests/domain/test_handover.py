"""Dividing work: everything to exactly one, evenly, what belongs together in one hand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.handover import Item, Receiver, Split, divide

THREE = [Receiver(1, 10), Receiver(2, 20), Receiver(3, 10)]
ITEMS = st.lists(
    st.builds(
        Item,
        id=st.integers(1, 10_000),
        amount_fen=st.integers(0, 10**9),
        city=st.sampled_from(["", "苏州", "上海", "杭州"]),
        department_id=st.sampled_from([None, 10, 20, 30]),
        party=st.sampled_from(["", "customer:1", "customer:2", "lead:9"]),
    ),
    unique_by=lambda one: one.id,
    max_size=40,
)


@pytest.mark.parametrize("split", [one for one in Split if one is not Split.KEEP])
@given(items=ITEMS)
def test_every_record_goes_to_exactly_one_of_the_receivers(split: Split, items: list[Item]) -> None:
    given_ = divide(items, THREE, split, followed={"customer:1": 2})

    assert set(given_) == {one.id for one in items}
    assert set(given_.values()) <= {1, 2, 3}


@given(items=ITEMS)
def test_counts_differ_by_one_at_most(items: list[Item]) -> None:
    counts = Counter(divide(items, THREE, Split.COUNT).values())

    assert max(counts.values(), default=0) - min((counts[one.id] for one in THREE), default=0) <= 1


@given(items=ITEMS)
def test_amounts_differ_by_no_more_than_the_largest(items: list[Item]) -> None:
    given_ = divide(items, THREE, Split.AMOUNT)
    sums = [sum(one.amount_fen for one in items if given_[one.id] == receiver.id) for receiver in THREE]

    assert max(sums) - min(sums) <= max((one.amount_fen for one in items), default=0)


@given(items=ITEMS)
def test_a_city_stays_in_one_hand(items: list[Item]) -> None:
    given_ = divide(items, THREE, Split.CITY)

    assert all(
        len({given_[one.id] for one in items if one.city == city}) <= 1 for city in ("苏州", "上海", "杭州")
    )


@given(items=ITEMS)
def test_a_department_keeps_its_own_where_somebody_of_it_takes_over(items: list[Item]) -> None:
    given_ = divide(items, THREE, Split.DEPARTMENT)

    assert {given_[one.id] for one in items if one.department_id == 20} <= {2}
    assert {given_[one.id] for one in items if one.department_id == 10} <= {1, 3}


@given(items=ITEMS)
def test_what_belongs_to_a_party_follows_it(items: list[Item]) -> None:
    given_ = divide(items, THREE, Split.FOLLOW, followed={"customer:1": 2, "lead:9": 3})

    assert {given_[one.id] for one in items if one.party == "customer:1"} <= {2}
    assert {given_[one.id] for one in items if one.party == "lead:9"} <= {3}


def test_nothing_is_given_without_receivers_or_when_kept() -> None:
    items = [Item(1), Item(2)]

    assert divide(items, [], Split.COUNT) == divide(items, THREE, Split.KEEP) == {}
