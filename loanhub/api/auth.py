"""Signing in and out over HTTP: only a response may set the HttpOnly cookie 登录、退出."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from loanhub.api._routing import client_ip, route
from loanhub.domain.errors import LoanHubError
from loanhub.services import auth, tickets
from loanhub.services.auth import NewSession
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state._marks import public
from loanhub.state.account import LOGIN_TICKET

_addresses = Bucket(settings().login_posts_per_minute, 10)
# A flood of sign-ins waits here and not in the threads every other request needs.
_hashing = asyncio.Semaphore(8)


@route("/api/auth/login", methods=["POST"])
@public
async def login(request: Request) -> Response:
    """Open a session from the login form (``login``, ``password``, ``next``); back to the form on refusal."""
    form = await request.form(max_files=0, max_fields=10, max_part_size=4096)
    name, password = str(form.get("login", ""))[:60], str(form.get("password", ""))
    target = safe_target(str(form.get("next", "")) or _asked_for(request))
    if not _addresses.take(client_ip(request)):
        return _back("busy", name, target)
    try:
        async with _hashing:
            opened = await run_in_threadpool(
                auth.sign_in,
                name,
                password,
                ip=client_ip(request),
                user_agent=request.headers.get("user-agent", ""),
                now=utc_now(),
            )
    except auth.TooManyFailures as refused:
        return _back("locked", name, target, wait=refused.wait_seconds)
    except auth.WrongPassword:
        return _back("wrong", name, target)
    except LoanHubError:
        return _back("busy", name, target)
    return _signed_in(opened, target)


def _asked_for(request: Request) -> str:
    # The form carries it once the page's socket is up; a password manager is quicker.
    page = urlsplit(request.headers.get("referer", ""))
    return dict(parse_qsl(page.query)).get("next", "") if page.path == "/login" else ""


@route("/api/auth/exchange", methods=["GET"])
@public
async def exchange(request: Request) -> Response:
    """Swap a one-time ticket for a session: after a change of password or the first set-up."""
    now = utc_now()
    # A link from elsewhere must not sign somebody in as somebody else.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _back("ticket", "", "/")
    try:
        user_id = await run_in_threadpool(
            tickets.redeem, request.query_params.get("t", "")[:200], LOGIN_TICKET, now=now
        )
        opened = await run_in_threadpool(
            auth.open_session_for,
            user_id,
            ip=client_ip(request),
            user_agent=request.headers.get("user-agent", ""),
            now=now,
        )
    except LoanHubError:
        return _back("ticket", "", "/")
    return _signed_in(opened, "/")


@route("/api/auth/logout", methods=["POST"])
@public
async def logout(request: Request) -> Response:
    """End the session and drop the cookie; the page then loads the login anew."""
    token = request.cookies.get(settings().cookie_name, "")
    if token:
        await run_in_threadpool(auth.sign_out, token, now=utc_now())
    wants_page = "text/html" in request.headers.get("accept", "")
    response: Response = RedirectResponse("/login", 303) if wants_page else JSONResponse({"status": "ok"})
    response.delete_cookie(
        settings().cookie_name, path="/", secure=settings().secure, httponly=True, samesite="lax"
    )
    response.headers["Clear-Site-Data"] = '"cache", "storage"' if settings().secure else '"cache"'
    return response


def safe_target(path: str) -> str:
    """Return the path to open after the login: one of our own, else the start page."""
    parts = urlsplit(path)
    odd = not path.startswith("/") or path.startswith("//") or "\\" in path or any(ord(c) < 32 for c in path)
    if odd or parts.scheme or parts.netloc or path.startswith(("/api/", "/login")):
        return "/"
    return path[:500]


def _signed_in(opened: NewSession, target: str) -> Response:
    response = RedirectResponse("/account" if opened.must_change_password else target, 303)
    response.set_cookie(
        settings().cookie_name,
        opened.token,
        max_age=settings().session_absolute_hours * 3600,
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="lax",
    )
    return response


def _back(error: str, name: str, target: str, *, wait: int = 0) -> Response:
    query = {"error": error, "login": name, **({"wait": str(wait)} if wait else {})}
    if target != "/":
        query["next"] = target
    return RedirectResponse(f"/login?{urlencode(query, quote_via=quote)}", 303)
