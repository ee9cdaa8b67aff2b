from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from loanhub.cli.main import app
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import contracts
from loanhub.services.contracts import lookup
from tests.builders import NOON, bare_actor, make_user
from tests.services.contracts.test_contracts import company, make_approved  # noqa: F401 - the fixture


class TestLookup:
    def test_finds_a_contract_by_its_number_inside_the_scope_only(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        number = lookup.contract_number(clerk, contract_id)

        assert lookup.contract_id(clerk, number.lower()) == contract_id
        with pytest.raises(NotFound):
            lookup.contract_id(bare_actor(RoleCode.SALES), number)


class TestCommand:
    def test_writes_the_stored_bytes(self, database: Engine, tmp_path) -> None:  # type: ignore[no-untyped-def]
        clerk = make_user(RoleCode.CONTRACTS, login="clerk")
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        number = lookup.contract_number(clerk, contract_id)

        done = CliRunner().invoke(
            app, ["contract", "pdf", number, "--as", "clerk", "--out", str(tmp_path / "c.pdf")]
        )

        assert done.exit_code == 0, done.output
        assert (tmp_path / "c.pdf").read_bytes() == contracts.open_pdf(
            clerk, contract_id=contract_id, now=NOON
        )[1]

    def test_refuses_an_unknown_number_in_a_sentence(self, database: Engine) -> None:
        make_user(RoleCode.CONTRACTS, login="clerk")

        done = CliRunner().invoke(app, ["contract", "pdf", "X", "--as", "clerk"])

        assert done.exit_code == 1 and "没有找到这个合同编号" in done.output
