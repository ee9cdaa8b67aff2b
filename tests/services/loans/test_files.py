"""The schedule as files: what the page shows is what the sheet and the spreadsheet hold."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import loans
from loanhub.services.loans import files
from tests.builders import make_company, make_user
from tests.services.loans.builders import make_desk, make_loan, noon

OUT, TODAY = date(2026, 1, 20), date(2026, 4, 3)


def test_the_files_hold_what_the_page_shows(sqlite_database: Engine) -> None:
    make_company(noon(OUT))
    desk = make_desk()
    loan_id = make_loan(desk, disbursed=OUT)
    loans.post(
        desk.maker, loan_id=loan_id, amount_fen=1_000_000, value_date=date(2026, 2, 26), key="k",
        now=noon(date(2026, 2, 26)),
    )  # fmt: skip
    view = loans.loan_view(desk.maker, loan_id=loan_id, now=noon(TODAY))

    name, content = files.schedule_workbook(desk.maker, loan_id=loan_id, now=noon(TODAY))
    pdf_name, pdf = files.schedule_pdf(desk.maker, loan_id=loan_id, now=noon(TODAY))

    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    rows = table[2:-1]
    assert len(rows) == len(view.rows) == 12
    for row, shown in zip(rows, view.rows, strict=True):
        assert row[1] == shown.due_date
        assert [f"{float(row[i]):,.2f}" for i in (3, 4, 7, 11)] == [
            shown.principal, shown.interest, shown.total, shown.balance,
        ]  # fmt: skip
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert view.rows[0].principal in text and view.rows[-1].due_date[:4] in text
    assert name.endswith(".xlsx") and pdf_name.startswith(view.number)


def test_a_stranger_gets_no_file(sqlite_database: Engine) -> None:
    make_company(noon(OUT))
    desk = make_desk()
    loan_id = make_loan(desk, disbursed=OUT)
    stranger = make_user(RoleCode.SALES, name="外人")

    for make in (files.schedule_pdf, files.schedule_workbook):
        with pytest.raises(NotFound):
            make(stranger, loan_id=loan_id, now=noon(TODAY))
