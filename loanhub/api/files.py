"""Uploads and downloads: through the session, the scope and the audit, never through Reflex's own folder."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from loanhub.api._routing import route
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import files
from loanhub.services._actor import Actor
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs, signed_in

SHOWN = (
    "application/pdf", "image/jpeg", "image/png", "image/webp", "audio/mpeg", "audio/mp4", "audio/wav", "audio/ogg",
    "video/mp4", "video/webm",
)  # fmt: skip
"""What a page may show or play in place."""
_SPAN = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")
LINKS = ("customer_id", "lead_id", "application_id", "loan_id")


@route("/api/files", methods=["POST"], takes_file=True)
@needs(Permission.DOCUMENTS_UPLOAD, Permission.LEADS_IMPORT, Permission.STATEMENTS_IMPORT)
async def upload(request: Request) -> Response:
    """Take one file (``file``, ``kind``, ``label``, a linked record); returns its id, name and size, 201."""
    actor: Actor = request.state.actor
    async with request.form(max_files=1, max_fields=10, max_part_size=4096) as form:
        part = form.get("file")
        if not isinstance(part, UploadFile) or not part.filename:
            raise InvalidInput(fields={"file": "请选择文件"})
        links = {key: _whole_number(key, str(form.get(key, ""))) for key in LINKS}
        kind, label, name = str(form.get("kind", "")) or "other", str(form.get("label", "")), part.filename
        view = await run_in_threadpool(
            lambda: files.upload(
                actor,
                source=part.file,
                file_name=name,
                kind=kind,
                label=label,
                now=utc_now(),
                customer_id=links["customer_id"],
                lead_id=links["lead_id"],
                application_id=links["application_id"],
                loan_id=links["loan_id"],
            )
        )
    return JSONResponse(
        {"id": view.id, "file_name": view.file_name, "size_bytes": view.size_bytes, "sha256": view.sha256},
        201,
    )


@route("/api/files/{document_id:int}")
@signed_in
async def download(request: Request) -> Response:
    """Send a file the actor may see: as an attachment, or inside a page with ``?preview=1`` (PDF, photos, sound and films).

    ``?print=1`` is for the print dialog and recorded as a print, ``?thumb=1`` a small blurred picture for lists.
    A ``Range`` of one span is answered with 206, so that a player may jump; one past the end with 416. What carries
    the reader's watermark is always sent whole.
    """
    query, number = request.query_params, request.path_params["document_id"]
    if query.get("thumb") == "1":
        small = await run_in_threadpool(
            lambda: files.thumbnail(request.state.actor, document_id=number, now=utc_now())
        )
        return Response(small, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})
    printing = query.get("print") == "1"
    wants_preview = query.get("preview") == "1" or printing
    span = span_of(request.headers.get("range", ""))
    view, pieces = await run_in_threadpool(
        lambda: files.open_file(
            request.state.actor, document_id=number, now=utc_now(), preview=wants_preview, printing=printing,
            span=span,
        )
    )  # fmt: skip
    if view.marked:
        span = None
    if span is not None and span[0] >= view.size_bytes:
        return Response(
            None, 416, {"Content-Range": f"bytes */{view.size_bytes}", "Cache-Control": "no-store"}
        )
    inline = wants_preview and view.media_type in SHOWN
    disposition = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(view.file_name)}"
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": "no-store",
        "Accept-Ranges": "none" if view.marked else "bytes",
        "Content-Length": str(view.size_bytes),
        # Even a file that slipped through may not act as a page of ours.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; "
        "object-src 'none'; frame-ancestors 'self'" + ("" if inline else "; sandbox"),
    }
    status = 200
    if span is not None:
        last = min(span[1] if span[1] is not None else view.size_bytes - 1, view.size_bytes - 1)
        status, headers["Content-Length"] = 206, str(last - span[0] + 1)
        headers["Content-Range"] = f"bytes {span[0]}-{last}/{view.size_bytes}"
    return StreamingResponse(iterate_in_threadpool(pieces), status, headers, view.media_type)


def span_of(header: str) -> tuple[int, int | None] | None:
    """Return (first, last) of a Range header of one span, last None for 「to the end」; None for anything else.

    Suffixes, several spans and nonsense are answered with the whole file, as RFC 9110 §14.2 allows.
    """
    found = _SPAN.fullmatch(header.strip())
    if found is None:
        return None
    first, last = int(found[1]), int(found[2]) if found[2] else None
    return None if last is not None and last < first else (first, last)


def _whole_number(key: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise InvalidInput(fields={key: "编号不正确"})
    return int(text)
