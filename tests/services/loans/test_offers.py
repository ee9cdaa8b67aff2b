"""Offers that hold each day they say, papers that print the same, batches that post once, repricing of the system's own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Loan
from loanhub.services import loans, parameters
from loanhub.services._transaction import transaction
from tests.builders import NOON, make_company, make_user
from tests.services.loans.builders import Desk, count_rows, make_desk, make_loan, noon, payments_of, stored
from tests.services.loans.test_repay import FIRST_DUE, PAYMENT, check_books, pay

COMPANY = {
    "name": "澄江普惠小额贷款有限公司", "credit_code": "91310000MA1FL00000", "legal_representative": "王明",
    "address": "上海市示范路1号", "phone": "021-50000000", "complaint_phone": "400-000-0000",
}  # fmt: skip


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    with transaction() as db:
        parameters.put(db, "company", COMPANY)
        parameters.put(
            db, "repayment_account", {"holder": "澄江普惠", "bank": "示范银行", "number": "310000000000000"}
        )
    return make_desk()


class TestOffer:
    def test_each_day_settles_for_what_it_says(self, desk: Desk) -> None:
        today = date(2026, 2, 20)
        for ahead in (0, 2, 4):
            loan_id = make_loan(desk)
            pay(desk, loan_id, PAYMENT, FIRST_DUE)
            seen = loans.preview_offer(
                desk.sales,
                loan_id=loan_id,
                settle_on=today,
                valid_to=today + timedelta(days=4),
                now=noon(today),
            )
            assert len(seen.days) == 5 and seen.quote.total_fen == seen.days[0].total_fen
            day = date.fromisoformat(seen.days[ahead].on)
            pay(desk, loan_id, seen.days[ahead].total_fen, day, kind="settlement")
            assert stored(loan_id).status is LoanStatus.SETTLED_EARLY
            check_books(loan_id)

    def test_is_numbered_frozen_and_printed_the_same_again(self, desk: Desk) -> None:
        today = date(2026, 2, 20)
        loan_id = make_loan(desk)
        made = [
            loans.create_offer(
                desk.sales,
                loan_id=loan_id,
                settle_on=today,
                valid_to=today + timedelta(days=3),
                key="k",
                now=noon(today),
            )
            for _ in range(2)
        ]
        assert made[0] == made[1] and made[0].number == "JS202602200001" and made[0].state_label == "有效"

        first = loans.offer_pdf(desk.sales, offer_id=made[0].id, now=noon(today))
        with transaction() as db:
            parameters.put(db, "company", {**COMPANY, "name": "换了名字"})
        assert loans.offer_pdf(desk.maker, offer_id=made[0].id, now=NOON) == first
        assert first[1].startswith(b"%PDF")

        pay(desk, loan_id, 100, today)
        shown = loans.loan_view(desk.sales, loan_id=loan_id, now=noon(today))
        assert [row.state_label for row in shown.offers] == ["已失效：之后有新的入账"]

    def test_refuses_days_rights_and_scope(self, desk: Desk) -> None:
        today = date(2026, 2, 20)
        loan_id = make_loan(desk)
        rows = count_rows()
        for settle_on, valid_to, field in (
            (today, today - timedelta(days=1), "valid_to"), (today, today + timedelta(days=16), "valid_to"),
            (today + timedelta(days=5), today + timedelta(days=4), "settle_on"),
        ):  # fmt: skip
            with pytest.raises(InvalidInput) as refused:
                loans.create_offer(
                    desk.sales, loan_id=loan_id, settle_on=settle_on, valid_to=valid_to, now=noon(today)
                )
            assert field in refused.value.fields
        auditor, stranger = make_user(RoleCode.AUDITOR), make_user(RoleCode.SALES, team="华东二组")
        with pytest.raises(NotPermitted):
            loans.create_offer(auditor, loan_id=loan_id, settle_on=today, valid_to=today, now=noon(today))
        with pytest.raises(NotFound):
            loans.create_offer(stranger, loan_id=loan_id, settle_on=today, valid_to=today, now=noon(today))
        assert {**count_rows(), "app_user": 0, "user_role": 0} == {**rows, "app_user": 0, "user_role": 0}


class TestPapers:
    def test_receipt_and_its_void_copy(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        posted = pay(desk, loan_id, PAYMENT, FIRST_DUE)
        name, pdf = loans.receipt_pdf(desk.sales, payment_id=posted.payment_id, now=NOON)
        assert name == f"{posted.receipt_number}.pdf"
        loans.reverse(desk.checker, payment_id=posted.payment_id, reason="退票", now=noon(FIRST_DUE))
        assert loans.receipt_pdf(desk.sales, payment_id=posted.payment_id, now=NOON)[1] != pdf
        with pytest.raises(loans.NoReceipt):
            loans.receipt_pdf(desk.sales, payment_id=payments_of(loan_id)[-1].id or 0, now=NOON)

    def test_no_certificate_while_something_is_owed(self, desk: Desk) -> None:
        with pytest.raises(loans.NotSettled):
            loans.certificate_pdf(desk.sales, loan_id=make_loan(desk), now=NOON)


class TestReprice:
    def test_the_system_posts_the_new_rate_once(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        for expected in (True, False):
            with transaction() as db:
                loan = db.exec(select(Loan).where(Loan.id == loan_id)).one()
                made = loans.reprice(
                    db,
                    loan,
                    annual_rate=Decimal("0.11"),
                    on=FIRST_DUE,
                    note="LPR 3.10% + 790bp",
                    now=noon(FIRST_DUE),
                )
                assert (made is not None) is expected
        shown = loans.loan_view(desk.sales, loan_id=loan_id, now=noon(FIRST_DUE))
        assert [(row.kind_label, row.by) for row in shown.changes] == [("利率调整", "系统")]
        assert [(line.before, line.after) for line in shown.changes[0].lines if line.label == "年利率"] == [
            ("12.00%", "11.00%")
        ]
        check_books(loan_id)


class TestActions:
    def test_every_action_says_why_not(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        seen = {a.code: a for a in loans.loan_view(desk.maker, loan_id=loan_id, now=noon(FIRST_DUE)).actions}
        assert {"post", "prepayment", "settlement", "recovery", "offer", *loans.CHANGE_KINDS} == set(seen)
        assert all(action.allowed == (not action.why_not) for action in seen.values())
        assert seen["post"].allowed and seen["recovery"].why_not == "借据没有核销"
        assert seen["refund"].why_not == "没有溢缴款可退" and seen["write_off"].why_not
        sales = {a.code: a for a in loans.loan_view(desk.sales, loan_id=loan_id, now=noon(FIRST_DUE)).actions}
        assert sales["offer"].allowed and not sales["post"].allowed and not sales["waiver"].allowed
