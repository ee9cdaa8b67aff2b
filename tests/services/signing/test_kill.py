"""kill -9 while somebody signs and while the company seals: nothing half done stays, and it happens once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.signing import SignerStatus
from loanhub.models import Document, Event
from loanhub.services import contracts, signing
from loanhub.services._transaction import reading
from loanhub.services.signing import phone
from tests.builders import NOON
from tests.killing import killed_at
from tests.services.loans.test_failpoints import _sound
from tests.services.signing.builders import (
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

SIGNING = ("signing.after_signature", "transaction.before_commit")
SEALING = (
    "signing.after_certificate",
    "signing.after_bytes",
    "signing.after_document",
    "signing.after_seal",
)


def counts() -> dict[str, int]:
    with reading() as db:
        files = sa.select(sa.func.count()).select_from(Document).where(col(Document.kind) == "contract")
        told = sa.select(sa.func.count()).select_from(Event).where(
            col(Event.type).in_(("signing.signed", "signing.sealed", "contract.signed"))
        )  # fmt: skip
        return {"files": db.execute(files).scalar_one(), "events": db.execute(told).scalar_one()}


@pytest.mark.parametrize("point", SIGNING)
def test_a_signature_is_there_whole_or_not_at_all(database: Engine, point: str) -> None:
    clerk, contract_id = make_contract()
    contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
    (token,) = begin(clerk, contract_id)
    check_in(token, NOON)
    read_through(token, NOON)
    before = counts()

    killed, told = killed_at(
        database, point, lambda: phone.sign(token, device(), agreed=True, ink=INK, now=NOON)
    )

    assert killed and not told and counts() == before
    assert signer_of(token).status is SignerStatus.VERIFIED and signer_of(token).ink is None
    _sound(database)
    _, round_id = phone.sign(token, device(), agreed=True, ink=INK, now=NOON)
    assert signing.finish(round_id, now=NOON) and stored(contract_id).status is ContractStatus.SIGNED


def test_the_seal_is_put_on_once_wherever_the_server_dies(database: Engine) -> None:
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)
    round_id = go_through(token)
    before = counts()

    for point in SEALING:
        killed, told = killed_at(database, point, lambda: signing.finish(round_id, now=NOON))
        assert killed and not told, point
        assert counts() == before and stored(contract_id).status is ContractStatus.TO_SIGN, point
        _sound(database)

    assert signing.finish_waiting(now=NOON + timedelta(minutes=1)) == 1
    assert counts() == {"files": before["files"] + 1, "events": before["events"] + 2}
    assert signing.finish_waiting(now=NOON + timedelta(minutes=2)) == 0
