"""``GET /api/v1/reports/{id}``: a saved report's figures for another system, with an API key."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loanhub.api._openapi import Described
from loanhub.api._routing import route
from loanhub.domain.api_scopes import ApiScope
from loanhub.services.reports import over_api
from loanhub.state._clock import utc_now
from loanhub.state._marks import keyed


@route(
    "/api/v1/reports/{report_id:int}",
    described=Described(
        summary="运行一张共享给全员的报表",
        tag="报表",
        answer=over_api.ReportRows,
        answered="列、行与合计；金额是整数分，比率是小数文本",
        description="数字按建报表的人现在的数据范围计算；没有共享给全员的、现成的和停用员工建的报表答 404。",
        security=("api_key",),
    ),
)
@keyed(ApiScope.REPORTS_RUN.value)
async def run(request: Request) -> Response:
    """Send the answer of a report shared with everybody."""
    number = request.path_params["report_id"]
    return JSONResponse(await run_in_threadpool(lambda: dict(over_api.run(number, now=utc_now()))))
