"""``POST /api/v1/quotes``: what a loan would cost 试算, as JSON. See docs/operations.md."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loanhub.api._openapi import Described
from loanhub.api._routing import route
from loanhub.domain.permissions import Permission
from loanhub.services import quotes, strict_json
from loanhub.services.quotes.answer import QuoteAnswer, QuoteBody
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs


@route(
    "/api/v1/quotes",
    methods=["POST"],
    described=Described(
        summary="试算一笔贷款：还款计划、综合成本、是否超过上限",
        tag="试算",
        body=QuoteBody,
        answer=QuoteAnswer,
        answered="试算结果；什么都不保存",
        description="按自营贷款试算：预先从本金中扣除的利息或费用（砍头息，民法典第六百七十条）以 422 拒绝。",
    ),
)
@needs(Permission.PRODUCTS_READ)
async def quote(request: Request) -> Response:
    """Answer rows, totals, cost, disclosure and the lines in force for the terms and fees of the body."""
    body = await request.body()
    return JSONResponse(
        await run_in_threadpool(
            lambda: quotes.as_json(quotes.quote(request.state.actor, strict_json.loads(body), now=utc_now()))
        )
    )
