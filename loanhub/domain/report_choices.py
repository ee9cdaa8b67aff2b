"""What of a report can be chosen together 报表设置: the builder lets go of what a later choice made impossible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.reports import MAX_ROWS, ChartKind, Compare, why_no_chart, why_no_comparison


def fitted(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition as it is being chosen without what its measures, rows and column have made impossible.

    What is wrong in itself stays, for :func:`read` to say so. A line becomes bars, and without rows there is only the table.
    """
    rows = list(dict.fromkeys(one for one in raw.get("rows", ()) if one))[:MAX_ROWS]
    columns = [one for one in raw.get("columns", ()) if one and one not in rows] if rows else []
    found = {**raw, "rows": rows, "columns": columns}
    if not rows:
        found["top"] = 0
    if why_no_comparison(rows, columns):
        found["compare"] = Compare.NONE.value
    sort = dict(raw.get("sort") or {})
    if sort.get("by") and sort["by"] not in (*raw.get("measures", ()), *rows):
        found["sort"] = {**sort, "by": ""}
    kind = next((one for one in ChartKind if one.value == raw.get("chart")), None)
    if not rows:
        found["chart"] = ChartKind.TABLE.value
    elif kind is not None and why_no_chart(kind, rows, columns):
        found["chart"] = ChartKind.BAR.value
    return found
