"""``/api/v1/papers``: other systems have documents of a case made and fetch their PDF, with an API key."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loanhub.api._openapi import Described
from loanhub.api._routing import client_ip, pdf_response, route
from loanhub.domain.api_scopes import ApiScope
from loanhub.services import strict_json
from loanhub.services.papers import over_api
from loanhub.state._clock import utc_now
from loanhub.state._marks import keyed


class PaperBody(BaseModel):
    """A document to be made of a case."""

    model_config = ConfigDict(extra="forbid")

    application: str = Field(description="申请编号")
    code: str = Field(
        description="文书种类，例如 guarantee_contract、mortgage_contract、pledge_contract、loan_note"
    )
    subject: str = Field("", description="对象；这种文书只有一个对象时不用填")
    answers: dict[str, str] = Field(
        default_factory=dict, description="要核对的各项，键名见出具页；不填的取系统按业务资料给出的值"
    )


@route(
    "/api/v1/papers",
    methods=["POST"],
    described=Described(
        summary="为一笔申请出具一份文书",
        tag="文书",
        body=PaperBody,
        answer=over_api.PaperMade,
        status=201,
        answered="已编号、存档的文书；用 /api/v1/papers/{id}/pdf 取文件",
        description="请求头 Idempotency-Key 相同且内容相同的重发，得到第一次的回答，不会多出一份。"
        "缺资料时以 422 逐项列出，不会出空白文书。",
        refuses={
            404: "没有这笔申请或这种文书",
            409: "现在不能出具、已出过，或 Idempotency-Key 已用于别的内容",
        },
        security=("api_key",),
    ),
)
@keyed(ApiScope.PAPERS_CREATE.value)
async def create(request: Request) -> Response:
    """Make a document of a case."""
    body, key = strict_json.loads(await request.body()), request.headers.get("idempotency-key", "")
    holder, ip = request.state.holder, client_ip(request)
    made = await run_in_threadpool(lambda: over_api.make(holder, body, key=key, ip=ip, now=utc_now()))
    return JSONResponse(dict(made), 201)


@route(
    "/api/v1/papers/{paper_id:int}/pdf",
    described=Described(
        summary="取一份文书的 PDF",
        tag="文书",
        answered="存档的 PDF，每次都是同样的字节；已签的是加盖电子签章的文件。查看记在密钥名下",
        refuses={404: "没有这份文书"},
        security=("api_key",),
    ),
)
@keyed(ApiScope.PAPERS_READ.value)
async def pdf(request: Request) -> Response:
    """Send the stored PDF of a document."""
    holder, ip, number = request.state.holder, client_ip(request), request.path_params["paper_id"]
    name, content = await run_in_threadpool(
        lambda: over_api.pdf(holder, paper_id=number, ip=ip, now=utc_now())
    )
    return pdf_response(name, content, attached=True)
