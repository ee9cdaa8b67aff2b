"""Personal data at rest: encrypted columns, blind indexes to look them up, encrypted files, key rotation.

Key sets lie outside the database, one file each (0600) in the key folder, made at first use:
``columns.json`` (AEAD of columns), ``index.json`` (PRF of blind indexes, never rotated in place),
``files.json`` (streaming AEAD of files). Nothing is read or created at import.
Why the associated data is ``table|column`` and not the row: docs/decisions/0002-sessions-and-guard.md.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import tink
from sqlalchemy import Column, Table, Text, select, type_coerce, update
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator
from tink import aead, prf, secret_key_access, streaming_aead

from loanhub.settings import settings

PREFIX = "lh1:"
"""Begins every stored ciphertext, so that a value written past the type is seen at once."""
INDEX_BYTES = 16
ROTATION_ROWS = 500

for _module in (aead, prf, streaming_aead):
    _module.register()

TEMPLATES = {
    "columns": aead.aead_key_templates.AES256_GCM,
    "index": prf.prf_key_templates.HMAC_SHA256,
    "files": streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB,
}


class KeysUnreadable(RuntimeError):
    """A key file is damaged, or lacks the key some stored value was written with."""


@dataclass(frozen=True)
class KeyRing:
    """The key sets of one installation, read lazily from ``folder``; made there when missing."""

    folder: Path

    @cached_property
    def columns(self) -> aead.Aead:
        """Return the cipher of encrypted columns."""
        return self._handle("columns").primitive(aead.Aead)

    @cached_property
    def index(self) -> prf.Prf:
        """Return the keyed function of blind indexes."""
        return self._handle("index").primitive(prf.PrfSet).primary()

    @cached_property
    def files(self) -> streaming_aead.StreamingAead:
        """Return the cipher of files (1 MB segments, so a file need not fit in memory)."""
        return self._handle("files").primitive(streaming_aead.StreamingAead)

    def primary_id(self, name: str) -> int:
        """Return the id of the key that new values of this key set are written with."""
        return int(self._handle(name).keyset_info().primary_key_id)

    def add_primary(self, name: str) -> None:
        """Add a key to ``columns`` or ``files`` and write new values with it; the old ones stay readable.

        Raises:
            ValueError: for ``index``, whose values cannot be recognized after a change of key.
        """
        if name == "index":
            raise ValueError("the index key set is not rotated: every blind index would have to be rebuilt")
        old = _to_proto(self._handle(name))
        new = _to_proto(tink.new_keyset_handle(TEMPLATES[name]))
        old.key.extend(new.key)
        old.primary_key_id = new.primary_key_id
        self._write(name, tink.proto_keyset_format.parse(old.SerializeToString(), secret_key_access.TOKEN))
        self._forget(name)

    def drop_old(self, name: str) -> int:
        """Delete every key but the primary one and return how many; only after :func:`rotate_column` is done."""
        keyset = _to_proto(self._handle(name))
        kept = [key for key in keyset.key if key.key_id == keyset.primary_key_id]
        dropped = len(keyset.key) - len(kept)
        del keyset.key[:]
        keyset.key.extend(kept)
        self._write(name, tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN))
        self._forget(name)
        return dropped

    def _handle(self, name: str) -> tink.KeysetHandle:
        path = self.folder / f"{name}.json"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(name, tink.new_keyset_handle(TEMPLATES[name]), exclusive=True)
        try:
            return tink.json_proto_keyset_format.parse(path.read_text(), secret_key_access.TOKEN)
        except tink.TinkError as error:
            raise KeysUnreadable(f"key file {path} cannot be read") from error

    def _write(self, name: str, handle: tink.KeysetHandle, *, exclusive: bool = False) -> None:
        path = self.folder / f"{name}.json"
        text = tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
        new = path.with_suffix(f".{secrets.token_hex(6)}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            if exclusive:
                # Two workers may start at once: the first one's keys win, the other reads them.
                os.link(new, path)
            else:
                os.replace(new, path)
        except FileExistsError:
            pass
        finally:
            new.unlink(missing_ok=True)

    def _forget(self, name: str) -> None:
        self.__dict__.pop(name, None)


def _to_proto(handle: tink.KeysetHandle) -> Any:
    from tink.proto import tink_pb2

    return tink_pb2.Keyset.FromString(tink.proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


_rings: dict[tuple[Path | None, Path], KeyRing] = {}


def keys() -> KeyRing:
    """Return the key ring of the key folder in force (``LOANHUB_KEYS_DIR``, default <data_dir>/keys)."""
    current = settings()
    place = (current.keys_dir, current.data_dir)
    ring = _rings.get(place)
    return ring if ring is not None else _rings.setdefault(place, KeyRing(current.keys))


def forget_keys() -> None:
    """Drop the key sets held in memory, so that the next use reads the files again (after a rotation, in tests)."""
    _rings.clear()


def encrypt(text: str, *, place: str) -> str:
    """Return the ciphertext of ``text`` for a place ``<table>.<column>``; only that place can read it back."""
    sealed = keys().columns.encrypt(text.encode(), _associated(place))
    return PREFIX + base64.b64encode(sealed).decode("ascii")


def decrypt(stored: str, *, place: str) -> str:
    """Return the text of a ciphertext made for the same place.

    Raises:
        KeysUnreadable: the value was altered, moved here from another column, or its key is missing.
    """
    try:
        sealed = base64.b64decode(stored.removeprefix(PREFIX), validate=True)
        return str(keys().columns.decrypt(sealed, _associated(place)), "utf-8")
    except (tink.TinkError, ValueError) as error:
        # Never the value: this sentence reaches the log.
        raise KeysUnreadable(f"a value of {place} cannot be read") from error


def _associated(place: str) -> bytes:
    table, _, column = place.partition(".")
    return f"{table}|{column}".encode()


class EncryptedText(TypeDecorator[str]):
    """A text column whose value is encrypted in the database: ``EncryptedText("customer.phone")``.

    Equal texts give different ciphertexts: never compare, sort or group by the column; look a value up
    through a :func:`blind_index` column beside it.
    """

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        return None if value is None else encrypt(value, place=self.place)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else decrypt(value, place=self.place)


def blind_index(kind: str, normalized: str) -> str:
    """Return the searchable fingerprint (32 hex digits) of a normalized value, such as ``phone`` or ``id_number``.

    The same value of the same kind always gives the same fingerprint on this installation; without the
    key nobody can compute or reverse it.
    """
    return bytes(keys().index.compute(f"{kind}|{normalized}".encode(), INDEX_BYTES)).hex()


def blind_index_tail(kind: str, normalized: str, characters: int = 4) -> str:
    """Return the fingerprint of the last ``characters`` characters, for a search by the last four digits."""
    return blind_index(f"{kind}.tail{characters}", normalized[-characters:].upper())


def encrypting_writer(target: IO[bytes], *, name: str) -> Any:
    """Return a file-like writer that encrypts into ``target``; closing it seals the file and closes ``target``."""
    return keys().files.new_encrypting_stream(target, f"file|{name}".encode())


def decrypting_reader(source: IO[bytes], *, name: str) -> Any:
    """Return a file-like reader of a file written under the same name."""
    return keys().files.new_decrypting_stream(source, f"file|{name}".encode())


def encrypted_columns(tables: Any) -> Iterator[tuple[Table, Column[Any]]]:
    """Yield every encrypted column of the given tables (``SQLModel.metadata.sorted_tables``)."""
    for table in tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText):
                yield table, column


def check_stored_data(db: Session, tables: Any) -> list[str]:
    """Return the places (``table.column``) whose newest value the present keys cannot read."""
    unreadable = []
    for table, column in encrypted_columns(tables):
        key = next(iter(table.primary_key.columns))
        newest = select(column).where(column.is_not(None)).order_by(key.desc()).limit(1)
        try:
            db.execute(newest).first()
        except KeysUnreadable:
            unreadable.append(f"{table.name}.{column.name}")
    return unreadable


def rotate_column(
    db: Session, table: Table, column: Column[Any], *, after: int = 0, rows: int = ROTATION_ROWS
) -> int:
    """Write one batch again with the primary key; return the last id done, or 0 when none was left.

    Resumable: call again with the returned id, one transaction a batch. The row's version is left alone,
    because what it says did not change.
    """
    key = next(iter(table.primary_key.columns))
    place, raw = f"{table.name}.{column.name}", type_coerce(column, Text)
    batch = db.execute(select(key, raw).where(key > after).order_by(key).limit(rows)).all()
    for row_id, sealed in batch:
        if sealed is not None:
            # Compared with what was read, so that an edit made meanwhile is not undone.
            same = update(table).where(key == row_id, raw == sealed)
            db.execute(
                same.values({column: type_coerce(encrypt(decrypt(sealed, place=place), place=place), Text)})
            )
    return int(batch[-1][0]) if batch else 0
