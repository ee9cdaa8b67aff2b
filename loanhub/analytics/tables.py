"""The cockpit's tables: funnel, channels, leaders, ageing, trend, cities; each from the same frames as the tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from loanhub.analytics.book import Book, Window, months_back
from loanhub.analytics.revenue import revenue_of_loans
from loanhub.domain.leads import LeadStatus
from loanhub.domain.regions import province_of

TREND_MONTHS = 12
AGEING_GROUP = (
    pl.when(pl.col("bucket").is_in(["M0", "M1", "M2", "M3"])).then(pl.col("bucket")).otherwise(pl.lit("M3+"))
)
"""Buckets as the cockpit groups them: M3+ is everything over 90 days."""


@dataclass(frozen=True)
class FunnelStep:
    """A stage of the funnel: how many ever reached it, and the share of the stage before (None for the first)."""

    stage: int
    count: int
    step_rate: Fraction | None
    overall_rate: Fraction | None


def funnel_steps(counts: Sequence[int]) -> list[FunnelStep]:
    """Return the steps of a funnel from how many reached each stage. Source: golden kpi.json."""
    steps = []
    for index, count in enumerate(counts):
        before = counts[index - 1] if index else 0
        steps.append(
            FunnelStep(
                index,
                count,
                Fraction(count, before) if index and before else None,
                Fraction(count, counts[0]) if counts and counts[0] else None,
            )
        )
    return steps


def funnel(book: Book, window: Window, stages: int) -> list[FunnelStep]:
    """Return the funnel of the leads created in the window (cohort), by the furthest stage ever reached 同期群漏斗.

    Monotone by construction: who reached a later stage counts for every earlier one.
    """
    reached = book.leads.lazy().filter(window.holds("created")).select("reached").collect()["reached"]
    return funnel_steps([int((reached >= stage).sum()) for stage in range(stages)])


def worst_step(steps: Sequence[FunnelStep]) -> int | None:
    """Return the stage with the smallest step rate among those anybody reached 瓶颈; None when nothing was lost."""
    lossy = [s for s in steps if s.step_rate is not None and s.count and s.step_rate < 1]
    return min(lossy, key=lambda step: step.step_rate or Fraction(0)).stage if lossy else None


def funnel_rows(book: Book, window: Window, stage: int) -> pl.DataFrame:
    """Return the leads behind one step: ``id``, ``part`` = 1."""
    rows = book.leads.filter(window.holds("created") & (pl.col("reached") >= stage))
    return rows.select("id", part=pl.lit(1, pl.Int64))


def reached_by(book: Book, window: Window) -> pl.DataFrame:
    """Return the cohort of the window with how far each had got by its end: ``id``, ``channel``, ``reached``.

    So two cohorts are held against each other at the same age, not a young one against one that had time to ripen.
    """
    cohort = book.leads.lazy().filter(window.holds("created")).select("id", "channel", "stage").collect()
    moves = book.moves.select("id", "lead", "stage", "to", "moved").join(
        cohort.select(lead="id"), on="lead", how="semi"
    )
    start = moves.sort("id").group_by("lead", maintain_order=True).agg(began=pl.col("stage").first())
    later = moves.filter(pl.col("moved") < window.end).group_by("lead").agg(got=pl.col("to").max())
    found = cohort.join(start, left_on="id", right_on="lead", how="left").join(
        later, left_on="id", right_on="lead", how="left"
    )
    began = pl.col("began").fill_null(pl.col("stage"))
    return found.select("id", "channel", reached=pl.max_horizontal(began, pl.col("got").fill_null(0)))


def funnel_now(book: Book, stages: int) -> list[int]:
    """Return how many leads still alive stand in each stage now 时点漏斗: neither invalid nor lost."""
    alive = book.leads.lazy().filter(pl.col("valid") & (pl.col("status") != LeadStatus.LOST.value))
    counts = dict(alive.group_by("stage").len().collect().iter_rows())
    return [int(counts.get(stage, 0)) for stage in range(stages)]


def funnel_now_rows(book: Book, stage: int) -> pl.DataFrame:
    """Return the leads behind one stage of it: ``id``, ``part`` = 1."""
    alive = book.leads.filter(pl.col("valid") & (pl.col("status") != LeadStatus.LOST.value))
    return alive.filter(pl.col("stage") == stage).select("id", part=pl.lit(1, pl.Int64))


def funded_leads(book: Book) -> int:
    """Return how many of the leads that are there became a disbursed loan; a deleted one costs nothing and wins nothing."""
    return book.shared(
        "funded_leads",
        ("leads", "loans"),
        lambda: int(leads_with_outcome(book).select(pl.col("won").sum()).collect().item() or 0),
    )


def first_loans(book: Book) -> pl.DataFrame:
    """Return the leads that were lent to: ``lead``, ``disbursed`` (the first time)."""

    def make() -> pl.DataFrame:
        lent = book.loans.lazy().filter(pl.col("lead").is_not_null())
        return lent.group_by("lead").agg(pl.col("disbursed").min()).collect()

    return book.shared("first_loans", ("loans",), make)


def leads_with_outcome(book: Book) -> pl.LazyFrame:
    """Return the leads with ``won``: whether each became a disbursed loan."""

    def make() -> pl.DataFrame:
        lent = book.loans["lead"].filter(book.loans["disbursed"].is_not_null())
        return book.leads.with_columns(won=pl.col("id").is_in(lent.drop_nulls().implode()))

    return book.shared("leads_with_outcome", ("leads", "loans"), make).lazy()


def channels(book: Book, window: Window) -> pl.DataFrame:
    """Return one row a channel of the cohort, most leads first.

    Columns: channel, leads, valid, funded, funded_fen, cost_fen, revenue_fen (interest and fees received on its loans so
    far), lost_fen (their principal written off).
    """
    cohort = (
        book.leads.lazy()
        .filter(window.holds("created"))
        .select("id", "channel", "valid", "cost_fen")
        .collect()
    )
    funded = (
        book.loans.lazy()
        .join(cohort.lazy().select(lead="id"), on="lead", how="semi")
        .join(revenue_of_loans(book).lazy(), left_on="id", right_on="loan", how="left")
        .group_by("lead")
        .agg(pl.col("principal_fen", "revenue_fen").sum(), lost_fen=pl.col("written_off_fen").sum())
        .collect()
    )
    cohort = cohort.join(funded, left_on="id", right_on="lead", how="left")
    return (
        cohort.group_by("channel")
        .agg(
            leads=pl.len().cast(pl.Int64),
            valid=pl.col("valid").sum().cast(pl.Int64),
            funded=pl.col("principal_fen").is_not_null().sum().cast(pl.Int64),
            funded_fen=pl.col("principal_fen").fill_null(0).sum(),
            cost_fen=pl.col("cost_fen").sum(),
            revenue_fen=pl.col("revenue_fen").fill_null(0).sum(),
            lost_fen=pl.col("lost_fen").fill_null(0).sum(),
        )
        .sort(["leads", "channel"], descending=[True, False])
    )


def products(book: Book, window: Window) -> pl.DataFrame:
    """Return one row a product lent in the window: product, amount_fen, loans; largest first."""
    return (
        book.loans.lazy()
        .filter(window.holds("disbursed"))
        .group_by("product")
        .agg(amount_fen=pl.col("principal_fen").sum(), loans=pl.len().cast(pl.Int64))
        .sort(["amount_fen", "product"], descending=[True, False])
        .collect()
    )


def grades(book: Book) -> pl.DataFrame:
    """Return one row a risk grade of open loans: grade (null: not graded), balance_fen, overdue_fen, loans; 1 first."""
    alive = book.loans.lazy().filter(pl.col("open"))
    late = pl.when(pl.col("dpd") > 0).then(pl.col("outstanding_fen")).otherwise(0)
    return (
        alive.group_by("grade")
        .agg(
            balance_fen=pl.col("outstanding_fen").sum(), overdue_fen=late.sum(), loans=pl.len().cast(pl.Int64)
        )
        .sort("grade", nulls_last=True)
        .collect()
    )


def stage_times(book: Book, window: Window) -> pl.DataFrame:
    """Return one row a stage left in the window: stage, seconds (the median stay), moves."""
    return (
        book.moves.lazy()
        .filter(window.holds("moved"))
        .group_by("stage")
        .agg(seconds=pl.col("stayed_seconds").median(), moves=pl.len().cast(pl.Int64))
        .sort("stage")
        .collect()
    )


def provinces(book: Book, window: Window) -> pl.DataFrame:
    """Return one row a province lent to in the window: province, amount_fen, loans; largest first."""
    by_city = cities(book, window)
    names = [province_of(city) for city in by_city["city"]]
    return (
        by_city.with_columns(province=pl.Series(names, dtype=pl.String))
        .group_by("province")
        .agg(pl.col("amount_fen", "loans").sum())
        .sort(["amount_fen", "province"], descending=[True, False])
    )


def leaders(book: Book, window: Window) -> pl.DataFrame:
    """Return one row an owner with disbursements or new leads in the window: owner, amount_fen, loans, leads, won.

    won: those of the window's leads that were lent to since. Largest amount first.
    """
    lent = (
        book.loans.lazy()
        .filter(window.holds("disbursed") & pl.col("owner").is_not_null())
        .group_by("owner")
        .agg(amount_fen=pl.col("principal_fen").sum(), loans=pl.len().cast(pl.Int64))
    )
    worked = (
        leads_with_outcome(book)
        .filter(window.holds("created") & pl.col("owner").is_not_null())
        .group_by("owner")
        .agg(leads=pl.len().cast(pl.Int64), won=pl.col("won").sum().cast(pl.Int64))
    )
    return (
        lent.join(worked, on="owner", how="full", coalesce=True)
        .with_columns(pl.col("amount_fen", "loans", "leads", "won").fill_null(0))
        .sort(["amount_fen", "loans", "owner"], descending=[True, True, False])
        .collect()
    )


def ageing(book: Book) -> pl.DataFrame:
    """Return one row a group of open loans: group (M0, M1, M2, M3, M3+), balance_fen, loans."""
    sums = by_bucket(book)
    return sums.group_by(group=AGEING_GROUP).agg(pl.col("balance_fen", "loans").sum())


def by_bucket(book: Book) -> pl.DataFrame:
    """Return one row a bucket of open loans: bucket, balance_fen, loans."""
    alive = book.loans.lazy().filter(pl.col("open")).group_by("bucket")
    return alive.agg(balance_fen=pl.col("outstanding_fen").sum(), loans=pl.len().cast(pl.Int64)).collect()


def cities(book: Book, window: Window) -> pl.DataFrame:
    """Return one row a city with disbursements in the window: city, amount_fen, loans; largest first."""
    rows = book.loans.lazy().filter(window.holds("disbursed") & (pl.col("city") != ""))
    return (
        rows.group_by("city")
        .agg(amount_fen=pl.col("principal_fen").sum(), loans=pl.len().cast(pl.Int64))
        .sort(["amount_fen", "city"], descending=[True, False])
        .collect()
    )


def trend(book: Book, today: date, months: int = TREND_MONTHS) -> pl.DataFrame:
    """Return one row a month: month (its first day), disbursed_fen, collected_fen, leads; gaps are 0."""
    spine = pl.DataFrame({"month": months_back(today, months)}, schema={"month": pl.Date})

    def monthly(frame: pl.DataFrame, day: str, value: pl.Expr, name: str) -> pl.DataFrame:
        # By day first: there are few days, and only they need their month looked up.
        days = frame.lazy().filter(pl.col(day) >= spine["month"][0]).group_by(day).agg(value.alias(name))
        return days.group_by(month=pl.col(day).dt.truncate("1mo")).agg(pl.col(name).sum()).collect()

    parts = (
        monthly(book.loans, "disbursed", pl.col("principal_fen").sum(), "disbursed_fen"),
        monthly(book.payments, "value_date", pl.col("amount_fen").sum(), "collected_fen"),
        monthly(book.leads, "created", pl.len().cast(pl.Int64), "leads"),
    )
    for part in parts:
        spine = spine.join(part, on="month", how="left")
    return spine.fill_null(0).sort("month")
