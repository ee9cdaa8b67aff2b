"""The given KPI figures, exactly, through a saved report: records of those numbers in the database, the report run by its key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel, col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.domain.rank import between
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Installment,
    Lead,
    Loan,
    Payment,
    PaymentAllocation,
    Pipeline,
)
from loanhub.services import reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from tests.builders import NOON, TODAY, make_company, make_user
from tests.golden_cases import golden

CHANNELS = [case for section, case in (param.values for param in golden("kpi")) if section == "channel"]
DEFAULTS = [
    case for section, case in (param.values for param in golden("kpi")) if section == "first_payment_default"
]
MEASURES = ("new_leads", "valid_lead_rate", "lead_conversion", "channel_cost", "cost_per_lead", "channel_roi")
YEARS = {"code": "custom", "first": "2020-01-01", "last": TODAY.isoformat()}


def shares(whole: int, parts: int) -> list[int]:
    """Return whole numbers that sum to ``whole``."""
    return [whole // parts + (at < whole % parts) for at in range(parts)] if parts else []


def put(db: Any, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write rows and return their ids."""
    made = [model(**row) for row in rows]
    db.add_all(made)
    db.flush()
    return [int(one.id) for one in made]  # type: ignore[attr-defined]


def percent(value: object) -> str | None:
    if value is None:
        return None
    assert isinstance(value, (int, Fraction))
    exact = Fraction(value) * 100
    return str((Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP))


def lent(
    db: Any, owner: Actor, leads: Sequence[int | None], amounts: Sequence[int], code: str, **changes: Any
) -> list[int]:
    """Write a customer, an application, a contract and a loan for each amount; returns the loans."""
    base = {
        "owner_id": owner.user_id,
        "department_id": owner.department_id,
        "created_at": NOON,
        "updated_at": NOON,
    }
    count = len(amounts)
    customers = put(db, Customer, [{"number": f"C{code}{n}", "name": "金标", **base} for n in range(count)])
    applications = put(db, Application, [
        {"number": f"A{code}{n}", "customer_id": customers[n], "lead_id": leads[n], "product_code": "payroll", "status": "funded",
         "amount_fen": amounts[n], **base} for n in range(count)
    ])  # fmt: skip
    contracts = put(db, Contract, [
        {"number": f"H{code}{n}", "application_id": applications[n], "customer_id": customers[n], "template_code": "loan", "status": ContractStatus.SIGNED,
         "annual_rate": Decimal("0.12"), **base} for n in range(count)
    ])  # fmt: skip
    return put(db, Loan, [
        {"number": f"L{code}{n}", "contract_id": contracts[n], "application_id": applications[n], "customer_id": customers[n],
         "product_code": "payroll", "status": "active", "principal_fen": amounts[n], "annual_rate": Decimal("0.12"),
         "method": "equal_installment", "mode": "own", "disbursed_date": TODAY, "outstanding_principal_fen": amounts[n],
         "bucket": "M0", "five_class": "normal", **base, **{key: made[n] for key, made in changes.items()}} for n in range(count)
    ])  # fmt: skip


@pytest.fixture
def manager(sqlite_database: Engine) -> Actor:
    make_company()
    return make_user(RoleCode.MANAGER, team="上海分公司")


def test_the_channels_of_the_given_file(manager: Actor) -> None:
    owner = make_user(RoleCode.SALES)
    with transaction() as db:
        pipeline = int(db.execute(sa.select(sa.func.min(col(Pipeline.id)))).scalar_one())
        for place, case in enumerate(CHANNELS):
            given = case["input"]
            count, valid, funded = given["leads"], given["valid_leads"], given["funded"]
            leads = put(db, Lead, [
                {"number": f"L{place}-{n}", "name": "金标", "channel_code": f"golden{place}", "pipeline_id": pipeline, "stage_code": "lead",
                 "status": LeadStatus.CONTACTED if n < valid else LeadStatus.INVALID, "cost_fen": cost, "rank": between(None, None),
                 "created_at": NOON, "updated_at": NOON, "stage_entered_at": NOON, "owner_id": owner.user_id,
                 "department_id": owner.department_id}
                for n, cost in enumerate(shares(given["cost_fen"], count))
            ])  # fmt: skip
            loans = lent(db, owner, leads, shares(given["funded_amount_fen"], funded), f"{place}-")
            for loan, fen in zip(loans, shares(given["revenue_fen"], funded), strict=True):
                (payment,) = put(db, Payment, [{"loan_id": loan, "seq": 1, "kind": "payment", "amount_fen": fen, "value_date": TODAY, "posted_at": NOON}])  # fmt: skip
                put(db, PaymentAllocation, [{"loan_id": loan, "payment_id": payment, "period": 1, "component": "interest", "amount_fen": fen, "value_date": TODAY}])  # fmt: skip
    definition = {"measures": list(MEASURES), "rows": ["channel"], "period": YEARS}
    key = reports.create(manager, name="金标渠道", definition=definition, now=NOON)

    table = reports.run(manager, str(key), now=NOON)

    found = dict(zip(table.keys, table.rows, strict=True))
    assert len(found) == len(CHANNELS) > 3
    for place, case in enumerate(CHANNELS):
        row = dict(zip(("channel", *MEASURES), found[(f"=golden{place}",)], strict=True))
        expect = case["expect"]
        assert (row["new_leads"], row["channel_cost"], row["cost_per_lead"]) == (
            case["input"]["leads"], case["input"]["cost_fen"], expect["cost_per_lead_fen"],
        )  # fmt: skip
        assert percent(row["valid_lead_rate"]) == expect["valid_rate_pct"]
        assert percent(row["lead_conversion"]) == expect["lead_conversion_pct"]
        assert percent(row["channel_roi"]) == expect["roi_pct"]
    costs = reports.create(
        manager,
        name="金标成本",
        definition={"measures": ["acquisition_cost", "average_ticket"], "period": YEARS},
        now=NOON,
    )
    totals = reports.run(manager, str(costs), now=NOON).totals
    spent, won = (sum(case["input"][one] for case in CHANNELS) for one in ("cost_fen", "funded"))
    assert totals[0] == (2 * spent + won) // (2 * won)


@pytest.mark.parametrize("case", DEFAULTS)
def test_first_payment_default_of_the_given_file(manager: Actor, case: dict[str, Any]) -> None:
    from datetime import UTC, date, datetime

    given = case["input"]
    as_of = date.fromisoformat(given["as_of"])
    now = datetime(as_of.year, as_of.month, as_of.day, 4, tzinfo=UTC)
    due = [date.fromisoformat(one["first_due_date"]) for one in given["loans"]]
    with transaction() as db:
        amounts = [one["amount_fen"] for one in given["loans"]]
        loans = lent(db, make_user(RoleCode.SALES), [None] * len(amounts), amounts, "F", first_due_date=due,
                     disbursed_date=[day - timedelta(days=30) for day in due])  # fmt: skip
        for loan, day, one in zip(loans, due, given["loans"], strict=True):
            cleared = one.get("first_paid_date")
            put(db, Installment, [{"loan_id": loan, "period": 1, "start_date": day - timedelta(days=30), "due_date": day,
                                   "cleared_date": date.fromisoformat(cleared) if cleared else None}])  # fmt: skip
    measures = [f"first_payment_default_{days}" for days in given["thresholds"] if days in (7, 30)]
    assert measures
    period = {"code": "custom", "first": "2020-01-01", "last": as_of.isoformat()}
    key = reports.create(
        manager, name="金标首逾", definition={"measures": measures, "period": period}, now=now
    )

    totals = reports.run(manager, str(key), now=now).totals

    expect = [case["expect"][f"FPD{one.rpartition('_')[2]}"]["count_pct"] for one in measures]
    assert [percent(one) for one in totals] == expect
