"""Hostile files: what acts by itself, blows up or lies about itself stays outside."""

from __future__ import annotations

import io
import socket
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from loanhub.services.files import ScannerAway, ScanState, WrongFile
from loanhub.services.files.check import checked
from loanhub.services.files.scan import scan
from loanhub.services.files.types import type_of
from loanhub.settings import settings

PDF, PNG, XLSX = type_of("a.pdf"), type_of("a.png"), type_of("a.xlsx")


def written(writer: PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def with_annotation(entry: DictionaryObject) -> bytes:
    """A PDF whose page has one annotation with an action."""
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): entry})
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    return written(writer)


def hidden_in_object_stream(body: bytes) -> bytes:
    """A PDF 1.5 whose catalog stands compressed in an object stream, so that no byte of it is in the open."""
    objects = {1: b"<</Type/Catalog/Pages 2 0 R" + body + b">>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>"}  # fmt: skip
    head, packed = b"", b""
    for number, content in objects.items():
        head += b"%d %d " % (number, len(packed))
        packed += content + b" "
    stream = zlib.compress(head + packed)
    out = b"%PDF-1.5\n"
    at_stream = len(out)
    out += b"4 0 obj<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>stream\n" % (
        len(head),
        len(stream),
    )
    out += stream + b"\nendstream endobj\n"
    at_table = len(out)
    rows = struct.pack(">BHB", 0, 0, 255)
    rows += b"".join(struct.pack(">BHB", 2, 4, place) for place in range(3))
    rows += struct.pack(">BHB", 1, at_stream, 0) + struct.pack(">BHB", 1, at_table, 0)
    table = zlib.compress(rows)
    out += b"5 0 obj<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(
        table
    )
    return out + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % at_table


class TestPdf:
    def test_a_plain_one_passes_as_it_is(self) -> None:
        content = hidden_in_object_stream(b"")

        assert checked(io.BytesIO(content), PDF).read() == content

    @pytest.mark.parametrize(
        "body",
        [
            b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
            b"/OpenAction<</S/J#61vaScript/J#53(app.alert(1))>>",
            b"/Names<</EmbeddedFiles<</Names[(x)<</Type/Filespec/EF<<>>>>]>>>>",
            b"/AcroForm<</XFA(x)>>",
            b"/AA<</WC<</S/Launch/F(calc.exe)>>>>",
        ],
    )
    def test_refuses_what_hides_in_an_object_stream(self, body: bytes) -> None:
        content = hidden_in_object_stream(body)
        assert b"JavaScript" not in content and b"EmbeddedFiles" not in content

        with pytest.raises(WrongFile) as refused:
            checked(io.BytesIO(content), PDF)

        assert "脚本" in refused.value.fields["file"]

    @pytest.mark.parametrize("action", ["/Launch", "/SubmitForm", "/ImportData", "/JavaScript"])
    def test_refuses_links_that_act(self, action: str) -> None:
        entry = DictionaryObject(
            {NameObject("/S"): NameObject(action), NameObject("/F"): TextStringObject("x")}
        )

        with pytest.raises(WrongFile):
            checked(io.BytesIO(with_annotation(entry)), PDF)

    def test_a_link_to_a_page_and_a_first_page_are_no_actions(self) -> None:
        writer = PdfWriter()
        page = writer.add_blank_page(100, 100)
        target = ArrayObject([page.indirect_reference, NameObject("/Fit")])
        writer.root_object[NameObject("/OpenAction")] = target
        writer.root_object[NameObject("/X")] = NumberObject(1)

        checked(io.BytesIO(written(writer)), PDF)

    def test_pictures_inside_are_not_read_as_words(self) -> None:
        content = b"%PDF-1.4 1 0 obj<<>>stream\n/JS /Launch \nendstream endobj"
        with pytest.raises(WrongFile) as refused:
            checked(io.BytesIO(content), PDF)

        assert "脚本" not in refused.value.fields["file"]

    @pytest.mark.parametrize("content", [b"%PDF-1.7\n" + b"\0" * 500, b"%PDF-1.7\n1 0 obj<</A 1 0 R>>endobj"])
    def test_refuses_wrecks_with_a_sentence(self, content: bytes) -> None:
        with pytest.raises(WrongFile):
            checked(io.BytesIO(content), PDF)


class TestPicture:
    def test_one_that_would_unfold_to_gigabytes_is_refused_unread(self) -> None:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
        bomb += chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")

        with pytest.raises(WrongFile):
            checked(io.BytesIO(bomb), PNG)

    def test_what_was_appended_to_a_picture_is_gone(self) -> None:
        target = io.BytesIO()
        Image.new("RGB", (40, 40)).save(target, "PNG")

        clean = checked(io.BytesIO(target.getvalue() + b"<script>alert(1)</script>PK\x03\x04"), PNG).read()

        assert b"script" not in clean and b"PK\x03\x04" not in clean


class TestWorkbook:
    def test_refuses_one_that_unfolds_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(vars(settings()), "upload_sheet_bytes", 100_000)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("[Content_Types].xml", " " * 5_000_000)

        with pytest.raises(WrongFile) as refused:
            checked(io.BytesIO(target.getvalue()), XLSX)

        assert "展开" in refused.value.fields["file"]


class Daemon:
    """A stand-in for clamd: reads one INSTREAM and says what it is told to."""

    def __init__(self, path: Path, answer: bytes) -> None:
        self.answer, self.seen = answer, b""
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(str(path))
        self.server.listen(1)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        line, _ = self.server.accept()
        with line, line.makefile("rb") as source:
            assert source.read(10) == b"zINSTREAM\0"
            while size := struct.unpack("!I", source.read(4))[0]:
                self.seen += source.read(size)
            line.sendall(self.answer)


class TestScan:
    def test_says_plainly_when_no_scanner_is_set_up(self) -> None:
        assert scan(io.BytesIO(b"x")) is ScanState.NOT_CONFIGURED
        assert ScanState.NOT_CONFIGURED.label == "未配置病毒扫描"

    @pytest.mark.parametrize(
        ("answer", "passes"), [(b"stream: OK\0", True), (b"stream: Eicar-Test FOUND\0", False)]
    )
    def test_asks_the_daemon(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, passes: bool) -> None:  # fmt: skip
        daemon = Daemon(tmp_path / "clamd", answer)
        monkeypatch.setitem(vars(settings()), "clamd_address", str(tmp_path / "clamd"))
        source = io.BytesIO(b"x" * 100_000)

        if passes:
            assert scan(source) is ScanState.CLEAN
        else:
            with pytest.raises(WrongFile):
                scan(source)

        assert daemon.seen == b"x" * 100_000 and source.tell() == 0

    def test_lets_nothing_in_when_the_daemon_is_away(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(vars(settings()), "clamd_address", str(tmp_path / "nobody"))

        with pytest.raises(ScannerAway):
            scan(io.BytesIO(b"x"))
