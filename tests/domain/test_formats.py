"""How times, rates and counts read; the table of ux.md §8."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from loanhub.domain import formats as fmt

NOW = datetime(2026, 11, 21, 6, 8, tzinfo=UTC)  # 14:08 in Shanghai


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (fmt.count(1204), "1,204"),
        (fmt.count(0), "0"),
        (fmt.count(-1204), "−1,204"),
        (fmt.count(None), "—"),
        (fmt.text(None), "—"),
        (fmt.text(""), "—"),
        (fmt.text(0), "0"),
        (fmt.percent(Decimal("0.072")), "7.20%"),
        (fmt.percent(Decimal("0.00005")), "0.01%"),
        (fmt.percent(Decimal("-0.0123"), digits=1), "−1.2%"),
        (fmt.percent(Decimal("-0.000001")), "0.00%"),
        (fmt.percent(None), "—"),
        (fmt.annual_rate(Decimal("0.072")), "年化 7.20%"),
        (fmt.points_change(Decimal("0.0035")), "▲ 0.35pp"),
        (fmt.points_change(Decimal("-0.0035")), "▼ 0.35pp"),
        (fmt.points_change(Decimal("0.0035"), sentence=True), "0.35 个百分点"),
        (fmt.points_change(Decimal("0.00001")), "持平"),
        (fmt.change(Decimal("0.032")), "▲ 3.2%"),
        (fmt.change(Decimal(1)), "▲ 100.0%"),
        (fmt.change(None), "—"),
        (fmt.instant(NOW), "2026-11-21 14:08"),
        (fmt.clock(NOW), "14:08"),
        (fmt.day(date(2026, 11, 21)), "2026-11-21"),
        (fmt.day(datetime(2026, 11, 21, 17, 0, tzinfo=UTC)), "2026-11-22"),
        (fmt.weekday(date(2026, 11, 21)), "周六"),
        (fmt.day_range(date(2026, 11, 1), date(2026, 11, 21)), "2026-11-01 ～ 2026-11-21"),
        (fmt.day_range(date(2026, 11, 1), None), "2026-11-01 起"),
        (fmt.day_range(None, None), "—"),
        (fmt.period(3, 24), "第 3/24 期"),
        (fmt.overdue(12), "逾期 12 天"),
        (fmt.overdue(0), "未逾期"),
        (fmt.days(None), "—"),
        (fmt.file_size(820), "820 B"),
        (fmt.file_size(1258291), "1.2 MB"),
    ],
)
def test_reads_as_the_guide_says(shown, expected):
    assert shown == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(seconds=0), "刚刚"),
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=12, seconds=59), "12 分前"),
        (timedelta(minutes=60), "今天 13:08"),
        (timedelta(hours=14, minutes=8), "今天 00:00"),
        (timedelta(hours=14, minutes=9), "昨天 23:59"),
        (timedelta(days=2), "11-19"),
        (timedelta(days=325), "2025-12-31"),
        (-timedelta(minutes=52), "今天 15:00"),
        (-timedelta(hours=10), "明天 00:08"),
        (-timedelta(days=3), "11-24"),
    ],
)
def test_feeds_show_relative_times(ago, expected):
    assert fmt.relative(NOW - ago, NOW) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=30), "不到 1 分"),
        (timedelta(minutes=38), "38 分"),
        (timedelta(hours=1, minutes=12), "1 时 12 分"),
        (timedelta(hours=2), "2 时"),
        (timedelta(hours=23, minutes=59, seconds=59), "23 时 59 分"),
        (timedelta(days=3, hours=20), "3 天"),
        (timedelta(minutes=-38), "38 分"),
        (None, "—"),
    ],
)
def test_durations_are_rounded_down(span, expected):
    assert fmt.duration(span) == expected


def test_deadlines_say_what_is_left_or_over():
    assert fmt.remaining(NOW + timedelta(minutes=38), NOW) == "剩 38 分"
    assert fmt.remaining(NOW - timedelta(minutes=26), NOW) == "超时 26 分"
    assert fmt.remaining(None, NOW) == "—"


@pytest.mark.parametrize(
    ("day", "expected"), [(date(2026, 11, 22), "明天"), (date(2026, 5, 21), "05-21"), (None, "—")]
)
def test_days_are_relative_too(day, expected):
    assert fmt.relative_day(day, date(2026, 11, 21)) == expected


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError):
        fmt.instant(datetime(2026, 11, 21, 14, 8))


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (0, 120, 0),
        (1, 3, 33),
        (2, 3, 67),
        (1, 200, 1),
        (1, 201, 0),
        (7, 7, 100),
        (9, 7, 100),
        (-5, 7, 0),
        (3, 0, 0),
    ],
)
def test_a_share_in_whole_percent_stays_within_its_bounds(part: int, whole: int, percent: int) -> None:
    assert fmt.percent_of(part, whole) == percent
