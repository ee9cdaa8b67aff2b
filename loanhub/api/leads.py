"""``/api/v1/leads``: other systems hand leads in and ask what became of them, with an API key."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from loanhub.api._batch import Batch
from loanhub.api._openapi import Described
from loanhub.api._routing import client_ip, refusal, route
from loanhub.domain.api_scopes import ApiScope
from loanhub.domain.errors import LoanHubError
from loanhub.services import strict_json
from loanhub.services.leads import over_api
from loanhub.state._clock import utc_now
from loanhub.state._marks import keyed


class LeadBody(BaseModel):
    """A lead as another system sends it: the fields of the catalogue, the firm's own fields included."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="姓名")
    phone: str = Field(description="手机号，11 位；+86、空格和横线可有可无")
    amount_fen: int | None = Field(None, description="意向金额，整数分")
    term_months: int | None = Field(None, description="意向期限，月")
    city: str | None = Field(None, description="城市")
    purpose: str | None = Field(None, description="贷款用途")
    id_number: str | None = Field(None, description="身份证号")
    product_code: str | None = Field(None, description="意向产品代码")
    channel_code: str | None = Field(None, description="来源渠道代码；密钥绑定了渠道时不用填")
    campaign: str | None = Field(None, description="推广计划")
    note: str | None = Field(None, description="备注")


class LeadMade(TypedDict, total=False):
    """What became of it. Of a person known already nothing is told but that the enquiry was counted."""

    id: int | None
    number: str
    duplicate: bool
    notice: str


class LeadRead(TypedDict):
    """A lead: number, status and its filled-in fields by key, masked unless the key may read in clear."""

    id: int
    number: str
    status: str
    status_label: str
    created_at: str
    fields: dict[str, Any]


_batch: Batch[over_api.Request, over_api.Answer] = Batch(
    lambda requests: over_api.create_many(requests, now=utc_now())
)


@route(
    "/api/v1/leads",
    methods=["POST"],
    described=Described(
        summary="提交一条线索",
        tag="线索",
        body=LeadBody,
        answer=LeadMade,
        status=201,
        answered="新线索；同一个人已存在时答 200，duplicate 为 true，不透露原线索",
        description="请求头 Idempotency-Key 相同且内容相同的重发，得到第一次的回答，不会多记一条。",
        refuses={409: "Idempotency-Key 已用于别的内容"},
        security=("api_key",),
    ),
)
@keyed(ApiScope.LEADS_CREATE.value)
async def create(request: Request) -> Response:
    """Take one lead in; requests of the same moment share a transaction."""
    body = strict_json.loads(await request.body())
    asked = over_api.Request(
        request.state.holder, body, request.headers.get("idempotency-key", ""), client_ip(request)
    )
    answer = await _batch.put(asked)
    if isinstance(answer, LoanHubError):
        return refusal(answer)
    return JSONResponse(answer[1], answer[0])


@route(
    "/api/v1/leads/{lead_id:int}",
    described=Described(
        summary="查询一条线索",
        tag="线索",
        answer=LeadRead,
        answered="线索；受保护字段按密钥权限脱敏",
        security=("api_key",),
    ),
)
@keyed(f"{ApiScope.LEADS_READ.value}|{ApiScope.LEADS_CLEAR.value}")
async def read(request: Request) -> Response:
    """Send one lead as far as the key may read it."""
    holder, ip = request.state.holder, client_ip(request)
    return JSONResponse(
        await run_in_threadpool(
            lambda: over_api.read_one(holder, lead_id=request.path_params["lead_id"], ip=ip, now=utc_now())
        )
    )
