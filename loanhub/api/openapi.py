"""``GET /api/v1/openapi.json``: the interface for other systems, described for their programmers and tools."""

from __future__ import annotations

import json
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._openapi import VERSIONED, Described, document
from loanhub.api._routing import ROUTES, route
from loanhub.settings import settings
from loanhub.state._marks import public


@route(
    "/api/v1/openapi.json",
    described=Described(summary="本接口的说明（OpenAPI 3.1）", tag="说明", answer=dict, answered="这份说明"),
)
@public
async def openapi(request: Request) -> Response:
    """Send the document of every route under ``/api/v1``; it says nothing of anybody's data."""
    return Response(await run_in_threadpool(_text), media_type="application/json")


@cache
def _text() -> str:
    specs = {id(spec): spec for (path, _), spec in ROUTES.items() if path.startswith(VERSIONED)}
    return json.dumps(document(specs.values(), server=settings().origin), ensure_ascii=False)
