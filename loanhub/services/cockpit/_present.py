"""How the cockpit's numbers read: figure and unit, change against the period before, bars, sparklines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from loanhub.analytics.measures import Measure, Reading, Unit
from loanhub.domain import formats
from loanhub.domain.money import divide_half_up, format_fen, format_wan
from loanhub.services._spreadsheet import Figure, Shown

SPARK_WIDTH, SPARK_HEIGHT = 58, 26
Number = int | Fraction
FORMS: dict[str, str] = {
    Unit.COUNT: "#,##0", Unit.FEN: "#,##0.00", Unit.RATE: "0.00%", Unit.HOURS: "#,##0.0", Unit.DAYS: "#,##0.0",
    Unit.TIMES: "0.00",
}  # fmt: skip
"""How a number of each unit looks in a workbook."""


class Told(str):
    """A text of the page that knows the number it tells: ``60.0 万`` of 60,004,500 fen.

    The page shows the text, a file keeps the number, so that what was rounded for the eye is exact where one calculates.
    value: in ``unit``, fen for amounts, a fraction for rates.
    """

    value: Number
    unit: Unit

    def __new__(cls, text: str, value: Number = 0, unit: Unit = Unit.COUNT) -> Told:
        """Return the text with its number; the defaults are for pickle, which sets both afterwards."""
        told = super().__new__(cls, text)
        told.value, told.unit = value, unit
        return told


def cell_of(text: str) -> Shown:
    """Return what a workbook holds where the page shows ``text``: its number when it tells one, else itself."""
    if not isinstance(text, Told):
        return text
    return int(text.value) if text.unit is Unit.FEN else Figure(text.value, FORMS[text.unit])


def counted(number: int, noun: str = "") -> Told:
    """Return a number of records: ``1,204``, ``12 笔``."""
    return Told(f"{formats.count(number)}{noun and ' '}{noun}", number)


def fixed(value: Number, digits: int) -> str:
    """Return a number with so many decimals, halves up, thousands separated."""
    exact = Fraction(value)
    scaled = divide_half_up(exact.numerator * 10**digits, exact.denominator)
    sign, scaled = (formats.MINUS, -scaled) if scaled < 0 else ("", scaled)
    whole, part = divmod(scaled, 10**digits)
    return f"{sign}{whole:,}.{part:0{digits}d}" if digits else f"{sign}{whole:,}"


def percent(value: Fraction | None, digits: int = 1) -> str:
    """Return a fraction as a percentage, ``—`` for None."""
    return formats.EMPTY if value is None else Told(f"{fixed(value * 100, digits)}%", value, Unit.RATE)


def split_wan(fen: int) -> tuple[str, str, str]:
    """Return (¥, figure, unit) of an amount: ``¥``, ``3,126.4``, ``万``."""
    head, _, unit = format_wan(fen).partition(" ")
    head = head.replace("¥", "")
    whole, dot, part = head.partition(".")
    digits = whole.removeprefix(formats.MINUS)
    if "," not in digits and digits.isdigit():
        whole = whole.replace(digits, f"{int(digits):,}")
    return "¥", whole + dot + part, unit


def wan(fen: int) -> str:
    """Return an amount for tables and sentences: ``3,126.4 万``, ``1.36 亿``, ``¥980.00``."""
    symbol, figure, unit = split_wan(fen)
    return Told(f"{figure} {unit}" if unit else f"{symbol}{figure}", fen, Unit.FEN)


def amount(fen: int | None) -> str:
    """Return an amount to the fen, ``—`` for None."""
    return formats.EMPTY if fen is None else Told(format_fen(fen), fen, Unit.FEN)


def tick_of(unit: str) -> Callable[[Fraction], str]:
    """Return how a value of an axis reads in a unit."""
    if unit == Unit.FEN:
        return lambda value: "0" if not value else wan(int(value))
    if unit == Unit.RATE:
        return lambda value: percent(value)
    if unit == Unit.COUNT:
        return lambda value: formats.count(int(value)) if value.denominator == 1 else fixed(value, 1)
    return lambda value: fixed(value, 1)


def show_value(measure: Measure, value: Number | None) -> tuple[str, str, str]:
    """Return (prefix, figure, unit) of a measure's number; ``—`` when undefined."""
    return show_number(measure.unit, value)


def show_number(unit: Unit, value: Number | None) -> tuple[str, str, str]:
    """Return (prefix, figure, unit) of a number of this unit; ``—`` when undefined."""
    if value is None:
        return "", formats.EMPTY, ""
    if unit is Unit.FEN:
        return split_wan(int(value))
    if unit is Unit.RATE:
        return "", fixed(Fraction(value) * 100, 2), "%"
    if unit is Unit.HOURS:
        return "", fixed(value, 1), "时"
    if unit is Unit.DAYS:
        return "", fixed(value, 1), "天"
    if unit is Unit.TIMES:
        return "", fixed(value, 2), "倍"
    return "", formats.count(int(value)), ""


def joined(shown: tuple[str, str, str]) -> str:
    """Return prefix, figure and unit as one text: ``¥3,126.4 万``, ``61.40%``, ``9.6 时``."""
    prefix, figure, unit = shown
    return f"{prefix}{figure}{'' if unit in ('', '%') else ' '}{unit}"


def part_text(part: int, unit: Unit) -> str:
    """Return what one record adds: its fen, its hours; nothing for a plain count."""
    if unit is Unit.FEN:
        return format_fen(part)
    if unit is Unit.HOURS:
        return f"{fixed(Fraction(part, 60), 1)} 时"
    if unit is Unit.DAYS:
        return f"{part} 天"
    return ""


def full_text(measure: Measure, reading: Reading) -> str:
    """Return a measure's number in full: an amount to the fen, another by what it is made of; the text knows the number."""
    if reading.value is None:
        return parts_text(reading)
    if measure.unit is Unit.FEN:
        return amount(int(reading.value))
    return Told(parts_text(reading), reading.value, measure.unit)


def parts_text(reading: Reading) -> str:
    """Return what the records add up to, exactly, and the denominator where there is one."""
    unit, total, base = reading.part_unit, reading.total, reading.base
    if unit is Unit.FEN:
        text = format_fen(total)
        whole = (
            None
            if base is None
            else format_fen(base)
            if isinstance(reading.value, Fraction)
            else f"{base:,} 个"
        )
    elif unit is Unit.HOURS:
        text, whole = f"{fixed(Fraction(total, 60), 1)} 时", f"{base:,} 件"
    elif unit is Unit.DAYS:
        text, whole = f"{total:,} 天", f"{base:,} 笔"
    else:
        text, whole = f"{total:,} 个", None if base is None else f"{base:,} 个"
    return text if whole is None else f"{text} ÷ {whole}"


def change(measure: Measure, now: Reading, then: Reading) -> tuple[str, str, str]:
    """Return (text, tone good | bad | '', direction up | dn | '') against the period before.

    Counts and amounts change by a share, rates by points (pp), hours by hours.
    """
    if now.value is None or then.value is None:
        return "", "", ""
    difference = Fraction(now.value) - Fraction(then.value)
    if difference == 0:
        return "持平", "", ""
    tone = "good" if (difference > 0) == measure.higher_is_better else "bad"
    direction = "up" if difference > 0 else "dn"
    if measure.unit is Unit.RATE:
        return f"{fixed(abs(difference) * 100, 1)}pp", tone, direction
    if measure.unit in (Unit.HOURS, Unit.DAYS):
        return f"{fixed(abs(difference), 1)} {'时' if measure.unit is Unit.HOURS else '天'}", tone, direction
    if then.value == 0:
        return "新增", tone, direction
    return f"{fixed(abs(difference) / Fraction(then.value) * 100, 1)}%", tone, direction


def bar(part: int | Fraction, whole: int | Fraction) -> str:
    """Return a bar's width in percent of the longest; empty when there is none."""
    return f"{int(part * 100 / whole)}%" if whole else "0%"


def spark(values: Sequence[Number | None]) -> str:
    """Return the path of a sparkline in a box of 58 × 26, oldest first; gaps are bridged, '' under two points."""
    points = [(place, Fraction(value)) for place, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return ""
    lowest, highest = min(v for _, v in points), max(v for _, v in points)
    span, last = (highest - lowest) or Fraction(1), len(values) - 1
    room = SPARK_HEIGHT - 4
    steps = [
        f"{fixed(Fraction(place * (SPARK_WIDTH - 4), last) + 2, 1)} {fixed(2 + room * (highest - value) / span, 1)}"
        for place, value in points
    ]
    return "M" + " L".join(steps)
