"""The order of the workbench: urgency first, value second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.workbench import Weight, band, order

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TONIGHT = NOW + timedelta(hours=12)
HOUR = timedelta(hours=1)


def names(lines: dict[str, Weight]) -> list[str]:
    return sorted(lines, key=lambda name: order(lines[name], tonight=TONIGHT))


class TestOrder:
    def test_urgency_goes_before_value(self) -> None:
        assert names({
            "later, large": Weight("task", "", NOW + timedelta(days=2), 900_000_000, "high"),
            "near": Weight("task", "w", NOW + HOUR, 100_000),
            "over": Weight("approve", "o", NOW - HOUR, 0),
            "promise over": Weight("visit", "o", NOW - HOUR, 0),
            "first over": Weight("first", "o", NOW - HOUR, 0),
            "no deadline": Weight("draft", "", None, 900_000_000),
            "today": Weight("task", "", NOW + 6 * HOUR, 0),
        }) == ["first over", "promise over", "over", "near", "today", "later, large", "no deadline"]  # fmt: skip

    def test_then_the_hot_then_the_large_then_the_early(self) -> None:
        over = {"kind": "first", "state": "o"}
        assert names({
            "small": Weight(**over, due_at=NOW - 3 * HOUR, amount_fen=10_000_000),  # type: ignore[arg-type]
            "large": Weight(**over, due_at=NOW - HOUR, amount_fen=60_000_000),  # type: ignore[arg-type]
            "as large, earlier": Weight(**over, due_at=NOW - 2 * HOUR, amount_fen=60_000_099),  # type: ignore[arg-type]
            "hot": Weight(**over, due_at=NOW - HOUR, amount_fen=0, temperature="high"),  # type: ignore[arg-type]
            "cold": Weight(**over, due_at=NOW - 9 * HOUR, amount_fen=90_000_000, temperature="invalid"),  # type: ignore[arg-type]
        }) == ["hot", "as large, earlier", "large", "small", "cold"]  # fmt: skip

    def test_a_high_priority_leads_its_band_and_no_other(self) -> None:
        assert names({
            "near": Weight("task", "w", NOW + HOUR, 90_000_000),
            "today, high": Weight("task", "", NOW + 6 * HOUR, 0, "", 1),
            "today": Weight("task", "", NOW + 5 * HOUR, 90_000_000, "high"),
        }) == ["near", "today, high", "today"]  # fmt: skip

    @given(st.lists(st.builds(
        Weight, kind=st.sampled_from(["first", "follow", "task", "approve"]), state=st.sampled_from(["", "w", "o"]),
        due_at=st.one_of(st.none(), st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 1)).map(lambda d: d.replace(tzinfo=UTC))),
        amount_fen=st.integers(0, 10**12), temperature=st.sampled_from(["", "high", "watch", "invalid"]), priority=st.integers(1, 3),
    ), max_size=12))  # fmt: skip
    def test_never_puts_a_less_urgent_band_first(self, lines: list[Weight]) -> None:
        ordered = sorted(lines, key=lambda line: order(line, tonight=TONIGHT))

        bands = [band(line, tonight=TONIGHT) for line in ordered]
        assert all(first <= second for first, second in pairwise(bands))
