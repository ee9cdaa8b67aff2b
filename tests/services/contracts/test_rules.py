"""What a contract may not cost, what may not be deducted, and what it says of a rate that hangs on the LPR."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract, Product
from loanhub.services import contracts
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts.create import frozen_data
from tests.builders import NOON, make_user
from tests.services.contracts.test_contracts import company, make_approved, stored  # noqa: F401 - a fixture

PERIOD_FEE = {"code": "guarantee", "label": "账户管理费", "timing": "each_period", "amount_fen": 3_000}


def _count() -> int:
    with reading() as db:
        return db.execute(sa.select(sa.func.count()).select_from(Contract)).scalar_one()


def test_nothing_is_deducted_from_the_principal_whatever_it_is_called() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    for fee in (
        {"code": "service", "label": "服务费", "timing": "financed", "rate": "0.01"},
        {"code": "interest", "label": "首期利息", "timing": "upfront", "amount_fen": 100_000},
    ):
        application_id = make_approved(fees=[fee])
        for act in (contracts.prepare, contracts.create):
            with pytest.raises(InvalidInput) as refused:
                act(clerk, application_id=application_id, now=NOON)
            assert "民法典第六百七十条" in refused.value.fields["fees[0]"]
    assert _count() == 0


def test_a_fee_counts_under_its_own_name_and_is_owed_through_the_schedule() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    contract_id = contracts.create(clerk, application_id=make_approved("0.10", fees=[PERIOD_FEE]), now=NOON)
    data = frozen_data(stored(contract_id))

    assert [cost.label for cost in data.costs] == ["利息", "账户管理费"]
    assert sum(cost.annual_rate or 0 for cost in data.costs) == round(data.terms.simple_cost_rate or 0, 4)
    assert {row.fee_fen for row in data.schedule} == {3_000}
    assert data.costs[1].amount_fen == 12 * 3_000


def test_the_line_that_is_crossed_is_named_with_figure_and_source() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    found = contracts.prepare(clerk, application_id=make_approved("0.144"), now=NOON)

    assert "14.40%" in found.warning
    assert "一年期 LPR 的 4 倍（12.00%）" in found.warning
    assert "指引" in found.warning


def test_a_changed_fee_makes_the_confirmed_sheet_worthless() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    versions = []
    for fee in (PERIOD_FEE, {**PERIOD_FEE, "amount_fen": 3_001}, {**PERIOD_FEE, "collector": "示例担保"}):
        contract_id = contracts.create(clerk, application_id=make_approved("0.10", fees=[fee]), now=NOON)
        versions.append(frozen_data(stored(contract_id)).quote_version)

    assert len(set(versions)) == 3


def test_a_rate_linked_to_the_lpr_is_written_out() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    application_id = make_approved("0.1085", terms={"lpr": {"reprice": "january"}})
    contract_id = contracts.create(clerk, application_id=application_id, now=NOON)
    terms = frozen_data(stored(contract_id)).terms

    assert terms.rate_kind == "浮动利率"
    assert terms.rate_basis == (
        "一年期 LPR 3.00% 加 785 个基点，每年 1 月 1 日按当日有效的 LPR 重新定价，加减点不变"
    )
    text = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(contracts.open_pdf(clerk, contract_id=contract_id, now=NOON)[1])).pages
    )  # fmt: skip
    assert "785" in text


def test_a_spread_that_is_no_whole_basis_point_is_refused() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    application_id = make_approved("0.10855", terms={"lpr": {"reprice": "january"}})

    with pytest.raises(InvalidInput) as refused:
        contracts.prepare(clerk, application_id=application_id, now=NOON + timedelta(hours=1))
    assert list(refused.value.fields) == ["annual_rate"]
    with transaction() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(Product)).scalar_one() == 1
