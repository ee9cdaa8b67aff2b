"""Contracts signed on the phone: one sealed, one a guarantor still has to sign; the borrowers take every step."""

from __future__ import annotations

import json
import math
import random
import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import LoanHubError
from loanhub.models import Customer, Signer, User
from loanhub.repositories.signing import hash_of
from loanhub.services import contracts, customers, papers, signing
from loanhub.services._actor import Actor
from loanhub.services._rights import actor_of
from loanhub.services._transaction import reading
from loanhub.services.contracts import center
from loanhub.services.signing import Extra, _send, phone
from loanhub.services.signing.phone import Device

AGENT = "Mozilla/5.0 (Linux; Android 15; HarmonyOS) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0"
GUARANTORS = (Extra("guarantor", "沈佳宁", "13900008801"), Extra("guarantor", "许知远", "13900008802"))
READING = timedelta(seconds=40)


def build(clerk: Actor, *, now: datetime, seed: int) -> int:
    """Sign one waiting contract to its end and begin another; return how many rounds were begun."""
    pick = random.Random(f"{seed}:signing")
    begun = 0
    waiting = center.waiting(clerk, limit=20, now=now).rows
    most = min(len(GUARANTORS), max(1, len(waiting) - 2))  # some are left for the visitor to try
    for row in waiting:
        if begun == most:
            break
        try:
            contract_id = contracts.create(clerk, application_id=row.id, signing_place="线上签署", now=now)
        except LoanHubError:  # something is missing in this one: the next will do
            continue
        links = signing.start(clerk, contract_id=contract_id, extra=[GUARANTORS[begun]], now=now)
        tokens = [link.address.rpartition("/")[2] for link in links]
        # The first is signed by both and sealed; of the second the guarantor has not signed.
        for token in tokens if begun == 0 else tokens[:1]:
            round_id = _go_through(token, pick, now=now)
            if round_id:
                signing.finish(round_id, now=now + 3 * READING)
        begun += 1
    return begun


def build_papers(clerk: Actor, *, now: datetime) -> int:
    """Give a contract that waits a guarantor and its papers, and a loan paid out its note; return how many were made."""
    made = 0
    for tab, codes in (
        ("to_sign", ("guarantee_contract", "debit_authorization")),
        ("effective", ("loan_note",)),
    ):
        for row in center.newest(clerk, status=tab, limit=5, now=now):
            if tab == "to_sign":
                _guarantor(row.customer_id, now=now)
            desk = papers.desk(clerk, contract_id=row.id, now=now)
            ready = [one for one in desk.fitting if one.code in codes and one.ready]
            if not ready:
                continue
            for one in ready:
                papers.issue(
                    clerk,
                    application_id=desk.application_id,
                    code=one.code,
                    subject=one.subject,
                    answers=one.answers,
                    now=now,
                )
                made += 1
            break
    return made


def _guarantor(customer_id: int, *, now: datetime) -> None:
    with reading() as db:
        customer = db.get(Customer, customer_id)
        owner = db.get(User, customer.owner_id) if customer is not None and customer.owner_id else None
        actor = actor_of(db, owner) if owner is not None else None
    if actor is not None:
        customers.relate(
            actor, customer_id=customer_id, kind="guarantor", name="沈佳宁", phone="13900008801",
            id_number="110101199003078515", address="上海市徐汇区示例路 18 号", now=now,
        )  # fmt: skip


def _go_through(token: str, pick: random.Random, *, now: datetime) -> int:
    device = Device(f"demo-{token[:8]}", ip=f"203.0.113.{pick.randint(2, 250)}", agent=AGENT)
    phone.step_of(token, device, now=now)
    with reading() as db:
        signer = db.execute(sa.select(Signer).where(col(Signer.token_hash) == hash_of(token))).scalar_one()
    phone.send_code(token, device, tail=(signer.phone or "")[-4:], now=now)
    with reading() as db:
        signer = db.execute(sa.select(Signer).where(col(Signer.token_hash) == hash_of(token))).scalar_one()
        found = re.search(r"[0-9]{6}", _send.find_code_text(db, signer))
    assert found is not None
    step = phone.verify(token, device, code=found[0], now=now)
    if step.code == "sheet":
        step = phone.confirm_sheet(token, device, agreed=True, ink=scribble(pick), now=now + READING)
    while step.code == "read":
        step, _ = phone.turn_to(token, device, page=step.pages_read + 1, now=now + READING)
    _, round_id = phone.sign(token, device, agreed=True, ink=scribble(pick), place="", now=now + 2 * READING)
    return round_id


def scribble(pick: random.Random) -> str:
    """Return strokes that look like a name written in a hurry, as a browser would send them."""
    strokes: list[list[list[int]]] = []
    left, at = 110.0, 0
    for _ in range(3):
        wide = pick.uniform(90, 130)
        for _ in range(pick.randint(3, 5)):
            x, y = left + pick.uniform(0, wide * 0.7), pick.uniform(50, 150)
            angle, bend = pick.uniform(-0.3, 1.7), pick.uniform(-0.05, 0.05)
            stroke = []
            for _ in range(pick.randint(8, 22)):
                stroke.append([round(x), round(y), at])
                x, y = x + 5 * math.cos(angle), y + 5 * math.sin(angle)
                angle, at = angle + bend, at + 12
            strokes.append([[max(0, min(600, a)), max(0, min(240, b)), c] for a, b, c in stroke])
            at += 90
        left += wide
    return json.dumps(strokes)
