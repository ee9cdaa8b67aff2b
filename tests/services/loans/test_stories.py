"""Whole lives of loans through the services: the golden stories, and random commands held against a fresh replay."""

from __future__ import annotations

import json
import os
import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.errors import LoanHubError
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.domain.repayment.postings import PostingKind, ServicingOptions
from loanhub.models import Contract, Installment, Loan, PaymentAllocation
from loanhub.services import loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import open_account
from tests.builders import make_company, make_user
from tests.services.loans.builders import (
    Desk,
    count_rows,
    make_contract,
    make_desk,
    make_loan,
    noon,
    payments_of,
    stored,
)

STORIES = json.loads((Path(__file__).parents[2] / "golden" / "ledger_scenarios.json").read_text())["cases"]
LIVES = int(os.environ.get("LOANHUB_SERVICE_LIVES", "4"))


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    return make_desk()


def check_all(loan_id: int, as_of: date | None = None) -> None:
    """The database's ledger, schedule, allocations and caches are what a fresh replay of the postings says."""
    with reading() as db:
        loan = stored(loan_id)
        account = open_account(db, loan)
        state = account.at(loan.as_of_date or account.terms.disburse_date)
        assert as_of is None or loan.as_of_date == as_of
        ledger.check(db, loan, state)
        rows = db.execute(
            sa.select(Installment).where(col(Installment.loan_id) == loan_id)
            .order_by(col(Installment.due_date), col(Installment.period))
        ).scalars().all()  # fmt: skip
        assert [
            (r.period, r.due_date, r.principal_fen, r.interest_fen, r.fee_fen, r.paid_principal_fen, r.paid_interest_fen,
             r.paid_fee_fen, r.paid_penalty_fen, r.waived_penalty_fen, r.waived_principal_fen, r.penalty_due_fen, r.cleared_date)
            for r in rows
        ] == [
            (w.period, w.due_date, w.installment.principal_fen, w.installment.interest_fen, w.installment.fee_fen,
             w.paid.principal_fen, w.paid.interest_fen, w.paid.fee_fen, w.paid.penalty_fen + w.paid.compound_fen,
             w.waived.penalty_fen + w.waived.compound_fen, w.waived.principal_fen,
             w.penalty_accrued_fen + w.compound_accrued_fen, w.cleared_date)
            for w in state.installments
        ]  # fmt: skip
        parts = db.execute(
            sa.select(PaymentAllocation).where(col(PaymentAllocation.loan_id) == loan_id)
        ).scalars().all()  # fmt: skip
        ids = account.payment_ids
        assert sorted(
            (p.payment_id or 0, p.period, p.component, p.amount_fen, p.value_date) for p in parts
        ) == sorted(
            (ids.get(a.sequence, 0), a.period, a.component.value, a.amount_fen, a.value_date)
            for a in state.allocations
        )
        assert (loan.outstanding_principal_fen, loan.suspense_fen, loan.dpd, loan.bucket, loan.next_due_date) == (
            state.outstanding_principal_fen, state.suspense_fen, state.dpd, state.bucket.value, state.next_open_due_date,
        )  # fmt: skip
        assert (loan.written_off_fen, loan.recovered_fen, loan.extended, loan.restructured, loan.settled_date) == (
            state.written_off_fen, state.recovered_fen, state.extended, state.restructured, state.settled_date,
        )  # fmt: skip
        assert [p.seq for p in account.payments] == list(range(1, len(account.payments) + 1))


def _told_loan(desk: Desk, story: dict[str, object]) -> int:
    terms: dict[str, object] = story["loan"]  # type: ignore[assignment]
    begins = date.fromisoformat(str(terms["disburse_date"]))
    contract_id = make_contract(
        desk, amount_fen=int(str(terms["principal_fen"])), rate=str(terms["annual_rate"]),
        months=int(str(terms["periods"])), signed=begins,
    )  # fmt: skip
    loan_id = loans.request(
        desk.maker,
        contract_id=contract_id,
        bank_reference=f"FK{story['id']}",
        value_date=begins,
        now=noon(begins),
    )
    options = ServicingOptions(
        penalty_multiplier=Decimal(str(story["penalty_multiplier"])), grace_days=int(str(story["grace_days"]))
    )
    with transaction() as db:
        loan = db.exec(select(Loan).where(Loan.id == loan_id)).one()
        loan.terms, loan.servicing = terms, options.as_dict()
    loans.confirm(desk.checker, loan_id=loan_id, now=noon(begins))
    return loan_id


@pytest.mark.parametrize("story", STORIES, ids=[story["id"] for story in STORIES])
def test_the_golden_stories_told_to_the_services(desk: Desk, story: dict) -> None:  # type: ignore[type-arg]
    manager = make_user(RoleCode.MANAGER)
    loan_id = _told_loan(desk, story)
    entered = date.fromisoformat(story["loan"]["disburse_date"])
    for event in story["events"]:
        day = date.fromisoformat(event.get("value_date", "2026-05-20"))
        entered = max(entered, day)
        if event["kind"] == "payment":
            loans.post(
                desk.maker, loan_id=loan_id, amount_fen=event["amount_fen"], value_date=day, now=noon(entered)
            )
        elif event["kind"] == "reversal":
            undone = payments_of(loan_id)[event["reverses"] - 1]
            loans.reverse(desk.checker, payment_id=undone.id or 0, reason="错账", now=noon(entered))
        else:
            # A story may waive more than is open that day; the replay caps it, the form refuses it and takes all.
            with reading() as db:
                open_fen = open_account(db, stored(loan_id)).at(day).due_penalty_fen
            change = loans.Change(
                kind="waiver", value_date=day, amount=min(open_fen, event["amount_fen"]), period=event.get("period"),
                reason="减免",
            )  # fmt: skip
            made = loans.request_change(desk.maker, loan_id=loan_id, change=change, now=noon(entered))
            loans.approve_change(manager, request_id=made.request_id, now=noon(entered))
        check_all(loan_id)
        for checkpoint in (c for c in story["checkpoints"] if c["after_seq"] == event["seq"]):
            _hold(loan_id, checkpoint)


def _hold(loan_id: int, checkpoint: dict) -> None:  # type: ignore[type-arg]
    as_of, expect = date.fromisoformat(checkpoint["as_of"]), checkpoint["expect"]
    with reading() as db:
        state = open_account(db, stored(loan_id)).at(as_of)
    for name in ("raw_dpd", "dpd", "due_penalty_fen", "due_interest_fen", "due_principal_fen",
                 "outstanding_principal_fen", "received_fen"):  # fmt: skip
        assert getattr(state, name) == expect[name], (checkpoint["as_of"], name)
    assert (state.suspense_fen, state.bucket.value) == (expect["overpaid_fen"], expect["bucket"])
    assert str(state.next_open_due_date) == expect["next_open_due_date"]


class Life:
    """One loan, and somebody who does with it whatever comes to mind, on a day that never goes back."""

    def __init__(self, desk: Desk, manager: Actor, seed: int) -> None:
        self.desk, self.manager, self.dice = desk, manager, random.Random(seed)
        self.day = date(2026, 1, 15)
        self.loan_id = make_loan(desk, months=self.dice.choice((6, 12)))

    def change(self, kind: str, **values: object) -> None:
        """Ask and approve."""
        change = loans.Change(
            kind=kind, value_date=self.back(), reason="随机", evidence="依据 0001", **values
        )  # type: ignore[arg-type]
        made = loans.request_change(self.desk.maker, loan_id=self.loan_id, change=change, now=noon(self.day))
        try:
            loans.approve_change(self.manager, request_id=made.request_id, now=noon(self.day))
        except LoanHubError:
            loans.refuse_change(self.manager, request_id=made.request_id, reason="不行", now=noon(self.day))

    def back(self) -> date:
        """Return today, or now and then a day some time ago."""
        return self.day - timedelta(days=self.dice.choice((0, 0, 0, 0, 3, 20)))

    def post(self, amount_fen: int, kind: str = "payment", day: date | None = None, **values: object) -> None:
        """Register money."""
        loans.post(
            self.desk.maker, loan_id=self.loan_id, amount_fen=amount_fen, value_date=day or self.back(), kind=kind,
            now=noon(self.day), **values,  # type: ignore[arg-type]
        )  # fmt: skip

    def step(self) -> None:
        """Do one thing."""
        dice = self.dice
        choice = dice.choice(
            [
                "roll",
                "roll",
                "roll",
                "pay",
                "pay",
                "pay",
                "clear",
                "prepay",
                "settle",
                "reverse",
                "waive",
                "refund",
                "rate",
                "extend",
                "restructure",
                "accelerate",
                "off",
                "recover",
            ]
        )
        if choice == "roll":
            self.day += timedelta(days=dice.choice((1, 10, 31, 45)))
            with transaction() as db:
                loan = db.exec(select(Loan).where(Loan.id == self.loan_id).with_for_update()).one()
                loans.refresh(db, loan, as_of=self.day, now=noon(self.day))
        elif choice == "pay":
            self.post(dice.choice((1, 99, 50_000, 1_066_185, 2_100_000)))
        elif choice in ("clear", "settle"):
            kind = "settlement" if choice == "settle" and dice.random() < 0.3 else "payment"
            seen = loans.preview_payment(
                self.desk.maker,
                loan_id=self.loan_id,
                amount="",
                value_date=self.day,
                kind=kind,
                now=noon(self.day),
            )
            self.post(seen.amount_fen, kind, self.day)
        elif choice == "prepay":
            mode, prepay = dice.choice(("reduce_payment", "shorten_term")), dice.choice((100_000, 1_000_000))
            seen = loans.preview_payment(
                self.desk.maker, loan_id=self.loan_id, amount="", value_date=self.day, kind="prepayment", prepay=prepay,
                mode=mode, now=noon(self.day),
            )  # fmt: skip
            self.post(
                seen.amount_fen + dice.choice((0, 777)), "prepayment", self.day, prepay_fen=prepay, mode=mode
            )
        elif choice == "reverse":
            rows = [row for row in payments_of(self.loan_id) if row.kind != PostingKind.REVERSAL]
            if rows:
                loans.reverse(
                    self.desk.checker, payment_id=dice.choice(rows).id or 0, reason="随机", now=noon(self.day)
                )
        elif choice == "waive":
            self.change("waiver", component=dice.choice(("penalty", "interest", "fee", "principal")))
        elif choice == "refund":
            self.change("refund")
        elif choice == "rate":
            self.change("rate_change", annual_rate=dice.choice(("6", "9.9", "12", "15")))
        elif choice == "extend":
            self.change("extension", months=dice.choice((1, 6)), guarantor_consent=True)
        elif choice == "restructure":
            self.change(
                "restructure", method=dice.choice(("equal_principal", "interest_only")), periods=dice.choice((3, 12)),
                annual_rate="8", carry=dice.random() < 0.5,
            )  # fmt: skip
        elif choice == "accelerate" and dice.random() < 0.3:
            self.change("acceleration")
        elif choice == "off" and dice.random() < 0.3:
            self.change("write_off")
        elif choice == "recover":
            self.post(dice.choice((100, 500_000)), "recovery")


@pytest.mark.parametrize("seed", range(LIVES))
def test_random_lives(desk: Desk, seed: int) -> None:
    life = Life(desk, make_user(RoleCode.MANAGER), seed)
    done = 0
    for _ in range(25):
        rows = count_rows() if done % 5 == 0 else None
        try:
            life.step()
            done += 1
        except LoanHubError:
            assert rows is None or count_rows() == rows, "a refusal left something behind"
        check_all(life.loan_id)
    assert done >= 8
    with reading() as db:
        contract = db.get(Contract, stored(life.loan_id).contract_id)
        settled = stored(life.loan_id).status in (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY)
        assert contract is not None and (contract.status.value == "settled") is settled
