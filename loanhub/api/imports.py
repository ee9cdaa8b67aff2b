"""Downloads of an import: the rows that were refused, as a sheet to mend and send again."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._routing import route
from loanhub.domain.permissions import Permission
from loanhub.services.imports import result
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs


@route("/api/imports/{batch_id:int}/refused.xlsx")
@needs(Permission.LEADS_IMPORT)
async def refused(request: Request) -> Response:
    """Send the refused rows of one's own import, with the reason of each."""
    name, content = await run_in_threadpool(
        lambda: result.refused_workbook(
            request.state.actor, batch_id=request.path_params["batch_id"], now=utc_now()
        )
    )
    return Response(
        content,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "no-store",
        },
    )
