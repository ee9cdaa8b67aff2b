"""The frames the day-end computes on: narrow columns of open loans and of the installments a day can change."""

from __future__ import annotations

from typing import Any

import polars as pl

LOANS: dict[str, Any] = {
    "id": pl.Int64, "version": pl.Int64, "status": pl.String, "product": pl.String, "outstanding_fen": pl.Int64,
    "overdue_fen": pl.Int64, "suspense_fen": pl.Int64, "dpd": pl.Int64, "bucket": pl.String, "five_class": pl.String,
    "class_floor": pl.String, "events_floor": pl.String, "penalty_due_fen": pl.Int64, "provision_fen": pl.Int64,
    "next_due": pl.Date, "next_reprice": pl.Date, "as_of": pl.Date, "servicing": pl.String,
}  # fmt: skip
"""One row an open loan 在贷, by id. ``as_of`` null: never brought to a day. ``servicing``: as stored, where something is due."""

CURRENT: dict[str, Any] = {
    "loan": pl.Int64, "period": pl.Int64, "opening_fen": pl.Int64, "interest_fen": pl.Int64, "start": pl.Date,
    "due": pl.Date, "rate": pl.String, "base": pl.Int64,
}  # fmt: skip
"""One row an installment whose period the day lies in; rate and base as ``Installment.accrual_…``, null: not linear."""

DUE: dict[str, Any] = {
    "id": pl.Int64, "loan": pl.Int64, "period": pl.Int64, "due": pl.Date, "principal_fen": pl.Int64,
    "interest_fen": pl.Int64, "fee_fen": pl.Int64, "penalty_due_fen": pl.Int64, "since": pl.Date, "penalty_fixed_fen": pl.Int64,
    "compound_fixed_fen": pl.Int64, "last_free": pl.Date, "rate": pl.String,
}  # fmt: skip
"""One row an installment due and not cleared; principal, interest and fee are what is open, the rest as stored."""

OPTIONS: dict[str, Any] = {
    "loan": pl.Int64, "tolerance_fen": pl.Int64, "compound": pl.Boolean, "day_base": pl.Int64,
}  # fmt: skip
"""How loans with something due are serviced; a loan that is not here has options nobody could read."""

JUDGED = ("status", "dpd", "bucket", "five_class", "overdue_fen", "penalty_due_fen", "provision_fen")
"""The columns of a loan a day may change; a loan in which none does is not written (docs/decisions/0008)."""
