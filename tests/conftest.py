"""Databases for the tests: every service and repository test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

os.environ.setdefault("REFLEX_USE_NPM", "1")


def fast_folder() -> Path:
    """Return where throw-away databases stand: in memory where there is room, for a disk takes seconds for each."""
    memory = Path("/dev/shm")
    try:
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 3 * 1024**3:
            return memory
    except OSError:
        pass
    return Path(tempfile.gettempdir())


def _clear_left_behind(folder: Path) -> None:
    """Remove what killed runs left in memory: folders named by a process that is no more."""
    for left in folder.glob("loanhub-*-of-*"):
        number = left.name.split("-")[-2]
        if (
            left.stat().st_uid in (os.geteuid(), 0)
            and number.isdigit()
            and not Path("/proc", number).exists()
        ):
            shutil.rmtree(left, ignore_errors=True)


FAST = fast_folder()
_clear_left_behind(FAST)
_HOME = Path(tempfile.mkdtemp(prefix=f"loanhub-test-of-{os.getpid()}-", dir=FAST))
os.environ["LOANHUB_DATA_DIR"] = str(_HOME)
os.environ.setdefault("LOANHUB_DEMO_MODE", "true")
os.environ.pop("LOANHUB_DATABASE_URL", None)

import loanhub.loanhub  # noqa: E402, F401 - before any test brings states of its own, which carry no marks
from loanhub.repositories import schema  # noqa: E402
from loanhub.services import _transaction  # noqa: E402
from tests import hashing  # noqa: E402
from tests.ports import free_port  # noqa: E402

hashing.make_cheap()

POSTGRES_BIN = next(
    (p for p in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin"))
     if (p / "initdb").exists()),
    None,
)  # fmt: skip


def pytest_unconfigure() -> None:
    """Give the room back."""
    shutil.rmtree(_HOME, ignore_errors=True)


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; then its own account runs it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL server; yields the URL of its superuser without a database name."""
    if POSTGRES_BIN is None:
        pytest.fail("PostgreSQL is not installed: the tests need initdb and pg_ctl (see README)")
    base = Path(tempfile.mkdtemp(prefix=f"loanhub-pg-of-{os.getpid()}-", dir=FAST))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(base, account.pw_uid, account.pw_gid)
    data, port = base / "data", free_port()
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(
        _as_postgres(str(POSTGRES_BIN / "initdb"), "-D", str(data), "-U", "lh", "-A", "trust", "-E", "UTF8",
                     "--locale=C.UTF-8", "-N"), **quiet)  # type: ignore[call-overload]  # fmt: skip
    options = (
        f"-p {port} -k {base} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 "
        "-c max_wal_size=256MB"
    )
    subprocess.run(
        _as_postgres(str(POSTGRES_BIN / "pg_ctl"), "-D", str(data), "-o", options, "-w", "-l",
                     str(base / "log"), "start"), **quiet)  # type: ignore[call-overload]  # fmt: skip
    try:
        yield f"postgresql+psycopg://lh@127.0.0.1:{port}"
    finally:
        subprocess.run(_as_postgres(str(POSTGRES_BIN / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"),
                       stdout=subprocess.DEVNULL, check=False)  # fmt: skip
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file that each test copies."""
    path = _HOME / "template.db"
    engine = _transaction.make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated PostgreSQL database that each test copies."""
    admin = sa.create_engine(f"{postgres_server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE lh_template")
    engine = _transaction.make_engine(f"{postgres_server}/lh_template")
    schema.upgrade(engine)
    engine.dispose()
    admin.dispose()
    return "lh_template"


_counter = iter(range(1, 1_000_000))
_handed_out: list[Engine] = []
"""Kept to the end, for the services remember what they read by ``id(engine)``: no two tests may share one."""


def _for_one_test(engine: Engine) -> Engine:
    """Return an engine of its own that shares the dialect and the compiled statements with all before it.

    An engine made anew compiles every statement again, which took a fifth of the time of the tests.
    """
    _handed_out.append(engine.execution_options())
    return _handed_out[-1]


class SqliteDatabase:
    """One engine for many tests, each with a copy of the migrated file for itself.

    The copies never share a name: SQLite removes a ``-wal`` by its name, so a connection somebody forgot to close
    would take the next test's away.
    """

    def __init__(self, template: Path) -> None:
        self._template = self._path = template
        self._engine = _transaction.make_engine(f"sqlite:///{template}")
        sa.event.listen(self._engine, "do_connect", self._lead_here)

    def _lead_here(self, _dialect: object, _record: object, arguments: list[str], _options: object) -> None:
        arguments[0] = str(self._path)

    def take(self) -> Engine:
        """Return an engine on the migrated, otherwise empty database."""
        self._path = _HOME / f"test-{next(_counter)}.db"
        shutil.copyfile(self._template, self._path)
        engine = _for_one_test(self._engine)
        engine.url = engine.url.set(database=str(self._path))
        return engine

    def give_back(self) -> None:
        """Throw the file away."""
        self._engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def sqlite_place(sqlite_template: Path) -> SqliteDatabase:
    """Where the tests of this process find their SQLite file."""
    return SqliteDatabase(sqlite_template)


@pytest.fixture
def sqlite_engine(sqlite_place: SqliteDatabase) -> Iterator[Engine]:
    """A fresh migrated SQLite database."""
    engine = sqlite_place.take()
    yield engine
    sqlite_place.give_back()


class PostgresDatabase:
    """One migrated database for many tests: what a test wrote is taken away after it.

    Making a database anew takes a quarter of a second, emptying one a tenth of that. A test that changed more than
    rows (tables, triggers) gets its database thrown away.
    """

    def __init__(self, server: str, template: str) -> None:
        self._template, self._name = template, f"lh_{os.getpid()}"
        self._made = False
        self._engine = _transaction.make_engine(f"{server}/{self._name}")
        self._own = sa.create_engine(f"{server}/{self._name}", isolation_level="AUTOCOMMIT")
        self._admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")

    def take(self) -> Engine:
        """Return an engine on the migrated, otherwise empty database."""
        if not self._made:
            self._make()
        return _for_one_test(self._engine)

    def give_back(self) -> None:
        """Empty the database for the next test, or throw it away."""
        if self._engine.pool.checkedout():  # type: ignore[attr-defined]
            self._engine.dispose()
        if not self._clear():
            self.drop()

    def drop(self) -> None:
        """Throw the database away."""
        self._engine.dispose()
        self._own.dispose()
        if self._made:
            with self._admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._made = False

    def _make(self) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {self._name} TEMPLATE {self._template}")
        self._made = True
        with self._own.connect() as connection:
            tables = connection.exec_driver_sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).scalars().all()  # fmt: skip
            arms = ", ".join(f"CASE WHEN EXISTS (SELECT FROM \"{one}\") THEN '{one}' END" for one in tables)
            self._filled = f"SELECT unnest(array_remove(ARRAY[{arms}], NULL))"
            self._kept = set(connection.exec_driver_sql(self._filled).scalars())
            connection.exec_driver_sql("CREATE SCHEMA pristine")
            for one in self._kept:
                connection.exec_driver_sql(f'CREATE TABLE pristine."{one}" AS SELECT * FROM public."{one}"')
            self._numbers = dict(connection.exec_driver_sql(_SEQUENCES).all())  # type: ignore[arg-type]
            self._shape = connection.exec_driver_sql(_SHAPE).one()

    def _clear(self) -> bool:
        with self._own.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            if connection.exec_driver_sql(_SHAPE).one() != self._shape:
                return False
            filled = set(connection.exec_driver_sql(self._filled).scalars())
            work = ["SET session_replication_role = replica", *(f'DELETE FROM public."{t}"' for t in filled)]
            work += [f'INSERT INTO public."{one}" SELECT * FROM pristine."{one}"' for one in self._kept]
            for name, last in connection.exec_driver_sql(_SEQUENCES).all():
                known = self._numbers.get(name)
                if last != known:
                    work.append(f"SELECT setval('{name}', {known or 1}, {'true' if known else 'false'})")
            connection.exec_driver_sql("; ".join([*work, "SET session_replication_role = DEFAULT"]))
            if filled:
                # Without it new rows would fill the gaps of old ones, and what is read unsorted come in another order.
                names = ", ".join(f'"{one}"' for one in sorted(filled))
                connection.exec_driver_sql(f"VACUUM (TRUNCATE) {names}")
        return True


_SEQUENCES = "SELECT format('%%I.%%I', schemaname, sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
_SHAPE = (
    "SELECT (SELECT sum(oid::bigint + relnatts) FROM pg_class WHERE relnamespace IN ('public'::regnamespace)), "
    "(SELECT sum(oid::bigint * ascii(tgenabled)) FROM pg_trigger), (SELECT sum(oid::bigint) FROM pg_constraint), "
    "(SELECT sum(oid::bigint + length(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
)
"""What differs after tables, columns, triggers, constraints or functions were changed."""


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, postgres_template: str) -> Iterator[PostgresDatabase]:
    """The database the tests of this process take turns with."""
    database = PostgresDatabase(postgres_server, postgres_template)
    yield database
    database.drop()


@pytest.fixture
def postgres_engine(postgres_database: PostgresDatabase) -> Iterator[Engine]:
    """A migrated PostgreSQL database holding nothing but what the migrations wrote."""
    engine = postgres_database.take()
    yield engine
    postgres_database.give_back()


@pytest.fixture(params=["sqlite", "postgresql"])
def db_engine(request: pytest.FixtureRequest) -> Engine:
    """The same test on both databases."""
    return request.getfixturevalue("sqlite_engine" if request.param == "sqlite" else "postgres_engine")


@pytest.fixture
def database(db_engine: Engine) -> Iterator[Engine]:
    """Point the services at a fresh database of each kind."""
    _transaction.configure(db_engine)
    yield db_engine
    _transaction.configure(None)


@pytest.fixture
def sqlite_database(sqlite_engine: Engine) -> Iterator[Engine]:
    """Point the services at a fresh SQLite database, for tests where the engine makes no difference."""
    _transaction.configure(sqlite_engine)
    yield sqlite_engine
    _transaction.configure(None)
