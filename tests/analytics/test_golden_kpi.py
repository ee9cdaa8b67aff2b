"""The given KPI figures, exactly."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from loanhub.analytics.risk import first_payment_default
from tests.golden_cases import differences, golden


@pytest.mark.parametrize(("section", "case"), golden("kpi"))
def test_every_given_figure_is_ours(section: str, case: dict[str, Any]) -> None:
    assert differences("kpi", section, case) == []


def test_an_empty_book_has_no_rates() -> None:
    loans = pl.DataFrame(schema={"first_due": pl.Date, "first_cleared": pl.Date, "amount_fen": pl.Int64})

    found = first_payment_default(loans, as_of=date(2026, 6, 30), days=[7])

    assert found[7].eligible == 0 and found[7].share.count is None and found[7].share.balance is None
