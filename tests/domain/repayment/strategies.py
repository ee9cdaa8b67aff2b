"""Terms and postings for the property tests."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from loanhub.domain.calendar import HolidayRule
from loanhub.domain.repayment.allocation import DEFAULT_ORDER, PRINCIPAL_FIRST_ORDER, AllocationMode
from loanhub.domain.repayment.postings import Posting, PostingKind, ServicingOptions
from loanhub.domain.repayment.terms import CustomRow, InterestBasis, RateChange, Terms

RATES = st.decimals("0", "0.36", places=4)


@st.composite
def terms(draw, method, principals=None, max_periods=36):
    """Return terms any method of that code can build."""
    principal = draw(st.integers(1, 10**10) if principals is None else principals)
    day = draw(st.dates(date(2020, 1, 1), date(2028, 12, 31)))
    periods = draw(st.integers(1, max_periods))
    extra = {}
    if method == "flat":
        extra["flat_monthly_rate"] = draw(st.decimals("0", "0.03", places=4))
    else:
        extra["annual_rate"] = draw(RATES)
    if method == "balloon":
        extra["amortization_periods"] = periods + draw(st.integers(0, 240))
    if method == "bullet" and draw(st.booleans()):
        extra["maturity_date"] = day + timedelta(days=draw(st.integers(1, 720)))
    if method == "custom":
        cuts = sorted(draw(st.lists(st.integers(0, principal), min_size=periods - 1, max_size=periods - 1)))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, principal], strict=True)]
        extra["custom_rows"] = tuple(
            CustomRow(day + timedelta(days=30 * (k + 1)), part) for k, part in enumerate(parts)
        )
    elif method != "bullet" and draw(st.booleans()):
        extra["repayment_day"] = draw(st.integers(1, 31))
    if method not in ("flat", "bullet", "custom") and draw(st.booleans()):
        change = RateChange(day + timedelta(days=draw(st.integers(1, 700))), draw(RATES))
        extra["rate_changes"] = (change,)
    return Terms(
        method=method,
        principal_fen=principal,
        periods=periods,
        disburse_date=day,
        interest_basis=draw(st.sampled_from(list(InterestBasis))),
        holiday_rule=draw(st.sampled_from([HolidayRule.NONE, HolidayRule.FOLLOWING])),
        period_fee_fen=draw(st.sampled_from([0, 0, 1_000])),
        **extra,
    )


@st.composite
def stories(draw):
    """Return (terms, options, payments) of a small loan, paid somehow."""
    method = draw(st.sampled_from(["equal_installment", "equal_principal", "interest_only"]))
    loan = draw(terms(method, principals=st.integers(100_000, 20_000_000), max_periods=8))
    options = ServicingOptions(
        grace_days=draw(st.sampled_from([0, 3])),
        compound=draw(st.booleans()),
        holiday_tolerance=draw(st.booleans()),
        order=draw(st.sampled_from([DEFAULT_ORDER, PRINCIPAL_FIRST_ORDER])),
        mode=draw(st.sampled_from(list(AllocationMode))),
    )
    count = draw(st.integers(0, 6))
    payments = [
        Posting(
            sequence=sequence,
            kind=PostingKind.PAYMENT,
            value_date=loan.disburse_date + timedelta(days=draw(st.integers(0, 320))),
            amount_fen=draw(st.integers(1, loan.principal_fen)),
        )
        for sequence in range(1, count + 1)
    ]
    return loan, options, payments


def plain_terms(**changes):
    """Return the loan of the worked examples: 100 000 yuan, 14.4 %, 12 equal installments."""
    given = {
        "method": "equal_installment",
        "principal_fen": 10_000_000,
        "annual_rate": Decimal("0.144"),
        "periods": 12,
        "disburse_date": date(2026, 1, 15),
    }
    return Terms(**(given | changes))
