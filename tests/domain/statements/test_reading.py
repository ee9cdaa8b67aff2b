"""Reading statements: both layouts, what stands around the table, and every way a file can be wrong."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.statements import StatementRefused, read_statement
from loanhub.domain.statements.reading import MAX_LINES, plain_text, read_money

TODAY = date(2026, 11, 20)
TWO = [
    "交易日期",
    "交易时间",
    "借方发生额",
    "贷方发生额",
    "余额",
    "对方户名",
    "对方账号",
    "摘要",
    "附言",
    "流水号",
]
ONE = ["记账日期", "收支方向", "交易金额", "账户余额", "对方名称", "对方账户", "用途", "交易流水号"]


def two(
    *rows: list[object], above: list[list[object]] | None = None, below: list[list[object]] | None = None
):
    """Return the rows of a sheet in the layout of two columns."""
    return [*(above or []), TWO, *rows, *(below or [])]


def line(day="2026-11-02", out="", into="5000.00", balance="15000.00", serial="T1", **other) -> list[object]:
    return [day, other.get("clock", "10:20:30"), out, into, balance, other.get("party", "刘志强"),
            other.get("account", "6222020200112233445"), other.get("summary", "转账"), other.get("note", "还款"), serial]  # fmt: skip


def refused(rows: list[list[object]]) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        read_statement(rows, today=TODAY)
    return caught.value


class TestTwoColumns:
    def test_reads_what_came_in_and_went_out(self):
        found = read_statement(
            two(line(), line(out="1,200.50", into="", balance="13,799.50", serial="T2")), today=TODAY
        )

        assert found.layout.code == "two_columns"
        assert [one.amount_fen for one in found.lines] == [500_000, -120_050]
        assert (found.opening_fen, found.closing_fen) == (1_000_000, 1_379_950)
        first = found.lines[0]
        assert (first.row, first.transaction_id, first.day, first.clock) == (
            2,
            "T1",
            date(2026, 11, 2),
            "10:20:30",
        )
        assert (first.party, first.account, first.remark) == ("刘志强", "6222020200112233445", "转账 还款")

    def test_passes_over_what_stands_above_and_below(self):
        above = [
            ["某银行 对公账户明细"],
            ["账号：", "1102 0200 1234 5678 901"],
            ["期初余额", "10,000.00"],
            [],
        ]
        below = [["合计", "", "0.00", "5,000.00", "", "", "", "", "", ""], ["打印时间：2026-11-20 09:00"]]

        found = read_statement(two(line(), above=above, below=below), today=TODAY)

        assert found.account == "1102020012345678901"
        assert found.lines[0].row == 6

    def test_reads_newest_first_in_the_order_of_the_balances(self):
        rows = two(line(serial="T3", balance="16000.00", into="1000", day="2026-11-03"), line())

        found = read_statement(rows, today=TODAY)

        assert [one.transaction_id for one in found.lines] == ["T1", "T3"]
        assert found.opening_fen == 1_000_000

    def test_same_day_newest_first(self):
        rows = two(line(serial="T3", balance="16000.00", into="1000"), line())

        assert [one.transaction_id for one in read_statement(rows, today=TODAY).lines] == ["T1", "T3"]

    def test_takes_cells_of_a_workbook(self):
        rows = two(line(day=datetime(2026, 11, 2, 9, 5), into=5000.0, balance=15000, clock=time(9, 5)))

        found = read_statement(rows, today=TODAY).lines[0]

        assert (found.amount_fen, found.balance_fen, found.day, found.clock) == (
            500_000,
            1_500_000,
            date(2026, 11, 2),
            "09:05:00",
        )

    def test_a_red_entry_comes_back(self):
        found = read_statement(two(line(out="-300.00", into="", balance="300.00")), today=TODAY)

        assert found.lines[0].amount_fen == 30_000


class TestDirection:
    def row(
        self, way="收入", amount="5000", balance="15000", serial="S1", day="20261102 102030"
    ) -> list[object]:
        return [day, way, amount, balance, "刘志强", "6222****3445", "还款", serial]

    @pytest.mark.parametrize(
        ("word", "sign"),
        [("收", 1), ("贷", 1), ("C", 1), ("转入", 1), ("支", -1), ("借", -1), ("D", -1), ("支出", -1)],
    )
    def test_takes_the_sign_from_the_word(self, word, sign):
        found = read_statement([ONE, self.row(way=word)], today=TODAY)

        assert found.layout.code == "direction"
        assert found.lines[0].amount_fen == sign * 500_000
        assert found.lines[0].clock == "" and found.lines[0].day == date(2026, 11, 2)

    def test_a_signed_outgoing_amount_is_not_turned_twice(self):
        assert (
            read_statement([ONE, self.row(way="支", amount="-5000")], today=TODAY).lines[0].amount_fen
            == -500_000
        )

    def test_names_an_unknown_direction(self):
        assert "看不出是收入还是支出" in refused([ONE, self.row(way="其它")]).problems[0].text

    def test_refuses_a_negative_income(self):
        assert (
            refused([ONE, self.row(amount="-5")]).problems[0].text
            == "第 2 行「交易金额」：收入的金额不能是负数"
        )

    def test_the_day_may_stand_in_the_column_of_the_time(self):
        rows = [["交易时间", "借贷标志", "发生额", "余额"], ["2026-11-02 10:20:30", "贷", "5", "15"]]

        found = read_statement(rows, today=TODAY).lines[0]

        assert (found.day, found.clock) == (date(2026, 11, 2), "10:20:30")


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "column", "words"),
        [
            ({"day": ""}, "交易日期", "没有日期"),
            ({"day": "2026-02-30"}, "交易日期", "不存在"),
            ({"day": "2026-11-21"}, "交易日期", "今天之后"),
            ({"day": "5月1日"}, "交易日期", "没有年份"),
            ({"day": "1998-01-01"}, "交易日期", "太早"),
            ({"day": "昨天"}, "交易日期", "不是日期"),
            ({"into": "五千"}, "贷方发生额", "不是金额"),
            ({"into": "5万"}, "贷方发生额", "不是金额"),
            ({"into": "5000.001"}, "贷方发生额", "精确到分"),
            ({"into": "1,00,0"}, "贷方发生额", "千位分隔符"),
            ({"into": "9" * 16}, "贷方发生额", "金额过大"),
            ({"into": ""}, "借方发生额", "没有金额"),
            ({"into": "0.00"}, "贷方发生额", "没有金额"),
            ({"out": "1", "into": "1"}, "借方发生额", "不能同时"),
            ({"balance": ""}, "余额", "没有余额"),
            ({"balance": "#REF!"}, "余额", "不是金额"),
            ({"serial": "1.2345E+17"}, "流水号", "科学计数法"),
            ({"serial": 123456789012345678}, "流水号", "末尾几位已丢失"),
            ({"serial": "X" * 81}, "流水号", "超过 80"),
        ],
    )
    def test_names_the_cell(self, change, column, words):
        problem = refused(two(line(**change))).problems[0]

        assert (problem.row, problem.column) == (2, column)
        assert words in problem.sentence

    def test_names_every_bad_cell_at_once(self):
        found = refused(two(line(day="昨天"), line(into="abc", serial="T2"), line(serial="T3")))

        assert [one.row for one in found.problems] == [2, 3]
        assert "共 2 处问题" in found.sentence

    def test_names_the_row_where_the_balance_breaks(self):
        rows = two(
            line(),
            line(into="100", balance="15100", serial="T2"),
            line(into="100", balance="16000", serial="T3"),
        )

        assert (
            refused(rows)
            .problems[0]
            .text.startswith("第 4 行「余额」：余额 16,000.00 与第 3 行接不上，应为 15,200.00，相差 800.00")
        )

    def test_names_a_removed_line_newest_first(self):
        rows = two(
            line(into="100", balance="15300", serial="T4", day="2026-11-04"),
            line(into="100", balance="15100", serial="T2", day="2026-11-03"), line(),
        )  # fmt: skip

        assert [one.row for one in refused(rows).problems] == [2]

    def test_holds_the_stated_opening_and_the_totals_against_the_lines(self):
        assert (
            "期初余额 9,000.00" in refused(two(line(), above=[["期初余额：9,000.00"]])).problems[0].sentence
        )
        totals = [["合计", "", "0.00", "6,000.00"]]
        assert "与各行相加的 5,000.00 不符" in refused(two(line(), below=totals)).problems[0].sentence

    def test_names_both_rows_of_one_transaction_id(self):
        rows = two(line(), line(into="100", balance="15100"))

        assert refused(rows).problems[0].text == "第 3 行「流水号」：流水号 T1 与第 2 行重复"

    def test_says_which_columns_are_missing(self):
        assert (
            "还缺：贷方发生额"
            in refused([["交易日期", "借方发生额", "余额"], ["2026-11-02", "1", "1"]]).sentence
        )
        assert "没有认出表头" in refused([["姓名", "电话"], ["甲", "1"]]).sentence

    def test_refuses_an_empty_table_and_a_huge_one(self):
        assert "没有流水" in refused([TWO]).sentence
        rows = [["交易日期", "借方", "贷方"], *[["2026-11-02", "", "1"]] * (MAX_LINES + 1)]
        assert "一次最多导入" in refused(rows).sentence


class TestHostileCells:
    def test_a_formula_is_text(self):
        found = read_statement(
            two(line(note='=HYPERLINK("http://x","y")', party="@SUM(A1)", account='="6222020200112233445"')),
            today=TODAY,
        )

        assert found.lines[0].remark == '转账 =HYPERLINK("http://x","y")'
        assert found.lines[0].party == "@SUM(A1)"
        assert found.lines[0].account == "6222020200112233445"

    def test_control_and_direction_marks_are_dropped(self):
        assert plain_text("还\u202e款\x00\x1b[31m\n 第1期", 100) == "还 款 [31m 第1期"

    def test_long_texts_are_cut(self):
        found = read_statement(two(line(note="长" * 900, party="名" * 300, summary="")), today=TODAY).lines[0]

        assert (len(found.remark), len(found.party)) == (200, 80)

    def test_an_account_that_went_through_a_number_cell_is_dropped(self):
        assert read_statement(two(line(account=6.222020200112233e18)), today=TODAY).lines[0].account == ""
        assert read_statement(two(line(account="6.22202E+18")), today=TODAY).lines[0].account == ""

    @given(
        st.lists(
            st.lists(
                st.one_of(
                    st.none(),
                    st.text(max_size=12),
                    st.integers(),
                    st.floats(allow_nan=True),
                    st.booleans(),
                    st.dates(),
                ),
                max_size=11,
            ),
            max_size=6,
        )
    )
    def test_never_fails_otherwise_than_by_refusing(self, cells):
        for header in (TWO, ONE):
            with contextlib.suppress(StatementRefused):
                read_statement([header, *cells], today=TODAY)


class TestWithoutSerials:
    def test_the_same_file_gives_the_same_ids_and_two_alike_lines_stand_out(self):
        header = ["交易日期", "借方", "贷方", "余额"]
        rows = [header, ["2026-11-02", "", "100", "100"], ["2026-11-02", "", "100", "200"]]

        one, other = read_statement(rows, today=TODAY), read_statement(rows, today=TODAY)

        assert [a.transaction_id for a in one.lines] == [b.transaction_id for b in other.lines]
        assert len({a.transaction_id for a in one.lines}) == 2


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,234.50", 123450),
        ("¥ 5", 500),
        ("-3.2", -320),
        ("", None),
        ("—", None),
        (12.5, 1250),
        (7, 700),
        ("０.０１", 1),
    ],
)
def test_read_money(text, fen):
    assert read_money(text) == fen


@given(st.integers(-(10**12), 10**12))
def test_money_written_with_two_decimals_comes_back(fen):
    sign, whole = ("-" if fen < 0 else ""), abs(fen)

    assert read_money(f"{sign}{whole // 100:,}.{whole % 100:02d}") == fen


def test_refusal_is_an_invalid_file():
    assert isinstance(refused([TWO]), InvalidInput) and "file" in refused([TWO]).fields
