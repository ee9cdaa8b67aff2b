from __future__ import annotations

import io
import zipfile

import pytest
import sqlalchemy as sa
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy.engine import Engine
from sqlmodel import col
from starlette.testclient import TestClient

from loanhub.api import ROUTES, create_api
from loanhub.domain.permissions import ROLES, RoleCode
from loanhub.models import Customer, Document, Event
from loanhub.services import auth, files
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.people import NOON, PASSWORD, Company, make_company


@pytest.fixture
def company(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Company:
    from loanhub.api import _routing

    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    return make_company()


class Browsers:
    def __init__(self) -> None:
        self.client = TestClient(create_api(), base_url=settings().origin, raise_server_exceptions=False)
        self.client.headers["origin"] = settings().origin

    def as_(self, login: str | None) -> TestClient:
        self.client.cookies.clear()
        if login:
            opened = auth.sign_in(login, PASSWORD, ip=f"10.1.0.{len(login)}", user_agent="", now=utc_now())
            self.client.cookies["lh_sid"] = opened.token
        return self.client


@pytest.fixture
def browsers(company: Company) -> Browsers:
    return Browsers()


def photo(exif: bool = False) -> bytes:
    target = io.BytesIO()
    image = Image.effect_noise((64, 48), 50).convert("RGB")
    data = image.getexif()
    if exif:
        data[0x010E] = "at home of Zhang Wei"
        data.get_ifd(0x8825)[1] = "N"
    image.save(target, "JPEG", exif=data)
    return target.getvalue()


def pdf(script: bool = False, attachment: bool = False) -> bytes:
    writer, target = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    if script:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)
    if attachment:
        writer.add_attachment("x.exe", b"MZ")
    writer.write(target)
    return target.getvalue()


def workbook(macro: bool = False) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        if macro:
            archive.writestr("xl/vbaProject.bin", b"x")
    return target.getvalue()


def send(client: TestClient, name: str, content: bytes, **fields: str):  # type: ignore[no-untyped-def]
    return client.post("/api/files", files={"file": (name, content)}, data=fields)


def make_customer(company: Company, owner: str) -> int:
    with transaction() as db:
        user_id = company.users[owner]
        values = {"name": "张伟", "kind": "person", "owner_id": user_id, "department_id": company.departments["team"],
                  "created_at": NOON, "updated_at": NOON, "number": f"C{user_id}"}  # fmt: skip
        row = Customer(**{key: value for key, value in values.items() if key in Customer.model_fields})
        db.add(row)
        db.flush()
        return row.id or 0


class TestUpload:
    def test_stores_encrypted_and_answers_the_id(self, company: Company, browsers: Browsers) -> None:
        customer_id = make_customer(company, "sales")
        content = pdf()

        response = send(
            browsers.as_("sales"), "身份证.pdf", content, kind="id_card", customer_id=str(customer_id)
        )

        assert response.status_code == 201, response.text
        assert response.json()["file_name"] == "身份证.pdf"
        for path in settings().files.rglob("*"):
            assert path.is_dir() or (b"%PDF" not in path.read_bytes() and path.stat().st_mode & 0o077 == 0)
        got = browsers.client.get(f"/api/files/{response.json()['id']}")
        assert got.content == content
        with reading() as db:
            assert {"document.uploaded", "document.downloaded"} <= set(
                db.execute(sa.select(col(Event.type))).scalars()
            )

    @pytest.mark.parametrize("role", [*RoleCode, None])
    def test_asks_for_the_permission(self, browsers: Browsers, role: RoleCode | None) -> None:
        response = send(browsers.as_(role.value if role else None), "a.pdf", pdf())

        mark = ROUTES["/api/files", "POST"].mark
        may = role is not None and bool(set(mark.permissions) & ROLES[role].permissions)
        assert response.status_code == (201 if may else 403 if role else 401)

    def test_takes_place_and_names_out_of_photos(self, browsers: Browsers) -> None:
        sent = photo(exif=True)
        assert b"Zhang Wei" in sent
        response = send(browsers.as_("sales"), "front.jpg", sent)

        got = browsers.client.get(f"/api/files/{response.json()['id']}").content

        assert b"Zhang Wei" not in got and not Image.open(io.BytesIO(got)).getexif()

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.exe", b"MZ" + b"x" * 100, "只接受"),
            ("a.svg", b"<svg onload=alert(1)>", "只接受"),
            ("a.html", b"<script>", "只接受"),
            ("a.zip", workbook(), "只接受"),
            ("a.pdf", b"<html><script>alert(1)</script>", "内容不是 PDF"),
            ("a.jpg", pdf(), "内容不是 JPG"),
            ("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 200, "打不开"),
            ("a.pdf", pdf(script=True), "脚本"),
            ("a.pdf", pdf(attachment=True), "脚本"),
            ("a.pdf", b"%PDF-1.7\n" + b"garbage" * 50, "打不开"),
            ("a.xlsx", workbook(macro=True), "宏"),
            ("a.xlsx", b"PK\x03\x04" + b"x" * 100, "打不开"),
            ("a.csv", b"\0\0\0", "内容不是 CSV"),
            ("a.pdf", b"", "空"),
        ],
    )
    def test_refuses_hostile_files(self, browsers: Browsers, name: str, content: bytes, words: str) -> None:
        response = send(browsers.as_("sales"), name, content)

        assert response.status_code == 422 and words in response.json()["error"]
        with reading() as db:
            assert db.execute(sa.select(Document)).first() is None

    def test_refuses_what_is_too_large(self, browsers: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOANHUB_UPLOAD_PHOTO_BYTES", "1000")
        settings.cache_clear()
        try:
            response = send(browsers.as_("sales"), "a.jpg", photo())
        finally:
            monkeypatch.undo()
            settings.cache_clear()
        assert response.status_code == 422 and "超过" in response.json()["error"]

    def test_refuses_a_record_out_of_scope_like_a_missing_one(
        self, company: Company, browsers: Browsers
    ) -> None:
        company.add("other", RoleCode.SALES, "other_branch")
        theirs = make_customer(company, "sales")

        out_of_scope = send(browsers.as_("other"), "a.pdf", pdf(), customer_id=str(theirs))
        missing = send(browsers.client, "a.pdf", pdf(), customer_id="99999")

        assert out_of_scope.status_code == missing.status_code == 404
        assert out_of_scope.json() == missing.json()

    @pytest.mark.parametrize(
        ("name", "clean"),
        [
            ("../../etc/passwd.pdf", "passwd.pdf"),
            ("C:\\dir\\身份证.pdf", "身份证.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
            ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ],
    )
    def test_keeps_only_a_harmless_name(self, name: str, clean: str) -> None:
        assert files.clean_name(name) == clean

    def test_stores_the_same_bytes_once(self, browsers: Browsers) -> None:
        client, content = browsers.as_("sales"), pdf()
        before = sum(1 for p in settings().files.rglob("*") if p.is_file())
        first, second = (send(client, "a.pdf", content).json() for _ in range(2))

        assert first["sha256"] == second["sha256"] and first["id"] != second["id"]
        assert sum(1 for p in settings().files.rglob("*") if p.is_file()) <= before + 1


class TestDownload:
    @pytest.fixture
    def document_id(self, company: Company, browsers: Browsers) -> int:
        customer_id = make_customer(company, "sales")
        return int(send(browsers.as_("sales"), "合同.pdf", pdf(), customer_id=str(customer_id)).json()["id"])

    def test_is_an_attachment_that_is_not_kept(self, browsers: Browsers, document_id: int) -> None:
        response = browsers.as_("sales").get(f"/api/files/{document_id}")

        assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5")
        assert response.headers["cache-control"] == "no-store"
        assert "sandbox" in response.headers["content-security-policy"]

    def test_may_be_shown_inside_a_page_of_ours_only(self, browsers: Browsers, document_id: int) -> None:
        response = browsers.as_("sales").get(f"/api/files/{document_id}?preview=1")

        assert response.headers["content-disposition"].startswith("inline")
        assert "frame-ancestors 'self'" in response.headers["content-security-policy"]

    @pytest.mark.parametrize(
        ("login", "status"),
        [("sales", 200), ("team_lead", 200), ("credit", 200), ("auditor", 200), ("manager", 200),
         ("other", 404), ("admin", 404), ("security_admin", 404), (None, 401)],
    )  # fmt: skip
    def test_reaches_only_those_who_see_the_customer(
        self, company: Company, browsers: Browsers, document_id: int, login: str | None, status: int
    ) -> None:
        company.add("other", RoleCode.SALES, "other_branch")

        response = browsers.as_(login).get(f"/api/files/{document_id}")

        assert response.status_code == status

    def test_hides_the_imports_of_others(self, company: Company, browsers: Browsers) -> None:
        mine = send(browsers.as_("sales"), "线索.csv", "姓名,电话\n".encode(), kind="import").json()["id"]

        assert browsers.as_("team_lead").get(f"/api/files/{mine}").status_code == 404
        assert browsers.as_("sales").get(f"/api/files/{mine}").status_code == 200

    @pytest.mark.parametrize(
        "path", ["/api/files/0", "/api/files/99999", "/api/files/abc", "/api/files/1/../../x"]
    )
    def test_finds_nothing_by_guessing(self, browsers: Browsers, path: str) -> None:
        assert browsers.as_("sales").get(path).status_code == 404


class TestSpans:
    def test_a_player_may_jump_and_one_look_is_one_entry(self, company: Company, browsers: Browsers) -> None:
        content = b"RIFF" + (36 + 600_000).to_bytes(4, "little") + b"WAVEfmt " + bytes(range(250)) * 2_400
        sent = send(browsers.as_("sales"), "通话.wav", content)
        assert sent.status_code == 201, sent.text
        address = f"/api/files/{sent.json()['id']}?preview=1"

        whole = browsers.client.get(address)
        part = browsers.client.get(address, headers={"range": "bytes=300000-300099"})
        rest = browsers.client.get(address, headers={"range": f"bytes={len(content) - 10}-"})

        assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
        assert whole.headers["content-type"] == "audio/wav"
        assert (part.status_code, part.content) == (206, content[300_000:300_100])
        assert part.headers["content-range"] == f"bytes 300000-300099/{len(content)}"
        assert part.headers["content-length"] == "100"
        assert rest.content == content[-10:]
        with reading() as db:
            looks = db.execute(
                sa.select(sa.func.count()).where(col(Event.type) == "document.viewed")
            ).scalar()
        assert looks == 1

    def test_a_span_nobody_looked_at_first_is_recorded_too(self, browsers: Browsers) -> None:
        sent = send(browsers.as_("sales"), "a.pdf", pdf())
        browsers.client.get(f"/api/files/{sent.json()['id']}", headers={"range": "bytes=5-"})
        with reading() as db:
            found = db.execute(sa.select(col(Event.type)).order_by(col(Event.id).desc())).scalars().first()
        assert found == "document.downloaded"

    def test_past_the_end_and_nonsense(self, browsers: Browsers) -> None:
        content = b"RIFF" + (36 + 250).to_bytes(4, "little") + b"WAVEfmt " + bytes(range(250))
        sent = send(browsers.as_("sales"), "a.wav", content)
        address = f"/api/files/{sent.json()['id']}"
        past = browsers.client.get(address, headers={"range": "bytes=99999999-"})
        assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{len(content)}")
        for words in ("bytes=5-2", "bytes=-5", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b"):
            assert browsers.client.get(address, headers={"range": words}).status_code == 200
