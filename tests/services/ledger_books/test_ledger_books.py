"""The books: a trial balance that balances whatever happened, a day held against the bank, signed once by another."""

from __future__ import annotations

import io
import random
import threading
from datetime import date, timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import col, select

from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import BankLine, DayClose, Event, Loan
from loanhub.services import ledger_books, loans, statements
from loanhub.services._transaction import reading, transaction
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_desk, make_loan, noon, stored
from tests.services.statements.test_statements import CARD, csv_of, first_payment, line_of, name_borrower

OUT = date(2026, 1, 15)
DAY = date(2026, 2, 15)
NOW = noon(date(2026, 2, 20))


@pytest.fixture
def desk(database) -> Desk:
    make_company()
    return make_desk()


@pytest.fixture
def loan_id(desk) -> int:
    found = make_loan(desk)
    name_borrower(found, "刘志强", CARD)
    return found


def pay(desk: Desk, loan_id: int, fen: int, day: date = DAY, **values):
    return loans.post(
        desk.maker, loan_id=loan_id, amount_fen=fen, value_date=day, now=values.pop("now", NOW), **values
    )


def figures(shown: ledger_books.DayBooks) -> dict[str, tuple[str, str, bool]]:
    return {one.code: (one.books, one.other, one.fits) for one in shown.figures}


def groups(shown: ledger_books.DayBooks) -> list[str]:
    return sorted(one.group for one in shown.differences)


class TestTrialBalance:
    def test_shows_openings_movements_and_closings(self, desk, loan_id):
        pay(desk, loan_id, first_payment(loan_id))

        shown = ledger_books.trial_balance(desk.maker, last=date(2026, 2, 28))

        rows = {row.code: row for row in shown.rows}
        loan = stored(loan_id)
        assert (rows["loan_principal"].opening, rows["loan_principal"].opening_side) == ("120,000.00", "借")
        assert rows["loan_principal"].closing_fen == loan.outstanding_principal_fen
        assert rows["bank"].debit_fen == first_payment(loan_id)
        assert rows["interest_income"].side == "贷"
        assert shown.balanced and shown.debit == shown.credit and shown.closing_debit == shown.closing_credit

    def test_leaves_out_what_came_later(self, desk, loan_id):
        pay(desk, loan_id, first_payment(loan_id))

        shown = ledger_books.trial_balance(desk.maker, first=OUT, last=OUT)

        assert {row.code for row in shown.rows} == {"bank", "loan_principal"}

    def test_refuses_a_period_that_ends_before_it_begins_and_who_may_not_look(self, desk):
        with pytest.raises(InvalidInput):
            ledger_books.trial_balance(desk.maker, first=DAY, last=OUT)
        with pytest.raises(NotPermitted):
            ledger_books.trial_balance(desk.sales, last=DAY)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_balances_after_whatever_was_posted(self, desk, seed):
        pick = random.Random(seed)
        ids = [make_loan(desk, amount_fen=pick.randrange(1_000_000, 50_000_000, 100)) for _ in range(3)]
        posted: list[int] = []
        for _ in range(14):
            day = OUT + timedelta(days=pick.randrange(1, 120))
            try:
                if posted and pick.random() < 0.3:
                    loans.reverse(
                        desk.checker,
                        payment_id=posted.pop(pick.randrange(len(posted))),
                        reason="随机冲正",
                        now=noon(date(2026, 6, 1)),
                    )
                else:
                    done = pay(
                        desk,
                        pick.choice(ids),
                        pick.randrange(100, 3_000_000),
                        day,
                        now=noon(date(2026, 6, 1)),
                    )
                    posted.append(done.payment_id)
            except LoanHubError:
                continue
        for last in (OUT, date(2026, 3, 1), date(2026, 6, 1)):
            shown = ledger_books.trial_balance(desk.maker, first=OUT, last=last)
            assert shown.balanced, shown
            assert sum(row.closing_fen for row in shown.rows) == 0
        principal = next(row.closing_fen for row in shown.rows if row.code == "loan_principal")
        assert principal == sum(stored(one).outstanding_principal_fen for one in ids)


class TestJournal:
    def test_finds_by_account_kind_loan_amount_and_day(self, desk, loan_id):
        fen = first_payment(loan_id)
        pay(desk, loan_id, fen)

        def found(**values) -> int:
            return ledger_books.journal(desk.maker, **values).total

        assert found() == 2
        assert found(account="interest_income") == found(kind="payment") == found(first=DAY, last=DAY) == 1
        assert found(text=stored(loan_id).number[-12:].lower()) == 2
        assert found(amount=f"{fen / 100:.2f}") == 1
        assert found(amount="1.23") == found(text="%") == 0
        with pytest.raises(InvalidInput):
            ledger_books.journal(desk.maker, amount="abc")

    def test_shows_both_sides_and_marks_a_late_entry(self, desk, loan_id):
        pay(desk, loan_id, first_payment(loan_id))

        row = ledger_books.journal(desk.maker).rows[0]

        assert row.late and row.loan_id == loan_id and row.by == "罗敏"
        assert row.lines[0].account == "银行存款" and row.lines[0].debit and not row.lines[0].credit


class TestDay:
    def test_a_day_that_the_bank_confirms_fits(self, desk, loan_id):
        fen = first_payment(loan_id)
        statements.read_content(
            desk.maker, content=csv_of((DAY, fen, "刘志强", CARD, "", "T1")), file_name="a.csv", now=NOW
        )
        statements.accept(desk.maker, line_id=line_of("T1").id, loan_id=loan_id, now=NOW)

        shown = ledger_books.day_books(desk.checker, day=DAY, now=NOW)

        assert shown.fits and shown.differences == ()
        assert all(fits for _, _, fits in figures(shown).values())
        assert shown.can_close and shown.statements

    def test_names_what_only_one_side_has(self, desk, loan_id):
        pay(desk, loan_id, 5_000_00, bank_transaction_id="HK1")
        content = csv_of(
            (DAY, 7_000_00, "路人", "", "货款", "T1"), (DAY, -3_00, "某银行", "", "手续费", "T2")
        )
        statements.read_content(desk.maker, content=content, file_name="a.csv", now=NOW)
        statements.ignore(desk.maker, line_id=line_of("T2").id, reason="手续费", now=NOW)

        shown = ledger_books.day_books(desk.checker, day=DAY, now=NOW)

        assert groups(shown) == ["lines", "payments"]
        assert figures(shown)["cash_in"] == ("5,000.00", "7,000.00", False)
        assert figures(shown)["cash_out"] == ("0.00", "0.00", True)
        assert shown.difference_fen == -2_000_00
        assert next(one for one in shown.differences if one.group == "payments").href == f"/loans/{loan_id}"

    def test_a_reversed_payment_takes_its_money_back(self, desk, loan_id):
        done = pay(desk, loan_id, 5_000_00)
        loans.reverse(desk.checker, payment_id=done.payment_id, reason="录错", now=NOW)

        assert figures(ledger_books.day_books(desk.checker, day=DAY, now=NOW))["cash_in"] == (
            "0.00",
            "0.00",
            True,
        )

    def test_the_disbursement_day_names_the_loan(self, desk, loan_id):
        shown = ledger_books.day_books(desk.checker, day=OUT, now=NOW)

        assert [one.group for one in shown.differences] == ["payments"]
        assert stored(loan_id).number in shown.differences[0].text
        assert figures(shown)["cash_out"][0] == "120,000.00"

    def test_names_a_line_whose_posting_was_reversed(self, desk, loan_id):
        statements.read_content(
            desk.maker, content=csv_of((DAY, 5_000_00, "刘志强", CARD, "", "T1")), file_name="a.csv", now=NOW
        )
        done = statements.accept(desk.maker, line_id=line_of("T1").id, loan_id=loan_id, now=NOW)
        loans.reverse(desk.checker, payment_id=done.payment_id, reason="录错", now=NOW)

        shown = ledger_books.day_books(desk.checker, day=DAY, now=NOW)
        assert groups(shown) == ["links"] and "已冲正" in shown.differences[0].text

    def test_names_the_loan_whose_balance_differs(self, desk, loan_id):
        with transaction() as db:
            loan = db.get(Loan, loan_id)
            assert loan is not None
            loan.outstanding_principal_fen += 1
            loan.suspense_fen += 7

        shown = ledger_books.day_books(desk.checker, day=NOW.date(), now=NOW)

        assert groups(shown) == ["principal", "suspense"]
        assert (
            shown.differences[0].amount == "−0.01" and shown.differences[0].subject == stored(loan_id).number
        )

    def test_names_a_missing_receipt_number(self, desk, loan_id):
        from loanhub.services._numbering import next_number

        pay(desk, loan_id, 5_000_00)
        with transaction() as db:
            next_number(db, "receipt:20260220")
        pay(desk, loan_id, 6_000_00)

        shown = ledger_books.day_books(desk.checker, day=date(2026, 2, 20), now=NOW)
        assert [one.subject for one in shown.differences if one.group == "numbers"] == ["SJ202602200002"]

    def test_refuses_a_day_to_come_and_who_may_not_look(self, desk):
        with pytest.raises(InvalidInput):
            ledger_books.day_books(desk.maker, day=date(2026, 2, 21), now=NOW)
        with pytest.raises(NotPermitted):
            ledger_books.day_books(desk.sales, day=DAY, now=NOW)


class TestClose:
    def test_freezes_the_figures_and_lists_what_comes_later(self, desk, loan_id):
        pay(desk, loan_id, 5_000_00)
        signed = ledger_books.close_day(desk.checker, day=DAY, note="等网银流水", now=NOW)
        later = noon(date(2026, 2, 21))
        pay(desk, loan_id, 1_00, now=later)

        shown = ledger_books.day_books(desk.maker, day=DAY, now=later)

        assert shown.closed and shown.closed_by == "顾行" and shown.note == "等网银流水"
        assert figures(shown)["cash_in"] == figures(signed)["cash_in"] == ("5,000.00", "0.00", False)
        assert [one.amount for one in shown.late] == ["1.00"] and shown.late[0].subject == stored(
            loan_id
        ).number
        assert ledger_books.list_days(desk.maker)[0].day == DAY.isoformat()
        with reading() as db:
            assert db.exec(select(Event).where(Event.type == "day.closed")).one().reason == "等网银流水"

    def test_a_difference_needs_words(self, desk, loan_id):
        pay(desk, loan_id, 5_000_00)

        with pytest.raises(InvalidInput, match="还有差异"):
            ledger_books.close_day(desk.checker, day=DAY, now=NOW)
        with reading() as db:
            assert db.exec(select(DayClose)).all() == []

    def test_not_by_who_read_the_statement_in(self, desk):
        statements.read_content(
            desk.maker, content=csv_of((DAY, 1_00, "甲", "", "", "T1")), file_name="a.csv", now=NOW
        )

        assert "另一位同事" in ledger_books.day_books(desk.maker, day=DAY, now=NOW).cannot
        with pytest.raises(ledger_books.CloserPreparedIt):
            ledger_books.close_day(desk.maker, day=DAY, note="都对", now=NOW)
        assert ledger_books.close_day(desk.checker, day=DAY, note="甲的款待查", now=NOW).closed

    def test_not_without_the_right_and_not_twice(self, desk):
        with pytest.raises(NotPermitted):
            ledger_books.close_day(make_user(RoleCode.MANAGER), day=DAY, note="好", now=NOW)
        ledger_books.close_day(desk.checker, day=DAY, now=NOW)
        with pytest.raises(ledger_books.DayAlreadyClosed, match="顾行"):
            ledger_books.close_day(desk.maker, day=DAY, now=NOW)

    def test_of_two_at_once_one_signs(self, desk):
        results: list[str] = []
        start = threading.Barrier(2)

        def go(actor) -> None:
            start.wait()
            try:
                ledger_books.close_day(actor, day=DAY, now=NOW)
                results.append("signed")
            except Conflict:
                results.append("refused")

        threads = [threading.Thread(target=go, args=(actor,)) for actor in (desk.maker, desk.checker)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["refused", "signed"]


class TestWorkbooks:
    def test_amounts_are_numbers_and_hostile_texts_stay_texts(self, desk, loan_id):
        pay(desk, loan_id, 5_000_00, payer="刘志强")
        content = csv_of((DAY, 7_00, "=HYPERLINK(1)", "", "+cmd", "T1"))
        statements.read_content(desk.maker, content=content, file_name="a.csv", now=NOW)

        name, day = ledger_books.day_workbook(desk.checker, day=DAY, now=NOW)
        sheets = CalamineWorkbook.from_filelike(io.BytesIO(day))
        rows = sheets.get_sheet_by_name("差异").to_python()
        assert name == "日终对账_2026-02-15.xlsx"
        assert ["银行有、账上没有", "=HYPERLINK(1)", "转账 +cmd", "7.00"] in rows
        assert b"<f>" not in day

        name, trial = ledger_books.trial_workbook(desk.maker, last=date(2026, 2, 28), now=NOW)
        rows = CalamineWorkbook.from_filelike(io.BytesIO(trial)).get_sheet_by_index(0).to_python()
        assert rows[-1][:2] == ["试算结果", "平衡"]
        assert rows[2][3] == 5000.0
        with reading() as db:
            assert (
                len(
                    db.exec(
                        select(Event).where(Event.type == "ledger.exported").order_by(col(Event.id))
                    ).all()
                )
                == 2
            )
            assert db.exec(select(BankLine)).one().status == "unmatched"
