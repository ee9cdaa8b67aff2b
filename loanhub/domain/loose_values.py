"""Values the way people write them in spreadsheets and messages: amounts, dates, cities, sources, intent.

Each ``read_`` function takes a cell (text, number, date or None) and returns a :class:`Reading`. Nothing is
guessed in silence: a reading that rests on an assumption is not ``sure`` and says which one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Generic, TypeVar

from loanhub.domain.choice import Choice
from loanhub.domain.identity import PROVINCES, Gender
from loanhub.domain.leads import Temperature
from loanhub.domain.money import FEN_PER_WAN, FEN_PER_YI, FEN_PER_YUAN, LARGEST_FEN, format_wan

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a cell was read as.

    ``value`` None with a sentence: not understood. ``sure`` False: read on an assumption that the sentence
    names. A sure value may carry a sentence when it was rewritten in a way worth telling.
    """

    value: T | None
    sentence: str = ""
    sure: bool = True


class AmountUnit(Choice):
    """The unit an amount column's header names."""

    YUAN = "yuan", "元"
    WAN = "wan", "万元"


# A file repeats the same few cities, days and amounts; 1, 1.0 and True must not stand for each other.
_remembered = lru_cache(maxsize=4096, typed=True)
_PLAIN_CHINESE = re.compile("[\u4e00-\u9fff]+")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\ufe0e\ufe0f]")


def cell_text(raw: object) -> str:
    """Return a cell as text: NFKC, trimmed, no invisible characters; whole floats without ``.0``."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        raw = int(raw) if raw.is_integer() and abs(raw) < 1e15 else format(Decimal(repr(raw)), "f")
    if isinstance(raw, datetime):
        raw = raw.date().isoformat() if raw.time() == datetime.min.time() else f"{raw:%Y-%m-%d %H:%M}"
    text = str(raw)
    if not text.isascii() and not _PLAIN_CHINESE.fullmatch(text):
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return text.strip()


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    c: i for i, c in enumerate("〇壹贰叁肆伍陆柒捌玖")
}
_DIGITS |= {"两": 2, "俩": 2}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8}
_NUMERAL = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}{''.join(_LARGE)}半]+")


def read_numeral(text: str) -> int | None:
    """Return the number in Chinese numerals 四十万, 三百二十五, 一万五 (15,000), 两万半 (25,000), or None.

    A digit alone after a unit counts in tenths of that unit, as people say it.
    """
    if not _NUMERAL.fullmatch(text) or not any(c in _DIGITS or c in "十拾" for c in text):
        return None
    total = section = digit = 0
    last_unit, after_zero = 1, False
    for character in text:
        if character in _DIGITS:
            after_zero = after_zero or _DIGITS[character] == 0
            if digit:
                return None
            digit = _DIGITS[character]
        elif character == "半":
            total += last_unit // 2
        elif character in _UNITS:
            last_unit, after_zero = _UNITS[character], False
            section += (digit or 1) * last_unit
            digit = 0
        else:
            last_unit, after_zero = _LARGE[character], False
            whole = section + digit
            total = (total + whole) * last_unit if last_unit == 10**8 else total + whole * last_unit
            section = digit = 0
    if last_unit > 10 and not after_zero:
        digit *= last_unit // 10
    return total + section + digit


_ABOUT = re.compile(
    r"大概|大约|约|左右|上下|以内|不超过|最多|最少|至少|以上|需要|想贷|额度|人民币|RMB|CNY|¥|￥|\+$",
    re.IGNORECASE,
)
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_AMOUNT = re.compile(rf"({_NUMBER})(万元|万|w|亿元|亿|千元|千|k|元|块)?", re.IGNORECASE)
_RANGE = re.compile(
    rf"({_NUMBER})(?:万元|万|w)?[-~～至到—–]({_NUMBER})(万元|万|w|亿|千|k|元)?", re.IGNORECASE
)
_UNIT_FEN = {"万": FEN_PER_WAN, "w": FEN_PER_WAN, "亿": FEN_PER_YI, "千": 1000 * FEN_PER_YUAN}
_UNIT_FEN |= {"k": 1000 * FEN_PER_YUAN, "元": FEN_PER_YUAN, "块": FEN_PER_YUAN}
_SMALL_WAN, _LARGE_WAN = 1000, 10_000


@_remembered
def read_amount(raw: object, *, unit: AmountUnit | None = None) -> Reading[int]:
    """Return an amount in fen: 40万, 400,000, 12.5w, 四十万, 30-50万 (its lower end), 40 under 意向金额(万).

    A number without a unit takes the header's ``unit``; under 万 a number of 10,000 or more is yuan, and one
    between 1,000 and 10,000 probably is. Without a header unit, numbers under 1,000 are taken as 万.
    Finer than a fen, negative or above 10^12 yuan is not an amount.
    """
    text = _ABOUT.sub("", cell_text(raw)).replace(" ", "")
    if not text:
        return Reading(None)
    ranged = _RANGE.fullmatch(text)
    if ranged:
        low = read_amount(ranged[1] + (ranged[3] or ""), unit=unit)
        if low.value is None:
            return low
        return Reading(low.value, f"「{text[:20]}」是一个范围，先按 {format_wan(low.value)}计", sure=False)
    spoken = read_numeral(text.removesuffix("元").removesuffix("块"))
    if spoken is not None:
        bare = not any(c in "万萬亿元块" for c in text)
        return _scaled(Decimal(spoken), None if bare else "元", unit)
    matched = _AMOUNT.fullmatch(text)
    if matched is None:
        return Reading(None, f"「{text[:20]}」不是金额")
    written = (matched[2] or "")[:1].lower() or None
    return _scaled(Decimal(matched[1].replace(",", "")), written, unit)


def _scaled(number: Decimal, written: str | None, unit: AmountUnit | None) -> Reading[int]:
    sentence, sure = "", True
    scale = _UNIT_FEN[written] if written else FEN_PER_YUAN
    if written is None and unit is AmountUnit.WAN:
        if number <= _SMALL_WAN:
            scale = FEN_PER_WAN
        elif number < _LARGE_WAN:
            sentence, sure = f"{number:f} 疑似以元为单位，先按元计", False
        else:
            sentence = f"{number:,f} 是元，已换算"
    elif written is None and unit is None and 0 < number < _SMALL_WAN:
        scale, sentence, sure = FEN_PER_WAN, f"没有单位，按 {number:f} 万计", False
    fen = Fraction(number) * scale
    if fen.denominator != 1:
        return Reading(None, "金额最多精确到分")
    if fen > LARGEST_FEN:
        return Reading(None, "金额过大")
    if fen == 0:
        return Reading(None, "金额是 0，当作没有填写", sure=False)
    return Reading(int(fen), sentence, sure)


_FULL_DATE = re.compile(
    r"(\d{4}|\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[ T]\d{1,2}:\d{2}.*)?", re.ASCII
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SHORT_DATE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_SERIAL_START = date(1899, 12, 30)


@_remembered
def read_date(raw: object, *, today: date, past_only: bool = False) -> Reading[date]:
    """Return a day: 2026-05-01, 2026/5/1, 2026.5.1, 2026年5月1日, 20260501, 5月1日, Excel serial 46143.

    A day without a year is its latest occurrence not after ``today``. ``past_only`` refuses a day after
    ``today``. 5/1/2026 is not read: nobody can tell the day from the month.
    """
    if isinstance(raw, datetime):
        return _bounded(Reading(raw.date()), today, past_only)
    if isinstance(raw, date):
        return _bounded(Reading(raw), today, past_only)
    text = cell_text(raw)
    if not text:
        return Reading(None)
    if _SERIAL.fullmatch(text):
        day = _SERIAL_START + timedelta(days=int(text[:5]))
        return _bounded(Reading(day, f"表格日期序号 {text[:5]} 换算为 {day}"), today, past_only)
    matched = _FULL_DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    short = _SHORT_DATE.fullmatch(text)
    try:
        if matched:
            year = int(matched[1]) + (2000 if len(matched[1]) == 2 else 0)
            day = date(year, int(matched[2]), int(matched[3]))
            return _bounded(Reading(day), today, past_only)
        if short:
            day = date(today.year, int(short[1]), int(short[2]))
            if day > today:
                day = day.replace(year=today.year - 1)
            return Reading(day, f"没有年份，按 {day.year} 年计", sure=False)
    except ValueError:
        return Reading(None, f"「{text[:20]}」这一天不存在")
    return Reading(None, f"「{text[:20]}」不是日期，例如 2026-05-01")


def _bounded(reading: Reading[date], today: date, past_only: bool) -> Reading[date]:
    if past_only and reading.value is not None and reading.value > today:
        return Reading(None, f"{reading.value} 在今天之后")
    return reading


_MONTHS = re.compile(r"([0-9]{1,3})(年|个月|月|期)?")


def read_months(raw: object) -> Reading[int]:
    """Return a term in months: 12, 12期, 36个月, 3年, 三年."""
    text = cell_text(raw).replace(" ", "")
    if not text:
        return Reading(None)
    spoken = re.fullmatch(rf"({_NUMERAL.pattern})(年|个月|月|期)", text)
    number = read_numeral(spoken[1]) if spoken else None
    matched = _MONTHS.fullmatch(text if number is None or not spoken else f"{number}{spoken[2]}")
    if matched is None:
        return Reading(None, f"「{text[:20]}」不是期限，例如 36 或 3年")
    months = int(matched[1]) * (12 if matched[2] == "年" else 1)
    return Reading(months) if 0 < months <= 360 else Reading(None, "期限应为 1–360 个月")


_SHORT_PROVINCE = "省|市|特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|居民"
PROVINCE_NAMES: tuple[str, ...] = tuple(
    sorted(
        {re.sub(f"({_SHORT_PROVINCE})$", "", name) for name in PROVINCES.values()} | set(PROVINCES.values()),
        key=len,
        reverse=True,
    )
)
MUNICIPALITIES = frozenset({"北京", "上海", "天津", "重庆"})
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,20}")


@_remembered
def read_city(raw: object) -> Reading[str]:
    """Return a city without 市 and without its province: 苏州市, 江苏省苏州市姑苏区, 江苏-苏州 are 苏州.

    Prefectures 州, 盟, 地区 keep their name. A province alone is kept as written and is not sure.
    """
    text = re.sub(r"[\s\-/、,>·|]+", "", cell_text(raw))
    if not text:
        return Reading(None)
    if not _PLACE.fullmatch(text):
        return Reading(None, f"「{text[:20]}」不是城市")
    province = next((name for name in PROVINCE_NAMES if text.startswith(name)), "")
    short = re.sub(f"({_SHORT_PROVINCE})$", "", province)
    if short in MUNICIPALITIES:
        return Reading(short)
    rest = text[len(province) :].removeprefix("省") or text
    if rest == "市":
        return Reading(short)
    if rest in PROVINCE_NAMES:
        return Reading(rest, "只有省份，没有城市", sure=False)
    city = re.match(r"(.{2,}?)市(?!场)", rest)
    return Reading(city[1] if city else rest)


CHANNEL_SYNONYMS: dict[str, tuple[str, ...]] = {
    "douyin": ("抖音信息流", "抖音", "抖音投放", "抖音广告", "dy", "douyin", "头条", "巨量", "信息流"),
    "baidu_sem": ("百度SEM", "百度", "百度推广", "百度搜索", "baidu", "sem", "搜索推广"),
    "wechat_moments": ("微信朋友圈", "朋友圈", "朋友圈广告", "微信广告", "微信", "wx"),
    "loan_market": ("贷超", "贷款超市", "贷超导流", "API导流"),
    "website": ("官网", "网站", "官方网站", "官网表单", "公司网站"),
    "referral": ("转介绍", "介绍", "朋友介绍", "老客户介绍", "客户介绍", "老带新", "转介"),
    "telesales": ("电销", "电话营销", "电话", "外呼", "陌call"),
    "field": ("地推", "线下", "线下活动", "扫街", "展会", "地面推广"),
}
"""Words people write for the default channels, by channel code; the first is the label."""


def known_words(synonyms: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return written word → code, folded as :func:`read_option` folds what it reads."""
    return {_folded(word): code for code, words in synonyms.items() for word in (code, *words)}


@_remembered
def _folded(text: str) -> str:
    return re.sub(r"[\s\-_/·]+", "", cell_text(text)).casefold()


def read_option(raw: object, words: Mapping[str, str], *, noun: str) -> Reading[str]:
    """Return the code of a written word; ``words`` maps folded words to codes (:func:`known_words`)."""
    text = cell_text(raw)
    if not text:
        return Reading(None)
    code = words.get(_folded(text))
    if code is None:
        return Reading(None, f"没有{noun}「{text[:20]}」，导入后再选")
    return Reading(code)


_GENDERS = {
    Gender.MALE: ("男", "男性", "先生", "m", "male", "男士"),
    Gender.FEMALE: ("女", "女性", "女士", "小姐", "f", "female", "太太"),
}
_GENDER_WORDS = {word: gender for gender, words in _GENDERS.items() for word in words}


def read_gender(raw: object) -> Reading[Gender]:
    """Return 男 or 女 in the usual ways of writing it."""
    text = cell_text(raw).casefold()
    if not text or text in ("未知", "不详", "保密"):
        return Reading(None)
    gender = _GENDER_WORDS.get(text)
    return Reading(gender) if gender else Reading(None, f"「{text[:20]}」不是性别")


_TEMPERATURES = {
    Temperature.HIGH: (
        "高意向",
        "高",
        "强",
        "强烈",
        "很急",
        "急用",
        "急",
        "a",
        "b",
        "a类",
        "b类",
        "热",
        "意向强",
        "有意向",
        "hot",
    ),
    Temperature.WATCH: (
        "待观察",
        "中",
        "一般",
        "观望",
        "考虑",
        "考虑中",
        "再看看",
        "c",
        "c类",
        "温",
        "暂缓",
        "中意向",
        "warm",
    ),
    Temperature.INVALID: ("无效", "无", "无意向", "d", "d类", "空号", "停机", "拒绝", "不需要", "冷", "cold"),
}
_TEMPERATURE_WORDS = {word: heat for heat, words in _TEMPERATURES.items() for word in words}


@_remembered
def read_temperature(raw: object) -> Reading[Temperature]:
    """Return the temperature 意向热度 behind an intent word: A, 很急 high; C, 观望 watch; D, 空号 invalid."""
    text = _folded(cell_text(raw))
    if not text:
        return Reading(None)
    heat = _TEMPERATURE_WORDS.get(text)
    return Reading(heat) if heat else Reading(None, f"「{text[:20]}」不是意向等级")


def read_number(raw: object) -> Reading[Decimal]:
    """Return a plain number, thousands separators allowed."""
    text = cell_text(raw).replace(",", "")
    if not text:
        return Reading(None)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Reading(None, f"「{text[:20]}」不是数字")
    return Reading(number) if number.is_finite() else Reading(None, f"「{text[:20]}」不是数字")
