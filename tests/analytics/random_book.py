"""A small random book in the database: leads of every stage and channel, loans of every bucket, payments undone."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, select

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.leads import LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.pipelines import DEFAULT_STAGES
from loanhub.domain.rank import between
from loanhub.domain.repayment.delinquency import Bucket, FiveClass, bucket_of
from loanhub.models import (
    Application,
    CollectionCase,
    CollectionContact,
    CollectionPromise,
    Contract,
    Customer,
    Installment,
    Interaction,
    Lead,
    Loan,
    LoanSnapshot,
    Payment,
    PaymentAllocation,
    Pipeline,
    StageMove,
    Task,
)
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from tests.builders import NOON, TODAY

CITIES = ("上海", "苏州", "杭州", "")
CHANNELS = ("douyin", "referral", "walk_in", "")
PRODUCTS = ("personal_business", "payroll", "")
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
        product_code=dice.choice(PRODUCTS), assigned_at=at if dice.random() < 0.8 else None,
        first_contact_at=at + timedelta(hours=dice.choice([1, 2, 3, 15, 40])) if dice.random() < 0.6 else None,
        cost_fen=dice.randrange(0, 50_000), pipeline_id=pipeline_id, stage_code=DEFAULT_STAGES[place].code,
        stage_entered_at=at, rank=between(None, None), created_at=at, updated_at=at, deleted_at=NOON if dice.random() < 0.05 else None, **belongs,
    )  # fmt: skip
    db.add(lead)
    db.flush()
    furthest = dice.randrange(place, len(DEFAULT_STAGES))
    for step in range(1, furthest + 1):
        db.add(
            StageMove(lead_id=lead.id or 0, pipeline_id=pipeline_id, from_stage=DEFAULT_STAGES[step - 1].code,
                      to_stage=DEFAULT_STAGES[step].code, at=at + timedelta(hours=step),
                      stayed_seconds=dice.randrange(9 * 86_400))
        )  # fmt: skip
    _daily_work(db, dice, lead, at)
    if dice.random() < 0.6:
        _customer(db, dice, lead, belongs, number)


def _daily_work(db: Session, dice: random.Random, lead: Lead, at: datetime) -> None:
    for _ in range(dice.randrange(4)):
        db.add(
            Interaction(kind=dice.choice(["call", "wechat", "visit", "note"]), lead_id=lead.id, at=at + timedelta(hours=dice.randrange(90)),
                        by_id=lead.owner_id, created_at=at)
        )  # fmt: skip
    for _ in range(dice.randrange(3)):
        due = NOON + timedelta(hours=dice.randrange(-200, 90))
        db.add(
            Task(title="回访", lead_id=lead.id, owner_id=lead.owner_id, department_id=lead.department_id, due_at=dice.choice([due, due, None]),
                 done_at=dice.choice([None, None, NOON]), created_at=at, deleted_at=dice.choice([None, None, None, NOON]))
        )  # fmt: skip


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
        number=f"A{number:05d}", customer_id=customer.id or 0, lead_id=lead.id, product_code=dice.choice(PRODUCTS[:2]),
        risk_grade=dice.choice([None, 1, 2, 3, 4]), approved_amount_fen=dice.choice([None, dice.randrange(1_000_000, 50_000_000)]),
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
        customer_id=customer.id or 0, product_code=application.product_code, status=status, principal_fen=principal,
        annual_rate=Decimal("0.12"), method="equal_installment", mode=dice.choice(["own", "own", "own", "broker"]),
        disbursed_date=None if status is LoanStatus.PENDING else TODAY - timedelta(days=dice.randrange(150)),
        outstanding_principal_fen=0 if status in CLOSED else dice.randrange(1, principal), dpd=dpd,
        bucket=bucket_of(dpd).value, created_at=at, updated_at=at, five_class=dice.choice(list(FiveClass)).value,
        provision_fen=dice.randrange(1_000_000), suspense_fen=dice.choice([0, 0, 12_345]),
        overdue_principal_fen=dice.randrange(500_000) if dpd else 0, **belongs,
    )  # fmt: skip
    if status is LoanStatus.WRITTEN_OFF:
        loan.written_off_date = TODAY - timedelta(days=dice.randrange(120))
        loan.written_off_fen = dice.randrange(1, principal)
    db.add(loan)
    db.flush()
    if loan.disbursed_date is None:
        return
    loan.first_due_date = loan.disbursed_date + timedelta(days=30)
    db.add(
        Installment(
            loan_id=loan.id or 0, period=1, start_date=loan.disbursed_date, due_date=loan.first_due_date,
            cleared_date=dice.choice([None, loan.first_due_date + timedelta(days=dice.randrange(-3, 45))]),
        )
    )  # fmt: skip
    _case(db, dice, loan, belongs)
    _months(db, dice, loan)
    posted = 0
    for _ in range(dice.randrange(4)):
        posted += 1
        payment = Payment(
            loan_id=loan.id or 0, seq=posted, kind=dice.choice(["payment", "prepayment", "settlement", "refund", "waiver", "recovery"]),
            amount_fen=dice.randrange(1, 3_000_000), value_date=TODAY - timedelta(days=dice.randrange(150)), posted_at=NOON,
        )  # fmt: skip
        db.add(payment)
        db.flush()
        for component in ("principal", "interest", "penalty", "fee"):
            if dice.random() < 0.6:
                db.add(PaymentAllocation(loan_id=loan.id or 0, payment_id=payment.id, period=1, component=component,
                                         amount_fen=dice.randrange(1, 90_000), value_date=payment.value_date))  # fmt: skip
        if dice.random() < 0.2:
            posted += 1
            db.add(Payment(loan_id=loan.id or 0, seq=posted, kind="reversal", amount_fen=payment.amount_fen,
                           value_date=payment.value_date, posted_at=NOON, reverses_id=payment.id))  # fmt: skip


def _case(db: Session, dice: random.Random, loan: Loan, belongs: dict[str, int | None]) -> None:
    if dice.random() < 0.5:
        return
    opened = TODAY - timedelta(days=dice.randrange(100))
    case = CollectionCase(
        number=f"CS{loan.id:05d}", loan_id=loan.id or 0, customer_id=loan.customer_id, product_code=loan.product_code,
        opened_on=opened, closed_on=dice.choice([None, min(opened + timedelta(days=dice.randrange(60)), TODAY)]),
        stage_entered_at=NOON, created_at=NOON, updated_at=NOON, **belongs,
    )  # fmt: skip
    db.add(case)
    db.flush()
    for status in ("open", "kept", "broken"):
        if dice.random() < 0.5:
            judged = None if status == "open" else TODAY - timedelta(days=dice.randrange(60))
            db.add(CollectionPromise(case_id=case.id or 0, loan_id=loan.id or 0, due_date=opened, made_at=NOON,
                                     amount_fen=dice.randrange(1, 99_000), status=status, judged_on=judged))  # fmt: skip
    for _ in range(dice.randrange(3)):
        db.add(CollectionContact(case_id=case.id or 0, customer_id=loan.customer_id, channel="phone", created_at=NOON,
                                 direction=dice.choice(["out", "out", "in"]), at=NOON - timedelta(hours=dice.randrange(2000))))  # fmt: skip


def _months(db: Session, dice: random.Random, loan: Loan) -> None:
    """Store how the loan stood at the end of the months since its payout, sometimes until it left the book."""
    day = month_end(loan.disbursed_date or TODAY)
    while day < TODAY and dice.random() < 0.9:
        bucket = dice.choice(list(Bucket)[: dice.choice([1, 2, 8])])
        db.add(LoanSnapshot(snapshot_date=day, loan_id=loan.id or 0, status="active", bucket=bucket.value,
                            outstanding_principal_fen=dice.randrange(1, loan.principal_fen)))  # fmt: skip
        day = month_end(day + timedelta(days=1))


def month_end(day: date) -> date:
    """Return the last day of the month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
