"""From an approved application to the terms, the costs and the data of its documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

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
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.cost import Disclosure, Fee, disclosure
from loanhub.domain.repayment.schedule import build_schedule, method_label
from loanhub.domain.repayment.servicing import ServicingOptions
from loanhub.domain.repayment.terms import InterestBasis, Terms
from loanhub.models import Application, Customer, Product
from loanhub.services import parameters

MISSING_LINK = {"姓名": "name", "身份证号": "id_number", "手机号": "phone", "居住地址": "address", "银行卡号": "bank_card",
                "开户行": "bank_name"}  # fmt: skip


class CostAboveCap(Conflict):
    """The loan would cost the borrower more than the law allows; its contract cannot be made."""

    def __init__(self, rate: Decimal, cap: Decimal) -> None:
        super().__init__(
            f"综合融资成本 {format_percent(rate)} 超过上限 {format_percent(cap)}，不能生成合同，请调整利率或费用"
        )


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
        body = to_json(self.loan_terms) + "".join(to_json(row) for row in self.rows)
        return hashlib.sha256(body.encode()).hexdigest()


def servicing_of(product: Product) -> ServicingOptions:
    """Return how loans of a product are serviced, frozen into each loan."""
    return ServicingOptions.parse(
        {
            "penalty_multiplier": str(product.penalty_multiplier),
            "grace_days": product.grace_days,
            "order": product.allocation,
            "mode": product.allocation_mode,
            "prepayment_fee_rate": str(product.prepayment_fee_rate),
            "prepayment_free_after": product.prepayment_free_after or None,
        }
    )


def terms_of(application: Application, product: Product, *, start: date) -> Terms:
    """Return the approved terms with ``start`` as disbursement date.

    Raises:
        Conflict: the application carries no approved figures.
    """
    if not application.approved_amount_fen or not application.approved_term_months:
        raise Conflict("这笔申请还没有批复金额和期限")
    rate = application.approved_rate if application.approved_rate is not None else product.max_annual_rate
    return Terms(
        method=application.method or product.method,
        principal_fen=application.approved_amount_fen,
        disburse_date=start,
        annual_rate=rate,
        periods=application.approved_term_months,
        interest_basis=InterestBasis(product.interest_basis),
        repayment_day=application.repayment_day,
    )


def offer_of(application: Application, product: Product, *, start: date) -> Offer:
    """Return everything the documents say about money for an approved application."""
    terms = terms_of(application, product, start=start)
    servicing = servicing_of(product)
    rows = tuple(
        ScheduleRow(
            number=row.period, due_date=row.due_date, principal_fen=row.principal_fen,
            interest_fen=row.interest_fen, fee_fen=row.fee_fen, closing_fen=row.closing_fen,
        )
        for row in build_schedule(terms)
    )  # fmt: skip
    costs = disclosure(terms, [Fee.parse(fee) for fee in product.fees], lender=product.lender)
    loan_terms = LoanTerms(
        principal_fen=terms.principal_fen,
        annual_rate=terms.annual_rate,
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


def check_cap(db: Session, offer: Offer, *, now: datetime) -> str:
    """Return a warning sentence when the cost is above the warning line, else an empty text.

    Raises:
        CostAboveCap: it is above the cap.
    """
    cap, warn = parameters.cost_cap(db, now=now)
    rate = offer.costs.cost.apr_simple_rate
    slack = Decimal("0.00001")  # whole-fen payments push a loan at exactly the cap slightly above it
    if rate > cap + slack:
        raise CostAboveCap(rate, cap)
    if rate > warn + slack:
        return f"综合融资成本 {format_percent(rate)}，高于预警线 {format_percent(warn)}"
    return ""


def cost_items(offer: Offer) -> tuple[CostItem, ...]:
    """Return the costs of normal performance as the disclosure sheet lists them."""
    return tuple(
        CostItem(
            label=item.label, method=item.timing, standard=item.standard, payee=item.collector or "出借人",
            annual_rate=item.annual_pct / 100, amount_fen=item.amount_fen,
        )
        for item in offer.costs.items
    )  # fmt: skip


def contingent_items(offer: Offer, lender: str) -> tuple[CostItem, ...]:
    """Return what is charged on default only."""
    penalty_rate = offer.terms.annual_rate * offer.servicing.penalty_multiplier
    items = [
        CostItem(
            label="罚息", method="逾期时按日收取", payee=lender,
            standard=f"逾期本金 × 年利率 {format_percent(penalty_rate)} ÷ {offer.servicing.day_base} × 逾期天数",
        )
    ]  # fmt: skip
    if offer.servicing.prepayment_fee_rate:
        rate = format_percent(offer.servicing.prepayment_fee_rate)
        items.append(
            CostItem(
                label="提前还款违约金",
                method="提前还款时收取",
                payee=lender,
                standard=f"提前归还本金的 {rate}",
            )
        )
    return tuple(items)


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
        contingent_costs=contingent_items(offer, lender.name),
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
