"""A contract that waits for signatures, and a signer who goes through every step on the phone."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract, Document, Signer, SigningRound
from loanhub.services import _storage, contracts, signing
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.signing import Extra, _send, phone
from loanhub.services.signing.phone import Device
from tests.builders import NOON, make_user
from tests.services.contracts.test_contracts import make_approved

AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"
)
INK = json.dumps([[[100 + i * 4, 120 + (i % 7) * 9, i * 10] for i in range(60)]])
GUARANTOR = Extra("guarantor", "李娟", "13900001111")


def device(name: str = "tab-1") -> Device:
    return Device(f"secret-of-{name}", ip="203.0.113.7", agent=AGENT)


def make_contract(clerk: Actor | None = None, **product: object) -> tuple[Actor, int]:
    """Return the clerk and a contract that waits for signatures."""
    clerk = clerk or make_user(RoleCode.CONTRACTS)
    return clerk, contracts.create(clerk, application_id=make_approved(**product), now=NOON)  # type: ignore[arg-type]


def stored(contract_id: int) -> Contract:
    with reading() as db:
        contract = db.get(Contract, contract_id)
        assert contract is not None
        return contract


def token_of(link: object) -> str:
    return str(link.address).rpartition("/")[2]  # type: ignore[attr-defined]


def signer_of(token: str) -> Signer:
    from loanhub.repositories.signing import hash_of

    with reading() as db:
        found: Signer = db.execute(
            sa.select(Signer).where(col(Signer.token_hash) == hash_of(token))
        ).scalar_one()
        return found


def code_sent_to(token: str) -> str:
    """Return the code the signer's newest message carries, as a phone would show it."""
    signer = signer_of(token)
    with reading() as db:
        found = re.search(r"[0-9]{6}", _send.find_code_text(db, signer))
    assert found is not None
    return found[0]


def check_in(token: str, now: datetime, on: Device | None = None) -> phone.Step:
    """Prove the identity on a browser."""
    on = on or device()
    phone.step_of(token, on, now=now)
    phone.send_code(token, on, tail=(signer_of(token).phone or "")[-4:], now=now)
    return phone.verify(token, on, code=code_sent_to(token), now=now)


def read_through(token: str, now: datetime, on: Device | None = None) -> phone.Step:
    """Read every page in order."""
    on = on or device()
    step, _ = phone.turn_to(token, on, page=1, now=now)
    while step.code == "read":
        step, _ = phone.turn_to(token, on, page=step.pages_read + 1, now=now)
    return step


def go_through(token: str, now: datetime = NOON, on: Device | None = None) -> int:
    """Take every step; return the round to seal, 0 while others are to sign."""
    on = on or device()
    step = check_in(token, now, on)
    later = now + timedelta(seconds=20)
    if step.code == "sheet":
        phone.confirm_sheet(token, on, agreed=True, ink=INK, now=later)
    read_through(token, later, on)
    _, round_id = phone.sign(
        token, on, agreed=True, ink=INK, place="上海市", now=later + timedelta(seconds=30)
    )
    return round_id


def begin(clerk: Actor, contract_id: int, *extra: Extra) -> list[str]:
    """Start a round and return the tokens of its signers in order."""
    return [token_of(link) for link in signing.start(clerk, contract_id=contract_id, extra=extra, now=NOON)]


def sealed_bytes(contract_id: int) -> bytes:
    """Return the contract's file as it is now."""
    with reading() as db:
        document = db.get(Document, stored(contract_id).file_id)
        assert document is not None
        return _storage.read_all(document.sha256)


def waiting_round(contract_id: int) -> int:
    """Return the newest round of a contract."""
    with reading() as db:
        query = sa.select(col(SigningRound.id)).where(col(SigningRound.contract_id) == contract_id)
        return int(db.execute(query.order_by(col(SigningRound.id).desc()).limit(1)).scalar_one() or 0)
