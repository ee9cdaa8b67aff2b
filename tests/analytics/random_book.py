"""A small random book in the database: leads of every stage and channel, loans of every bucket, payments undone."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from sqlmodel import Session, select

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.leads import LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.pipelines import DEFAULT_STAGES
from loanhub.domain.rank import between
from loanhub.domain.repayment.delinquency import bucket_of
from loanhub.models import Application, Contract, Customer, Lead, Loan, Payment, Pipeline, StageMove
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from tests.builders import NOON, TODAY

CITIES = ("上海", "苏州", "杭州", "")
CHANNELS = ("douyin", "referral", "walk_in", "")
CLOSED = (LoanStatus.SETTLED, LoanStatus.WRITTEN_OFF)


def fill(owners: list[Actor], *, seed: int = 7, leads: int = 120) -> None:
    """Store the book: each lead belongs to one of the owners; about half reach an application, a third a loan."""
    dice = random.Random(seed)
    with transaction() as db:
        pipeline = db.exec(select(Pipeline)).first()
        assert pipeline is not None and pipeline.id is not None
        for number in range(leads):
            _lead(db, dice, dice.choice(owners), pipeline.id, number)


def _lead(db: Session, dice: random.Random, owner: Actor, pipeline_id: int, number: int) -> None:
    at = NOON - timedelta(hours=dice.randrange(24 * 150))
    place = dice.randrange(len(DEFAULT_STAGES))
    belongs = {"owner_id": owner.user_id, "department_id": owner.department_id}
    lead = Lead(
        number=f"L{number:05d}", name=f"客户{number}", city=dice.choice(CITIES), channel_code=dice.choice(CHANNELS),
        status=dice.choice([LeadStatus.CONTACTED, LeadStatus.INVALID, LeadStatus.LOST]),
        cost_fen=dice.randrange(0, 50_000), pipeline_id=pipeline_id, stage_code=DEFAULT_STAGES[place].code,
        stage_entered_at=at, rank=between(None, None), created_at=at, updated_at=at, deleted_at=NOON if dice.random() < 0.05 else None, **belongs,
    )  # fmt: skip
    db.add(lead)
    db.flush()
    furthest = dice.randrange(place, len(DEFAULT_STAGES))
    for step in range(1, furthest + 1):
        db.add(
            StageMove(lead_id=lead.id or 0, pipeline_id=pipeline_id, from_stage=DEFAULT_STAGES[step - 1].code,
                      to_stage=DEFAULT_STAGES[step].code, at=at + timedelta(hours=step))
        )  # fmt: skip
    if dice.random() < 0.6:
        _customer(db, dice, lead, belongs, number)


def _customer(
    db: Session, dice: random.Random, lead: Lead, belongs: dict[str, int | None], number: int
) -> None:
    at = lead.created_at + timedelta(hours=dice.randrange(72))
    customer = Customer(
        number=f"C{number:05d}", name=lead.name, city=lead.city, created_at=at, updated_at=at, **belongs
    )
    db.add(customer)
    db.flush()
    status = dice.choice(list(ApplicationStatus))
    submitted = (
        None if status is ApplicationStatus.DRAFT else min(at + timedelta(hours=dice.randrange(48)), NOON)
    )
    open_still = status.value.endswith("_review") or status in (
        ApplicationStatus.DRAFT,
        ApplicationStatus.WITHDRAWN,
    )
    decided = (
        None if open_still or submitted is None else submitted + timedelta(minutes=dice.randrange(1, 6000))
    )
    application = Application(
        number=f"A{number:05d}", customer_id=customer.id or 0, lead_id=lead.id, product_code="personal_business",
        status=status, amount_fen=dice.randrange(1_000_000, 90_000_000), submitted_at=submitted, decided_at=decided,
        created_at=at, updated_at=at, **belongs,
    )  # fmt: skip
    db.add(application)
    db.flush()
    if dice.random() < 0.7:
        _loan(db, dice, application, customer, belongs, number)


def _loan(
    db: Session, dice: random.Random, application: Application, customer: Customer, belongs: dict[str, int | None],
    number: int,
) -> None:  # fmt: skip
    at = application.created_at
    contract = Contract(
        number=f"HT{number:05d}", application_id=application.id or 0, customer_id=customer.id or 0, template_code="loan",
        status=ContractStatus.SIGNED, annual_rate=Decimal("0.12"), created_at=at, updated_at=at, **belongs,
    )  # fmt: skip
    db.add(contract)
    db.flush()
    status = dice.choice(
        [LoanStatus.PENDING, LoanStatus.ACTIVE, LoanStatus.OVERDUE, LoanStatus.OVERDUE, *CLOSED]
    )
    dpd = dice.randrange(1, 220) if status is LoanStatus.OVERDUE else 0
    principal = dice.randrange(1_000_000, 90_000_000)
    loan = Loan(
        number=f"HT{number:05d}-01", contract_id=contract.id or 0, application_id=application.id,
        customer_id=customer.id or 0, product_code="personal_business", status=status, principal_fen=principal,
        annual_rate=Decimal("0.12"), method="equal_installment", mode=dice.choice(["own", "own", "own", "broker"]),
        disbursed_date=None if status is LoanStatus.PENDING else TODAY - timedelta(days=dice.randrange(150)),
        outstanding_principal_fen=0 if status in CLOSED else dice.randrange(1, principal), dpd=dpd,
        bucket=bucket_of(dpd).value, created_at=at, updated_at=at, **belongs,
    )  # fmt: skip
    db.add(loan)
    db.flush()
    if loan.disbursed_date is None:
        return
    posted = 0
    for _ in range(dice.randrange(4)):
        posted += 1
        payment = Payment(
            loan_id=loan.id or 0, seq=posted, kind=dice.choice(["payment", "prepayment", "settlement", "refund", "waiver"]),
            amount_fen=dice.randrange(1, 3_000_000), value_date=TODAY - timedelta(days=dice.randrange(150)), posted_at=NOON,
        )  # fmt: skip
        db.add(payment)
        db.flush()
        if dice.random() < 0.2:
            posted += 1
            db.add(Payment(loan_id=loan.id or 0, seq=posted, kind="reversal", amount_fen=payment.amount_fen,
                           value_date=payment.value_date, posted_at=NOON, reverses_id=payment.id))  # fmt: skip
