"""Looking rows up by their number 按编号取值: numbers of records are dense, so a column by number does what a join would."""

from __future__ import annotations

from typing import Any

import polars as pl

SPARSE = 8
"""Where numbers reach beyond so many times the rows there are, a join costs less memory."""
LEAST = 1_000_000


def looked_up(ids: pl.Series, keys: pl.Series, values: pl.Series, missing: Any) -> pl.Series:
    """Return for each of ``ids`` the value of its key, ``missing`` where there is none; each key stands once.

    ids, keys: numbers of records, from 0 up, without nulls.
    """
    reach = max((int(one.max() or 0) for one in (ids, keys)), default=0) + 1  # type: ignore[arg-type]
    if reach > max(LEAST, SPARSE * (len(ids) + len(keys))):
        known = pl.DataFrame({"id": keys, "value": values})
        found = ids.to_frame("id").join(known, on="id", how="left", maintain_order="left")
        return found["value"].fill_null(missing)
    place = pl.repeat(missing, reach, dtype=values.dtype, eager=True)
    return place.scatter(keys, values).gather(ids)


def distinct(ids: pl.Series) -> int:
    """Return how many different numbers there are; nulls do not count."""
    known = ids.drop_nulls()
    reach = int(known.max() or 0) + 1  # type: ignore[arg-type]
    if reach > max(LEAST, SPARSE * len(known)):
        return known.n_unique()
    return int(pl.repeat(0, reach, dtype=pl.UInt8, eager=True).scatter(known, 1).sum())
