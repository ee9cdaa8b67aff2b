"""The repayment schedule of a loan as files 还款计划表: a sheet to print, a spreadsheet to work with."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from sqlmodel import Session

from loanhub.documents import render
from loanhub.documents.data import ScheduleRow
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.postings import LoanState
from loanhub.domain.repayment.schedule import build_schedule, method_label
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Application, Contract, Customer, Loan
from loanhub.repositories import loans as repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import completed, in_use
from loanhub.services._transaction import reading
from loanhub.services.contracts.create import frozen_data
from loanhub.services.loans._shared import business_day, open_account
from loanhub.settings import settings

HEADS = (
    "期", "应还日", "期初本金", "本金", "利息", "费用", "罚息", "应还", "已还", "已减免", "未还", "剩余本金", "结清日",
)  # fmt: skip


def schedule_pdf(actor: Actor, *, loan_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of the schedule in force: after prepayments and changes, not as first agreed.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        terms, state = _current(db, loan, now)
        rows = [row.installment for row in state.installments] if state else list(build_schedule(terms))
        contract = db.get(Contract, loan.contract_id)
        assert contract is not None
        frozen, customer = frozen_data(contract), db.get(Customer, loan.customer_id)
        named = customer.name if customer else ""
        data = replace(
            frozen,
            contract_number=contract.number,
            loan_number=loan.number,
            borrower=replace(frozen.borrower, name=frozen.borrower.name or named),
            terms=replace(
                frozen.terms, principal_fen=loan.principal_fen, annual_rate=terms.annual_rate,
                method=method_label(terms.method), start_date=loan.disbursed_date or terms.disburse_date,
                end_date=rows[-1].due_date,
            ),
            schedule=tuple(
                ScheduleRow(
                    number=row.period, due_date=row.due_date, principal_fen=row.principal_fen,
                    interest_fen=row.interest_fen, fee_fen=row.fee_fen, closing_fen=row.closing_fen,
                )
                for row in rows
            ),
        )  # fmt: skip
        template = in_use(db, "repayment_schedule")
        application = db.get(Application, contract.application_id)
        data = completed(db, template, data, customer=customer, application=application)
        pdf = render(
            template, data, company=parameters.company(db, now=now),
            watermark="演示数据" if settings().demo_mode else "",
        )  # fmt: skip
        return f"{loan.number}-还款计划表.pdf", pdf


def _current(db: Session, loan: Loan, now: datetime) -> tuple[Terms, LoanState | None]:
    if loan.disbursed_date is None:
        return Terms.parse(loan.terms), None
    state = open_account(db, loan).at(business_day(loan, now))
    return state.terms, state


def schedule_workbook(actor: Actor, *, loan_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, spreadsheet) of the schedule and what was paid on it; amounts are numbers in yuan.

    Raises:
        NotFound, NotPermitted: as for :func:`schedule_pdf`.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        terms, state = _current(db, loan, now)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    money, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True})
    page = book.add_worksheet("还款计划")
    facts = (
        f"借据 {loan.number}", f"放款本金 {format_fen(loan.principal_fen)}", method_label(terms.method),
        f"年利率 {format_percent(terms.annual_rate)}（单利）", f"截至 {state.as_of.isoformat()}" if state else "尚未放款",
    )  # fmt: skip
    page.write_string(0, 0, "　".join(facts))
    page.write_row(1, 0, HEADS, bold)
    table = _rows(terms, state)
    for line, (period, due, amounts, cleared) in enumerate(table, start=2):
        page.write_number(line, 0, period)
        page.write_string(line, 1, due)
        _write(page, line, amounts, money)
        page.write_string(line, 12, cleared)
    last = len(table) + 2
    page.write_string(last, 0, "合计", bold)
    sums = [sum(amounts[place] for _, _, amounts, _ in table) for place in range(10)]
    sums[0] = sums[9] = -1
    _write(page, last, sums, money)
    page.set_column(1, 12, 14)
    page.freeze_panes(2, 2)
    book.close()
    return f"{loan.number}-还款计划.xlsx", buffer.getvalue()


def _rows(terms: Terms, state: LoanState | None) -> list[tuple[int, str, list[int], str]]:
    if state is None:
        return [
            (row.period, row.due_date.isoformat(),
             [row.opening_fen, row.principal_fen, row.interest_fen, row.fee_fen, 0, row.payment_fen, 0, 0,
              row.payment_fen, row.closing_fen], "")
            for row in build_schedule(terms)
        ]  # fmt: skip
    found = []
    for one in state.installments:
        row, penalty = one.installment, one.penalty_accrued_fen + one.compound_accrued_fen
        amounts = [
            row.opening_fen, row.principal_fen, row.interest_fen, row.fee_fen, penalty, row.payment_fen + penalty,
            one.paid.total_fen, one.waived.total_fen, one.open.total_fen, row.closing_fen,
        ]  # fmt: skip
        cleared = one.cleared_date.isoformat() if one.cleared_date else ""
        found.append((row.period, row.due_date.isoformat(), amounts, cleared))
    return found


def _write(page: Any, line: int, amounts: list[int], look: Any) -> None:
    for column, fen in enumerate(amounts, start=2):
        if fen >= 0:
            # A cell holds a binary number; below 10^13 yuan two decimals survive it exactly.
            page.write_number(line, column, Decimal(fen).scaleb(-2), look)
