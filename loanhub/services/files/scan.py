"""The virus scanner 病毒扫描: ClamAV's daemon, asked over its socket when the installation names one."""

from __future__ import annotations

import contextlib
import io
import socket
import struct
from typing import IO

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict
from loanhub.services.files.types import WrongFile
from loanhub.settings import settings

CHUNK_BYTES = 65_536
TIMEOUT_SECONDS = 30


class ScanState(Choice):
    """What the scanner said of a file; stored in ``Document.scan``."""

    NOT_CONFIGURED = "", "未配置病毒扫描"
    CLEAN = "clean", "已扫描，未发现病毒"


class ScannerAway(Conflict):
    """A scanner is set up and does not answer: nothing comes in unseen."""

    def __init__(self) -> None:
        super().__init__("病毒扫描暂时不可用，文件没有保存，请稍后再传或联系管理员")


def scan(source: IO[bytes]) -> ScanState:
    """Have the whole of ``source`` looked at and leave it at its beginning.

    Raises:
        WrongFile: the scanner found something.
        ScannerAway: a scanner is set up and cannot be asked.
    """
    address = settings().clamd_address
    if not address:
        return ScanState.NOT_CONFIGURED
    source.seek(0)
    try:
        answer = _ask(address, source)
    except OSError as error:
        raise ScannerAway from error
    finally:
        source.seek(0)
    if answer.endswith("OK"):
        return ScanState.CLEAN
    if answer.endswith("FOUND"):
        raise WrongFile("病毒扫描没有通过，这个文件不能上传")
    raise ScannerAway


def _ask(address: str, source: IO[bytes]) -> str:
    """Speak INSTREAM: length and bytes of each piece, a zero length at the end."""
    with contextlib.closing(_connect(address)) as line:
        line.settimeout(TIMEOUT_SECONDS)
        line.sendall(b"zINSTREAM\0")
        while chunk := source.read(CHUNK_BYTES):
            line.sendall(struct.pack("!I", len(chunk)) + chunk)
        line.sendall(struct.pack("!I", 0))
        answer = io.BytesIO()
        while len(answer.getvalue()) < 4096 and (part := line.recv(1024)):
            answer.write(part)
    return answer.getvalue().rstrip(b"\0\r\n ").decode("utf-8", "replace")


def _connect(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in address:
        return socket.create_connection((host, int(port)), timeout=5)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(5)
    line.connect(address)
    return line
