"""Contracts: frozen, complete, gated, numbered without gaps."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.documents.template import MissingData
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus, DisclosureNotConfirmed, IllegalMove
from loanhub.domain.errors import Conflict, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Contract, Customer, PrintLog
from loanhub.services import contracts, leads, parameters
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, TODAY, make_company, make_id_number, make_phone, make_product, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()
    with transaction() as db:
        parameters.put(db, "company", {
            "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
            "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000"})  # fmt: skip
        parameters.put(db, "repayment_account", {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行",
                                                 "number": "6222000000000017"})  # fmt: skip


def make_approved(rate: str = "0.12", amount_fen: int = 10_000_000, **product: object) -> int:
    """Return the id of an approved application of a complete customer."""
    rep = make_user(RoleCode.SALES)
    made = leads.create(
        rep, {"name": "张建国", "phone": make_phone(), "id_number": make_id_number()}, now=NOON
    )
    customer_id = leads.convert(rep, lead_id=made.lead_id or 0, now=NOON)
    product_id = make_product(code=f"p{customer_id}", **product)
    with transaction() as db:
        customer = db.get(Customer, customer_id)
        assert customer is not None
        customer.address, customer.bank_card, customer.bank_name = (
            "上海市浦东新区示例路 2 号",
            "6222000000000017",
            "示例银行",
        )
        application = Application(
            number=f"A{customer_id}", customer_id=customer_id, lead_id=made.lead_id, product_id=product_id,
            product_code=f"p{customer_id}", status=ApplicationStatus.APPROVED, method="equal_installment",
            amount_fen=amount_fen, term_months=12, purpose="进货周转", approved_amount_fen=amount_fen,
            approved_term_months=12, approved_rate=Decimal(rate), owner_id=rep.user_id,
            department_id=rep.department_id, created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(application)
        db.flush()
        assert application.id is not None
        return application.id


def stored(contract_id: int) -> Contract:
    with reading() as db:
        contract = db.get(Contract, contract_id)
        assert contract is not None
        return contract


class TestPrintedPdf:
    def test_numbers_every_page_of_every_copy_and_leaves_the_stored_file(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS, name="丁思齐")
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        before = contracts.open_pdf(clerk, contract_id=contract_id, now=NOON)
        contracts.record_print(clerk, contract_id=contract_id, copies=1, now=NOON)
        first, last = contracts.record_print(clerk, contract_id=contract_id, copies=2, now=NOON)

        _, pdf = contracts.printed_pdf(clerk, contract_id=contract_id, first_copy=first, now=NOON)

        pages, count = (
            [p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages],
            stored(contract_id).page_count,
        )
        written = [text for text in pages if text.strip()]
        assert (first, last) == (2, 3) and len(written) == 2 * count
        assert ["丁思齐" in text for text in written[:count]] == [True] * count
        assert ["第 2 份" in text for text in written[:count]] == [True] * count, written[0][-80:]
        assert all("第 3 份" in text for text in written[count:])
        assert len(pages) == 2 * count + count % 2
        assert contracts.open_pdf(clerk, contract_id=contract_id, now=NOON) == before

    def test_is_only_of_a_printing_that_was_logged(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        with pytest.raises(NotFound, match="没有这次打印"):
            contracts.printed_pdf(clerk, contract_id=contract_id, first_copy=1, now=NOON)
        with pytest.raises(NotPermitted):
            contracts.printed_pdf(
                make_user(RoleCode.MANAGER), contract_id=contract_id, first_copy=1, now=NOON
            )


class TestCreate:
    def test_prints_the_frozen_data_and_its_schedule(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        contract = stored(contract_id)
        name, pdf = contracts.open_pdf(clerk, contract_id=contract_id, now=NOON)
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
        assert contract.number == "CJ-JK-20261120-0001" and name == "CJ-JK-20261120-0001.pdf"
        assert "张建国" in text and "100,000.00" in text and "壹拾万元整" in text
        data = contracts.frozen_data(contract)
        assert sum(row.principal_fen for row in data.schedule) == 10_000_000
        assert "张建国" not in str(contract.data)

    def test_reprints_the_same_bytes(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        assert contracts.open_pdf(clerk, contract_id=contract_id, now=NOON) == contracts.open_pdf(
            clerk, contract_id=contract_id, now=NOON + timedelta(days=9)
        )

    def test_lists_what_is_missing_and_writes_nothing(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        application_id = make_approved()
        with transaction() as db:
            customer = db.execute(sa.select(Customer)).scalar_one()
            customer.address = None

        missing = contracts.prepare(clerk, application_id=application_id, now=NOON).missing
        with pytest.raises(MissingData):
            contracts.create(clerk, application_id=application_id, now=NOON)

        assert [m.key for m in missing] == ["borrower.address"] and "/customers/" in missing[0].link
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Contract)).scalar_one() == 0

    def test_is_impossible_above_the_cap(self) -> None:
        with pytest.raises(contracts.CostAboveCap, match="24"):
            contracts.create(make_user(RoleCode.CONTRACTS), application_id=make_approved("0.2401"), now=NOON)

    def test_makes_one_contract_of_one_approval(self) -> None:
        clerk, application_id = make_user(RoleCode.CONTRACTS), make_approved()
        contracts.create(clerk, application_id=application_id, key="k", now=NOON)

        with pytest.raises(Conflict, match="已生成合同"):
            contracts.create(clerk, application_id=application_id, now=NOON)

    def test_answers_a_repeated_request_with_the_same_contract(self) -> None:
        clerk, application_id = make_user(RoleCode.CONTRACTS), make_approved()

        first = contracts.create(clerk, application_id=application_id, key="k", now=NOON)

        assert contracts.create(clerk, application_id=application_id, key="k", now=NOON) == first

    def test_is_for_contract_staff(self) -> None:
        with pytest.raises(NotPermitted):
            contracts.create(make_user(RoleCode.FINANCE), application_id=make_approved(), now=NOON)


class TestSign:
    def test_needs_the_confirmed_disclosure_sheet_first(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        with pytest.raises(DisclosureNotConfirmed):
            contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)

        assert stored(contract_id).status is ContractStatus.SIGNED

    def test_sheet_items_sum_to_the_total(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        fees = [{"code": "service", "label": "服务费", "timing": "upfront", "rate": "0.01"}]
        contract_id = contracts.create(clerk, application_id=make_approved(fees=fees), now=NOON)

        sheet = contracts.show(clerk, contract_id=contract_id, now=NOON)

        rates = [Decimal(item[4].rstrip("%")) for item in sheet.items]
        assert sum(rates) == Decimal(sheet.total_text.rstrip("%")) and len(rates) == 2


class TestPrint:
    def test_numbers_the_copies(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        assert contracts.record_print(clerk, contract_id=contract_id, copies=2, now=NOON) == (1, 2)
        assert contracts.record_print(clerk, contract_id=contract_id, copies=1, now=NOON) == (3, 3)
        with reading() as db:
            assert len(db.execute(sa.select(PrintLog)).scalars().all()) == 2


class TestVoid:
    def test_keeps_the_number_and_frees_the_application(self) -> None:
        clerk, application_id = make_user(RoleCode.CONTRACTS), make_approved()
        first = contracts.create(clerk, application_id=application_id, now=NOON)
        contracts.void(clerk, contract_id=first, reason="金额写错", now=NOON)

        second = contracts.create(clerk, application_id=application_id, now=NOON)

        assert stored(second).number == "CJ-JK-20261120-0002"
        with reading() as db:
            statuses = db.execute(sa.select(col(Contract.status)).order_by(col(Contract.id))).scalars().all()
        assert statuses == [ContractStatus.VOIDED, ContractStatus.TO_SIGN]
        with pytest.raises(IllegalMove):
            contracts.void(clerk, contract_id=first, reason="再来一次", now=NOON)
