"""Real servers on this machine: a mail server and an HTTP gateway, each in a thread, that keep what they were given."""

from __future__ import annotations

import contextlib
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from loanhub.settings import settings


@dataclass
class Mailbox:
    """What the mail server took; ``refuse`` makes it answer a recipient with that code."""

    port: int = 0
    letters: list[str] = field(default_factory=list)
    refuse: str = ""
    drop_after_data: bool = False


@dataclass
class Gateway:
    """What the gateway was asked; ``answers`` are given in turn, the last one for ever."""

    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any] | None]] = field(default_factory=lambda: [(200, {"id": "G1"})])
    content: bytes = b""
    """What a GET gives once the answer in turn is 200."""
    once: dict[str, str] = field(default_factory=dict)
    """request_id → number: what the gateway really passed on to the phone."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"


@contextlib.contextmanager
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """Serve SMTP while the block runs."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test ESMTP")
            while line := self.rfile.readline().decode().strip():
                word = line.split(":")[0].upper()
                if word.startswith("EHLO"):
                    self.say("250 test")
                elif word.startswith("RCPT"):
                    self.say(box.refuse or "250 OK")
                elif word == "DATA":
                    self.say("354 go on")
                    text = b""
                    while (one := self.rfile.readline()) != b".\r\n":
                        text += one
                    box.letters.append(text.decode())
                    if box.drop_after_data:
                        return
                    self.say("250 OK queued as Q7")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 OK")

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler), monkeypatch) as port:
        box.port = port
        yield box


@contextlib.contextmanager
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """Serve an HTTP gateway while the block runs; it passes each request_id on once."""
    kept = Gateway()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, answer = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            if answer is None:
                self.close_connection = True
                return
            if status == 200:
                found = json.loads(body)
                kept.once.setdefault(str(found.get("request_id")), str(found.get("phone")))
            content = json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            status, _ = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(kept.content) if status == 200 else 0))
            self.end_headers()
            if status == 200:
                self.wfile.write(kept.content)

        def log_message(self, *_: object) -> None:
            pass

    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler), monkeypatch) as port:
        kept.port = port
        yield kept


@contextlib.contextmanager
def _serving(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    port = int(server.server_address[1])
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("LOANHUB_MESSAGE_PRIVATE_HOSTS", f"127.0.0.1:{port}")
    settings.cache_clear()
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        monkeypatch.delenv("LOANHUB_MESSAGE_PRIVATE_HOSTS")
        settings.cache_clear()
