"""What the loan page shows, and why each fen."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import RoleCode
from loanhub.services import lists, loans
from tests.builders import bare_actor, make_company, make_user
from tests.services.loans.builders import Desk, make_contract, make_desk, make_loan, noon, stored

DAY = date(2026, 3, 1)


@pytest.fixture
def desk(sqlite_database: Engine) -> Desk:
    make_company()
    return make_desk()


class TestLoanView:
    def test_shows_figures_schedule_postings_and_ledger(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        loans.post(
            desk.maker, loan_id=loan_id, amount_fen=500_000, value_date=date(2026, 2, 20), payer="刘志强",
            now=noon(date(2026, 2, 20)),
        )  # fmt: skip

        seen = loans.loan_view(desk.checker, loan_id=loan_id, now=noon(DAY))

        assert (seen.principal, seen.status_label) == ("120,000.00", "逾期 14 天 · M1")
        assert (seen.account_tail, len(seen.rows)) == ("工商银行 尾号 3445", 12)
        assert seen.rows[0].look == "od" and seen.rows[0].status_label == "部分还 · 逾期 14 天"
        assert [row.debit for row in seen.ledger if row.debit] == ["120,000.00", "5,000.00"]
        assert seen.payments[0].reversible and seen.can_post

    def test_the_poster_may_not_reverse_and_sales_only_looks(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        loans.post(
            desk.maker, loan_id=loan_id, amount_fen=500_000, value_date=date(2026, 2, 20), now=noon(DAY)
        )

        assert not loans.loan_view(desk.maker, loan_id=loan_id, now=noon(DAY)).payments[0].reversible
        seen = loans.loan_view(desk.sales, loan_id=loan_id, now=noon(DAY))
        assert not (seen.can_post or seen.payments[0].reversible)

    def test_explains_interest_and_each_stretch_of_penalty(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        loans.post(
            desk.maker, loan_id=loan_id, amount_fen=500_000, value_date=date(2026, 2, 20), now=noon(DAY)
        )

        row = loans.loan_view(desk.checker, loan_id=loan_id, now=noon(DAY)).rows[0]

        assert row.reasons[0].formula == "期初本金 ¥120,000.00 × 年利率 12.00% ÷ 12"
        assert row.reasons[0].result == "¥1,200.00"
        stretches = [reason for reason in row.reasons if "罚息" in reason.title]
        assert len(stretches) == 2
        total = sum(int(r.result.replace("¥", "").replace(",", "").replace(".", "")) for r in stretches)
        assert format_fen(total) == f"¥{row.penalty}"

    def test_waits_for_a_checker(self, desk: Desk) -> None:
        contract_id = make_contract(desk)
        loan_id = loans.request(
            desk.maker,
            contract_id=contract_id,
            bank_reference="FK00001",
            value_date=date(2026, 1, 15),
            now=noon(DAY),
        )

        assert loans.loan_view(desk.checker, loan_id=loan_id, now=noon(DAY)).can_confirm
        mine = loans.loan_view(desk.maker, loan_id=loan_id, now=noon(DAY))
        assert mine.waiting and not mine.can_confirm and len(mine.rows) == 12

    def test_refuses(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        with pytest.raises(NotFound):
            loans.loan_view(make_user(RoleCode.SALES, team="华东二组"), loan_id=loan_id, now=noon(DAY))
        with pytest.raises(NotFound):
            loans.loan_view(bare_actor(RoleCode.ADMIN), loan_id=loan_id, now=noon(DAY))


class TestQuote:
    def test_adds_up_and_says_what_is_saved(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        on = date(2026, 1, 25)

        seen = loans.quote(desk.sales, loan_id=loan_id, on=on, now=noon(on))

        assert seen.total == "¥120,400.00"
        assert [(line.label, line.amount) for line in seen.lines] == [
            ("剩余本金", "120,000.00"), ("应计利息", "400.00"),
        ]  # fmt: skip
        assert seen.saved_fen > 0

    def test_refuses_a_day_gone_by(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        with pytest.raises(InvalidInput):
            loans.quote(desk.sales, loan_id=loan_id, on=date(2026, 1, 20), now=noon(DAY))


class TestDisbursementView:
    def test_shows_figures_and_account_tail_to_finance_only(self, desk: Desk) -> None:
        contract_id = make_contract(desk)

        seen = loans.disbursement_view(desk.maker, contract_id=contract_id, now=noon(DAY))

        assert (seen.uppercase, seen.account_tail) == ("壹拾贰万元整", "工商银行 尾号 3445")
        with pytest.raises(NotPermitted):
            loans.disbursement_view(desk.sales, contract_id=contract_id, now=noon(DAY))


class TestList:
    def test_sums_and_scopes(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        seen = lists.page(desk.sales, "loan", now=noon(DAY))
        other = lists.page(make_user(RoleCode.SALES, team="华东二组"), "loan", now=noon(DAY))

        assert seen.total == 1 and seen.rows[0].cells["number"] == stored(loan_id).number
        assert seen.sums["principal_fen"] == "¥120,000.00" and other.total == 0
