from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from loanhub.api import ROUTES, Armor, _middleware, create_api
from loanhub.api._routing import UnmarkedRoute, route
from loanhub.domain.permissions import ROLES, RoleCode
from loanhub.services import auth
from loanhub.settings import Settings, refusals, settings
from loanhub.state._clock import utc_now
from tests.people import PASSWORD, Company, make_company

PAGE = b"""<html><script>one()</script><script src="/a.js"></script><script type="module" async="">import "/b.js";</script></html>"""


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"read": len(await request.body())})


async def _upload(request: Request) -> PlainTextResponse:
    raise AssertionError("the closed door was reached")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "leads").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "leads" / "index.html").write_bytes(b"<script>leads()</script>")
    (tmp_path / "404.html").write_bytes(b"<script>lost()</script>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "x-123.js").write_text("1")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    inner = Starlette(
        routes=[
            Route("/echo", _echo, methods=["POST"]),
            Route("/_upload", _upload, methods=["POST", "GET"]),
            Mount("/", StaticFiles(directory=folder, html=True)),
        ]
    )
    api = create_api()
    api.mount("", inner)
    with TestClient(Armor(api, folder=lambda: folder), base_url=settings().origin) as browser:
        yield browser


class TestArmor:
    def test_dresses_every_answer(self, client: TestClient) -> None:
        for path in ("/", "/leads/", "/healthz", "/nowhere", "/assets/x-123.js"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff", path
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "object-src 'none'" in headers["content-security-policy"]

    def test_names_the_inline_scripts_of_this_page_and_of_the_fallback_only(self, client: TestClient) -> None:
        def hashes(path: str) -> set[str]:
            return set(re.findall(r"'sha256-[^']+'", client.get(path).headers["content-security-policy"]))

        def of(*scripts: bytes) -> set[str]:
            return set(_middleware.script_hashes(b"".join(b"<script>%s</script>" % s for s in scripts)))

        assert hashes("/") == of(b"one()", b'import "/b.js";', b"lost()")
        assert hashes("/leads/") == of(b"leads()", b"lost()")
        assert hashes("/healthz") == set()
        policy = client.get("/").headers["content-security-policy"]
        assert "'unsafe-inline'" not in policy.split("style-src")[0] and "*" not in policy

    def test_names_them_in_a_304_too_since_its_headers_replace_the_cached_ones(
        self, client: TestClient
    ) -> None:
        first = client.get("/")
        again = client.get("/", headers={"if-none-match": first.headers["etag"]})

        assert again.status_code == 304
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]

    def test_keeps_pages_fresh_and_hashed_assets_for_ever(self, client: TestClient) -> None:
        assert client.get("/").headers["cache-control"] == "no-cache"
        assert "immutable" in client.get("/assets/x-123.js").headers["cache-control"]

    @pytest.mark.parametrize("path", ["/_upload", "/_upload/x.pdf", "/_all_routes"])
    def test_closes_reflexs_own_upload_before_its_body(self, client: TestClient, path: str) -> None:
        assert client.post(path, content=b"x" * 200_000).status_code == 404
        assert client.get(path).status_code == 404

    def test_caps_bodies_whether_their_length_is_declared_or_not(self, client: TestClient) -> None:
        def endless() -> Iterator[bytes]:
            for _ in range(1000):
                yield b"x" * 1024

        assert client.post("/echo", content=b"x" * 60_000).json() == {"read": 60_000}
        assert client.post("/echo", content=b"x" * 70_000).status_code == 413
        assert client.post("/echo", content=endless()).status_code == 413
        assert client.post("/api/files", content=endless()).status_code == 411
        assert (
            client.post("/api/files", content=b"", headers={"content-length": "999999999"}).status_code == 413
        )

    def test_cannot_be_made_to_hash_files_elsewhere(self, folder: Path) -> None:
        (folder.parent / "secret.html").write_bytes(b"<script>secret()</script>")

        found = _middleware.page_hashes(folder, "/../secret")

        assert not set(found) & set(_middleware.script_hashes(b"<script>secret()</script>"))

    def test_asks_for_https_only_over_https(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "strict-transport-security" not in client.get("/healthz").headers
        monkeypatch.setenv("LOANHUB_PUBLIC_ORIGIN", "https://loan.example.lan")
        settings.cache_clear()
        try:
            headers = client.get("/healthz").headers
        finally:
            monkeypatch.undo()
            settings.cache_clear()
        assert (
            "strict-transport-security" in headers
            and "wss://loan.example.lan" in headers["content-security-policy"]
        )


class TestRoutes:
    @pytest.fixture
    def company(self, sqlite_database: Engine) -> Company:
        return make_company()

    @pytest.mark.parametrize("role", [*RoleCode, None])
    def test_admit_exactly_the_roles_of_their_mark(
        self, company: Company, client: TestClient, role: RoleCode | None
    ) -> None:
        if role:
            opened = auth.sign_in(role.value, PASSWORD, ip="10.2.0.1", user_agent="", now=utc_now())
            client.cookies[settings().cookie_name] = opened.token
        for (path, method), spec in ROUTES.items():
            if path == "/api/auth/logout":
                continue
            concrete = re.sub(r"\{[^}]*\}", "999999", path)
            response = client.request(
                method,
                concrete,
                headers={"origin": settings().origin, "content-length": "0"},
                follow_redirects=False,
            )
            permissions = ROLES[role].permissions if role else frozenset()
            by_person = (
                not spec.mark.key_scope and not spec.mark.signed
            )  # those want a key or a signature, whoever asks
            allowed = by_person and (
                spec.mark.open_to_all
                or (
                    role is not None
                    and (not spec.mark.permissions or bool(set(spec.mark.permissions) & permissions))
                )
            )
            assert (response.status_code in (401, 403)) == (not allowed), (method, path, response.status_code)

    def test_without_a_mark_stop_the_start(self) -> None:
        with pytest.raises(UnmarkedRoute):

            @route("/api/x")
            async def unmarked(request: Request) -> HTMLResponse:
                return HTMLResponse("")

    def test_ready_says_when_the_database_is_gone(self, company: Company, client: TestClient) -> None:
        assert client.get("/readyz").json() == {"status": "ok"}
        from loanhub.services import _transaction

        _transaction.configure(_transaction.make_engine("sqlite:////nowhere/x.db"))
        assert client.get("/readyz").status_code == 503


class TestRefusals:
    def test_a_default_installation_has_none(self, tmp_path: Path) -> None:
        os.chmod(tmp_path, 0o700)
        assert refusals(Settings(data_dir=tmp_path, _env_file=None)) == []

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"public_origin": "*"}, "LOANHUB_PUBLIC_ORIGIN"),
            ({"public_origin": "loan.example.lan"}, "LOANHUB_PUBLIC_ORIGIN"),
            ({"redis_url": "redis://10.0.0.8:6379"}, "Redis"),
            ({"workers": 2}, "Redis"),
            ({"workers": 2, "redis_url": "redis://localhost"}, "PostgreSQL"),
        ],
    )
    def test_name_the_setting_in_both_languages(
        self, tmp_path: Path, values: dict[str, object], words: str
    ) -> None:
        os.chmod(tmp_path, 0o700)
        found = refusals(Settings(data_dir=tmp_path, _env_file=None, **values))

        assert any(words in one.chinese and one.english for one in found)

    def test_a_readable_key_folder_is_one(self, tmp_path: Path) -> None:
        keys = tmp_path / "keys"
        keys.mkdir(mode=0o755)
        os.chmod(keys, 0o755)
        os.chmod(tmp_path, 0o755)

        assert len(refusals(Settings(data_dir=tmp_path, _env_file=None))) == 2

    def test_unsafe_reflex_settings_are(self, tmp_path: Path) -> None:
        class Unsafe:
            cors_allowed_origins = ("*",)
            transport = "polling"
            state_auto_setters = True
            state_manager_mode = "disk"

        os.chmod(tmp_path, 0o700)
        words = " ".join(
            one.english for one in refusals(Settings(data_dir=tmp_path, _env_file=None), Unsafe())
        )

        for name in ("cors_allowed_origins", "transport", "state_auto_setters", "state_manager_mode"):
            assert name in words
