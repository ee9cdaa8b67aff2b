"""The repayment schedule of a loan as files: the sheet to print, the spreadsheet."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._routing import route
from loanhub.domain.permissions import Permission
from loanhub.services.loans import files
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The browser's PDF viewer stands in our own page; nothing else may frame it, and it may load nothing.
_PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"


@route("/api/loans/{loan_id:int}/schedule.pdf")
@needs(Permission.LOANS_READ)
async def schedule_pdf(request: Request) -> Response:
    """Send the schedule in force as a sheet."""
    loan_id = request.path_params["loan_id"]
    name, content = await run_in_threadpool(
        lambda: files.schedule_pdf(request.state.actor, loan_id=loan_id, now=utc_now())
    )
    return _file(name, content, "application/pdf", attached=request.query_params.get("download") == "1")


@route("/api/loans/{loan_id:int}/schedule.xlsx")
@needs(Permission.LOANS_READ)
async def schedule_workbook(request: Request) -> Response:
    """Send the schedule and what was paid on it as a spreadsheet."""
    loan_id = request.path_params["loan_id"]
    name, content = await run_in_threadpool(
        lambda: files.schedule_workbook(request.state.actor, loan_id=loan_id, now=utc_now())
    )
    return _file(name, content, _SHEET, attached=True)


def _file(name: str, content: bytes, media_type: str, *, attached: bool) -> Response:
    headers = {
        "Content-Disposition": f"{'attachment' if attached else 'inline'}; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
        "Content-Security-Policy": _PDF_POLICY,
    }
    return Response(content, media_type=media_type, headers=headers)
