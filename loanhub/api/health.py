"""Is it up, and may traffic come: for the operating system's supervisor and the proxy."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loanhub.api._routing import route
from loanhub.services._transaction import reading
from loanhub.state._marks import public


@route("/healthz")
@public
async def healthz(request: Request) -> Response:
    """Return 200 while the process answers."""
    return JSONResponse({"status": "ok"})


@route("/readyz")
@public
async def readyz(request: Request) -> Response:
    """Return 200 when the database answers, else 503; says nothing else to strangers."""
    try:
        await run_in_threadpool(_ask_database)
    except sa.exc.SQLAlchemyError:
        return JSONResponse({"status": "database"}, 503)
    return JSONResponse({"status": "ok"})


def _ask_database() -> None:
    with reading() as db:
        db.execute(sa.text("SELECT 1"))
