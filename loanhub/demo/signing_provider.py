"""A made-up third party that collects signatures 模拟电子签平台: real HTTP, real signatures, a certificate for tests.

It speaks the protocol of docs/operations.md from the other side: for tests, and for a person who tries the third-party
way in a demo. It keeps everything in memory and forgets it when it stops.
"""

from __future__ import annotations

import base64
import hashlib
import html
import http.server
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from loanhub.documents import sign_seal
from loanhub.domain.webhooks import is_signed
from loanhub.services.signing.providers.http import signed_headers

LARGEST_BODY = 64 * 1024 * 1024
NAME = "模拟电子签平台（仅供测试）"


@dataclass
class Task:
    """A round as the platform has it."""

    key: str
    reference: str
    callback: str
    pdf: bytes
    signers: list[dict[str, Any]]
    status: str = "open"
    signed: bytes = b""


@dataclass
class Platform:
    """The platform's memory; ``identity`` is what it signs with. The switches below make it misbehave for tests."""

    secret: str
    address: str = ""
    identity: sign_seal.Identity | None = None
    calls_back: bool = True
    down: bool = False
    wrong_file: bytes = b""
    asked: list[str] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def answer(self, action: str, data: dict[str, Any]) -> bytes:
        """Return the answer to a signed message; raise KeyError for a round it does not have."""
        with self.lock:
            self.asked.append(action)
            if action == "start":
                task = self.tasks.get(data["key"]) or self._begin(data)
            elif action == "cancel":
                found = self.tasks.get(data["key"])
                if found is not None and found.status == "open":
                    found.status = "cancelled"
                return b'{"status": "cancelled"}'
            else:
                task = self.tasks[data["key"]]
            if action == "file":
                if task.status != "signed":
                    raise KeyError(task.key)
                return self.wrong_file or task.signed
            return json.dumps(self._state(task), ensure_ascii=False).encode()

    def _begin(self, data: dict[str, Any]) -> Task:
        pdf = base64.b64decode(data["pdf"])
        if hashlib.sha256(pdf).hexdigest() != data["sha256"]:
            raise ValueError("sha256")
        signers = [
            {**one, "status": "waiting", "token": secrets.token_urlsafe(18)} for one in data["signers"]
        ]
        task = Task(data["key"], f"SIM-{secrets.token_hex(6).upper()}", data["callback"], pdf, signers)
        self.tasks[task.key] = task
        return task

    def _state(self, task: Task) -> dict[str, Any]:
        shown = [
            {
                "place": one["place"], "status": one["status"], "at": one.get("at"), "reason": one.get("reason", ""),
                "link": f"{self.address}/sign/{one['token']}" if one["status"] in ("waiting", "opened") else "",
                "evidence": one.get("evidence", {}),
            }
            for one in task.signers
        ]  # fmt: skip
        return {"reference": task.reference, "status": task.status, "signers": shown}

    def find(self, token: str) -> tuple[Task, dict[str, Any]] | None:
        """Return round and signer of a link, or None."""
        return next(
            ((task, one) for task in self.tasks.values() for one in task.signers if one["token"] == token),
            None,
        )

    def decide(self, token: str, *, agrees: bool, ip: str = "") -> bool:
        """Let the signer of a link sign or refuse; return whether it still could. Tells the other side when done."""
        with self.lock:
            found = self.find(token)
            if found is None or found[0].status != "open" or found[1]["status"] not in ("waiting", "opened"):
                return False
            task, signer = found
            signer["at"] = datetime.now(UTC).isoformat(timespec="seconds")
            if agrees:
                signer["status"], signer["evidence"] = (
                    "signed",
                    {"身份核对": "模拟平台，未核身", "网络地址": ip or "未知"},
                )
            else:
                signer["status"], signer["reason"], task.status = "refused", "在模拟平台上点了拒签", "refused"
            if all(one["status"] == "signed" for one in task.signers):
                task.signed, task.status = self.sign(task.pdf), "signed"
        if self.calls_back:
            threading.Thread(target=self.call_back, args=(task,), daemon=True).start()
        return True

    def sign(self, pdf: bytes) -> bytes:
        """Return a PDF with the platform's signature; its certificate is made on first use."""
        now = datetime.now(UTC)
        if self.identity is None:
            self.identity = sign_seal.make_leaf(sign_seal.make_authority(NAME, now=now), NAME, NAME, now=now)
        maker = sign_seal.KeyInMemory(self.identity)
        return sign_seal.seal(pdf, maker, stamper=None, reason="合同签署", place="", signer_name=NAME)

    def call_back(self, task: Task) -> None:
        """Tell the other side that a round went on; tried three times."""
        body = json.dumps({"key": task.key, "status": task.status}).encode()
        for pause in (0, 2, 5):
            time.sleep(pause)
            try:
                headers = {"Content-Type": "application/json", **signed_headers(self.secret, body)}
                if httpx.post(task.callback, content=body, headers=headers, timeout=10).status_code < 500:
                    return
            except httpx.HTTPError:
                continue


def serve(platform: Platform, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of the platform on this machine; ``port`` 0 takes a free one. The caller runs and closes it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            if platform.down or not 0 <= size <= LARGEST_BODY:
                self._say(503, b"", "text/plain")
                return
            body, place = self.rfile.read(size), self.path.strip("/")
            if place.startswith("sign/"):
                agrees = b"refuse" not in body
                good = platform.decide(place.removeprefix("sign/"), agrees=agrees, ip=self.client_address[0])
                self._page("已签署" if good and agrees else "已拒签" if good else "这个链接已失效")
                return
            good = is_signed(
                [platform.secret], message_id=self.headers.get("webhook-id", ""),
                timestamp=self.headers.get("webhook-timestamp", ""), signatures=self.headers.get("webhook-signature", ""),
                body=body, now_seconds=int(time.time()),
            )  # fmt: skip
            data = json.loads(body) if good else {}
            if not good or data.get("action") != place:
                self._say(401, b'{"error": "signature"}')
                return
            try:
                answer = platform.answer(place, data)
            except (KeyError, ValueError):
                self._say(404, b'{"error": "unknown"}')
                return
            self._say(200, answer, "application/pdf" if place == "file" else "application/json")

        def do_GET(self) -> None:
            found = platform.find(self.path.removeprefix("/sign/"))
            if found is None:
                self._page("没有这个链接", status=404)
                return
            task, signer = found
            with platform.lock:
                if signer["status"] == "waiting":
                    signer["status"] = "opened"
            buttons = (
                '<button name="do" value="sign">签署</button> <button name="do" value="refuse">拒签</button>'
            )
            self._page(
                f"{signer['name']}，请签署 {task.key}",
                f'<form method="post">{buttons}</form>' if task.status == "open" else "",
            )

        def _page(self, title: str, more: str = "", status: int = 200) -> None:
            head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            text = f'<!doctype html><html lang="zh-CN">{head}<title>{NAME}</title><h1>{html.escape(title)}</h1><p>{NAME}</p>{more}'
            self._say(status, text.encode(), "text/html; charset=utf-8")

        def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
            """Say nothing: the caller's terminal belongs to the caller."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    platform.address = f"http://127.0.0.1:{server.server_address[1]}"
    return server
