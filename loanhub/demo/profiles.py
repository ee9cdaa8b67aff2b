"""What a borrower of the demo company tells of income, property, debts and credit record: enough for the scorecard."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from loanhub.demo.people import Person
from loanhub.domain.money import divide_half_up


def profile(pick: Random, person: Person, *, weak: bool, day: date) -> dict[str, object]:
    """Return the fields of assets, liabilities and business; ``weak`` borrowers owe more and were late before.

    No one breaks a hard rule: whoever did would not have been submitted.
    """
    income = person.monthly_income_fen // 100
    owns = pick.random() < (0.25 if weak else 0.62)
    debt_percent = pick.randint(48, 66) if weak else pick.choice((12, 18, 22, 25, 28, 33, 38, 44))
    late = pick.choice((2, 3, 4)) if weak else pick.choice((0, 0, 0, 0, 1))
    inquiries = pick.choice((4, 5, 6)) if weak else pick.choice((0, 1, 1, 2, 3))
    founded = day - timedelta(days=pick.randint(420, 900) if weak else pick.randint(900, 5200))
    flow = income * (pick.randint(3, 6) if weak else pick.randint(5, 12))
    found: dict[str, object] = {
        "employment": "self_employed", "job_title": "负责人", "residence_years": pick.randint(2, 20),
        "bank_flow_fen": flow, "monthly_debt_fen": divide_half_up(income * debt_percent, 100),
        "household_income_fen": income + pick.choice((0, 4000, 6000, 9000)),
        "has_social_insurance": pick.random() < 0.8, "has_property": owns, "has_car": pick.random() < 0.55,
        "credit_record": "overdue" if late else pick.choice(("clean", "minor")), "credit_report_date": day.isoformat(),
        "current_overdue": False, "overdue_consecutive": min(late, 1), "overdue_total": late,
        "inquiries_1m": inquiries // 3, "inquiries_3m": inquiries, "inquiries_6m": inquiries + pick.randint(0, 3),
        "online_loans": pick.choice((1, 2)) if weak else pick.choice((0, 0, 0, 1)),
        "has_bad_debt": False, "is_dishonest": False, "has_lawsuit": False,
        "firm_founded_date": founded.isoformat(), "firm_legal_person": True,
        "firm_revenue_fen": flow * 12, "firm_employees": pick.randint(2, 28),
    }  # fmt: skip
    if owns:
        value = pick.choice((90, 120, 150, 180, 240, 320)) * 10_000
        mortgaged = pick.random() < 0.6
        found |= {
            "housing": "mortgaged" if mortgaged else "owned", "property_count": 1, "property_kind": "commodity",
            "property_value_fen": value, "mortgage_balance_fen": value * pick.choice((25, 35, 45)) // 100 if mortgaged else 0,
        }  # fmt: skip
    else:
        found["housing"] = pick.choice(("rented", "family"))
    return {key: value if isinstance(value, bool) else str(value) for key, value in found.items()}
