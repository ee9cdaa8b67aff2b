"""The calculation as a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from loanhub.domain.money import format_fen
from loanhub.services.quotes.sheet import calculate, headline


def build(form: Mapping[str, str], *, today: date, now: datetime) -> tuple[str, bytes]:
    """Return the calculation as a spreadsheet: (file name, content); amounts are numbers in yuan.

    Raises:
        InvalidInput: naming the fields of the form.
    """
    found = calculate(form, today=today, now=now)
    figures, buffer = headline(found), io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    money, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True})
    page = book.add_worksheet("还款计划")
    heads = ("期", "应还日", "计息天数", "期初本金", "本金", "利息", "费用", "应还", "剩余本金")
    page.write_row(0, 0, heads, bold)
    for place, row in enumerate(found.rows):
        page.write_number(place + 1, 0, row.period)
        page.write_string(place + 1, 1, row.due_date.isoformat())
        page.write_number(place + 1, 2, row.days)
        amounts = (
            row.opening_fen, row.principal_fen, row.interest_fen, found.row_fee_fen(place),
            found.row_payment_fen(place), row.closing_fen,
        )  # fmt: skip
        for column, fen in enumerate(amounts, start=3):
            _write_yuan(page, place + 1, column, fen, money)
    page.set_column(1, 8, 14)
    page.freeze_panes(1, 0)
    cost = book.add_worksheet("综合融资成本")
    facts = [
        ("还款方式", figures["method"]), ("本金", format_fen(found.terms.principal_fen)), ("大写", figures["uppercase"]),
        ("名义利率", figures["nominal"]), ("单利年化", figures["simple"]), ("复利年化", figures["compound"]),
        ("总利息（元）", figures["interest"]), ("总费用（元）", figures["fees"]), ("说明", "试算结果仅供参考，以合同为准"),
    ]  # fmt: skip
    for line, fact in enumerate(facts):
        cost.write_row(line, 0, fact)
    cost.write_row(len(facts) + 1, 0, ("项目", "收取方式", "收取标准", "金额（元）", "年化"), bold)
    for line, item in enumerate(found.disclosure.items, start=len(facts) + 2):
        cost.write_row(line, 0, (item.label, item.timing, item.standard))
        _write_yuan(cost, line, 3, item.amount_fen, money)
        cost.write_string(line, 4, f"{item.annual_pct}%")
    cost.set_column(0, 4, 22)
    book.close()
    return f"贷款试算-{figures['method']}-{figures['count']}期.xlsx", buffer.getvalue()


def _write_yuan(page: Any, row: int, column: int, fen: int, look: Any) -> None:
    # A cell holds a binary number; below 10^13 yuan two decimals survive it exactly.
    page.write_number(row, column, Decimal(fen).scaleb(-2), look)
