"""What loans earned and lost 收入与损失, from the payments that stand."""

from __future__ import annotations

import polars as pl

from loanhub.analytics._dense import distinct, looked_up
from loanhub.analytics.book import Book
from loanhub.analytics.measures._measure import Reading, Unit


def revenue_of_loans(book: Book) -> pl.DataFrame:
    """Return what each loan has brought in and what came back of it since its write-off: ``loan``, ``revenue_fen``, ``back``."""

    def make() -> pl.DataFrame:
        back = pl.when("recovery").then(pl.col("amount_fen") - pl.col("revenue_fen"))
        return (
            book.payments.lazy().group_by("loan").agg(pl.col("revenue_fen").sum(), back=back.sum()).collect()
        )

    return book.shared("revenue_of_loans", ("payments",), make)


def revenue_of_leads(book: Book) -> pl.DataFrame:
    """Return what the loans of each lead have brought in: ``lead``, ``revenue_fen``."""

    def make() -> pl.DataFrame:
        loans = book.loans.lazy().select("lead", loan="id").drop_nulls("lead")
        earned = revenue_of_loans(book).lazy().join(loans, on="loan")
        return earned.group_by("lead").agg(pl.col("revenue_fen").sum()).collect()

    return book.shared("revenue_of_leads", ("loans", "payments"), make)


def losses(book: Book) -> pl.DataFrame:
    """Return the loans written off: ``id``, ``loss_fen``, the principal written off less principal recovered since."""
    gone = book.loans.lazy().filter(pl.col("written_off").is_not_null()).select("id", "written_off_fen")
    found = gone.join(revenue_of_loans(book).lazy(), left_on="id", right_on="loan", how="left")
    return found.select("id", loss_fen=pl.col("written_off_fen") - pl.col("back").fill_null(0)).collect()


def gains(book: Book) -> Reading:
    """Return what each loan has brought in so far 毛利: revenue received less its loss, in fen."""

    def make() -> pl.DataFrame:
        ids, earned, lost = book.loans["id"], revenue_of_loans(book), losses(book)
        revenue = looked_up(ids, earned["loan"], earned["revenue_fen"], 0)
        return pl.DataFrame({"id": ids, "part": revenue - looked_up(ids, lost["id"], lost["loss_fen"], 0)})

    parts = book.shared("gains", ("loans", "payments"), make)
    return Reading(int(parts["part"].sum() or 0), parts, part_unit=Unit.FEN)


def borrowers(book: Book) -> int:
    """Return how many customers were ever lent to."""
    return book.shared("borrowers", ("loans",), lambda: distinct(book.loans["customer"]))
