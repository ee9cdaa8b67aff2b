"""What a measure may be taken apart by 维度, and the taking apart: the same records, grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._coded import SPANS, Coded, Shape, gathered, places_of
from loanhub.analytics.measures._measure import How, Measure, Number, Reading, Unit, scale_of, value_of_sum

DIMENSIONS: dict[str, str] = {
    "channel": "渠道", "product": "产品", "owner": "负责人", "by": "经手人", "department": "部门", "city": "城市", "province": "省份",
    "stage": "阶段", "reached": "最远到达", "status": "线索状态", "reason": "流失原因", "grade": "风险等级", "bucket": "逾期阶段",
    "opening_bucket": "上月末逾期阶段",
    "five_class": "五级分类", "day": "日", "week": "周", "month": "月", "quarter": "季", "year": "年",
}  # fmt: skip
"""Every dimension with its name. The last five are spans of time, each named by its first day."""
FRAMES: dict[str, str] = {
    "lead": "leads", "customer": "customers", "application": "applications", "loan": "loans", "payment": "payments",
    "move": "moves", "case": "cases", "promise": "promises", "contact": "contacts",
    "follow_up": "follow_ups", "task": "tasks",
}  # fmt: skip
"""Which frame of the book holds the records of an entity."""
_OWN: dict[str, tuple[str, ...]] = {
    "lead": ("channel", "product", "owner", "department", "city", "stage", "reached", "status", "reason"),
    "customer": ("channel", "owner", "department", "city"),
    "application": ("channel", "product", "grade", "owner", "department"),
    "loan": ("channel", "product", "owner", "department", "city", "grade", "bucket", "five_class"),
    "payment": (),
    "move": ("stage",),
    "case": ("owner", "department"),
    "promise": (),
    "contact": ("by",),
    "follow_up": ("by", "owner", "department"),
    "task": ("owner", "department"),
}
_PARENT: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "payment": ("loan", "loan", ("channel", "product", "owner", "department", "city", "grade")),
    "move": ("lead", "lead", ("channel", "product", "owner", "department", "city")),
    "case": ("loan", "loan", ("channel", "product", "city", "grade", "bucket")),
    "promise": ("case", "case", ("owner", "department", "channel", "product", "city", "bucket")),
    "contact": ("case", "case", ("owner", "department", "channel", "product", "city", "bucket")),
    "follow_up": ("lead", "lead", ("channel", "product", "city", "stage", "status")),
    "task": ("lead", "lead", ("channel", "product", "city", "stage", "status")),
}
"""Column that names the record it belongs to, that record's entity, and what is taken over from it."""
_SHAPE = Shape(FRAMES, _OWN, _PARENT)


@dataclass(frozen=True)
class Group:
    """One group of a measure's records: its keys in the order asked for, and what they make.

    A missing key is None. ``total`` and ``base`` are the sums of the parts; ``records`` how many there are.
    """

    keys: tuple[object, ...]
    value: Number | None
    total: int
    base: int | None
    records: int


def dimensions_of(measure: Measure) -> tuple[str, ...]:
    """Return what a measure may be taken apart by; nothing when its denominator is made of other records."""
    if measure.whole:
        return ()
    own, taken = _OWN[measure.entity], _PARENT.get(measure.entity, ("", "", ()))[2]
    places = (*own, *taken)
    with_province = (*places, "province") if "city" in places else places
    spans = tuple(SPANS) if measure.day else ()
    return tuple(code for code in DIMENSIONS if code in {*with_province, *spans, *measure.own})


def columns_of(
    book: Book, entity: str, wanted: Sequence[str], ids: pl.Series, day: str = ""
) -> list[pl.Series]:
    """Return the wanted dimensions of the records of these ids; those of time are first days of their span.

    day: the column of the entity's frame that places a record in time.
    """
    coded = Coded(_SHAPE, book, entity, places_of(book, FRAMES[entity], ids), day)
    return [coded.column(code) for code in wanted]


ALONE = ("payment", "move", "promise", "contact", "application", "follow_up", "task")
"""Entities whose ids no other frame names: they may be numbered anew to be found again by place."""


def reading_by(
    measure: Measure, book: Book, window: Window, wanted: Sequence[str], *, ids: bool = True
) -> tuple[Reading, pl.DataFrame, pl.DataFrame | None]:
    """Return a measure with its rows, and those of its denominator, each with ``part`` and the dimensions.

    ids: with the ``id`` of each record as well. Texts come as Enum.
    """
    name = FRAMES[measure.entity]
    frame: pl.DataFrame = getattr(book, name)
    alone = measure.entity in ALONE
    numbered = book
    if alone:
        numbered = book.having({name: frame.with_columns(id=pl.int_range(frame.height, dtype=pl.Int64))})
    reading = measure.compute(numbered, window)

    def keyed(rows: pl.DataFrame) -> pl.DataFrame:
        places = rows["id"] if alone else places_of(book, name, rows["id"])
        coded = Coded(_SHAPE, book, measure.entity, places, measure.day)
        known = [frame["id"].gather(places)] if ids and alone else [rows["id"]] if ids else []
        taken = (rows[code] if code in measure.own else coded.column(code) for code in wanted)
        return pl.DataFrame([*known, rows["part"], *taken])

    bases = None if reading.base_rows is None else keyed(reading.base_rows)
    return reading, keyed(reading.rows), bases


def breakdown(measure: Measure, book: Book, window: Window, by: Sequence[str]) -> list[Group]:
    """Return a measure taken apart, largest total first; groups without a numerator but with a base are kept.

    The totals and bases of the groups sum to those of the measure. by: one or more of :func:`dimensions_of`.

    Raises:
        ValueError: a dimension the measure does not have.
    """
    allowed = dimensions_of(measure)
    if not by or any(code not in allowed for code in by):
        raise ValueError(f"{measure.code} cannot be taken apart by {list(by)}")
    reading, rows, bases = reading_by(measure, book, window, by, ids=False)
    rows = gathered(rows, by, parts=measure.how is How.MEDIAN)
    bases = None if bases is None else gathered(bases, by)
    return sorted(
        grouped(measure.how, reading.part_unit, rows, bases, by),
        key=lambda one: (-one.total, [str(key) for key in one.keys]),
    )


def figures(how: How, rows: pl.DataFrame, base_rows: pl.DataFrame | None, by: Sequence[str]) -> pl.DataFrame:
    """Return a row a group of rows that were :func:`gathered`: ``by``, ``total``, ``records``, ``base``, ``middle``, ``weight``.

    Groups of a base alone are kept. middle: of a median alone, exact for whole numbers below 2**52, which hours and days
    are. weight: what groups are sorted by, null where there is no figure.
    """
    parts = pl.col("part").explode() if how is How.MEDIAN else pl.col("part")
    middle = (parts.median().alias("middle"),) if how is How.MEDIAN else ()
    found = rows.group_by(list(by)).agg(parts.sum().alias("total"), pl.col("records").sum(), *middle)
    if not middle:
        found = found.with_columns(middle=pl.lit(None, pl.Float64))
    if base_rows is not None and how in (How.SHARE, How.PER):
        whole = base_rows.group_by(list(by)).agg(base=pl.col("part").sum())
        found = found.join(whole, on=list(by), how="full", coalesce=True, nulls_equal=True)
        found = found.with_columns(pl.col("total", "records", "base").fill_null(0))
    else:
        found = found.with_columns(base=pl.lit(0, pl.Int64))
    total, base = pl.col("total"), pl.col("base")
    weight = {
        How.SUM: total.cast(pl.Float64),
        How.SHARE: pl.when(base != 0).then(total / base),
        How.PER: pl.when(base != 0).then(((total * 2 + base) // (base * 2)).cast(pl.Float64)),
        How.MEAN: total / pl.col("records"),
        How.MEDIAN: pl.col("middle"),
    }[how]
    return found.with_columns(weight=weight)


def grouped(
    how: How, unit: Unit, rows: pl.DataFrame, base_rows: pl.DataFrame | None, by: Sequence[str]
) -> list[Group]:
    """Return the groups of rows that were :func:`gathered`, in no order; groups of a base alone are kept.

    base_rows: the rows of the denominator, gathered by the same columns, for a share or a figure per record.
    """
    over = how in (How.SHARE, How.PER)
    found = []
    for row in (
        figures(how, rows, base_rows, by).select(*by, "total", "records", "base", "middle").iter_rows()
    ):
        key, (total, records, base, middle) = tuple(row[: len(by)]), row[len(by) :]
        if how is How.MEDIAN:
            value: Number | None = None if middle is None else Fraction(middle) / scale_of(unit)
        else:
            value = value_of_sum(how, total, records, base, unit)
        found.append(Group(key, value, total, base if over else None, records))
    return found
