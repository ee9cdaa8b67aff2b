"""From an approved application to the terms, the costs and the data of its documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from loanhub.documents.data import (
    BankAccount,
    ContractData,
    CostItem,
    LoanTerms,
    Party,
    ScheduleRow,
    to_json,
)
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.repayment.cost import Cost, Disclosure, contingent_items, disclosure
from loanhub.domain.repayment.schedule import build_schedule, method_label
from loanhub.domain.repayment.servicing import ServicingOptions
from loanhub.domain.repayment.terms import InterestBasis, Terms
from loanhub.models import Application, Contract, Customer, Product
from loanhub.services import parameters, product_terms, rates
from loanhub.services.product_terms import servicing_of
from loanhub.services.rates import CostAboveCap

MISSING_LINK = {"姓名": "name", "身份证号": "id_number", "手机号": "phone", "居住地址": "address", "银行卡号": "bank_card",
                "开户行": "bank_name"}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """The money side of a contract: terms, schedule, costs, how it will be serviced."""

    terms: Terms
    servicing: ServicingOptions
    rows: tuple[ScheduleRow, ...]
    costs: Disclosure
    loan_terms: LoanTerms

    @property
    def hash(self) -> str:
        """Return the hash that binds a confirmed disclosure sheet to these very terms."""
        parts = (self.loan_terms, *self.rows, *cost_items(self), *contingent_cost_items(self, ""))
        body = "".join(to_json(part) for part in parts)
        return hashlib.sha256(body.encode()).hexdigest()


def terms_of(
    db: Session, application: Application, product: Product, *, start: date, contract_day: date
) -> Terms:
    """Return the approved terms with ``start`` as disbursement date; an LPR link takes the LPR of the contract day.

    Raises:
        Conflict: the application carries no approved figures.
        LprMissing, InvalidInput: see :func:`loanhub.services.product_terms.terms_for`.
    """
    if not application.approved_amount_fen or not application.approved_term_months:
        raise Conflict("这笔申请还没有批复金额和期限")
    rate = application.approved_rate if application.approved_rate is not None else product.max_annual_rate
    return product_terms.terms_for(
        db, product, principal_fen=application.approved_amount_fen, months=application.approved_term_months,
        annual_rate=rate, start=start, contract_day=contract_day, method=application.method,
        repayment_day=application.repayment_day,
    )  # fmt: skip


def offer_of(
    db: Session, application: Application, product: Product, *, start: date, contract_day: date
) -> Offer:
    """Return everything the documents say about money for an approved application.

    Raises:
        InvalidInput: a fee would be taken before it may be 砍头息.
        Conflict: see :func:`terms_of`.
    """
    fees = product_terms.fees_of(product)
    rates.check_upfront(fees, own=True)
    terms = terms_of(db, application, product, start=start, contract_day=contract_day)
    servicing = servicing_of(product)
    rows = tuple(
        ScheduleRow(
            number=row.period, due_date=row.due_date, principal_fen=row.principal_fen,
            interest_fen=row.interest_fen, fee_fen=row.fee_fen, closing_fen=row.closing_fen,
        )
        for row in build_schedule(terms)
    )  # fmt: skip
    # Each fee under its own name: those the schedule collects are not counted there as well.
    costs = disclosure(replace(terms, period_fee_fen=0), fees, lender=product.lender)
    loan_terms = LoanTerms(
        principal_fen=terms.principal_fen,
        annual_rate=terms.annual_rate,
        rate_kind="固定利率" if terms.lpr is None else "浮动利率",
        rate_basis="" if terms.lpr is None else product_terms.describe_link(terms.lpr),
        day_count=_day_count(terms),
        periods=len(rows),
        start_date=start,
        end_date=rows[-1].due_date,
        method=method_label(terms.method),
        repayment_day=terms.repayment_day or start.day,
        purpose=application.purpose,
        loan_type=product.label,
        simple_cost_rate=costs.cost.apr_simple_rate,
        compound_cost_rate=costs.cost.eir_compound_rate,
        allocation=tuple(component.label for component in servicing.order),
        allocation_by_installment=servicing.mode.value == "by_period",
        grace_days=servicing.grace_days,
        penalty_markup_rate=servicing.penalty_multiplier - 1,
        compound_interest=servicing.compound,
        prepayment_fee_rate=servicing.prepayment_fee_rate,
        prepayment_free_after=product.prepayment_free_after,
    )
    return Offer(terms, servicing, rows, costs, loan_terms)


def _day_count(terms: Terms) -> str:
    return {
        InterestBasis.MONTHLY: "按月计息，不足一月的按日计息，日利率＝年利率÷360",
        InterestBasis.ACT_360: "按日计息，日利率＝年利率÷360",
        InterestBasis.ACT_365: "按日计息，日利率＝年利率÷365",
    }[terms.interest_basis]


def check_cap(db: Session, offer: Offer, *, customer_kind: str, now: datetime) -> str:
    """Return the warnings as one text when the cost is above a warning line, else an empty one.

    Raises:
        CostAboveCap: the cost, or what is charged on default, lies above a cap in force today.
    """
    on = local(now).date()
    found = rates.verdict_of(
        db, offer.costs.cost, on=on, months=rates.months_of(offer.terms), customer_kind=customer_kind, now=now
    ).joined(
        rates.penalty_verdict_of(
            db, offer.terms, offer.servicing, on=on, customer_kind=customer_kind, now=now
        )
    )
    if found.is_blocked:
        raise CostAboveCap(found)
    return "；".join(found.warnings)


def check_frozen_cap(
    db: Session, contract: Contract, data: ContractData, *, customer_kind: str, now: datetime
) -> None:
    """Return quietly when a contract that waits for signatures may be printed or signed: its cost is under the caps.

    The caps of today count, as on the day of the contract. One signed already is judged by them no more.

    Raises:
        CostAboveCap: the cost it was made with lies above a cap in force today.
    """
    simple, compound = data.terms.simple_cost_rate, data.terms.compound_cost_rate
    if contract.status is not ContractStatus.TO_SIGN or simple is None or compound is None:
        return
    cost = Cost(
        total_cost_fen=0, irr_per_period=simple / 12, apr_simple_rate=simple, eir_compound_rate=compound
    )
    found = rates.verdict_of(
        db,
        cost,
        on=local(now).date(),
        months=max(1, contract.term_months),
        customer_kind=customer_kind,
        now=now,
    )
    if found.is_blocked:
        raise CostAboveCap(found)


def cost_items(offer: Offer) -> tuple[CostItem, ...]:
    """Return the costs of normal performance as the disclosure sheet lists them."""
    return tuple(
        CostItem(
            label=item.label, method=item.timing, standard=item.standard, payee=item.collector or "出借人",
            annual_rate=item.annual_pct / 100, amount_fen=item.amount_fen,
        )
        for item in offer.costs.items
    )  # fmt: skip


def contingent_cost_items(offer: Offer, lender: str) -> tuple[CostItem, ...]:
    """Return what is charged on default or early payment only."""
    return tuple(
        CostItem(label=item.label, method=item.timing, standard=item.standard, payee=item.collector)
        for item in contingent_items(offer.terms, offer.servicing, lender=lender)
    )


def party_of(customer: Customer) -> Party:
    """Return a customer as a party of a document, in clear: contracts need the whole number."""
    return Party(
        name=customer.name,
        kind=customer.kind,
        id_type="统一社会信用代码" if customer.kind == "company" else "居民身份证",
        id_number=customer.id_number or "",
        phone=(customer.phone or "").removeprefix("+86"),
        address=customer.address or "",
        email=customer.email or "",
    )


def contract_data(
    db: Session,
    application: Application,
    customer: Customer,
    offer: Offer,
    *,
    number: str,
    loan_number: str,
    now: datetime,
    signing_place: str = "",
) -> ContractData:
    """Return the data a loan contract is printed from."""
    lender = parameters.company(db, now=now)
    dispute = parameters.get(db, "dispute", now=now)
    return ContractData(
        contract_number=number,
        loan_number=loan_number,
        issued_at=now,
        signing_date=local(now).date(),
        signing_place=signing_place,
        borrower=party_of(customer),
        terms=offer.loan_terms,
        schedule=offer.rows,
        costs=cost_items(offer),
        contingent_costs=contingent_cost_items(offer, lender.name),
        disbursement_account=BankAccount(
            holder=customer.name, bank=customer.bank_name, number=customer.bank_card or ""
        ),
        repayment_account=parameters.repayment_account(db, now=now),
        conditions=tuple(line for line in application.conditions.splitlines() if line.strip()),
        dispute=str(dispute["kind"]),
        dispute_body=str(dispute["body"]),
        quote_version=offer.hash[:12],
    )


def start_date_of(value: date | None, *, now: datetime) -> date:
    """Return the planned disbursement date: today unless given; refuse one past or over 60 days ahead."""
    today = local(now).date()
    if value is None:
        return today
    if value < today or (value - today).days > 60:
        raise InvalidInput(fields={"start_date": "计划放款日要在今天起 60 天内"})
    return value
