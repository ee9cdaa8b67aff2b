"""What each measure must give: asked of the tables themselves, row by row or in SQL, without the book."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.analytics.book import Window
from loanhub.models import (
    Application,
    CollectionCase,
    CollectionContact,
    Customer,
    Lead,
    Loan,
    Task,
)
from tests.analytics.asked import (
    ALIVE,
    OWN,
    PASSED,
    between,
    dated,
    number,
    per,
    scalar,
    sql_share,
    start_of,
    total,
)
from tests.analytics.truth_of_leads import (
    OPEN_TASK,
    amount_decided,
    assigned,
    cohort,
    cost,
    decided,
    due_between,
    funded,
    sql_conversion_days,
    sql_first_response,
    sql_follow_ups,
    sql_minutes,
    sql_stage_hours,
)
from tests.analytics.truth_of_loans import (
    BAD,
    balance,
    borrowers,
    forward_roll,
    gained,
    lost,
    money,
    sql_first_default,
    sql_in_cases,
    sql_per_head,
    sql_promises,
    sql_roi,
    sql_to_cost,
)

TRUTH: dict[str, Callable[[Window], Any]] = {
    "new_leads": lambda w: number(cohort(w)),
    "new_customers": lambda w: number(between(col(Customer.created_at), w)),
    "valid_lead_rate": lambda w: sql_share(
        number(cohort(w), sa.cast(col(Lead.status), sa.String) != "invalid"), number(cohort(w))
    ),
    "contact_rate": lambda w: sql_share(
        number(cohort(w), col(Lead.assigned_at).is_not(None), col(Lead.first_contact_at).is_not(None)),
        number(cohort(w), col(Lead.assigned_at).is_not(None)),
    ),
    "lead_conversion": lambda w: sql_share(funded(w), number(cohort(w))),
    "period_conversion": lambda w: sql_share(
        int(scalar(sa.select(sa.func.count()).select_from(Loan).join(Application, col(Application.id) == col(Loan.application_id))
                   .where(OWN, dated(col(Loan.disbursed_date), w), col(Application.lead_id).is_not(None)))),
        number(cohort(w)),
    ),
    "channel_cost": cost,
    "cost_per_lead": lambda w: per(cost(w), number(cohort(w))),
    "channel_roi": sql_roi,
    "conversion_days": sql_conversion_days,
    "acquisition_cost": lambda w: per(cost(w), funded(w)),
    "application_count": lambda w: number(between(col(Application.submitted_at), w)),
    "applied_amount": lambda w: total(col(Application.amount_fen), between(col(Application.submitted_at), w)),
    "approval_rate": lambda w: sql_share(decided(w, PASSED), decided(w, (*PASSED, "rejected"))),
    "approval_rate_amount": lambda w: sql_share(amount_decided(w, PASSED), amount_decided(w, (*PASSED, "rejected"))),
    "approved_amount": lambda w: amount_decided(
        w, PASSED, sa.func.coalesce(col(Application.approved_amount_fen), col(Application.amount_fen))
    ),
    "approval_hours": lambda w: sql_share(sum(sql_minutes(w)), len(sql_minutes(w)) * 60),
    "approval_hours_median": lambda w: Fraction(statistics.median(sql_minutes(w))) / 60 if sql_minutes(w) else None,
    "stage_hours": sql_stage_hours,
    "disbursed_amount": lambda w: total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), w)),
    "disbursed_count": lambda w: number(OWN, dated(col(Loan.disbursed_date), w)),
    "average_ticket": lambda w: per(
        total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), w)), number(OWN, dated(col(Loan.disbursed_date), w))
    ),
    "output_per_head": sql_per_head,
    "collected_amount": lambda w: sum(fen for _, _, fen, _, _, _ in money(w)),
    "revenue_amount": lambda w: sum(earned for _, _, _, earned, _, _ in money(w)),
    "recovered_amount": lambda w: sum(fen for _, _, fen, _, kind, _ in money(w) if kind == "recovery"),
    "written_off_amount": lambda w: total(col(Loan.written_off_fen), OWN, dated(col(Loan.written_off_date), w)),
    "bad_debt_rate": lambda w: sql_share(lost(), total(col(Loan.principal_fen), OWN)),
    "outstanding_principal": lambda w: balance(),
    "overdue_rate": lambda w: sql_share(balance(col(Loan.dpd) > 0), balance()),
    "forward_roll_rate": lambda w: forward_roll(),
    "overdue_90_rate": lambda w: sql_share(balance(col(Loan.dpd) > 90), balance()),
    "overdue_principal": lambda w: total(col(Loan.overdue_principal_fen), ALIVE),
    "bad_loan_rate": lambda w: sql_share(balance(col(Loan.five_class).in_(BAD)), balance()),
    "provision_amount": lambda w: total(col(Loan.provision_fen), ALIVE),
    "provision_coverage": lambda w: sql_share(total(col(Loan.provision_fen), ALIVE), balance(col(Loan.five_class).in_(BAD))),
    "suspense_amount": lambda w: total(col(Loan.suspense_fen), OWN),
    "first_payment_default_7": lambda w: sql_first_default(w, 7),
    "first_payment_default_30": lambda w: sql_first_default(w, 30),
    "lifetime_value": lambda w: per(gained(), borrowers()),
    "lifetime_to_cost": lambda w: sql_to_cost(),
    "cases_opened": lambda w: number(dated(col(CollectionCase.opened_on), w)),
    "cases_closed": lambda w: number(dated(col(CollectionCase.closed_on), w)),
    "cases_open": lambda w: number(col(CollectionCase.id).is_not(None), col(CollectionCase.closed_on).is_(None)),
    "collected_in_cases": sql_in_cases,
    "promises_kept_rate": sql_promises,
    "follow_up_count": sql_follow_ups,
    "leads_assigned": lambda w: number(assigned(w)),
    "first_response_rate": sql_first_response,
    "tasks_due_today": lambda w: number(OPEN_TASK, due_between(w.end - timedelta(days=1), w.end)),
    "tasks_overdue": lambda w: number(OPEN_TASK, col(Task.due_at) < start_of(w.end - timedelta(days=1))),
    "collection_contacts": lambda w: number(between(col(CollectionContact.at), w), col(CollectionContact.direction) == "out"),
}  # fmt: skip
