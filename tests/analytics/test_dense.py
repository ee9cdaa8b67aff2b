"""Looking rows up by number gives what a join gives, where numbers are dense and where they are not."""

from __future__ import annotations

from datetime import date
from random import Random

import polars as pl
import pytest

from loanhub.analytics import _dense
from loanhub.analytics.book import LOANS, PAYMENTS, PIECES, empty, fold


@pytest.mark.parametrize("reach", [60, 5_000_000_000])
def test_looks_up_what_a_join_finds(reach: int) -> None:
    dice = Random(reach)
    keys = dice.sample(range(1, reach), 20)
    values = [dice.randrange(-9, 9) for _ in keys]
    ids = [dice.choice([*keys, 1, reach - 1]) for _ in range(80)]

    found = _dense.looked_up(pl.Series(ids), pl.Series(keys), pl.Series(values), -99)

    assert found.to_list() == [dict(zip(keys, values, strict=True)).get(one, -99) for one in ids]


@pytest.mark.parametrize("reach", [60, 5_000_000_000])
def test_counts_different_numbers(reach: int) -> None:
    dice = Random(reach)
    ids = [dice.choice([None, dice.randrange(reach)]) for _ in range(50)]

    assert _dense.distinct(pl.Series(ids, dtype=pl.Int64)) == len({one for one in ids if one is not None})


def test_nothing_is_found_among_nothing() -> None:
    none = pl.Series([], dtype=pl.Int64)

    assert _dense.looked_up(none, none, none, 0).to_list() == []
    assert _dense.looked_up(pl.Series([7]), none, none, 0).to_list() == [0]
    assert _dense.distinct(none) == 0


class TestShared:
    def test_is_made_once_a_book(self) -> None:
        book, made = empty(), []
        for _ in range(3):
            book.shared("lent", ("loans",), lambda: made.append(1))

        assert len(made) == 1

    def test_goes_on_only_where_its_frames_are_the_same(self) -> None:
        book = empty()
        book.shared("lent", ("loans",), lambda: "lent")
        book.shared("earned", ("loans", "payments"), lambda: "earned")
        paid = {
            "id": 1,
            "loan": 1,
            "value_date": date(2026, 5, 1),
            "amount_fen": 1,
            "revenue_fen": 0,
            "recovery": False,
        }

        after = fold(book, "payments", pl.DataFrame([paid], schema=PAYMENTS), key="loan", ids=[1])

        assert after.payments.height == 1 and after.loans is book.loans
        assert after.shared("lent", ("loans",), lambda: "anew") == "lent"
        assert after.shared("earned", ("loans", "payments"), lambda: "anew") == "anew"
        assert fold(after, "loans", pl.DataFrame(schema=LOANS), key="id", ids=[1]).shared("lent", ("loans",), lambda: "anew") == "anew"  # fmt: skip


def test_many_changes_leave_a_frame_of_few_pieces_and_the_same_rows() -> None:
    rows = [
        {"id": number, "loan": number, "value_date": date(2026, 5, 1), "amount_fen": 0, "revenue_fen": 0, "recovery": False}
        for number in range(1, 9)
    ]  # fmt: skip
    book = empty()
    for turn in range(200):
        row = rows[turn % 8] | {"amount_fen": turn}
        book = fold(book, "payments", pl.DataFrame([row], schema=PAYMENTS), key="loan", ids=[row["loan"]])

    assert book.payments.n_chunks() <= PIECES
    assert book.payments.sort("id")["amount_fen"].to_list() == list(range(192, 200))
