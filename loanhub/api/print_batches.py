"""What a batch of documents gave: the merged PDF for the printer, the archive of single ones."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._routing import pdf_response, route
from loanhub.services.printing import results
from loanhub.state._clock import utc_now
from loanhub.state._marks import signed_in


@route("/api/print-batches/{batch_id:int}/merged.pdf")
@signed_in
async def merged(request: Request) -> Response:
    """Send the merged PDF of one's own batch; ``?download=1`` as an attachment.

    ``?print=1`` is what is sent to the printer: the printing recorded last, each copy of a contract numbered at the foot.
    """
    batch_id = request.path_params["batch_id"]
    if request.query_params.get("print") == "1":
        name, content = await run_in_threadpool(
            lambda: results.open_print(request.state.actor, batch_id=batch_id)
        )
        return pdf_response(name, content, attached=False)
    name, content = await run_in_threadpool(
        lambda: results.open_result(request.state.actor, batch_id=batch_id, now=utc_now())
    )
    return pdf_response(name, content, attached=request.query_params.get("download") == "1")


@route("/api/print-batches/{batch_id:int}/papers.zip")
@signed_in
async def papers(request: Request) -> Response:
    """Send the single documents of one's own batch in one archive."""
    name, content = await run_in_threadpool(
        lambda: results.open_result(
            request.state.actor, batch_id=request.path_params["batch_id"], archive=True, now=utc_now()
        )
    )
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=headers)
