"""Stored files: encrypted, addressed by content, outside the web root 文件存储.

A file lies under a keyed fingerprint of its SHA-256, so the folder tells nobody which known file is in it.
The same bytes are stored once; rows in ``document`` point at them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from loanhub.models.encryption import blind_index, decrypting_reader, encrypting_writer
from loanhub.settings import settings

CHUNK_BYTES = 262_144
IN_USE_SECONDS = 3600


@dataclass(frozen=True)
class StoredFile:
    """What is known of a stored file: its hash (hex) and its size before encryption."""

    sha256: str
    size_bytes: int


def put(source: IO[bytes]) -> StoredFile:
    """Encrypt everything left in ``source`` into the store; a file already there is kept as it is."""
    digest, size = hashlib.sha256(), 0
    place = source.tell()
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    stored = StoredFile(digest.hexdigest(), size)
    source.seek(place)
    _encrypt(source, stored.sha256)
    return stored


class Scratch:
    """A file being made, of any length: what is written to it lies encrypted in a file without a name.

    So a process that dies in the middle leaves nothing behind, and nothing of it was ever readable on the disk.
    """

    def __init__(self) -> None:
        folder = settings().files
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._name, self._digest, self._size = f"scratch-{secrets.token_hex(16)}", hashlib.sha256(), 0
        self._again = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._writer = encrypting_writer(os.fdopen(os.dup(self._again.fileno()), "wb"), name=self._name)

    def write(self, content: bytes) -> int:
        """Append ``content``."""
        self._digest.update(content)
        self._size += len(content)
        self._writer.write(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing; a writer of archives asks for it."""

    def keep(self) -> StoredFile:
        """End the file and put it into the store; nothing can be written after it."""
        self._writer.close()
        stored = StoredFile(self._digest.hexdigest(), self._size)
        self._again.seek(0)
        with decrypting_reader(self._again, name=self._name) as reader:
            _encrypt(reader, stored.sha256)
        return stored

    def close(self) -> None:
        """Give the room back; a file that was kept stays."""
        with contextlib.suppress(OSError, ValueError):
            self._writer.close()
        self._again.close()


def _encrypt(source: IO[bytes], sha256: str) -> None:
    """Write everything left in ``source`` to its place in the store; a file already there is kept as it is."""
    path = _path(sha256)
    if path.exists():
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        target = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with encrypting_writer(target, name=path.name) as writer:
            while chunk := source.read(CHUNK_BYTES):
                writer.write(chunk)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read(sha256: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a stored file in order, or ``length`` of them from ``start``; each piece has been authenticated.

    What lies before ``start`` is decrypted and dropped: the stream proves its pieces in order only.

    Raises:
        FileNotFoundError: no such file in the store.
    """
    path, left = _path(sha256), length
    with path.open("rb") as source, decrypting_reader(source, name=path.name) as reader:
        while start and (chunk := reader.read(min(CHUNK_BYTES, start))):
            start -= len(chunk)
        while left is None or left > 0:
            chunk = reader.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk


def read_all(sha256: str) -> bytes:
    """Return the whole stored file; for small ones that must be in memory anyway (an import, a merge)."""
    with contextlib.closing(read(sha256)) as pieces:  # type: ignore[type-var]
        return b"".join(pieces)


def exists(sha256: str) -> bool:
    """Return whether the store has this content."""
    return _path(sha256).exists()


def in_use(sha256: str) -> bool:
    """Return whether somebody handed this content in within the last hour: a row that names it may not be written yet."""
    with contextlib.suppress(FileNotFoundError):
        return time.time() - _path(sha256).stat().st_mtime < IN_USE_SECONDS
    return False


def delete(sha256: str) -> None:
    """Destroy a stored file; the caller knows that nothing names it any more."""
    _path(sha256).unlink(missing_ok=True)


def _path(sha256: str) -> Path:
    name = blind_index("file", sha256)
    return settings().files / name[:2] / name
