"""How banks lay out the movements of a company account 对公账户明细: two layouts, told apart by their header.

``two_columns``: what went out and what came in stand in two columns 借方发生额, 贷方发生额. ``direction``: one amount,
and a column that says which way it went 收支方向. Columns may stand in any order and carry any of their usual names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loanhub.domain.loose_values import cell_text

HEADER_SEARCH = 30
"""How many rows from the top the header may stand below: banks print the account and the period above it."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "day": ("交易日期", "记账日期", "入账日期", "交易日", "记账日", "日期"),
    "clock": ("交易时间", "记账时间", "交易时刻", "时间"),
    "out": (
        "借方发生额", "借方金额", "支出金额", "付款金额", "转出金额", "借方发生额支出", "借方发生额支取", "支出",
        "借方",
    ),
    "into": (
        "贷方发生额", "贷方金额", "收入金额", "收款金额", "转入金额", "贷方发生额收入", "贷方发生额存入", "收入",
        "贷方",
    ),
    "way": ("收支方向", "借贷标志", "收支标志", "收支类型", "借贷方向", "收付标志", "方向", "借贷", "收支"),
    "amount": ("交易金额", "发生额", "金额"),
    "balance": ("账户余额", "余额", "本次余额", "交易后余额", "联机余额"),
    "party": ("对方户名", "对方名称", "对方单位名称", "对方单位", "对方账户名称", "交易对方", "收付方名称"),
    "account": ("对方账号", "对方账户", "对方卡号", "收付方账号", "对方帐号"),
    "summary": ("摘要", "交易摘要", "业务摘要"),
    "purpose": ("用途", "交易用途", "资金用途"),
    "postscript": ("附言", "备注", "客户附言", "交易附言"),
    "serial": ("交易流水号", "流水号", "银行流水号", "交易流水", "凭证流水号", "业务流水号", "核心流水号"),
}  # fmt: skip
"""The names a column may carry, by what we take from it."""

LABELS = {
    "day": "交易日期", "clock": "交易时间", "out": "借方发生额", "into": "贷方发生额", "way": "收支方向", "amount": "金额",
    "balance": "余额", "party": "对方户名", "account": "对方账号", "summary": "摘要", "purpose": "用途", "postscript": "附言",
    "serial": "流水号",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout: the columns it cannot do without. The day may also stand in the column of the time."""

    code: str
    label: str
    needs: tuple[str, ...]


LAYOUTS: dict[str, Layout] = {
    one.code: one
    for one in (
        Layout("two_columns", "借贷两列（借方发生额、贷方发生额）", ("out", "into")),
        Layout("direction", "收支方向一列（收支方向、金额）", ("way", "amount")),
    )
}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands (place of its row from 0) and the place of each column found."""

    layout: Layout
    place: int
    columns: dict[str, int]


_BRACKETS = re.compile(r"[(（\[【](?:元|人民币|单位[:：]?元|CNY|RMB)[)）\]】]")
_NOISE = re.compile(r"[\s*:：_\-/.、()（）\[\]]+")
_NAMES = {name: key for key, names in COLUMNS.items() for name in names}


def column_of(title: object) -> str | None:
    """Return what a header cell names, or None."""
    return _NAMES.get(_NOISE.sub("", _BRACKETS.sub("", cell_text(title))))


def find_header(rows: Sequence[Sequence[object]]) -> Header | None:
    """Return the header among the first rows; None when no row has a day and the columns of one layout."""
    for place, row in enumerate(rows[:HEADER_SEARCH]):
        columns = columns_of(row)
        if "day" not in columns and "clock" not in columns:
            continue
        for layout in LAYOUTS.values():
            if all(key in columns for key in layout.needs):
                return Header(layout, place, columns)
    return None


def columns_of(row: Sequence[object]) -> dict[str, int]:
    """Return the place of every known column in a row; the first of two alike wins."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        key = column_of(cell)
        if key is not None:
            found.setdefault(key, place)
    return found


def missing_columns(rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Return the labels that the best header-like row still lacks for the layout it comes nearest to."""
    best: tuple[int, tuple[str, ...]] = (1, ())
    for row in rows[:HEADER_SEARCH]:
        columns = columns_of(row)
        for layout in LAYOUTS.values():
            absent = [key for key in layout.needs if key not in columns]
            if "day" not in columns and "clock" not in columns:
                absent.insert(0, "day")
            if len(columns) > best[0]:
                best = (len(columns), tuple(LABELS[key] for key in absent))
    return best[1]
