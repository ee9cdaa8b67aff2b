"""Build the front end, and know when it need not be built again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / ".web" / "build" / "client"
STAMP = ROOT / ".web" / "loanhub-stamp"
LOCK = ROOT / "reflex.lock"

# Nothing in these folders reaches the browser's bundle.
_SERVER_ONLY = {"api", "channels", "cli", "demo", "documents", "jobs", "repositories"}
_NPM = {
    "REFLEX_USE_NPM": "1",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    # The lock keeps hashes but no registry's address.
    "npm_config_omit_lockfile_registry_resolved": "true",
    "npm_config_fund": "false",
    "npm_config_audit": "false",
    "npm_config_update_notifier": "false",
}


class BuildFailed(SystemExit):
    """The front end could not be built; the message is Reflex's own."""


def say(chinese: str, english: str) -> None:
    """Print a line of progress in both languages."""
    print(f"· {chinese} ({english})" if english else f"· {chinese}", flush=True)


def toolchain() -> dict[str, str]:
    """Return the environment for Reflex: Node from this virtual environment first, npm instead of bun."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, **_NPM, "PATH": path}


def _sources() -> Iterator[Path]:
    yield ROOT / "rxconfig.py"
    yield from sorted(p for p in (ROOT / "assets").rglob("*") if p.is_file() and "external" not in p.parts)
    package = ROOT / "loanhub"
    for path in sorted(package.rglob("*")):
        if (
            path.is_file()
            and path.suffix in (".py", ".json")
            and path.relative_to(package).parts[0] not in _SERVER_ONLY
        ):
            yield path
    yield from sorted((ROOT / "requirements").glob("run.txt"))


def fingerprint() -> str:
    """Return the hash of everything the bundle is made from."""
    from loanhub.settings import settings

    digest = hashlib.sha256(f"development={settings().development}".encode())
    for path in _sources():
        if path.exists():
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Return whether the bundle on disk was made from the sources as they are."""
    if not (CLIENT / "index.html").exists() or not STAMP.exists():
        return False
    return STAMP.read_text(encoding="utf-8").strip() == fingerprint()


def check_portable() -> None:
    """Make sure the bundle talks to the host it was loaded from, whatever the port, and in Chinese.

    Raises:
        BuildFailed: the rewriting in ``rxconfig`` no longer fits what Reflex writes.
    """
    files = list((CLIENT / "assets").glob("reflex-env-*.js"))
    if not files or not all("location.origin" in f.read_text(encoding="utf-8") for f in files):
        raise BuildFailed(
            "页面包写死了地址，不能换端口 (the bundle holds a fixed address: see rxconfig.PortableBundle)"
        )
    if not any("重新载入`" in f.read_text(encoding="utf-8") for f in (CLIENT / "assets").glob("*.js")):
        raise BuildFailed(
            "页面更新提示还是英文 (the notice of a new version is not translated: see rxconfig.ChineseNotice)"
        )


def build(*, force: bool = False) -> bool:
    """Build the front end unless it is current; return whether it was built.

    Raises:
        BuildFailed: Reflex or npm failed; what they printed stands above.
    """
    if not force and is_current():
        say("页面已是最新", "front end is up to date")
        return False
    say("正在编译页面，首次约半分钟", "building the front end, about half a minute the first time")
    started = time.monotonic()
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    done = subprocess.run(command, cwd=ROOT, env=toolchain(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout[-6000:], done.stderr[-6000:], sep="\n", file=sys.stderr)
        raise BuildFailed("页面没有编译成功，原因见上 (the front end did not build, see above)")
    check_portable()
    STAMP.write_text(fingerprint() + "\n", encoding="utf-8")
    say(f"页面已编译，用时 {time.monotonic() - started:.0f} 秒", "front end built")
    return True


if __name__ == "__main__":
    build(force="--force" in sys.argv)
