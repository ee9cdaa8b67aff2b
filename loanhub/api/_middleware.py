"""What surrounds every response, Reflex's included: security headers, body caps, and closed doors."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loanhub.api._routing import ROUTES
from loanhub.settings import settings

CLOSED = ("/_upload", "/_all_routes", "/auth-codespace")
MULTIPART_OVERHEAD_BYTES = 65_536
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class TooLarge(Exception):
    """The body went past its cap while it was read."""


def build_folder() -> Path:
    """Return the folder of the compiled pages."""
    from reflex.constants import Dirs
    from reflex.utils import prerequisites

    return Path(prerequisites.get_web_dir() / Dirs.STATIC)


def script_hashes(page: bytes) -> tuple[str, ...]:
    """Return the CSP sources of the inline scripts of an HTML page, in order, each once."""
    digests = (hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page))
    return tuple(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


@lru_cache(maxsize=1024)
def _hashes_of_file(path: Path, modified: float) -> tuple[str, ...]:
    return script_hashes(path.read_bytes())


def page_hashes(folder: Path, path: str) -> tuple[str, ...]:
    """Return the hashes a request for ``path`` may need: its own page's, and the fallback pages'."""
    clean = path.strip("/")
    names = ["__spa-fallback.html", "404.html"]
    if ".." not in clean.split("/"):
        names = [f"{clean}/index.html" if clean else "index.html", f"{clean}.html", *names]
    found: dict[str, None] = {}
    for name in names:
        file = folder / name
        if file.is_file():
            found.update(dict.fromkeys(_hashes_of_file(file, file.stat().st_mtime)))
    return tuple(found)


def content_security_policy(hashes: tuple[str, ...]) -> str:
    """Return the policy of a page: nothing but our own origin, inline scripts by hash only.

    ``'unsafe-eval'`` is what Reflex 0.10 needs: it evaluates the text of every event the server sends
    (toast, redirect, set_clipboard…). Measured and argued in docs/decisions/0002-sessions-and-guard.md.
    """
    socket = settings().origin.replace("http", "ws", 1)
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-eval'" + "".join(f" {one}" for one in hashes),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {socket}",
            "frame-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _fixed_headers() -> dict[str, str]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), microphone=(), payment=(), usb=(), camera=(self)",
    }
    if settings().secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


class Armor:
    """ASGI middleware: closes doors, caps bodies, adds headers. Pages get their CSP by the file they come from."""

    def __init__(self, app: ASGIApp, *, folder: Callable[[], Path] = build_folder) -> None:
        self.app = app
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, started, body = scope["path"], False, _Body(receive)

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if body.too_large and not started:
                # Starlette answers the interruption with its own 500; the sender is told the reason instead.
                return
            if message["type"] == "http.response.start":
                started = True
                self._dress(MutableHeaders(scope=message), path, message["status"])
            await send(message)

        if any(path == door or path.startswith(door + "/") for door in CLOSED):
            await PlainTextResponse("Not Found", 404)(scope, receive, send_with_headers)
            return
        cap, takes_file = body_cap(path, scope["method"])
        declared = Headers(scope=scope).get("content-length")
        if takes_file and declared is None:
            await _refuse("缺少文件大小", 411)(scope, receive, send_with_headers)
            return
        if declared is not None and (not declared.isdigit() or int(declared) > cap):
            await _refuse(f"内容超过 {max(1, cap // 1_048_576)} MB", 413)(scope, receive, send_with_headers)
            return
        body.cap = cap
        try:
            await self.app(scope, body.receive, send_with_headers)
        except TooLarge:
            if started:
                raise
        if body.too_large and not started:
            body.too_large = False
            await _refuse("内容太大", 413)(scope, receive, send_with_headers)

    def _dress(self, headers: MutableHeaders, path: str, status: int) -> None:
        for name, value in _fixed_headers().items():
            headers.setdefault(name, value)
        kind = headers.get("content-type", "")
        if "content-security-policy" not in headers:
            # A 304 has no content type, yet its headers replace those of the page in the browser's cache.
            is_page = kind.startswith("text/html") or status == 304
            hashes = page_hashes(self._folder(), path) if is_page else ()
            headers["Content-Security-Policy"] = content_security_policy(hashes)
        if kind.startswith("text/html"):
            headers["Cache-Control"] = "no-cache"
        elif path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        elif path.startswith("/assets/"):
            # Named by their content: never asked for again.
            headers["Cache-Control"] = "public, max-age=31536000, immutable"


def body_cap(path: str, method: str) -> tuple[int, bool]:
    """Return how large this request's body may be, and whether its length must be declared."""
    current = settings()
    spec = ROUTES.get((path, method))
    if spec is not None and spec.takes_file:
        largest = max(
            current.upload_photo_bytes,
            current.upload_pdf_bytes,
            current.upload_sheet_bytes,
            current.upload_video_bytes,
        )
        return largest + MULTIPART_OVERHEAD_BYTES, True
    return current.body_bytes, False


def _refuse(sentence: str, status: int) -> JSONResponse:
    # The rest of a refused body is not read: the connection ends with the answer.
    return JSONResponse({"error": sentence}, status, {"Connection": "close"})


class _Body:
    """The request's body, counted while it is read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.cap = 0
        self.seen = 0
        self.too_large = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.seen += len(message.get("body", b""))
            if self.seen > self.cap:
                self.too_large = True
                raise TooLarge
        return message
