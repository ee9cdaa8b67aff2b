"""Disbursement: asked for by one, confirmed by another, in full, within the cap."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Contract, Event, Installment, Lead, LedgerEntry, Loan, Notification
from loanhub.services import loans
from loanhub.services._transaction import reading, transaction
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_contract, make_desk, make_loan, noon, stored

DAY = date(2026, 1, 15)


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    return make_desk()


def ask(desk: Desk, contract_id: int, **values: object) -> int:
    command: dict[str, object] = {
        "contract_id": contract_id, "bank_reference": "FK20260115001", "value_date": DAY, "now": noon(DAY),
    }  # fmt: skip
    return loans.request(desk.maker, **{**command, **values})  # type: ignore[arg-type]


class TestRequest:
    def test_leaves_a_pending_loan_with_frozen_terms_and_tells_the_checkers(self, desk: Desk) -> None:
        loan = stored(ask(desk, make_contract(desk)))

        assert loan.status is LoanStatus.PENDING
        assert loan.terms["disburse_date"] == "2026-01-15"
        assert loan.servicing["grace_days"] == 3
        assert loan.disbursed_date is None
        with reading() as db:
            told = db.execute(sa.select(col(Notification.user_id))).scalars().all()
        assert desk.checker.user_id in told and desk.maker.user_id not in told

    def test_refuses_who_may_not(self, desk: Desk) -> None:
        contract_id = make_contract(desk)

        with pytest.raises(NotPermitted):
            loans.request(
                desk.sales, contract_id=contract_id, bank_reference="FK1234", value_date=DAY, now=noon(DAY)
            )
        with pytest.raises(NotFound):
            loans.request(
                make_user(RoleCode.SALES, team="华东二组"), contract_id=contract_id, bank_reference="FK1234",
                value_date=DAY, now=noon(DAY),
            )  # fmt: skip

    def test_refuses_an_unsigned_contract(self, desk: Desk) -> None:
        with pytest.raises(loans.NotSigned):
            ask(desk, make_contract(desk, status=ContractStatus.TO_SIGN))

    def test_refuses_to_pay_out_less_than_the_contract_says(self, desk: Desk) -> None:
        contract_id = make_contract(desk)
        with transaction() as db:
            application = db.execute(sa.select(Application)).scalars().one()
            application.approved_amount_fen = 11_000_000

        with pytest.raises(loans.AmountDiffers, match="不得预扣"):
            ask(desk, contract_id)

    def test_refuses_a_cost_above_the_cap(self, desk: Desk) -> None:
        with pytest.raises(loans.RateAboveCap):
            ask(desk, make_contract(desk, rate="0.25"))

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"value_date": DAY + timedelta(days=1)}, "value_date"),
            ({"value_date": DAY - timedelta(days=1)}, "value_date"),
            ({"bank_reference": " "}, "bank_reference"),
        ],
    )
    def test_names_the_field_at_fault(self, desk: Desk, values: dict[str, object], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            ask(desk, make_contract(desk), **values)

        assert field in refused.value.fields
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Loan)).scalar_one() == 0

    def test_refuses_a_bank_reference_twice_and_a_second_request(self, desk: Desk) -> None:
        first, second = make_contract(desk), make_contract(desk)
        ask(desk, first)

        with pytest.raises(InvalidInput, match="另一笔"):
            ask(desk, second)
        with pytest.raises(loans.AlreadyRequested):
            ask(desk, first, bank_reference="FK20260115002")

    def test_same_key_asks_once(self, desk: Desk) -> None:
        contract_id = make_contract(desk)

        assert ask(desk, contract_id, key="k1") == ask(desk, contract_id, key="k1")


class TestConfirm:
    def test_refuses_the_maker_and_who_may_not(self, desk: Desk) -> None:
        loan_id = ask(desk, make_contract(desk))

        with pytest.raises(loans.OwnRequest):
            loans.confirm(desk.maker, loan_id=loan_id, now=noon(DAY))
        with pytest.raises(NotPermitted):
            loans.confirm(desk.sales, loan_id=loan_id, now=noon(DAY))
        assert stored(loan_id).status is LoanStatus.PENDING

    def test_brings_the_loan_to_life(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        loan = stored(loan_id)
        assert (loan.status, loan.disbursed_date, loan.outstanding_principal_fen) == (
            LoanStatus.ACTIVE, DAY, 12_000_000,
        )  # fmt: skip
        assert (loan.first_due_date, loan.maturity_date) == (date(2026, 2, 15), date(2027, 1, 15))
        with reading() as db:
            rows = (
                db.execute(sa.select(Installment).where(col(Installment.loan_id) == loan_id)).scalars().all()
            )
            entries = db.execute(sa.select(LedgerEntry)).scalars().all()
            contract = db.get(Contract, loan.contract_id)
            lead = db.execute(sa.select(Lead)).scalars().one()
            application = db.execute(sa.select(Application)).scalars().one()
            events = db.execute(sa.select(col(Event.type)).order_by(col(Event.id))).scalars().all()
        assert (len(rows), sum(row.principal_fen for row in rows)) == (12, 12_000_000)
        assert {(e.account, e.debit_fen, e.credit_fen) for e in entries} == {
            ("loan_principal", 12_000_000, 0), ("bank", 0, 12_000_000),
        }  # fmt: skip
        assert contract is not None and contract.status is ContractStatus.EFFECTIVE
        assert (lead.status, lead.stage_code) == (LeadStatus.FUNDED, "disbursed")
        assert application.status is ApplicationStatus.FUNDED
        assert [e for e in events if e.startswith("loan.")] == ["loan.requested", "loan.disbursed"]

    def test_confirms_once(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        with pytest.raises(loans.NothingToConfirm):
            loans.confirm(desk.checker, loan_id=loan_id, now=noon(DAY))

    def test_entered_late_it_is_overdue_at_once(self, desk: Desk) -> None:
        loan = stored(make_loan(desk, on=date(2026, 2, 25)))

        assert (loan.status, loan.dpd) == (LoanStatus.OVERDUE, 10)


class TestRefuse:
    def test_returns_it_to_the_maker_who_may_ask_again(self, desk: Desk) -> None:
        contract_id = make_contract(desk)
        loan_id = ask(desk, contract_id)

        with pytest.raises(NotPermitted):
            loans.refuse(desk.sales, loan_id=loan_id, reason="流水号不对", now=noon(DAY))
        loans.refuse(desk.checker, loan_id=loan_id, reason="流水号不对", now=noon(DAY))

        assert stored(loan_id).requested_at is None
        assert ask(desk, contract_id, bank_reference="FK20260115009") == loan_id
