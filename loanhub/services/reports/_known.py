"""What a definition is checked against: every measure with what it may be taken apart by, and the reader's fields."""

from __future__ import annotations

from functools import cache

from sqlmodel import Session

from loanhub.analytics.measures import DIMENSIONS, dimensions_of, measures
from loanhub.domain.reports import Known, MeasureSpec
from loanhub.services import catalogue as catalogues
from loanhub.services import lists
from loanhub.services._actor import Actor

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("获客", ("new_leads", "valid_lead_rate", "contact_rate", "channel_cost", "cost_per_lead", "acquisition_cost", "channel_roi", "new_customers")),
    ("跟进", ("leads_assigned", "first_response_rate", "follow_up_count", "tasks_due_today", "tasks_overdue")),
    ("转化", ("lead_conversion", "period_conversion", "conversion_days", "stage_hours")),
    ("审批", ("application_count", "applied_amount", "approved_amount", "approval_rate", "approval_rate_amount", "approval_hours", "approval_hours_median")),
    ("放款与回款", ("disbursed_amount", "disbursed_count", "average_ticket", "output_per_head", "collected_amount", "revenue_amount")),
    ("风险", ("outstanding_principal", "overdue_principal", "overdue_rate", "overdue_90_rate", "bad_loan_rate", "bad_debt_rate", "first_payment_default_7", "first_payment_default_30", "forward_roll_rate", "written_off_amount", "provision_amount", "provision_coverage", "suspense_amount")),
    ("催收", ("cases_open", "cases_opened", "cases_closed", "collection_contacts", "collected_in_cases", "recovered_amount", "promises_kept_rate")),
    ("客户价值", ("lifetime_value", "lifetime_to_cost")),
)  # fmt: skip
"""The measures as the catalogue of the builder shows them; each stands in one group."""


@cache
def specs() -> dict[str, MeasureSpec]:
    """Return every measure as a definition knows it."""
    return {
        code: MeasureSpec(
            code,
            one.label,
            one.unit.value,
            one.entity,
            one.flow,
            one.whole,
            dimensions_of(one),
            one.definition,
        )
        for code, one in measures().items()
    }


def known_to(db: Session, actor: Actor) -> Known:
    """Return what this person's reports are checked against; the system compares every field."""
    right_of = None if actor.is_system else lists.right_of(actor)
    return Known(specs(), DIMENSIONS, catalogues.current(db), right_of)
