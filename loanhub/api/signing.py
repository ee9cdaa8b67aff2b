"""Anybody compares a PDF with ours; a signer takes the sealed one; certificates come in; a third party says it went on."""

from __future__ import annotations

from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from typing_extensions import TypedDict

from loanhub.api._openapi import Described
from loanhub.api._routing import client_ip, pdf_response, route
from loanhub.api.contracts import _page, _row, compare_form
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import LinkDead, NotYet
from loanhub.services import signing
from loanhub.services.signing import copies
from loanhub.services.signing._steps import Device
from loanhub.services.signing.certificates import LARGEST_FILE
from loanhub.services.signing.compare import compare
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state._marks import needs, public, signed

# A comparison reads a whole file: a stranger gets a few.
_comparisons = Bucket(per_minute=6, burst=6)
_copies = Bucket(per_minute=20, burst=20)
_callbacks = Bucket(per_minute=600, burst=120)


@route("/verify", methods=("POST",), takes_file=True)
@public
async def compare_file(request: Request) -> Response:
    """Say whether an uploaded PDF is the one we keep under this number; the file is not stored."""
    if not _comparisons.take(client_ip(request)):
        return HTMLResponse(_page("请稍后再试", "核对太频繁", "一分钟后再试。", ""), 429)
    if int(request.headers.get("content-length") or 0) > settings().upload_pdf_bytes + 65_536:
        return HTMLResponse(_page("文件太大", "文件太大", "请上传原来的 PDF 文件。", "", bad=True), 413)
    async with request.form(max_files=1, max_fields=4, max_part_size=65_536) as form:
        number, given = str(form.get("number", ""))[:60], form.get("file")
        content = (
            await given.read(settings().upload_pdf_bytes + 1)
            if given is not None and not isinstance(given, str)
            else b""
        )
    try:
        found = await run_in_threadpool(lambda: compare(number, content))
    except NotFound:
        return HTMLResponse(_page("没有这份合同", "查无此编号", "请核对编号。", "", bad=True), 404)
    except InvalidInput as fault:
        sentence = next(iter(fault.fields.values()), fault.sentence)
        return HTMLResponse(_page("核对文件", "没有核对", sentence, compare_form(number), bad=True), 422)
    rows = f"<dl>{_row('合同编号', number)}</dl>"
    back = f'<p><a href="/verify/{quote(number)}">看这个编号的登记情况</a></p>'
    bad = found.code not in ("same", "unsigned")
    return HTMLResponse(
        _page(found.title, found.title, found.text, rows + back + compare_form(number), bad=bad, raw=True)
    )


@route("/api/signing/certificates", methods=("POST",), takes_file=True)
@needs(Permission.PARAMETERS_EDIT)
async def add_certificate(request: Request) -> Response:
    """Bring in the company's certificate with its key (PKCS#12)."""
    async with request.form(max_files=1, max_fields=6, max_part_size=65_536) as form:
        given = form.get("file")
        content = (
            await given.read(LARGEST_FILE + 1) if given is not None and not isinstance(given, str) else b""
        )
        password, label = str(form.get("password", "")), str(form.get("label", ""))
    if not content:
        raise InvalidInput(fields={"file": "请选择证书文件（.pfx 或 .p12）"})
    actor = request.state.actor
    made = await run_in_threadpool(
        lambda: signing.add_pkcs12(actor, content=content, password=password, label=label, now=utc_now())
    )
    return JSONResponse({"id": made}, 201)


@route("/api/signing/copies/{ticket}")
@public
async def sealed_copy(request: Request) -> Response:
    """Send the sealed contract to a signer whose page has just given this address."""
    if not _copies.take(client_ip(request)):
        return HTMLResponse(
            _page("请稍后再试", "下载太频繁", "一分钟后回到签署页再下载。", "", bad=True), 429
        )
    ticket, agent = str(request.path_params["ticket"])[:80], request.headers.get("user-agent", "")
    device = Device("", ip=client_ip(request), agent=agent)
    try:
        name, content = await run_in_threadpool(lambda: copies.take(ticket, device, now=utc_now()))
    except (LinkDead, NotYet):
        text = "下载地址只在两分钟内有效。请回到签署页，再点一次「下载已签合同」。"
        return HTMLResponse(_page("下载地址已过期", "下载地址已过期", text, "", bad=True), 410)
    return pdf_response(name, content, attached=True)


class Heard(TypedDict):
    """The round is asked about at the provider; what the message itself claims counts for nothing."""

    status: str


@route(
    "/api/v1/signing/callback",
    methods=("POST",),
    described=Described(
        summary="第三方电子签平台通知签署有进展（Standard Webhooks 签名）",
        tag="合同",
        answer=Heard,
        status=202,
        answered="已收下；随后向平台查询并取回签好的文件",
        description="请求头 webhook-id、webhook-timestamp、webhook-signature；时间误差 5 分钟以内。"
        '正文 {"key": 签署任务号}。通知只是提醒，状态以平台接口的查询结果为准，重复发送没有影响。',
        refuses={401: "签名无效或已过期", 404: "没有这个签署任务", 429: "请求太快，稍后再试"},
    ),
)
@signed
async def provider_calls(request: Request) -> Response:
    """Hear that a round went on at the third party, answer, and ask it what it is."""
    if not _callbacks.take(client_ip(request)):
        return JSONResponse({"error": "请求太快，请稍后再试"}, 429, {"Retry-After": "5"})
    headers, body, now = request.headers, await request.body(), utc_now()
    round_id = await run_in_threadpool(
        lambda: signing.hear(
            message_id=headers.get("webhook-id", ""), timestamp=headers.get("webhook-timestamp", ""),
            signatures=headers.get("webhook-signature", ""), body=body, now=now,
        )
    )  # fmt: skip
    # If the process dies after answering, the round is due and the job asks.
    asks = BackgroundTask(run_in_threadpool, signing.advance, round_id, now=now)
    return JSONResponse({"status": "accepted"}, 202, background=asks)
