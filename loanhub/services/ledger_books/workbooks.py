"""The trial balance and a day's reconciliation as spreadsheets 导出; texts stay texts, whatever they begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from loanhub.domain.permissions import Permission
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Cell, workbook
from loanhub.services._transaction import transaction
from loanhub.services.ledger_books.day import Difference, day_books
from loanhub.services.ledger_books.trial import trial_balance


def trial_workbook(
    actor: Actor, *, last: date, first: date | None = None, now: datetime
) -> tuple[str, bytes]:
    """Return the trial balance as (file name, xlsx); the export is recorded.

    Raises:
        NotPermitted, InvalidInput: see :func:`loanhub.services.ledger_books.trial_balance`.
    """
    with transaction() as db:
        shown = trial_balance(actor, last=last, first=first)
        head = ["科目", "期初借方", "期初贷方", "本期借方", "本期贷方", "期末借方", "期末贷方"]
        rows: list[list[Cell]] = [
            [
                row.label, max(0, row.opening_fen), max(0, -row.opening_fen), row.debit_fen, row.credit_fen,
                max(0, row.closing_fen), max(0, -row.closing_fen),
            ]
            for row in shown.rows
        ]  # fmt: skip
        totals: list[Cell] = [sum(int(row[place]) for row in rows) for place in range(1, len(head))]
        rows.append(["合计", *totals])
        rows.append(["试算结果", "平衡" if shown.balanced else f"不平衡，差 {shown.difference}"])
        content = workbook([("试算平衡", f"{shown.first} 至 {shown.last}", head, rows)])
        events.record(
            db,
            actor,
            "ledger.exported",
            now=now,
            entity="ledger",
            summary=f"试算平衡 {shown.first} 至 {shown.last}",
        )
        return f"试算平衡_{shown.first}_{shown.last}.xlsx", content


def day_workbook(actor: Actor, *, day: date, now: datetime) -> tuple[str, bytes]:
    """Return a day's reconciliation as (file name, xlsx); the export is recorded.

    Raises:
        NotPermitted, InvalidInput: see :func:`loanhub.services.ledger_books.day_books`.
    """
    actor.require(Permission.LEDGER_READ)
    with transaction() as db:
        shown = day_books(actor, day=day, now=now)
        figures: list[list[Cell]] = [
            [one.label, one.books_label, one.books, one.other_label, one.other, one.difference, "相符" if one.fits else "不符", one.note]
            for one in shown.figures
        ]  # fmt: skip
        signed = f"已由{shown.closed_by}于 {shown.closed_at} 确认" if shown.closed else "未确认"
        content = workbook(
            [
                ("核对", f"{shown.day} {signed} {shown.note}".strip(), ["项目", "甲方", "甲方金额", "乙方", "乙方金额", "差额", "结果", "说明"], figures),
                ("差异", shown.day, _DIFFERENCES, _lines(shown.differences)),
                ("确认后的补记", shown.day, _DIFFERENCES, _lines(shown.late)),
            ]
        )  # fmt: skip
        events.record(db, actor, "ledger.exported", now=now, entity="ledger", summary=f"日终对账 {shown.day}")
        return f"日终对账_{shown.day}.xlsx", content


_DIFFERENCES = ["类别", "对象", "说明", "金额"]


def _lines(found: Sequence[Difference]) -> list[list[Cell]]:
    return [[one.label, one.subject, one.text, one.amount] for one in found]
