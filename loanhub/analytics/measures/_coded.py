"""The dimensions of records as narrow columns: texts as numbers of their values, looked up by the place of a record in its frame.

Millions of rows are never joined: a record's place is known by its number, and what it takes over from the record it belongs to
(a payment its loan's product) is looked up at that one's place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from loanhub.analytics._dense import looked_up
from loanhub.analytics.book import Book
from loanhub.domain.regions import province_of

SPANS = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}


@dataclass(frozen=True)
class Shape:
    """How entities stand in the book, each in one of its frames.

    own: dimensions that are columns of the frame; parents: the column that names the record it belongs to, that
    record's entity, and what is taken over from it.
    """

    frames: Mapping[str, str]
    own: Mapping[str, tuple[str, ...]]
    parents: Mapping[str, tuple[str, str, tuple[str, ...]]]


@dataclass
class Coded:
    """The dimensions of some records of one entity, by their places in its frame; each is read once."""

    shape: Shape
    book: Book
    entity: str
    places: pl.Series
    day: str = ""
    _above: Coded | None = field(default=None, init=False)

    @property
    def frame(self) -> pl.DataFrame:
        """Return the frame of the entity."""
        found: pl.DataFrame = getattr(self.book, self.shape.frames[self.entity])
        return found

    def column(self, code: str) -> pl.Series:
        """Return a dimension of each of the records: an Enum for texts, the first day for a span of time."""
        if code in SPANS and self.day:
            return _span(self.frame[self.day].gather(self.places), SPANS[code]).alias(code)
        if code == "province":
            return _provinces(self.column("city"))
        if code in self.shape.own[self.entity]:
            return _values(self.book, self.shape.frames[self.entity], code).gather(self.places).alias(code)
        return self._parent().column(code)

    def _parent(self) -> Coded:
        if self._above is None:
            link, above, _ = self.shape.parents[self.entity]
            names = self.frame[link].gather(self.places)
            places = places_of(self.book, self.shape.frames[above], names)
            self._above = Coded(self.shape, self.book, above, places)
        return self._above


def places_of(book: Book, name: str, ids: pl.Series) -> pl.Series:
    """Return where in a frame the rows of these numbers stand; null for no number, and for those that are not there."""
    known: pl.Series = getattr(book, name)["id"]
    return looked_up(ids.fill_null(0), known, pl.int_range(len(known), dtype=pl.UInt32, eager=True), None)


def gathered(frame: pl.DataFrame, by: Sequence[str], *, parts: bool = False) -> pl.DataFrame:
    """Return ``part`` added up, and how many ``records``, by some columns, whose codes are texts again.

    parts: keep every part of a group, for a median.
    """
    part = pl.col("part") if parts else pl.col("part").sum()
    groups = frame.lazy().group_by(list(by)).agg(part, pl.len().cast(pl.Int64).alias("records"))
    # The streaming engine groups by several narrow columns several times faster than the other.
    return groups.with_columns(pl.col(pl.Enum).cast(pl.String)).collect(engine="streaming")


def _values(book: Book, name: str, code: str) -> pl.Series:
    """Return a column of a frame; texts as the numbers of their values, found once as long as the frame is the same."""
    column: pl.Series = getattr(book, name)[code]
    if column.dtype != pl.String:
        return column

    def make() -> pl.Series:
        return column.cast(pl.Enum(column.unique().drop_nulls().sort()))

    return book.shared(f"{name}.{code}", (name,), make)


def _span(days: pl.Series, every: str) -> pl.Series:
    """Return the first day of the span each day lies in; there are few days, and only they need it looked up."""
    first, last = days.min(), days.max()
    if first is None:
        return days
    numbers = days.to_physical()
    known: pl.Series = pl.date_range(first, last, "1d", eager=True).dt.truncate(every)  # type: ignore[arg-type, assignment]
    places: pl.Series = numbers - int(numbers.min())  # type: ignore[arg-type, assignment]  # numbers: there are days
    return known.gather(places)


def _provinces(cities: pl.Series) -> pl.Series:
    """Return the province of each city, which come as Enum."""
    assert isinstance(cities.dtype, pl.Enum)
    names = pl.Series([province_of(city) for city in cities.dtype.categories], dtype=pl.String)
    coded = names.cast(pl.Enum(names.unique().drop_nulls().sort()))
    return coded.gather(cities.to_physical()).alias("province")
