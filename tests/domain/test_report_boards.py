"""The grid of a board: tiles never overlap, never leave it, and what is held keeps its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.report_boards import (
    COLUMNS,
    MAX_TILES,
    Show,
    Source,
    Tile,
    add,
    fitted,
    place,
    read,
    settle,
)

numbers = st.integers(-5, 40)


@st.composite
def tiles(draw: st.DrawFn) -> list[Tile]:
    count = draw(st.integers(0, 10))
    return [
        fitted(
            Tile(
                str(n),
                Source.REPORT,
                str(n),
                Show.TABLE,
                draw(numbers),
                draw(numbers),
                draw(numbers),
                draw(numbers),
            )
        )
        for n in range(count)
    ]


def cells(found: tuple[Tile, ...]) -> list[tuple[int, int]]:
    return [(x, y) for one in found for x in range(one.x, one.x + one.w) for y in range(one.y, one.y + one.h)]


@given(some=tiles(), chosen=st.integers(0, 9), x=numbers, y=numbers, w=numbers, h=numbers)
def test_tiles_never_overlap_and_stay_inside(
    some: list[Tile], chosen: int, x: int, y: int, w: int, h: int
) -> None:
    found = place(settle(some), str(chosen), x=x, y=y, w=w, h=h)

    taken = cells(found)
    assert len(taken) == len(set(taken))
    assert all(0 <= x < COLUMNS and y >= 0 for x, y in taken)
    assert {one.id for one in found} == {one.id for one in some}
    assert settle(found) == found, "what is settled stays"
    assert read([one.to_json() for one in found]) == found


class TestPlace:
    def test_the_one_that_is_moved_gets_the_place_and_the_other_makes_room(self) -> None:
        upper = Tile("a", Source.REPORT, "1", Show.CHART, 0, 0, 6, 4)
        lower = replace(upper, id="b", y=4)

        found = place([upper, lower], "b", x=0, y=0, w=6, h=4)

        assert [(one.id, one.y) for one in found] == [("b", 0), ("a", 4)]

    def test_a_tile_that_grows_pushes_its_neighbor_down(self) -> None:
        left = Tile("a", Source.REPORT, "1", Show.CHART, 0, 0, 6, 4)

        found = place([left, replace(left, id="b", x=6)], "a", x=0, y=0, w=8, h=4)

        assert [(one.id, one.x, one.y) for one in found] == [("a", 0, 0), ("b", 6, 4)]


class TestAdd:
    def test_takes_the_first_free_place(self) -> None:
        first = Tile("a", Source.REPORT, "1", Show.CHART, 0, 0, 6, 4)

        assert [(one.x, one.y) for one in add([first], replace(first, id="b"))] == [(0, 0), (6, 0)]

    def test_a_board_is_full_one_day(self) -> None:
        some = tuple(Tile(str(n), Source.REPORT, "1", Show.NUMBER, 0, n * 2, 2, 2) for n in range(MAX_TILES))

        with pytest.raises(InvalidInput):
            add(some, Tile("x", Source.REPORT, "1", Show.NUMBER))


@pytest.mark.parametrize(
    "raw",
    [None, {}, [1], [{"id": "a"}], [{"id": "a", "source": "report", "key": "", "show": "chart"}],
     [{"id": "a", "source": "measure", "key": "new_leads", "show": "table"}],
     [{"id": "a", "source": "report", "key": "1", "show": "chart", "w": "6"}],
     [{"id": "a", "source": "report", "key": "1", "show": "chart"}] * 2],
)  # fmt: skip
def test_refuses_what_is_no_board(raw: object) -> None:
    with pytest.raises(InvalidInput):
        read(raw)
