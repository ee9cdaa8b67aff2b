"""坏账率."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, amounts, share, summed
from loanhub.analytics.revenue import losses


def compute(book: Book, window: Window) -> Reading:
    """Return principal lost for good over all principal ever lent 坏账率."""
    lost = amounts(losses(book), "loss_fen")
    return share(
        Reading(int(lost["part"].sum() or 0), lost, part_unit=Unit.FEN), summed(book.loans, "principal_fen")
    )


MEASURE = Measure(
    code="bad_debt_rate",
    label="坏账率",
    unit=Unit.RATE,
    definition="累计核销本金减核销后收回的本金 ÷ 累计放款本金",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
)
