from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import tink
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.models import SQLModel, User, encryption
from loanhub.models.encryption import KeyRing, KeysUnreadable, blind_index, blind_index_tail, decrypt, encrypt
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings
from tests.people import make_company


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LOANHUB_KEYS_DIR", str(tmp_path / "keys"))
    settings.cache_clear()
    yield tmp_path / "keys"
    monkeypatch.undo()
    settings.cache_clear()
    encryption.forget_keys()


class TestEncrypt:
    @given(st.text(max_size=200))
    def test_reads_back_what_was_written_and_shows_nothing_of_it(self, text: str) -> None:
        sealed = encrypt(text, place="customer.phone")

        assert decrypt(sealed, place="customer.phone") == text
        assert len(text) < 4 or text not in sealed

    def test_gives_another_ciphertext_each_time(self) -> None:
        assert encrypt("13800138000", place="a.b") != encrypt("13800138000", place="a.b")

    def test_cannot_be_read_in_another_column_or_altered(self) -> None:
        sealed = encrypt("13800138000", place="customer.phone")

        for stored, place in (
            (sealed, "lead.phone"),
            (sealed[:-6] + "AAAA==", "customer.phone"),
            ("plain", "a.b"),
        ):
            with pytest.raises(KeysUnreadable) as refused:
                decrypt(stored, place=place)
            assert sealed not in str(refused.value)


class TestBlindIndex:
    def test_is_the_same_for_the_same_value_and_kind_only(self) -> None:
        one = blind_index("phone", "13800138000")

        assert one == blind_index("phone", "13800138000") and len(one) == 32
        assert one not in (blind_index("id_number", "13800138000"), blind_index("phone", "13800138001"))

    def test_finds_by_the_last_four(self) -> None:
        assert blind_index_tail("id_number", "11010519491231002x") == blind_index_tail("id_number", "002X")
        assert blind_index_tail("phone", "8000") != blind_index("phone", "8000")


class TestKeyRing:
    def test_is_made_at_first_use_for_the_owner_only(self, own_keys: Path) -> None:
        assert not own_keys.exists()

        encrypt("x", place="a.b")
        blind_index("phone", "1")

        assert {p.name for p in own_keys.iterdir()} == {"columns.json", "index.json"}
        assert all(p.stat().st_mode & 0o077 == 0 for p in [own_keys, *own_keys.iterdir()])

    def test_is_the_same_for_workers_that_start_together(self, tmp_path: Path) -> None:
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(KeyRing(tmp_path / "k").primary_id("columns")))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(found) == 8 and len(set(found)) == 1

    def test_does_not_rotate_the_index(self, own_keys: Path) -> None:
        with pytest.raises(ValueError):
            encryption.keys().add_primary("index")


class TestRotation:
    def test_writes_every_row_again_so_that_the_old_key_can_go(
        self, sqlite_database: Engine, own_keys: Path
    ) -> None:
        company = make_company()
        with transaction() as db:
            for user in db.execute(sa.select(User)).scalars():
                user.phone = f"138{user.id:08d}"
        before = encryption.keys().primary_id("columns")
        encryption.keys().add_primary("columns")
        assert encryption.keys().primary_id("columns") != before

        table = SQLModel.metadata.tables["app_user"]
        done, batches = 0, 0
        while True:
            with transaction() as db:
                last = encryption.rotate_column(db, table, table.c.phone, after=done, rows=3)
            if not last:
                break
            done, batches = last, batches + 1
        encryption.keys().drop_old("columns")
        encryption.forget_keys()

        with reading() as db:
            phones = {user.id: user.phone for user in db.execute(sa.select(User)).scalars()}
            assert encryption.check_stored_data(db, SQLModel.metadata.sorted_tables) == []
        assert phones == {i: f"138{i:08d}" for i in company.users.values()} and batches == 4

    def test_check_names_the_column_whose_key_is_gone(self, sqlite_database: Engine, own_keys: Path) -> None:
        make_company()
        with transaction() as db:
            db.execute(sa.update(User).values(phone="13800138000"))
        (own_keys / "columns.json").unlink()
        encryption.forget_keys()

        with reading() as db:
            assert encryption.check_stored_data(db, SQLModel.metadata.sorted_tables) == ["app_user.phone"]


class TestEncryptedText:
    def test_leaves_no_plain_text_in_the_database_file(self, sqlite_database: Engine) -> None:
        make_company()
        with transaction() as db:
            db.execute(sa.update(User).values(phone="13912345678"))
        with sqlite_database.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

        path = Path(str(sqlite_database.url.database))
        assert b"13912345678" not in path.read_bytes()
        with reading() as db:
            assert set(db.execute(sa.select(col(User.phone))).scalars()) == {"13912345678"}


class TestFileStreams:
    def test_carry_large_files_and_refuse_altered_ones(self, tmp_path: Path) -> None:
        content, path = b"contract" * 400_000, tmp_path / "x"
        with encryption.encrypting_writer(path.open("wb"), name="x") as writer:
            writer.write(content)

        with encryption.decrypting_reader(path.open("rb"), name="x") as reader:
            assert reader.read() == content
        damaged = bytearray(path.read_bytes())
        damaged[2_000_000] ^= 1
        with (
            pytest.raises((tink.TinkError, OSError)),
            encryption.decrypting_reader(io.BytesIO(bytes(damaged)), name="x") as reader,
        ):
            reader.read()
