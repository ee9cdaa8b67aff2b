"""What a measure may be taken apart by 维度, and the taking apart: the same records, grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Number, Reading, Unit, value_of, value_of_sum
from loanhub.domain.regions import province_of

DIMENSIONS: dict[str, str] = {
    "channel": "渠道", "product": "产品", "owner": "负责人", "department": "部门", "city": "城市", "province": "省份",
    "stage": "阶段", "status": "线索状态", "reason": "流失原因", "grade": "风险等级", "bucket": "逾期阶段",
    "five_class": "五级分类", "day": "日", "week": "周", "month": "月", "quarter": "季", "year": "年",
}  # fmt: skip
"""Every dimension with its name. The last five are spans of time, each named by its first day."""
SPANS = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}
FRAMES: dict[str, str] = {
    "lead": "leads", "customer": "customers", "application": "applications", "loan": "loans", "payment": "payments",
    "move": "moves", "case": "cases", "promise": "promises", "contact": "contacts",
}  # fmt: skip
"""Which frame of the book holds the records of an entity."""
_OWN: dict[str, tuple[str, ...]] = {
    "lead": ("channel", "product", "owner", "department", "city", "stage", "status", "reason"),
    "customer": ("channel", "owner", "department", "city"),
    "application": ("channel", "product", "grade", "owner", "department"),
    "loan": ("channel", "product", "owner", "department", "city", "grade", "bucket", "five_class"),
    "payment": (),
    "move": ("stage",),
    "case": ("owner", "department"),
    "promise": (),
    "contact": (),
}
_PARENT: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "payment": ("loan", "loan", ("channel", "product", "owner", "department", "city", "grade")),
    "move": ("lead", "lead", ("channel", "product", "owner", "department", "city")),
    "case": ("loan", "loan", ("channel", "product", "city", "grade", "bucket")),
    "promise": ("case", "case", ("owner", "department", "channel", "product", "city", "bucket")),
    "contact": ("case", "case", ("owner", "department", "channel", "product", "city", "bucket")),
}
"""Column that names the record it belongs to, that record's entity, and what is taken over from it."""


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
    return tuple(code for code in DIMENSIONS if code in {*with_province, *spans})


def keys_of(
    book: Book,
    entity: str,
    wanted: Sequence[str],
    day: str = "",
    *,
    frame: pl.DataFrame | None = None,
    keep: Sequence[str] = (),
) -> pl.DataFrame:
    """Return ``id`` and the wanted dimensions of every record of an entity; days are first days of their span.

    day: the column of the entity's frame that places a record in time. frame: only these rows of it, and what of
    theirs to ``keep`` as well.
    """
    if frame is None:
        frame = getattr(book, FRAMES[entity])
    own = [code for code in wanted if code in _OWN[entity]]
    columns = [pl.col("id", *keep), *(pl.col(code) for code in own)]
    columns += [pl.col(day).dt.truncate(SPANS[code]).alias(code) for code in wanted if code in SPANS and day]
    needs_city = "province" in wanted and "city" not in own
    if needs_city and "city" in _OWN[entity]:
        columns.append(pl.col("city"))
    parent = _PARENT.get(entity)
    borrowed = [
        code for code in (*wanted, *(("city",) if needs_city else ())) if parent and code in parent[2]
    ]
    borrowed = [code for code in dict.fromkeys(borrowed) if code not in own]
    if parent and borrowed:
        link, above, _ = parent
        other = keys_of(book, above, borrowed).rename({"id": link})
        found = frame.select(*columns, pl.col(link).alias("_link")).join(
            other.rename({link: "_link"}), on="_link", how="left"
        )
    else:
        found = frame.select(columns)
    if "province" in wanted:
        known = found["city"].unique().drop_nulls().to_list()
        places = pl.DataFrame(
            {"city": known, "province": [province_of(city) for city in known]},
            schema={"city": pl.String, "province": pl.String},
        )
        found = found.join(places, on="city", how="left")
    return found.select("id", *keep, *wanted)


ALONE = ("payment", "move", "promise", "contact", "application")
"""Entities whose ids no other frame names: they may be numbered anew to be found again by place."""


def reading_by(
    measure: Measure, book: Book, window: Window, wanted: Sequence[str]
) -> tuple[Reading, pl.DataFrame, pl.DataFrame | None]:
    """Return a measure with its rows, and those of its denominator, each with ``id``, ``part`` and the dimensions."""
    name = FRAMES[measure.entity]
    frame: pl.DataFrame = getattr(book, name)
    parent = _PARENT.get(measure.entity, ("",))[0]
    needed = {"id", "city", parent, measure.day, *wanted} & set(frame.columns)
    source = frame.select(sorted(needed))
    alone = measure.entity in ALONE
    places: dict[str, pl.DataFrame] = {}
    if alone:
        places[name] = frame.with_columns(id=pl.int_range(frame.height, dtype=pl.Int64))
    reading = measure.compute(replace(book, **cast("dict[str, Any]", places)), window)

    def keyed(rows: pl.DataFrame) -> pl.DataFrame:
        if alone:
            found = source[rows["id"]].with_columns(rows["part"])
        else:
            found = rows.join(source, on="id", how="left")
        return keys_of(book, measure.entity, wanted, measure.day, frame=found, keep=("part",))

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
    reading, rows, bases = reading_by(measure, book, window, by)
    return sorted(
        grouped(measure.how, reading.part_unit, rows, bases, by),
        key=lambda one: (-one.total, [str(key) for key in one.keys]),
    )


def grouped(
    how: How, unit: Unit, rows: pl.DataFrame, base_rows: pl.DataFrame | None, by: Sequence[str]
) -> list[Group]:
    """Return the groups of rows that carry ``part`` and the columns ``by``, in no order; groups of a base alone are kept.

    base_rows: the rows of the denominator with the same columns, for a share or a figure per record. Rows already added
    up say in ``records`` of how many.
    """
    parts = pl.col("part")
    gathered = (parts,) if how is How.MEDIAN else ()
    number = pl.col("records").sum() if "records" in rows.columns else pl.len()
    sums = rows.group_by(list(by)).agg(*gathered, total=parts.sum(), records=number)
    over = how in (How.SHARE, How.PER)
    bases: dict[tuple[object, ...], int] = {}
    if base_rows is not None and over:
        whole = base_rows.group_by(list(by)).agg(parts.sum())
        bases = {tuple(row[:-1]): int(row[-1]) for row in whole.select(*by, "part").iter_rows()}
    found = []
    for row in sums.select(*by, "total", "records", *(["part"] if gathered else [])).iter_rows():
        key, total, records = tuple(row[: len(by)]), int(row[len(by)]), int(row[len(by) + 1])
        base = bases.pop(key, 0) if over else None
        if how is How.MEDIAN:
            value = value_of(how, pl.Series("part", row[-1], dtype=pl.Int64), base, unit)
        else:
            value = value_of_sum(how, total, records, base, unit)
        found.append(Group(key, value, total, base, records))
    found += [Group(key, value_of_sum(how, 0, 0, base, unit), 0, base, 0) for key, base in bases.items()]
    return found
