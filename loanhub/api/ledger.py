"""Downloads of the books: the trial balance and a day's reconciliation as spreadsheets."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._routing import route
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import ledger_books
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs


@route("/api/ledger/trial.xlsx")
@needs(Permission.LEDGER_READ)
async def trial(request: Request) -> Response:
    """Send the trial balance at the end of ``last``, movements since ``first`` (the month when missing)."""
    last, first = _day(request, "last"), _day(request, "first") if request.query_params.get("first") else None
    name, content = await run_in_threadpool(
        lambda: ledger_books.trial_workbook(request.state.actor, last=last, first=first, now=utc_now())
    )
    return _sheet(name, content)


@route("/api/ledger/day.xlsx")
@needs(Permission.LEDGER_READ)
async def day(request: Request) -> Response:
    """Send the reconciliation of ``day``."""
    wanted = _day(request, "day")
    name, content = await run_in_threadpool(
        lambda: ledger_books.day_workbook(request.state.actor, day=wanted, now=utc_now())
    )
    return _sheet(name, content)


def _day(request: Request, key: str) -> date:
    try:
        return date.fromisoformat(request.query_params.get(key, ""))
    except ValueError:
        raise InvalidInput(fields={key: "日期不正确，例如 2026-05-01"}) from None


def _sheet(name: str, content: bytes) -> Response:
    return Response(
        content,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "no-store",
        },
    )
