"""Routes carry the same marks as handlers; this is where they are enforced and listed.

A route module defines functions ``async def name(request) -> Response`` under ``@route`` and a mark. The
actor is in ``request.state.actor`` (None only on public routes).
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loanhub.api._openapi import Described
from loanhub.domain.api_scopes import ApiScope
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.services import api_keys, auth
from loanhub.services._actor import Actor
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state._marks import Mark, mark_of

Endpoint = Callable[[Request], Awaitable[Response]]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
log = structlog.get_logger("loanhub.api")


@dataclass(frozen=True)
class RouteSpec:
    """A route as it was declared; tests enumerate them against every role."""

    path: str
    methods: tuple[str, ...]
    name: str
    mark: Mark
    endpoint: Endpoint
    takes_file: bool = False
    described: Described | None = None


ROUTES: dict[tuple[str, str], RouteSpec] = {}


class UnmarkedRoute(SystemExit):
    """A route has no mark; the start is refused."""

    def __init__(self, name: str) -> None:
        super().__init__(f"路由 {name} 没有权限标记，贷通不启动 (route without a mark: {name})")


def route(
    path: str,
    *,
    methods: Sequence[str] = ("GET",),
    takes_file: bool = False,
    described: Described | None = None,
) -> Callable[[Endpoint], Endpoint]:
    """Register a route; the mark stands below this decorator.

    takes_file: its body may be as large as an upload; every other body is capped at ``body_bytes``.
    described: what it takes and answers, for ``/api/v1/openapi.json``; each route under ``/api/v1`` says so.

    Raises:
        UnmarkedRoute: the function carries no mark.
    """

    def register(function: Endpoint) -> Endpoint:
        mark = mark_of(function)
        if mark is None:
            raise UnmarkedRoute(f"{function.__module__}.{function.__qualname__}")
        spec = RouteSpec(
            path,
            tuple(methods),
            f"{function.__module__}.{function.__name__}",
            mark,
            _guarded(function, mark),
            takes_file,
            described,
        )
        for method in spec.methods:
            ROUTES[path, method] = spec
        return function

    return register


# The browser's PDF viewer stands in our own page; nothing else may frame it, and it may load nothing.
_PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"


def pdf_response(name: str, content: bytes, *, attached: bool) -> Response:
    """Return a PDF to show inside a page, or as an attachment; never kept by the browser."""
    headers = {
        "Content-Disposition": f"{'attachment' if attached else 'inline'}; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
        "Content-Security-Policy": _PDF_POLICY,
    }
    return Response(content, media_type="application/pdf", headers=headers)


def client_ip(request: Request) -> str:
    """Return the browser's address; X-Forwarded-For counts only behind the configured number of proxies."""
    hops = settings().trusted_proxy_hops
    if hops:
        forwarded = [
            part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()
        ]
        if len(forwarded) >= hops:
            return forwarded[-hops]
    return request.client.host if request.client else ""


def same_origin(request: Request) -> bool:
    """Return whether a state-changing request comes from our own pages (Origin, else Sec-Fetch-Site)."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin in settings().origins
    return request.headers.get("sec-fetch-site") in ("same-origin", "none")


async def find_actor(request: Request) -> Actor | None:
    """Return the actor of the request's session cookie, or None."""
    token, now = request.cookies.get(settings().cookie_name, ""), utc_now()
    if not token:
        return None
    return auth.cached_actor(token, now) or await run_in_threadpool(
        auth.actor_for_session, token, now, ip=client_ip(request)
    )


_requests = Bucket(settings().events_per_minute, settings().events_burst)


def _guarded(function: Endpoint, mark: Mark) -> Endpoint:
    @functools.wraps(function)
    async def guarded(request: Request) -> Response:
        try:
            return await _enforced(request, function, mark)
        except LoanHubError as error:
            return refusal(error)
        except Exception:
            number = secrets.token_hex(4).upper()
            log.exception("route_failed", number=number, path=request.url.path)
            return JSONResponse({"error": "这一步没有完成，可以重试", "number": number}, 500)

    return guarded


async def _enforced(request: Request, function: Endpoint, mark: Mark) -> Response:
    if mark.key_scope:
        return await _with_key(request, function, mark)
    if request.method not in SAFE_METHODS and not mark.signed and not same_origin(request):
        return JSONResponse({"error": f"请从 {settings().origin} 打开贷通再操作"}, 403)
    actor = await find_actor(request)
    request.state.actor = actor
    if not mark.open_to_all:
        if actor is None:
            return refusal(auth.SignedOut(), status=401)
        if not mark.admits(actor):
            actor.require(mark.permissions[0])
        if not _requests.take(f"session:{actor.session_id}"):
            return JSONResponse({"error": "操作太快了，请稍等几秒再试"}, 429, {"Retry-After": "5"})
    return await function(request)


_keys: dict[tuple[int, int], Bucket] = {}


async def _with_key(request: Request, function: Endpoint, mark: Mark) -> Response:
    """Let another system in by its API key; ``request.state.holder`` is who stands behind it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    now = utc_now()
    if scheme.lower() != "bearer" or not 20 <= len(token) <= 200:
        return refusal(api_keys.BadKey())
    holder = api_keys.cached(token, now)
    if holder is None:
        ip = client_ip(request)
        if not _requests.take(f"key-check:{ip}"):
            return _too_fast()
        holder = await run_in_threadpool(lambda: api_keys.check(token, ip=ip, now=now))
    bucket = _keys.setdefault(
        (holder.id, holder.per_minute), Bucket(holder.per_minute, max(10, holder.per_minute // 4))
    )
    if not bucket.take("key"):
        return _too_fast()
    scopes = mark.key_scope.split("|")
    if not any(scope in holder.scopes for scope in scopes):
        holder.require(ApiScope(scopes[0]))
    request.state.holder = holder
    request.state.actor = None
    return await function(request)


def _too_fast() -> JSONResponse:
    return JSONResponse({"error": "请求太快，请稍后再试"}, 429, {"Retry-After": "5"})


def refusal(error: LoanHubError, *, status: int | None = None) -> JSONResponse:
    """Return an expected refusal as JSON: its sentence, and the sentences of its fields."""
    body: dict[str, Any] = {"error": error.sentence}
    if isinstance(error, InvalidInput):
        body["fields"] = error.fields
    return JSONResponse(body, status or error.status)
