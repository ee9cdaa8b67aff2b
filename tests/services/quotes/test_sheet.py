"""The calculator's sheet: what people type, what they see, and why each fen."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen, parse_fen
from loanhub.domain.repayment.schedule import METHODS
from loanhub.services import products
from loanhub.services._transaction import transaction
from loanhub.services.quotes import figure, form, public_offer, read_terms, sheet, workbook
from loanhub.services.quotes.reasons import row_reasons
from tests.builders import NOON, make_company

TODAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 15, 4, tzinfo=UTC)
CASES = json.loads((Path(__file__).parents[2] / "golden" / "schedules.json").read_text("utf-8"))["cases"]


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company()


def show(**typed: str) -> sheet.Sheet:
    return sheet.show(form.clean(typed), today=TODAY, now=NOW)


def refused(**typed: str) -> dict[str, str]:
    with pytest.raises(InvalidInput) as found:
        show(**typed)
    return found.value.fields


class TestForm:
    def test_reads_what_people_type(self) -> None:
        body = form.request_body(
            form.clean(
                {"amount": "３０万", "rate": "10.8％", "months": "24期", "start": "2026/3/5", "sum1": "２％"}
            ),
            today=TODAY,
        )

        assert body["principal_fen"] == 30_000_000
        assert (Decimal(body["annual_rate"]), body["periods"]) == (Decimal("0.108"), 24)
        assert body["disburse_date"] == "2026-03-05"
        assert body["fees"] == [{"label": "服务费", "timing": "upfront", "rate": "0.02"}]

    def test_begins_today_when_no_day_is_given(self) -> None:
        assert form.request_body(form.clean({}), today=TODAY)["disburse_date"] == "2026-01-15"

    def test_leaves_out_what_the_method_has_no_use_for(self) -> None:
        body = form.request_body(
            form.clean({"method": "bullet", "day": "20", "amort": "60", "rows": "x"}), today=TODAY
        )

        assert {"repayment_day", "amortization_periods", "custom_rows"}.isdisjoint(body)

    def test_a_link_holds_only_what_differs(self) -> None:
        typed = form.clean({"amount": "30万", "months": "12"})

        assert form.shown_keys(typed) == {"amount": "30万"}
        assert form.clean(form.shown_keys(typed)) == typed

    def test_ignores_what_an_address_should_not_hold(self) -> None:
        assert form.clean({"drop table": "x", "months": None}) == form.KEYS | {"months": ""}
        assert len(form.clean({"rows": "9" * 9000})["rows"]) == form.LONGEST_TEXT

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"amount": "很多"}, "amount"),
            ({"amount": ""}, "amount"),
            ({"amount": "-1"}, "amount"),
            ({"amount": "0"}, "amount"),
            ({"amount": "10000亿"}, "amount"),
            ({"rate": "1000"}, "rate"),
            ({"rate": ""}, "rate"),
            ({"months": "601"}, "months"),
            ({"months": "0"}, "months"),
            ({"months": "一年"}, "months"),
            ({"start": "2026-02-30"}, "start"),
            ({"day": "32"}, "day"),
            ({"method": "nonsense"}, "method"),
            ({"basis": ""}, "basis"),
            ({"method": "balloon"}, "amort"),
            ({"method": "balloon", "amort": "6"}, "amort"),
            ({"method": "bullet", "maturity": "2025-01-01"}, "maturity"),
            ({"method": "custom"}, "rows"),
            ({"method": "custom", "rows": "2026-06-15 5万"}, "rows"),
            ({"changes": "2026-06-15"}, "changes"),
            ({"changes": "2025-06-15 9"}, "changes"),
            ({"changes": "2026-06-20 9", "split": "day"}, "changes"),
            ({"sum1": "100%"}, "sum1"),
            ({"sum2": "abc"}, "sum2"),
            ({"sum3": "1", "when3": "never"}, "sum3"),
        ],
    )
    def test_says_what_is_wrong_at_the_field_that_was_typed(self, typed: dict[str, str], field: str) -> None:
        assert field in refused(**typed)

    @pytest.mark.parametrize(
        "typed",
        [
            {"method": method, "amort": "120", "rows": "2026-06-15 5万\n2026-09-15 5万 1200", "rate": "0.75"}
            for method in METHODS
        ],
        ids=list(METHODS),
    )
    def test_every_method_can_be_typed(self, typed: dict[str, str]) -> None:
        found = show(**typed)

        assert found.rows and found.figures["simple"].endswith("%")
        assert parse_fen(found.sums["principal"]) == 10_000_000


class TestShow:
    def test_says_what_the_loan_costs(self) -> None:
        found = show(rate="14.4", sum1="1%", sum2="0.3%")

        assert found.figures["monthly_label"] == "首期应还"
        assert (found.figures["simple"], found.figures["compound"]) == ("22.66%", "25.17%")
        assert found.figures["received"] == "99,000.00"
        assert [item["label"] for item in found.items] == ["利息", "服务费", "担保费"]
        assert sum(Decimal(item["percent"].rstrip("%")) for item in found.items) == Decimal("22.66")

    @pytest.mark.parametrize(("rate", "level"), [("10", ""), ("14.4", "warn"), ("24.1", "cap")])
    def test_warns_and_blocks_by_the_lines_in_force(self, rate: str, level: str) -> None:
        found = show(rate=rate)

        assert found.level == level and found.limit

    def test_says_that_a_flat_rate_is_no_yearly_rate(self) -> None:
        found = show(method="flat", rate="0.75")

        assert (
            "9.00%" in found.plain and "不是年利率" in found.plain and found.figures["simple"] in found.plain
        )

    def test_adds_a_financed_fee_to_the_principal(self) -> None:
        found = show(sum1="2%", when1="financed")

        assert found.figures["principal"] == "102,000.00"
        assert found.figures["received"] == "100,000.00"

    def test_pages_through_six_hundred_rows(self) -> None:
        typed = form.clean({"months": "600"})
        last = sheet.show(typed, page=99, today=TODAY, now=NOW)
        whole = sheet.show(typed, whole=True, today=TODAY, now=NOW)

        assert last.rows[-1]["number"] == "600" and last.rows[-1]["balance"] == "0.00"
        assert last.pages == 17 and len(last.rows) == 600 - 16 * sheet.PAGE_ROWS
        assert len(whole.rows) == 600 and len(whole.bars) <= sheet.MOST_BARS

    def test_compares_up_to_three_methods(self) -> None:
        found = show(compare="equal_principal,flat,balloon,bullet")

        assert [one["label"] for one in found.compared] == ["等额本金", "等本等息", "气球贷"]
        assert found.compared[1]["hint"] == "按月费率 1%" and found.compared[2]["hint"] == "按 24 期摊还"
        assert all(one["error"] == "" for one in found.compared)

    def test_reads_the_fees_of_rows_into_their_payment(self) -> None:
        row = show(sum2="100").rows[0]

        assert parse_fen(row["total"]) == sum(parse_fen(row[key]) for key in ("principal", "interest", "fee"))


class TestReasons:
    @pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
    def test_the_amounts_explained_are_those_of_the_row(self, case: dict[str, Any]) -> None:
        found = figure(read_terms(case["input"]))
        for place, row in enumerate(found.rows):
            shown = {one.title: one for one in row_reasons(found, place)}

            assert shown["利息"].result == format_fen(row.interest_fen)
            assert shown["本金"].result == format_fen(row.principal_fen)
            assert shown["本期应还"].result == format_fen(row.payment_fen)
            if case["totals"].get("regular_payment_fen") and place == 0 and len(found.rows) > 1:
                assert shown["月供"].result == format_fen(case["totals"]["regular_payment_fen"])

    def test_a_formula_gives_its_amount_on_a_pocket_calculator(self) -> None:
        reasons = sheet.explain(form.clean({"rate": "14.4", "basis": "act/360"}), "1", today=TODAY, now=NOW)

        interest = next(one for one in reasons if one["title"] == "利息")
        assert interest["formula"] == "期初本金 ¥100,000.00 × 年利率 14.40% × 31 天 ÷ 360"
        assert interest["result"] == format_fen(round(100_000_00 * 144 * 31 / 1000 / 360))

    def test_names_both_rates_of_a_split_period(self) -> None:
        given = next(case for case in CASES if case["id"] == "IO-03")
        found = figure(read_terms(given["input"]))
        place = next(
            i for i, row in enumerate(found.rows) if row.start_date < date(2026, 1, 1) < row.due_date
        )

        formula = row_reasons(found, place)[0].formula

        assert "4.50% × 14 天 + 4.20% × 17 天" in formula

    def test_there_is_nothing_to_say_of_a_row_that_is_not_there(self) -> None:
        assert sheet.explain(form.clean({}), "13", today=TODAY, now=NOW) == []


def test_the_spreadsheet_holds_every_row_as_numbers() -> None:
    name, content = workbook.build(
        form.clean({"rate": "14.4", "sum1": "2%", "fee1": "=1+1"}), today=TODAY, now=NOW
    )

    book = openpyxl.load_workbook(io.BytesIO(content))
    plan, cost = book.worksheets
    assert name == "贷款试算-等额本息-12期.xlsx"
    assert plan.max_row == 13
    assert sum(round(row[4] * 100) for row in plan.iter_rows(min_row=2, values_only=True)) == 10_000_000
    labels = [cell.value for cell in cost["A"]]
    assert "=1+1" in labels and all(cell.data_type != "f" for row in cost.iter_rows() for cell in row)


class TestPublicOffer:
    def test_is_that_of_the_own_products(self) -> None:
        with transaction() as db:
            products.install_products(db, lender="澄江普惠", now=NOON)

        offer = public_offer.find(now=NOON)

        assert offer.company and (offer.least_wan, offer.most_wan) == (3, 100)
        assert offer.form["rate"] == "12" and offer.terms == ("6", "12", "24", "36")
        assert sheet.show(form.clean(offer.form), today=TODAY, now=NOW).figures["simple"]

    def test_there_is_something_to_calculate_with_before_any_product(self) -> None:
        offer = public_offer.find(now=NOON)

        assert offer.form == {} and offer.least_wan < offer.most_wan
