"""``POST /api/v1/webhooks/{channel}``: providers push leads, signed by Standard Webhooks; written down, then read."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from loanhub.api._batch import Batch
from loanhub.api._openapi import Described
from loanhub.api._routing import client_ip, route
from loanhub.services import webhooks
from loanhub.services.webhooks.receive import is_known
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state._marks import signed

_rates: dict[tuple[str, int], Bucket] = {}
_strangers = Bucket(600, 200)
"""How often an address may send what is not signed well; checking costs us more than sending costs them."""


class Accepted(TypedDict):
    """The delivery is written down; it is read into a lead afterwards, or waits to be mended."""

    status: str


_batch: Batch[webhooks.Incoming, bool] = Batch(lambda rows: webhooks.store(rows, now=utc_now()))
_tasks: set[asyncio.Task[None]] = set()


GATHERED = 0.1
"""Seconds a reader lets deliveries gather: what is read together costs a third, and nobody waits for it."""


class _Reader:
    """Reads what was written down, one round at a time, as long as something new came in meanwhile."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = False
        self._running = False

    def wake(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._running = loop, False
        self._asked = True
        if not self._running:
            self._running = True
            task = loop.create_task(self._run())
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)

    async def _run(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(GATHERED)
                self._asked = False
                await run_in_threadpool(lambda: webhooks.process(now=utc_now()))
        finally:
            self._running = False


_reader = _Reader()


@route(
    "/api/v1/webhooks/{code}",
    methods=["POST"],
    described=Described(
        summary="渠道推送一条线索（Standard Webhooks 签名）",
        tag="线索",
        answer=Accepted,
        status=202,
        answered="已收下；随后入库，读不懂的留在待处理进线",
        description="请求头 webhook-id、webhook-timestamp、webhook-signature；时间误差 5 分钟以内。"
        "webhook-id 30 天内不重复，重发同一个 id 不会多记一条。字段由渠道的映射对应，正文不超过 64 KB。",
        refuses={401: "签名无效或已过期", 413: "内容过大", 429: "请求太快，稍后再试"},
    ),
)
@signed
async def receive(request: Request) -> Response:
    """Check the signature, write the raw body down, answer."""
    code, headers, ip = request.path_params["code"], request.headers, client_ip(request)
    body = await request.body()
    now = utc_now()

    def check() -> tuple[webhooks.Incoming, int]:
        return webhooks.accept(
            channel_code=code, message_id=headers.get("webhook-id", ""), timestamp=headers.get("webhook-timestamp", ""),
            signatures=headers.get("webhook-signature", ""), body=body, ip=ip, now=now,
        )  # fmt: skip

    try:
        incoming, per_minute = check() if is_known(code) else await run_in_threadpool(check)
    except webhooks.BadSignature:
        if not _strangers.take(ip):
            return JSONResponse({"error": "请求太快，请稍后再试"}, 429, {"Retry-After": "30"})
        raise
    bucket = _rates.setdefault(
        (incoming.channel_code, per_minute), Bucket(per_minute, max(20, per_minute // 4))
    )
    if not bucket.take("channel"):
        return JSONResponse({"error": "请求太快，请稍后再试"}, 429, {"Retry-After": "5"})
    if await _batch.put(incoming):
        _reader.wake()
    return JSONResponse({"status": "accepted"}, 202)
