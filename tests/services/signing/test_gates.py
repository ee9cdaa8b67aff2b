"""What a signature must pass: paper and screens kept apart, the cap on the cost, and who may look at the evidence."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.signing import RoundStatus
from loanhub.models import Event, Signer, SigningRound
from loanhub.services import contracts, signing
from loanhub.services._transaction import reading, transaction
from loanhub.services.rates import CostAboveCap
from loanhub.services.signing import phone
from tests.builders import NOON, TODAY
from tests.services.signing.builders import (
    GUARANTOR,
    INK,
    begin,
    check_in,
    device,
    go_through,
    make_contract,
    read_through,
    signer_of,
    stored,
)


class TestGates:
    def test_paper_and_screens_do_not_cross(self) -> None:
        clerk, contract_id = make_contract()
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        begin(clerk, contract_id)

        with pytest.raises(Conflict, match="电子签署"):
            contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)
        with pytest.raises(InvalidInput):
            signing.revoke(clerk, contract_id=contract_id, reason="", now=NOON)
        signing.revoke(clerk, contract_id=contract_id, reason="改签纸质", now=NOON)
        contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)
        with pytest.raises(Conflict):
            signing.start(clerk, contract_id=contract_id, now=NOON)

    def test_voiding_kills_the_links(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        round_id = go_through(token)

        contracts.void(clerk, contract_id=contract_id, reason="金额写错", now=NOON)

        assert not signing.finish(round_id, now=NOON)
        assert stored(contract_id).status is ContractStatus.VOIDED
        with reading() as db:
            assert db.get(SigningRound, round_id).status is RoundStatus.REVOKED  # type: ignore[union-attr]

    def test_above_the_cap_nothing_is_printed_or_signed(self) -> None:
        clerk, contract_id = make_contract()
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        (token,) = begin(clerk, contract_id)
        check_in(token, NOON)
        read_through(token, NOON)
        self.lower_the_cap()

        with pytest.raises(CostAboveCap):
            phone.sign(token, device(), agreed=True, ink=INK, now=NOON)
        with pytest.raises(CostAboveCap):
            contracts.record_print(clerk, contract_id=contract_id, copies=1, now=NOON)
        signing.revoke(clerk, contract_id=contract_id, reason="超过上限", now=NOON)
        with pytest.raises(CostAboveCap):
            signing.start(clerk, contract_id=contract_id, now=NOON)
        with pytest.raises(CostAboveCap):
            contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)

    @staticmethod
    def lower_the_cap() -> None:
        from loanhub.models import RateCap

        with transaction() as db:
            row = db.execute(sa.select(RateCap).limit(1)).scalar_one()
            values = row.model_dump(exclude={"id"})
            values |= {"label": "更低的上限", "limit_rate": Decimal("0.05"), "lpr_multiple": None, "customer_kind": "",
                       "lender_type": "microloan", "action": "block", "valid_from": TODAY, "valid_to": None,
                       "exempt_months": 0}  # fmt: skip
            db.add(RateCap(**values))

    def test_signers_are_listed_masked(self) -> None:
        clerk, contract_id = make_contract()
        begin(clerk, contract_id, GUARANTOR)

        view = signing.round_of(clerk, contract_id=contract_id, now=NOON)

        assert (view.done, view.total) == (0, 2) and view.can_revoke and not view.can_start
        assert view.signers[1].phone == "139****1111" and view.signers[1].role == "担保人"
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Signer)).scalar_one() == 2

    def test_evidence_is_for_readers_and_leaves_a_trace(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        go_through(token)
        signer_id = signer_of(token).id or 0

        found = signing.evidence(clerk, contract_id=contract_id, signer_id=signer_id, now=NOON)

        assert found["paths"] and found["sheet_paths"]
        assert (signer_of(token).phone or "")[-11:] not in repr(found)
        with pytest.raises(NotFound):
            signing.evidence(clerk, contract_id=contract_id, signer_id=999_999, now=NOON)
        with reading() as db:
            query = sa.select(sa.func.count()).where(col(Event.type) == "signing.evidence_viewed")
            assert db.execute(query).scalar_one() == 1
