"""Money: integer fen 分, how it is written, read and split. Nothing here ever touches a float."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product

from loanhub.domain.errors import InvalidInput

Exact = int | Decimal | Fraction

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
FEN_PER_YI = 10_000_000_000
LARGEST_FEN = 10**14  # one trillion yuan: anything above is a typing mistake
MINUS = "\u2212"  # the typographic minus has the width of a plus; a hyphen disappears beside ¥

_AMOUNT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?P<unit>[万亿wW])?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0xFFE5: 0xA5,
    0x3000: 0x20,
}
_UNIT_FEN = {
    None: FEN_PER_YUAN,
    "万": FEN_PER_WAN,
    "w": FEN_PER_WAN,
    "W": FEN_PER_WAN,
    "亿": FEN_PER_YI,
}


def half_width(text: str) -> str:
    """Return the text with full-width forms 全角 made half-width and all spaces dropped."""
    return "".join(text.translate(_HALF_WIDTH).split())


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest integer, halves away from zero; ``denominator`` above zero."""
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def round_half_up(value: Exact) -> int:
    """Return the nearest integer, halves away from zero 四舍五入 (2.5 → 3, −2.5 → −3)."""
    return divide_half_up(*value.as_integer_ratio())


def format_plain(fen: int) -> str:
    """Return the amount in yuan with thousands separators and two decimals: ``1,234.00``, ``−0.05``."""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{MINUS if fen < 0 else ''}{yuan:,}.{rest:02d}"


def decimal_text(fen: int) -> str:
    """Return the amount in yuan as machines read it, no grouping, a plain hyphen: ``1234.00``, ``-0.05``."""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}{yuan}.{rest:02d}"


def format_fen(fen: int) -> str:
    """Return the amount as shown on screen: ``¥1,234.50``, ``−¥1,234.50``."""
    return f"{MINUS if fen < 0 else ''}¥{format_plain(abs(fen))}"


def format_wan(fen: int) -> str:
    """Return a short form for cards and figures: ``1,123.5 万``, ``1.36 亿``; under one 万 the ¥ form.

    万 has one decimal, 亿 two, halves up; an amount that would round to 10,000.0 万 is shown in 亿.
    """
    sign, size = (MINUS if fen < 0 else ""), abs(fen)
    if size < FEN_PER_WAN:
        return format_fen(fen)
    tenths_of_wan = round_half_up(Fraction(size * 10, FEN_PER_WAN))
    if tenths_of_wan < 100_000:
        return f"{sign}{tenths_of_wan // 10:,}.{tenths_of_wan % 10} 万"
    hundredths_of_yi = round_half_up(Fraction(size * 100, FEN_PER_YI))
    return f"{sign}{hundredths_of_yi // 100:,}.{hundredths_of_yi % 100:02d} 亿"


def parse_fen(text: str, *, field: str = "amount", allow_negative: bool = False) -> int:
    """Return the fen of an amount typed by a person.

    Accepts ``1,234.5``, full-width digits, ``12.5万`` (also ``12.5w``), ``1.2亿``, and 元 or ¥ around it.
    More than two decimals of a yuan are refused, never rounded away.

    Raises:
        InvalidInput: naming ``field``: empty, not a number, finer than a fen, negative, or above 10^12 yuan.
    """

    def refuse(sentence: str) -> InvalidInput:
        return InvalidInput(fields={field: sentence})

    plain = half_width(text).removeprefix("人民币")
    digits = plain.lstrip(f"-+{MINUS}¥")
    head = plain.removesuffix(digits)
    digits = digits.removesuffix("元").removesuffix("圆")
    if not digits:
        raise refuse("请填写金额")
    if head.replace("¥", "", 1) not in ("", "+", "-", MINUS):
        raise refuse("金额格式不对，例如 1234.50 或 12.5万")
    if "," in digits:
        if not _GROUPED.fullmatch(digits.rstrip("万亿wW")):
            raise refuse("千位分隔符的位置不对，请检查金额")
        digits = digits.replace(",", "")
    matched = _AMOUNT.fullmatch(digits)
    if matched is None:
        raise refuse("金额格式不对，例如 1234.50 或 12.5万")
    fen = Fraction(matched["number"]) * _UNIT_FEN[matched["unit"]]
    if fen > LARGEST_FEN:
        raise refuse("金额过大，不能超过 1 万亿元")
    if fen.denominator != 1:
        raise refuse("金额最多精确到分（两位小数）")
    if ("-" in head or MINUS in head) and fen != 0:
        if not allow_negative:
            raise refuse("金额不能为负数")
        return -fen.numerator
    return fen.numerator


def split_largest_remainder(total: int, weights: Sequence[Exact]) -> tuple[int, ...]:
    """Return integer parts of ``total`` in proportion to ``weights``, which sum to it exactly 最大余额法.

    Every part is first rounded down; the fen left over go to the largest remainders, ties by list order.
    A negative total is split as its absolute value. Source: lending rules, commission and fee splitting.

    Raises:
        ValueError: no weights, a negative weight, or all weights zero.
    """
    shares = [Fraction(weight) for weight in weights]
    whole = sum(shares, Fraction(0))
    if not shares or whole <= 0 or any(share < 0 for share in shares):
        raise ValueError("weights must be non-negative and not all zero")
    size = abs(total)
    exact = [size * share / whole for share in shares]
    parts = [value.numerator // value.denominator for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[: size - sum(parts)]:
        parts[index] += 1
    return tuple(-part for part in parts) if total < 0 else tuple(parts)


# 人民币大写 ------------------------------------------------------------------------------------------

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_YI = 10**8
_WAN = 10**4


def _group(value: int) -> str:
    """Return a number below 10 000 in words: one 零 for inner zeros, none in front or behind."""
    words, zero_waits = "", False
    for digit, place in zip(f"{value:04d}", _PLACES, strict=True):
        if digit == "0":
            zero_waits = bool(words)
            continue
        words += ("零" if zero_waits else "") + _DIGITS[int(digit)] + place
        zero_waits = False
    return words


def _whole_words(yuan: int) -> list[str]:
    """Return the forms of a whole number of yuan allowed by the rule, the canonical one first.

    Where the last digit of the upper part is 0 and the next digit is not, 零 between them is optional.
    """
    for unit, word in ((_YI, "亿"), (_WAN, "万")):
        if yuan < unit:
            continue
        upper, lower = divmod(yuan, unit)
        uppers = [form + word for form in _whole_words(upper)]
        if lower == 0:
            return uppers
        if lower < unit // 10:
            joints = ["零"]
        elif upper % 10 == 0:
            joints = ["", "零"]
        else:
            joints = [""]
        return [a + joint + b for a, joint, b in product(uppers, joints, _whole_words(lower))]
    return [_group(yuan)]


def _accepted_forms(fen: int) -> list[str]:
    sign, size = ("负" if fen < 0 else ""), abs(fen)
    yuan, rest = divmod(size, FEN_PER_YUAN)
    jiao, last = divmod(rest, 10)
    wholes = [form + "元" for form in _whole_words(yuan)] if yuan else [""]
    if size == 0:
        return ["零元整"]
    if rest == 0:
        return [sign + whole + "整" for whole in wholes]
    if jiao == 0:
        return [sign + whole + ("零" if yuan else "") + _DIGITS[last] + "分" for whole in wholes]
    joints = ["", "零"] if yuan and yuan % 10 == 0 else [""]
    cents = (
        [_DIGITS[jiao] + "角" + _DIGITS[last] + "分"]
        if last
        else [_DIGITS[jiao] + "角", _DIGITS[jiao] + "角整"]
    )
    return [sign + whole + joint + cent for whole, joint, cent in product(wholes, joints, cents)]


def uppercase(fen: int) -> str:
    """Return the amount in formal Chinese numerals 人民币大写, without the 人民币 prefix.

    The minimal form: 整 only after 元, 零 only where the rule demands it; negative amounts begin with 负.
    Source: 支付结算办法 附件一.
    """
    return _accepted_forms(fen)[0]


def uppercase_matches(text: str, fen: int) -> bool:
    """Tell whether a written 大写 says exactly this amount, in any form the rule allows.

    Spaces and a 人民币 prefix are ignored; 圆 and 正 are read as 元 and 整.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).removeprefix("人民币")
    return plain.replace("圆", "元").replace("正", "整") in _accepted_forms(fen)
