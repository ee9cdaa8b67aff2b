"""One unit a column of money 金额单位: all its cells read in 元, 万 or 亿, so that they can be compared at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from loanhub.analytics.measures import Unit
from loanhub.domain.formats import MINUS
from loanhub.domain.money import format_fen
from loanhub.domain.reports import Cell, ReportColumn
from loanhub.services.cockpit._present import fixed

WAN, YI = 10_000 * 100, 100_000_000 * 100
"""Fen of one 万 and one 亿 yuan."""


def scaled(
    columns: Sequence[ReportColumn], rows: Iterable[Sequence[Cell]], totals: Sequence[Cell]
) -> tuple[ReportColumn, ...]:
    """Return the columns with the unit of their money; the columns of one measure share theirs.

    万 as soon as one amount reaches it, with two decimals where others do not; 亿 when every amount does.
    """
    amounts: dict[str, list[int]] = {}
    for row in (*rows, totals):
        for column, cell in zip(columns, row, strict=True):
            if column.unit == Unit.FEN and isinstance(cell, int) and cell:
                amounts.setdefault(column.measure, []).append(abs(cell))
    scale = {code: _scale(min(found), max(found)) for code, found in amounts.items()}
    return tuple(
        replace(one, scale=scale.get(one.measure, "yuan")) if one.unit == Unit.FEN else one for one in columns
    )


def _scale(least: int, most: int) -> str:
    if least >= YI:
        return "yi"
    if most < WAN:
        return "yuan"
    return "wan" if least >= WAN else "wan2"


def money(fen: int, scale: str) -> tuple[str, str, str]:
    """Return (prefix, figure, unit) of an amount: ``¥3,126.4 万``, ``¥0.24 万``, ``¥1.36 亿``, ``¥980.00``.

    What is less than the unit shows is ``<0.01 万``.
    """
    if scale not in _UNITS or not fen:
        sign, _, text = format_fen(fen).rpartition("¥") if scale not in _UNITS else ("", "", "0")
        return f"{sign}¥", text, ""
    whole, unit, digits = _UNITS[scale]
    sign = MINUS if fen < 0 else ""
    if abs(fen) * 2 * 10**digits < whole:
        return f"{sign}<", fixed(Fraction(1, 10**digits), digits), unit
    return f"{sign}¥", fixed(Fraction(abs(fen), whole), digits), unit


_UNITS = {"wan": (WAN, "万", 1), "wan2": (WAN, "万", 2), "yi": (YI, "亿", 2)}
