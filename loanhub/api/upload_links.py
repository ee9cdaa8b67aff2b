"""Files a customer hands in by a link 补件: the one public way in for files, by token, kind and small doses."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loanhub.api._routing import client_ip, route
from loanhub.domain.errors import InvalidInput
from loanhub.services import upload_links
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state._marks import public

# A statement has many pages, so a burst is fine; an address that guesses tokens gets no further than this.
_files = Bucket(per_minute=30, burst=40)


@route("/h5/papers", methods=("POST",), takes_file=True)
@public
async def hand_in(request: Request) -> Response:
    """Take one file (``file``, ``kind``, ``token``); 201 with how many the link has brought."""
    ip = client_ip(request)
    if not _files.take(ip):
        return JSONResponse({"error": "上传太快，请稍后再试"}, 429, {"Retry-After": "5"})
    async with request.form(max_files=1, max_fields=6, max_part_size=4096) as form:
        part = form.get("file")
        if not isinstance(part, UploadFile) or not part.filename:
            raise InvalidInput(fields={"file": "请选择文件"})
        token, kind, name = (
            str(form.get("token", ""))[:80],
            str(form.get("kind", ""))[:40],
            part.filename[:200],
        )
        count = await run_in_threadpool(
            lambda: upload_links.hand_in(
                token, kind=kind, source=part.file, file_name=name, ip=ip, now=utc_now()
            )
        )
    # The number of a stored file is nobody's business outside.
    return JSONResponse({"id": count}, 201)
