"""Amounts, days, cities and words the way people write them."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import loose_values as loose
from loanhub.domain.loose_values import AmountUnit

TODAY = date(2026, 5, 21)
WAN = 1_000_000


@pytest.mark.parametrize(
    ("text", "number"),
    [("四十万", 400_000), ("十万", 100_000), ("三百二十五", 325), ("一万零五百", 10_500), ("五万五", 55_000),
     ("两万半", 25_000), ("一百零五", 105), ("一百五", 150), ("一亿两千万", 120_000_000), ("一万零五", 10_005),
     ("壹佰贰拾万", 1_200_000), ("二十五", 25), ("一二三", None), ("半", None), ("万", None), ("abc", None)],
)  # fmt: skip
def test_reads_chinese_numerals(text, number):
    assert loose.read_numeral(text) == number


@pytest.mark.parametrize(
    ("cell", "unit", "fen", "sure"),
    [
        ("40万", None, 40 * WAN, True),
        ("400,000", None, 40 * WAN, True),
        ("四十万", None, 40 * WAN, True),
        ("12.5w", None, 1250 * WAN // 100, True),
        ("１０ 万", None, 10 * WAN, True),
        ("1.2亿", None, 12_000 * WAN, True),
        ("￥400000元", None, 40 * WAN, True),
        ("约40万左右", None, 40 * WAN, True),
        (400000.0, None, 40 * WAN, True),
        ("40", None, 40 * WAN, False),
        ("40", AmountUnit.WAN, 40 * WAN, True),
        (40.5, AmountUnit.WAN, 4050 * WAN // 100, True),
        ("40", AmountUnit.YUAN, 4000, True),
        ("1,200,000", AmountUnit.WAN, 120 * WAN, True),
        ("8000", AmountUnit.WAN, 800_000, False),
        ("30-50万", None, 30 * WAN, False),
        ("30万-50万", None, 30 * WAN, False),
        ("8千", None, 800_000, True),
        ("5000元", None, 500_000, True),
        ("", None, None, True),
        (None, None, None, True),
    ],
)
def test_reads_amounts(cell, unit, fen, sure):
    reading = loose.read_amount(cell, unit=unit)

    assert (reading.value, reading.sure) == (fen, sure)


@pytest.mark.parametrize("cell", ["面议", "不清楚", "-5万", "4,00万", "1.234元", "99999999亿", "0", "NaN"])
def test_says_when_it_is_no_amount(cell):
    reading = loose.read_amount(cell)

    assert reading.value is None
    assert reading.sentence


@given(fen=st.integers(1, 10**13))
def test_amounts_in_yuan_read_back_exactly(fen):
    assert loose.read_amount(f"{Decimal(fen) / 100:,.2f}元").value == fen


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-05-01", date(2026, 5, 1)),
        ("2026/5/1", date(2026, 5, 1)),
        ("2026.5.1", date(2026, 5, 1)),
        ("2026年5月1日", date(2026, 5, 1)),
        ("２０２６年５月１日", date(2026, 5, 1)),
        ("20260501", date(2026, 5, 1)),
        (20260501, date(2026, 5, 1)),
        (46143, date(2026, 5, 1)),
        (46143.5, date(2026, 5, 1)),
        ("46143", date(2026, 5, 1)),
        ("2026-05-01 14:30", date(2026, 5, 1)),
        ("26/5/1", date(2026, 5, 1)),
        (datetime(2026, 5, 1, 9), date(2026, 5, 1)),
        (date(2026, 5, 1), date(2026, 5, 1)),
        ("5月1日", date(2026, 5, 1)),
        ("12月31日", date(2025, 12, 31)),
        ("5月21日", TODAY),
        ("5月22日", date(2025, 5, 22)),
        ("13月2日", None),
        ("2026-02-30", None),
        ("5/1/2026", None),
        ("明天", None),
        ("", None),
    ],
)
def test_reads_days(cell, day):
    assert loose.read_date(cell, today=TODAY).value == day


def test_a_day_without_a_year_is_not_sure():
    assert loose.read_date("5月1日", today=TODAY).sure is False


def test_a_registration_cannot_lie_ahead():
    assert loose.read_date("2026-05-22", today=TODAY, past_only=True).value is None
    assert loose.read_date("2026-05-22", today=TODAY).value == date(2026, 5, 22)


@pytest.mark.parametrize(
    ("cell", "city"),
    [("苏州市", "苏州"), ("苏州", "苏州"), ("江苏省苏州市姑苏区", "苏州"), ("江苏-苏州", "苏州"), ("江苏 苏州", "苏州"),
     ("上海市浦东新区", "上海"), ("广西南宁", "南宁"), ("广西壮族自治区南宁市", "南宁"), ("恩施州", "恩施州"),
     ("吉林市", "吉林"), ("吉林省吉林市", "吉林"), ("内蒙古自治区呼和浩特市", "呼和浩特"), ("", None), ("abc", None)],
)  # fmt: skip
def test_reads_cities(cell, city):
    assert loose.read_city(cell).value == city


def test_a_province_is_not_a_city():
    assert loose.read_city("江苏").sure is False


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("抖音", "douyin"),
        ("抖音 投放", "douyin"),
        ("百度SEM", "baidu_sem"),
        ("sem", "baidu_sem"),
        ("朋友介绍", "referral"),
        ("小红书", None),
    ],
)
def test_reads_channels_by_synonym(cell, code):
    words = loose.known_words(loose.CHANNEL_SYNONYMS)

    assert loose.read_option(cell, words, noun="来源").value == code


def test_no_word_means_two_channels():
    words = [
        word for code, words in loose.CHANNEL_SYNONYMS.items() for word in loose.known_words({code: words})
    ]

    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("cell", "months"),
    [
        ("12", 12),
        ("36期", 36),
        ("3年", 36),
        ("三年", 36),
        ("24个月", 24),
        (12.0, 12),
        ("很久", None),
        ("0", None),
    ],
)
def test_reads_terms(cell, months):
    assert loose.read_months(cell).value == months


@pytest.mark.parametrize(
    ("cell", "code"), [("A", "high"), ("很急", "high"), ("观望", "watch"), ("空号", "invalid"), ("?", None)]
)
def test_reads_intent_words(cell, code):
    assert loose.read_temperature(cell).value == code


@pytest.mark.parametrize(
    ("cell", "code"), [("男", "male"), ("女士", "female"), ("F", "female"), ("保密", None)]
)
def test_reads_genders(cell, code):
    assert loose.read_gender(cell).value == code


@given(
    cell=st.one_of(
        st.text(max_size=30), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.none()
    )
)
def test_no_cell_breaks_a_reader(cell):
    loose.read_amount(cell)
    loose.read_date(cell, today=TODAY)
    loose.read_city(cell)
    loose.read_months(cell)
    loose.read_number(cell)
    loose.read_gender(cell)
    loose.read_temperature(cell)
