"""A channel's QR code and poster as files."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._routing import pdf_response, route
from loanhub.domain.permissions import Permission
from loanhub.services import channels
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs


@route("/api/channels/{code}/poster.pdf")
@needs(Permission.CHANNELS_EDIT, Permission.CHANNELS_COST)
async def poster(request: Request) -> Response:
    """Send the poster of a channel."""
    name, content = await run_in_threadpool(
        lambda: channels.poster(request.state.actor, code=request.path_params["code"], now=utc_now())
    )
    return pdf_response(name, content, attached=request.query_params.get("download") == "1")


@route("/api/channels/{code}/qr.svg")
@needs(Permission.CHANNELS_EDIT, Permission.CHANNELS_COST)
async def qr(request: Request) -> Response:
    """Send the QR code of a channel's link."""
    name, content = await run_in_threadpool(
        lambda: channels.qr_svg(request.state.actor, code=request.path_params["code"])
    )
    attached = "attachment" if request.query_params.get("download") == "1" else "inline"
    return Response(
        content,
        media_type="image/svg+xml",
        headers={
            "Content-Disposition": f"{attached}; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        },
    )
