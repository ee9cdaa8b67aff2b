"""The sealed contract in its signers' hands: who gets it, for how long an address gives it, and what is written down."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput
from loanhub.domain.signing import LinkDead, NotYet
from loanhub.models import Contract, Event, Signer
from loanhub.services import signing
from loanhub.services._transaction import reading, transaction
from loanhub.services.signing import copies, phone
from tests.builders import NOON
from tests.services.signing.builders import (
    begin,
    code_sent_to,
    device,
    go_through,
    make_contract,
    sealed_bytes,
    signer_of,
    waiting_round,
)


def sealed() -> tuple[int, str]:
    """Return a contract everybody signed and the company sealed, and its borrower's token."""
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)
    signing.finish(go_through(token) or waiting_round(contract_id), now=NOON + timedelta(minutes=5))
    return contract_id, token


def ask(token: str, at: datetime) -> None:
    phone.send_code(token, device(), tail=(signer_of(token).phone or "")[-4:], now=at)
    step = phone.verify(token, device(), code=code_sent_to(token), now=at)
    assert (step.code, step.copy, step.number) == ("done", "ready", "")


LATER = NOON + timedelta(minutes=5)


def ticket_of(token: str, at: datetime = LATER) -> str:
    return copies.address_of(token, device(), now=at).removeprefix(f"{copies.PATH}/")


def test_is_given_to_whoever_identifies_anew_and_each_taking_is_evidence() -> None:
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)
    round_id = go_through(token)
    with pytest.raises(LinkDead):  # not sealed yet
        copies.address_of(token, device(), now=LATER)
    assert phone.step_of(token, device(), now=LATER).copy == ""
    signing.finish(round_id or waiting_round(contract_id), now=LATER)
    assert phone.step_of(token, device(), now=LATER).copy == "ask"
    with pytest.raises(NotYet):
        copies.address_of(token, device(), now=LATER)
    tail = (signer_of(token).phone or "")[-4:]
    with pytest.raises(InvalidInput):
        phone.send_code(token, device(), tail="0000" if tail != "0000" else "1111", now=LATER)

    phone.send_code(token, device(), tail=tail, now=LATER)
    told = signing.preview_code(clerk, contract_id=contract_id, signer_id=signer_of(token).id or 0, now=LATER)
    assert code_sent_to(token) in told  # while messages are only previewed, the staff pass it on
    phone.verify(token, device(), code=code_sent_to(token), now=LATER)
    ticket = ticket_of(token)
    name, content = copies.take(ticket, device(), now=LATER + timedelta(seconds=90))

    assert content == sealed_bytes(contract_id) and name.endswith("-已签.pdf")
    assert copies.take(ticket, device(), now=LATER)[1] == content  # a phone's download manager asks again
    with reading() as db:
        taken = db.execute(sa.select(Event).where(col(Event.type) == "signing.copy_taken")).scalars().all()
        signer = db.execute(sa.select(Signer)).scalars().one()
    assert len(taken) == 2 and taken[0].entity_id == contract_id and "签署人" in taken[0].actor_name
    assert hashlib.sha256(content).hexdigest() in str(taken[0].after) and "iPhone" in str(taken[0].after)
    assert signer.status.value == "signed"


def test_the_address_is_of_one_browser_one_link_and_two_minutes() -> None:
    contract_id, token = sealed()
    ask(token, LATER)
    with pytest.raises(NotYet):  # nobody else's browser
        copies.address_of(token, device("another"), now=LATER)
    with pytest.raises(NotYet):  # and half an hour later anew
        copies.address_of(token, device(), now=LATER + timedelta(minutes=31))
    ticket = ticket_of(token)
    number, until, mark = ticket.split("-")

    for dead in ("", "x", "--", "1-2", f"{number}-{int(until) + 600}-{mark}", f"{int(number) + 1}-{until}-{mark}",
                 f"{number}-{until}-{mark[:-1]}", f"{number}-{until}-", f"٣-{until}-{mark}", "9" * 60):  # fmt: skip
        with pytest.raises(LinkDead):
            copies.take(dead, device(), now=LATER)
    with pytest.raises(LinkDead):
        copies.take(ticket, device(), now=LATER + copies.LIFE)
    with transaction() as db:
        contract = db.get(Contract, contract_id)
        assert contract is not None
        contract.status = ContractStatus.VOIDED
    with pytest.raises(LinkDead):
        copies.take(ticket, device(), now=LATER)


def test_one_who_has_signed_gets_codes_again_on_another_day() -> None:
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)
    signing.finish(go_through(token) or waiting_round(contract_id), now=NOON)
    tail, at = (signer_of(token).phone or "")[-4:], NOON + timedelta(minutes=10)
    while (signer_of(token).codes_sent) < 5:
        phone.send_code(token, device(), tail=tail, now=at)
        at += timedelta(minutes=2)

    with pytest.raises(InvalidInput):
        phone.send_code(token, device(), tail=tail, now=at)
    assert phone.send_code(token, device(), tail=tail, now=at + timedelta(days=1)).code_sent
