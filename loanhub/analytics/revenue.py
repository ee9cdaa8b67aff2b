"""What loans earned and lost 收入与损失, from the payments that stand."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book
from loanhub.analytics.measures._measure import Reading, Unit, amounts


def revenue_of_leads(book: Book) -> pl.DataFrame:
    """Return what the loans of each lead have brought in: ``lead``, ``revenue_fen``."""
    loans = book.loans.drop_nulls("lead").select("lead", loan="id")
    return book.payments.join(loans, on="loan").group_by("lead").agg(pl.col("revenue_fen").sum())


def losses(book: Book) -> pl.DataFrame:
    """Return the loans written off: ``id``, ``loss_fen``, the principal written off less principal recovered since."""
    gone = book.loans.filter(pl.col("written_off").is_not_null()).select("id", "written_off_fen")
    back = (
        book.payments.filter("recovery")
        .group_by("loan")
        .agg(back=(pl.col("amount_fen") - pl.col("revenue_fen")).sum())
    )
    found = gone.join(back, left_on="id", right_on="loan", how="left")
    return found.select("id", loss_fen=pl.col("written_off_fen") - pl.col("back").fill_null(0))


def gains(book: Book) -> Reading:
    """Return what each loan has brought in so far 毛利: revenue received less its loss, in fen."""
    earned = book.payments.group_by("loan").agg(pl.col("revenue_fen").sum())
    rows = (
        book.loans.select("id")
        .join(earned, left_on="id", right_on="loan", how="left")
        .join(losses(book), on="id", how="left")
    )
    net = pl.col("revenue_fen").fill_null(0) - pl.col("loss_fen").fill_null(0)
    parts = amounts(rows, net)
    return Reading(int(parts["part"].sum() or 0), parts, part_unit=Unit.FEN)


def borrowers(book: Book) -> pl.DataFrame:
    """Return the customers who were ever lent to: ``id``."""
    return book.loans.select(id="customer").unique()
