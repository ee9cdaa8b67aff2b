"""Settings: read once from the environment (``LOANHUB_…``) and from ``var/loanhub.env``; units in the names."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1024 * 1024
SOCKET_MESSAGE_BYTES = 262_144


class Settings(BaseSettings):
    """Everything an installation may set; each name is an environment variable with the prefix ``LOANHUB_``."""

    model_config = SettingsConfigDict(
        env_prefix="LOANHUB_",
        env_file="var/loanhub.env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
    )

    # Where it runs
    company_name: str = "澄江普惠"
    public_origin: str = ""
    """Scheme, host and port people type, without a slash; empty means http://localhost:<port>."""
    port: int = Field(default=8080, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    trusted_proxy_hops: int = Field(default=0, ge=0, le=5)
    demo_mode: bool = False
    """Offer the demo accounts on the login page and let the demo company be built."""
    demo_customers: int = Field(default=300, ge=60, le=20_000)
    demo_months: int = Field(default=24, ge=3, le=60)
    """Size of the demo company that the first start in demo mode builds."""
    development: bool = False
    """Skip the start-up refusals; never for real data."""

    # What it stores
    data_dir: Path = Path("var")
    keys_dir: Path | None = None
    """Folder of the key sets; keep it out of the database's backups. Default: <data_dir>/keys."""
    database_url: str = ""
    """SQLAlchemy URL; default sqlite:///<data_dir>/loanhub.db."""
    redis_url: str = ""

    # Sessions and passwords
    session_idle_minutes: int = Field(default=720, ge=1)
    session_idle_strict_minutes: int = Field(default=30, ge=1)
    """Idle limit of finance and both administrators."""
    session_absolute_hours: int = Field(default=24, ge=1)
    session_cache_seconds: float = Field(default=5.0, ge=0, le=5)
    """How long a session may be believed without asking the database (a revocation works within it)."""
    ticket_seconds: int = Field(default=30, ge=5, le=300)
    password_minimum_length: int = Field(default=10, ge=10)
    login_failures: int = Field(default=5, ge=1)
    login_window_minutes: int = Field(default=15, ge=1)
    login_delay_maximum_seconds: int = Field(default=900, ge=1)

    # Limits
    upload_photo_bytes: int = 10 * MEGABYTE
    upload_pdf_bytes: int = 20 * MEGABYTE
    upload_sheet_bytes: int = 20 * MEGABYTE
    upload_video_bytes: int = 60 * MEGABYTE
    upload_user_day_bytes: int = 2048 * MEGABYTE
    image_pixels: int = 40_000_000
    clamd_address: str = ""
    """Socket path or host:port of ClamAV's daemon; empty: uploads are not scanned for viruses."""
    body_bytes: int = 65_536
    """Cap of every request body that is not a file."""
    events_per_minute: int = 120
    events_burst: int = 40
    searches_per_minute: int = 30
    reveals_per_day: int = 30
    exports_per_day: int = 10
    login_posts_per_minute: int = 30
    """Login requests accepted from one address in a minute, whatever the accounts."""

    message_private_hosts: str = ""
    """``host:port`` of mail servers and gateways in one's own network that messages may go to, parted by commas."""

    log_level: str = "INFO"

    @field_validator("public_origin")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def origin(self) -> str:
        """Return the public origin, for example ``https://loan.example.lan``."""
        return self.public_origin or f"http://localhost:{self.port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins the browser may name; a local trial answers to localhost and 127.0.0.1 alike."""
        if self.public_origin:
            return (self.public_origin,)
        return (f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}")

    @property
    def secure(self) -> bool:
        """Return whether people reach the installation over https."""
        return self.origin.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """Return the session cookie's name; the ``__Host-`` prefix needs https."""
        return "__Host-lh_sid" if self.secure else "lh_sid"

    @property
    def database(self) -> str:
        """Return the SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'loanhub.db'}"

    @property
    def keys(self) -> Path:
        """Return the folder of the key sets."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def files(self) -> Path:
        """Return the folder of the uploaded and generated files (encrypted)."""
        return self.data_dir / "files"


@cache
def settings() -> Settings:
    """Return the settings, read once; ``settings.cache_clear()`` after changing the environment in a test."""
    return Settings()


def prepare_folders(current: Settings) -> None:
    """Create the data, key and file folders, readable by this account only (0700)."""
    for folder in (current.data_dir, current.keys, current.files):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)


@dataclass(frozen=True)
class Refusal:
    """A reason not to start: what is wrong and what to do, in Chinese and English."""

    chinese: str
    english: str

    def __str__(self) -> str:
        return f"{self.chinese}\n  {self.english}"


class StartRefused(SystemExit):
    """The installation is not safe to start; the message lists every reason."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        lines = "\n".join(f"- {refusal}" for refusal in self.refusals)
        super().__init__(f"贷通未启动，请先处理以下问题 (LoanHub did not start):\n{lines}")


def refusals(current: Settings, reflex_config: Any = None) -> list[Refusal]:
    """Return every reason of security.md §8 why this configuration must not serve real data.

    reflex_config: the object returned by ``rx.config.get_config()``; its checks are skipped when None.
    Handlers without a mark are refused by ``state._guard.check_handlers``, unreadable stored data by
    ``models.encryption.check_stored_data``.
    """
    found = [*_origin_refusals(current), *_store_refusals(current), *_folder_refusals(current)]
    if reflex_config is not None:
        found += _reflex_refusals(reflex_config)
    return found


def check_production(current: Settings, reflex_config: Any = None) -> None:
    """Refuse to start an unsafe installation; a development one is let through.

    Raises:
        StartRefused: with one Chinese and one English sentence for each reason.
    """
    if not current.development and (found := refusals(current, reflex_config)):
        raise StartRefused(found)


def _origin_refusals(current: Settings) -> list[Refusal]:
    parts = urlsplit(current.origin)
    if "*" in current.origin or parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
        return [
            Refusal(
                f"访问地址 LOANHUB_PUBLIC_ORIGIN={current.public_origin} 不是一个确定的地址",
                "Set LOANHUB_PUBLIC_ORIGIN to one exact origin such as https://loan.example.lan",
            )
        ]
    return []


def _store_refusals(current: Settings) -> list[Refusal]:
    found = []
    redis = urlsplit(current.redis_url)
    if (
        current.redis_url
        and not redis.password
        and redis.hostname not in ("localhost", "127.0.0.1", "::1", None)
    ):
        found.append(
            Refusal("Redis 不在本机，却没有密码", "Give Redis a password, or bind it to the loopback address")
        )
    if current.workers > 1 and not current.redis_url:
        found.append(
            Refusal(
                "多个工作进程需要 Redis（LOANHUB_REDIS_URL）", "More than one worker needs LOANHUB_REDIS_URL"
            )
        )
    if current.workers > 1 and current.database.startswith("sqlite"):
        found.append(
            Refusal(
                "多个工作进程需要 PostgreSQL（LOANHUB_DATABASE_URL）",
                "More than one worker needs PostgreSQL: set LOANHUB_DATABASE_URL",
            )
        )
    return found


def _folder_refusals(current: Settings) -> list[Refusal]:
    paths = [current.data_dir, current.keys, current.files, *sorted(current.keys.glob("*.json"))]
    if current.database.startswith("sqlite:///"):
        paths.append(Path(current.database.removeprefix("sqlite:///")))
    # A folder closed to others already protects the files inside it.
    closed = [path for path in paths if path.is_dir() and not _open_to_others(path)]
    return [
        Refusal(
            f"{path} 可被其他系统账号读取，请执行 chmod {'700' if path.is_dir() else '600'} {path}",
            f"{path} is readable by other accounts: chmod {'700' if path.is_dir() else '600'} {path}",
        )
        for path in paths
        if path.exists() and _open_to_others(path) and not any(folder in path.parents for folder in closed)
    ]


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _reflex_refusals(config: Any) -> list[Refusal]:
    from reflex.environment import environment

    checks = (
        (
            "*" in tuple(config.cors_allowed_origins),
            "cors_allowed_origins 不能是 *",
            "cors_allowed_origins is *",
        ),
        (config.transport != "websocket", "transport 必须是 websocket", "transport must be websocket"),
        (bool(config.state_auto_setters), "state_auto_setters 必须关闭", "state_auto_setters must be off"),
        (
            str(getattr(config.state_manager_mode, "value", config.state_manager_mode)) == "disk",
            "state_manager_mode 不能是 disk",
            "state_manager_mode must be memory or redis, not disk",
        ),
        (
            environment.REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE.get() > SOCKET_MESSAGE_BYTES,
            f"请设置环境变量 REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE={SOCKET_MESSAGE_BYTES}",
            f"Set REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE={SOCKET_MESSAGE_BYTES}",
        ),
        (
            bool(environment.REFLEX_ADD_ALL_ROUTES_ENDPOINT.get()),
            "请取消环境变量 REFLEX_ADD_ALL_ROUTES_ENDPOINT",
            "Unset REFLEX_ADD_ALL_ROUTES_ENDPOINT",
        ),
    )
    return [Refusal(chinese, english) for wrong, chinese, english in checks if wrong]
