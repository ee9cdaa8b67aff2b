"""Statements end to end: read once, matched, accepted by one of two, undone by reversal; on both databases."""

from __future__ import annotations

import io
import threading
from datetime import date

import pytest
import sqlalchemy as sa
import xlsxwriter
from sqlmodel import col, select

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.statements import LineStatus, StatementRefused
from loanhub.models import BankLine, BankStatement, Customer, Event, Installment, Loan, Payment
from loanhub.models.encryption import blind_index
from loanhub.services import files, loans, statements
from loanhub.services._transaction import reading, transaction
from loanhub.services.imports import UnreadableTable
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_desk, make_loan, noon, payments_of, stored

CARD = "6222020200112233445"
DAY = date(2026, 2, 15)
NOW = noon(date(2026, 2, 20))
HEAD = "交易日期,交易时间,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,附言,流水号"


def csv_of(*rows: tuple, opening: int = 1_000_000, encoding: str = "utf-8-sig", first: str = "") -> bytes:
    """Return a statement of rows (day, signed fen, payer, account, remark, id) with the balance running."""
    lines, balance = ([first] if first else []) + [HEAD], opening
    for day, fen, payer, account, remark, serial in rows:
        balance += fen
        out, into = (f"{-fen / 100:.2f}", "") if fen < 0 else ("", f"{fen / 100:.2f}")
        lines.append(
            f"{day},09:30:00,{out},{into},{balance / 100:.2f},{payer},{account},转账,{remark},{serial}"
        )
    return "\r\n".join(lines).encode(encoding)


def read(desk: Desk, *rows: tuple, name: str = "流水.csv", **values):
    return statements.read_content(desk.maker, content=csv_of(*rows, **values), file_name=name, now=NOW)


def lines() -> list[BankLine]:
    with reading() as db:
        return list(db.exec(select(BankLine).order_by(col(BankLine.id))).all())


def line_of(serial: str) -> BankLine:
    return next(one for one in lines() if one.transaction_id == serial)


def first_payment(loan_id: int) -> int:
    with reading() as db:
        row = db.exec(
            select(Installment).where(Installment.loan_id == loan_id).order_by(col(Installment.period))
        ).first()
        assert row is not None
        return row.principal_fen + row.interest_fen + row.fee_fen


def name_borrower(loan_id: int, name: str, card: str = "") -> None:
    """Give a loan's borrower a name, and a bank card of one's own."""
    with transaction() as db:
        loan = db.get(Loan, loan_id)
        customer = db.get(Customer, loan.customer_id if loan else 0)
        assert customer is not None
        customer.name = name
        customer.bank_card = card or None
        customer.bank_card_index = blind_index("bank_card", card) if card else None


@pytest.fixture
def desk(database) -> Desk:
    make_company()
    return make_desk()


@pytest.fixture
def loan_id(desk) -> int:
    found = make_loan(desk)
    name_borrower(found, "刘志强", CARD)
    return found


class TestRead:
    def test_stores_every_line_and_suggests_the_loan(self, desk, loan_id):
        amount = first_payment(loan_id)

        found = read(
            desk, (DAY, amount, "刘志强", CARD, "还款", "T1"), (DAY, -5_00, "某银行", "", "手续费", "T2")
        )

        assert (found.lines, found.known, found.suggested, found.booked) == (2, 0, 1, 0)
        line = line_of("T1")
        assert (line.loan_id, line.status, line.amount_fen, line.payer_account) == (
            loan_id,
            "unmatched",
            amount,
            CARD,
        )
        assert line_of("T2").loan_id is None
        with reading() as db:
            statement = db.exec(select(BankStatement)).one()
        assert (statement.opening_fen, statement.closing_fen) == (1_000_000, 1_000_000 + amount - 500)

    def test_the_account_is_encrypted_at_rest(self, desk):
        read(desk, (DAY, 100, "甲某", CARD, "", "T1"))

        with reading() as db:
            raw = db.execute(sa.text("SELECT payer_account FROM bank_line")).scalar_one()
        assert CARD not in raw and line_of("T1").payer_account == CARD

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
    def test_reads_every_usual_encoding(self, desk, encoding):
        read(
            desk,
            (DAY, 100, "陈某某", "", "房租", "T1"),
            encoding=encoding,
            first="账号：,6222020200112233445",
        )

        assert line_of("T1").payer_name == "陈某某"
        with reading() as db:
            assert db.exec(select(BankStatement)).one().account_tail == "3445"

    def test_reads_a_workbook_of_the_other_layout(self, desk):
        target = io.BytesIO()
        with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for place, row in enumerate(
                [["某银行账户明细"], ["记账日期", "收支方向", "交易金额", "账户余额", "对方名称", "附言", "交易流水号"],
                 ["20260215", "收入", 1234.5, 11234.5, "=1+1", "@cmd|calc", "S-1"], ["合计", "", 1234.5]]
            ):  # fmt: skip
                for at, cell in enumerate(row):
                    sheet.write(place, at, cell)

        statements.read_content(desk.maker, content=target.getvalue(), file_name="流水.xlsx", now=NOW)

        line = line_of("S-1")
        assert (line.amount_fen, line.payer_name, line.remark, line.row) == (123_450, "=1+1", "@cmd|calc", 3)

    def test_a_wrong_row_leaves_nothing(self, desk):
        content = csv_of((DAY, 100, "甲", "", "", "T1")) + b"\r\n2026-02-30,,,1.00,10002.00,,,,,T2"

        with pytest.raises(StatementRefused) as caught:
            statements.read_content(desk.maker, content=content, file_name="a.csv", now=NOW)

        assert caught.value.problems[0].row == 3
        assert lines() == []
        with reading() as db:
            assert db.exec(select(BankStatement)).all() == []

    def test_refuses_the_same_file_and_a_file_with_nothing_new(self, desk):
        read(desk, (DAY, 100, "甲", "", "", "T1"))

        with pytest.raises(statements.AlreadyRead):
            read(desk, (DAY, 100, "甲", "", "", "T1"))
        with pytest.raises(statements.NothingNew):
            read(desk, (DAY, 100, "甲", "", "改了附言", "T1"))

    def test_an_overlapping_statement_brings_only_its_new_lines(self, desk):
        read(desk, (DAY, 100, "甲", "", "", "T1"))

        found = read(desk, (DAY, 100, "甲", "", "", "T1"), (DAY, 200, "乙", "", "", "T2"))

        assert (found.lines, found.known) == (1, 1)
        assert [one.transaction_id for one in lines()] == ["T1", "T2"]

    def test_refuses_a_known_id_with_another_amount(self, desk):
        read(desk, (DAY, 100, "甲", "", "", "T1"))

        with pytest.raises(StatementRefused, match="那一笔的日期或金额不同"):
            read(desk, (DAY, 101, "甲", "", "", "T1"))

    def test_warns_when_statements_do_not_join(self, desk):
        first = "账号：,6222020200112233445"
        read(desk, (date(2026, 2, 1), 100, "甲", "", "", "T1"), first=first)

        found = read(desk, (date(2026, 2, 3), 100, "甲", "", "", "T2"), opening=999, first=first)

        assert "接不上" in found.warnings[0]

    def test_knows_money_entered_by_hand(self, desk, loan_id):
        amount = first_payment(loan_id)
        loans.post(
            desk.maker, loan_id=loan_id, amount_fen=amount, value_date=DAY, bank_transaction_id="T1", now=NOW
        )
        loans.post(desk.maker, loan_id=loan_id, amount_fen=777_00, value_date=DAY, payer="刘志强", now=NOW)

        found = read(desk, (DAY, amount, "刘志强", CARD, "", "T1"), (DAY, 777_00, "刘志强", CARD, "", "T2"))

        assert (found.booked, found.suggested) == (2, 0)
        assert [one.status for one in lines()] == ["booked", "booked"]
        assert len(payments_of(loan_id)) == 2

    def test_one_hand_entry_stands_for_one_line_only(self, desk, loan_id):
        loans.post(desk.maker, loan_id=loan_id, amount_fen=777_00, value_date=DAY, payer="刘志强", now=NOW)

        found = read(desk, (DAY, 777_00, "刘志强", CARD, "", "T1"), (DAY, 777_00, "刘志强", CARD, "", "T2"))

        assert found.booked == 1
        assert sorted(one.status for one in lines()) == ["booked", "unmatched"]

    def test_knows_the_disbursement_by_its_bank_reference(self, desk, loan_id):
        loan = stored(loan_id)

        found = read(
            desk,
            (date(2026, 1, 15), -loan.principal_fen, "刘志强", CARD, "放款", loan.bank_reference),
            opening=99_000_000,
        )

        assert found.booked == 1 and line_of(loan.bank_reference).loan_id == loan_id

    def test_needs_the_right(self, desk):
        with pytest.raises(NotPermitted):
            statements.read_content(
                desk.sales, content=csv_of((DAY, 1, "甲", "", "", "T")), file_name="a.csv", now=NOW
            )

    @pytest.mark.parametrize(
        ("name", "content"),
        [("a.txt", b"x"), ("a.csv", b""), ("a.xlsx", b"PK nonsense"), ("a.csv", b"\xff\xfe\x00\x81")],
    )
    def test_refuses_what_is_no_table(self, desk, name, content):
        with pytest.raises((UnreadableTable, StatementRefused)):
            statements.read_content(desk.maker, content=content, file_name=name, now=NOW)

    def test_reads_an_uploaded_file_of_ones_own_only(self, desk):
        source = io.BytesIO(csv_of((DAY, 100, "甲", "", "", "T1")))
        file = files.upload(
            desk.maker, source=source, file_name="流水.csv", kind=files.STATEMENT_KIND, now=NOW
        )

        with pytest.raises(NotFound):
            statements.read_file(desk.checker, file_id=file.id, now=NOW)
        assert statements.read_file(desk.maker, file_id=file.id, now=NOW).lines == 1

    def test_a_salesperson_cannot_upload_one_and_a_colleague_cannot_fetch_it(self, desk):
        content = csv_of((DAY, 100, "甲", "", "", "T1"))
        with pytest.raises(NotPermitted):
            files.upload(
                desk.sales, source=io.BytesIO(content), file_name="a.csv", kind=files.STATEMENT_KIND, now=NOW
            )
        file = files.upload(
            desk.maker, source=io.BytesIO(content), file_name="a.csv", kind=files.STATEMENT_KIND, now=NOW
        )
        with pytest.raises(NotFound):
            files.open_file(desk.checker, document_id=file.id, now=NOW)


class TestAccept:
    @pytest.fixture
    def waiting(self, desk, loan_id) -> BankLine:
        read(desk, (DAY, first_payment(loan_id), "刘志强", CARD, "还款", "T1"))
        return line_of("T1")

    def test_posts_with_the_day_and_the_id_of_the_line(self, desk, loan_id, waiting):
        done = statements.accept(
            desk.maker, line_id=waiting.id, loan_id=loan_id, expected_version=waiting.version, now=NOW
        )

        payment = payments_of(loan_id)[0]
        assert (payment.value_date, payment.bank_transaction_id, payment.method) == (DAY, "T1", "transfer")
        line = line_of("T1")
        assert (line.status, line.payment_id, line.decided_by_id) == (
            "matched",
            payment.id,
            desk.maker.user_id,
        )
        assert done.receipt_number == payment.receipt_number
        with reading() as db:
            assert db.exec(select(Event).where(Event.type == "bank_line.claimed")).one().entity_id == loan_id

    def test_a_second_person_finds_it_decided(self, desk, loan_id, waiting):
        statements.accept(desk.maker, line_id=waiting.id, loan_id=loan_id, now=NOW)

        with pytest.raises(statements.LineDecided, match="已入账"):
            statements.accept(desk.checker, line_id=waiting.id, loan_id=loan_id, now=NOW)
        assert len(payments_of(loan_id)) == 1

    def test_of_two_at_once_one_wins(self, desk, loan_id, waiting):
        results: list[object] = []
        start = threading.Barrier(2)

        def go(actor) -> None:
            start.wait()
            try:
                results.append(statements.accept(actor, line_id=waiting.id, loan_id=loan_id, now=NOW))
            except Conflict as refusal:
                results.append(refusal)

        threads = [threading.Thread(target=go, args=(actor,)) for actor in (desk.maker, desk.checker)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(type(one).__name__ for one in results) == ["Claimed", "LineDecided"]
        assert len(payments_of(loan_id)) == 1

    def test_records_a_third_party(self, desk, loan_id):
        read(desk, (DAY, 5_000_00, "王五", "", f"代还 {stored(loan_id).number}", "T9"))

        done = statements.accept(desk.maker, line_id=line_of("T9").id, loan_id=loan_id, now=NOW)

        payment = payments_of(loan_id)[0]
        assert done.third_party and (payment.method, payment.payer_name) == ("third_party", "王五")
        assert line_of("T9").note == "他人代还"

    def test_a_refused_posting_leaves_the_line(self, desk, loan_id):
        read(desk, (date(2026, 1, 2), 5_000_00, "刘志强", CARD, "早了", "T9"))

        with pytest.raises(InvalidInput, match="不能早于放款日"):
            statements.accept(desk.maker, line_id=line_of("T9").id, loan_id=loan_id, now=NOW)
        assert line_of("T9").status == "unmatched" and payments_of(loan_id) == []

    def test_money_out_is_never_posted(self, desk, loan_id):
        read(desk, (DAY, -100, "刘志强", CARD, "", "T9"))

        with pytest.raises(Conflict, match="支出"):
            statements.accept(desk.maker, line_id=line_of("T9").id, loan_id=loan_id, now=NOW)

    def test_needs_both_rights_and_a_visible_loan(self, desk, loan_id, waiting):
        with pytest.raises(NotPermitted):
            statements.accept(make_user(RoleCode.MANAGER), line_id=waiting.id, loan_id=loan_id, now=NOW)
        with pytest.raises(NotFound):
            statements.accept(make_user(RoleCode.SALES), line_id=waiting.id, loan_id=loan_id, now=NOW)
        with pytest.raises(NotFound):
            statements.accept(desk.maker, line_id=999_999, loan_id=loan_id, now=NOW)


class TestAcceptSuggested:
    def test_posts_each_alone_and_keeps_the_sentence_of_a_refused_one(self, desk, loan_id):
        other = make_loan(desk)
        name_borrower(other, "钱多多", "6217001234567890123")
        amount = first_payment(loan_id)
        read(
            desk, (DAY, amount, "刘志强", CARD, "", "T1"), (DAY, first_payment(other), "钱多多", "", "", "T2"),
            (date(2026, 1, 3), 88_00, "钱多多", "", stored(other).number, "T3"),
        )  # fmt: skip

        ids = statements.suggested_ids(desk.maker)
        found = list(statements.accept_suggested(desk.maker, line_ids=ids, now=NOW))

        by_serial = {line_of(s).id: s for s in ("T1", "T2", "T3")}
        assert {by_serial[one.line_id]: one.accepted for one in found} == {
            "T1": True,
            "T2": True,
            "T3": False,
        }
        refused = next(one for one in found if not one.accepted)
        assert "不能早于放款日" in refused.sentence
        assert line_of("T3").status == "unmatched"

    def test_a_suggestion_that_no_longer_holds_is_left(self, desk, loan_id):
        read(desk, (DAY, first_payment(loan_id), "刘志强", "", "", "T1"))
        name_borrower(loan_id, "改了姓名")

        found = list(statements.accept_suggested(desk.maker, line_ids=[line_of("T1").id], now=NOW))

        assert not found[0].accepted and "建议已变化" in found[0].sentence
        assert payments_of(loan_id) == []

    def test_needs_the_rights_before_anything_is_posted(self, desk, loan_id):
        read(desk, (DAY, first_payment(loan_id), "刘志强", CARD, "", "T1"))

        with pytest.raises(NotPermitted):
            list(
                statements.accept_suggested(make_user(RoleCode.MANAGER), line_ids=[line_of("T1").id], now=NOW)
            )


class TestOthers:
    def test_ignoring_needs_a_reason_and_can_be_undone(self, desk):
        read(desk, (DAY, -500, "某银行", "", "手续费", "T1"))
        line = line_of("T1")
        with pytest.raises(InvalidInput):
            statements.ignore(desk.maker, line_id=line.id, reason=" ", now=NOW)

        statements.ignore(desk.maker, line_id=line.id, reason="银行手续费", now=NOW)
        assert (line_of("T1").status, line_of("T1").note) == ("ignored", "银行手续费")
        statements.undo(desk.checker, line_id=line.id, reason="点错了", now=NOW)
        assert line_of("T1").status == "unmatched"

    def test_undoing_a_posting_reverses_it_by_another_person(self, desk, loan_id):
        read(desk, (DAY, first_payment(loan_id), "刘志强", CARD, "", "T1"))
        line = line_of("T1")
        statements.accept(desk.maker, line_id=line.id, loan_id=loan_id, now=NOW)

        with pytest.raises(loans.OwnPosting):
            statements.undo(desk.maker, line_id=line.id, reason="认错了借据", now=NOW)
        assert line_of("T1").status == "matched"
        statements.undo(desk.checker, line_id=line.id, reason="认错了借据", now=NOW)

        assert [one.kind for one in payments_of(loan_id)] == ["payment", "reversal"]
        assert line_of("T1").status == "unmatched"
        statements.accept(desk.maker, line_id=line.id, loan_id=loan_id, now=NOW)
        assert [one.bank_entry for one in payments_of(loan_id) if one.bank_transaction_id] == [1, 2]

    def test_a_posting_reversed_on_the_loan_page_frees_its_line(self, desk, loan_id):
        read(desk, (DAY, first_payment(loan_id), "刘志强", CARD, "", "T1"))
        line = line_of("T1")
        done = statements.accept(desk.maker, line_id=line.id, loan_id=loan_id, now=NOW)
        loans.reverse(desk.checker, payment_id=done.payment_id, reason="录错", now=NOW)

        shown = statements.list_lines(desk.maker, tab="done").rows[0]
        assert shown.status_label == "入账已冲正"
        statements.undo(desk.maker, line_id=line.id, reason="已在借据上冲正", now=NOW)
        assert line_of("T1").status == "unmatched"

    def test_linking_says_it_is_booked_and_posts_nothing(self, desk, loan_id):
        loans.post(
            desk.maker,
            loan_id=loan_id,
            amount_fen=5_000_00,
            value_date=DAY,
            bank_transaction_id="TYPO",
            now=NOW,
        )
        read(desk, (date(2026, 2, 16), 5_000_00, "刘志强", CARD, "", "T1"))
        line = line_of("T1")

        done = statements.link(desk.maker, line_id=line.id, loan_id=loan_id, now=NOW)

        assert done.payment_id == payments_of(loan_id)[0].id and len(payments_of(loan_id)) == 1
        assert line_of("T1").status == LineStatus.BOOKED.value
        statements.undo(desk.maker, line_id=line.id, reason="对错了", now=NOW)
        assert [one.kind for one in payments_of(loan_id)] == ["payment"]

    def test_linking_refuses_what_is_not_in_the_books(self, desk, loan_id):
        read(desk, (DAY, 5_000_00, "刘志强", CARD, "", "T1"))

        with pytest.raises(Conflict, match="没有金额相同"):
            statements.link(desk.maker, line_id=line_of("T1").id, loan_id=loan_id, now=NOW)

    def test_the_same_money_under_a_mistyped_id_is_not_suggested(self, desk, loan_id):
        amount = first_payment(loan_id)
        loans.post(
            desk.maker,
            loan_id=loan_id,
            amount_fen=amount,
            value_date=DAY,
            bank_transaction_id="TYPO",
            now=NOW,
        )

        found = read(desk, (DAY, amount, "刘志强", CARD, stored(loan_id).number, "T1"))

        assert (found.suggested, found.booked) == (0, 0)
        detail = statements.line_detail(desk.maker, line_id=line_of("T1").id)
        assert "同一天已有一笔金额相同的入账" in detail.candidates[0].reasons

    def test_looking_again_follows_the_books(self, desk, loan_id):
        read(desk, (DAY, 4_321_00, "刘小强", "", "", "T1"))
        assert line_of("T1").loan_id is None
        name_borrower(loan_id, "刘小强", CARD)
        with transaction() as db:
            line = db.exec(select(BankLine)).one()
            line.remark = stored(loan_id).number

        assert statements.look_for_loans(desk.maker, now=NOW) == (1, 0)
        assert line_of("T1").loan_id == loan_id


class TestView:
    def test_lists_tabs_with_counts_and_reasons(self, desk, loan_id):
        read(
            desk,
            (DAY, first_payment(loan_id), "刘志强", CARD, "还款", "T1"),
            (DAY, 7_00, "路人", "", "", "T2"),
        )

        shown = statements.list_lines(desk.maker, tab="suggested")

        assert {tab.code: tab.count for tab in shown.tabs} == {
            "unclaimed": 1,
            "suggested": 1,
            "done": 0,
            "ignored": 0,
        }
        row = shown.rows[0]
        assert row.customer == "刘志强" and "付款账号是借款人登记的卡号" in row.why
        assert (row.account, row.incoming, row.third_party) == ("尾号 3445", True, False)

    def test_searches_and_filters(self, desk):
        read(desk, (DAY, 7_00, "路人", CARD, "房租", "T1"), (DAY, -3_00, "某银行", "", "手续费", "T2"))

        def found(**values) -> list[str]:
            return [
                row.transaction_id
                for row in statements.list_lines(desk.maker, tab="unclaimed", **values).rows
            ]

        assert found(text="路人") == found(text="房租") == found(text="3445") == found(way="in") == ["T1"]
        assert found(way="out") == ["T2"]
        assert found(text="%") == []

    def test_previews_and_finds_another_loan(self, desk, loan_id):
        read(desk, (DAY, 7_00, "路人", "", "", "T1"))
        line = line_of("T1")

        shown, sentence = statements.preview(desk.maker, line_id=line.id, loan_id=loan_id, now=NOW)
        assert shown is not None and shown.amount_fen == 700 and sentence == ""
        assert [
            one.loan_id
            for one in statements.find_loans(desk.maker, line_id=line.id, text=stored(loan_id).number[-12:])
        ] == [loan_id]
        assert statements.find_loans(desk.maker, line_id=line.id, text="x") == []

    def test_a_refused_preview_is_a_sentence(self, desk, loan_id):
        read(desk, (date(2026, 1, 2), 7_00, "路人", "", "", "T1"))

        assert (
            "不能早于放款日"
            in statements.preview(desk.maker, line_id=line_of("T1").id, loan_id=loan_id, now=NOW)[1]
        )

    def test_a_reader_of_the_ledger_may_look_and_a_salesperson_may_not(self, desk):
        read(desk, (DAY, 7_00, "路人", "", "", "T1"))

        manager = make_user(RoleCode.MANAGER)
        assert statements.list_lines(manager, tab="unclaimed").total == 1
        assert statements.list_statements(manager, now=NOW)[0].waiting == 1
        with pytest.raises(NotPermitted):
            statements.list_lines(desk.sales, tab="unclaimed")


def test_ten_thousand_lines_are_read_in_reasonable_time(sqlite_database):
    """Not a benchmark: a quadratic slip would take minutes."""
    import time

    make_company()
    desk = make_desk()
    rows = [(DAY, 100 + n, f"付款人{n}", f"62220202{n:011d}", "货款", f"T{n}") for n in range(10_000)]
    told: list[tuple[str, int, int]] = []
    started = time.monotonic()
    found = statements.read_content(
        desk.maker,
        content=csv_of(*rows),
        file_name="大.csv",
        now=NOW,
        progress=lambda *step: told.append(step),
    )
    assert found.lines == 10_000
    assert time.monotonic() - started < 60
    assert ("正在写入", 10_000, 10_000) in told
    with reading() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(Payment)).scalar_one() == 0
