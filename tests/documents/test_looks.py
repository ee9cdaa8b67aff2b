"""How each page looks, small: a page that shifts, loses a table or a seal box is seen here.

``LOANHUB_WRITE_LOOKS=1`` writes the baselines anew; look at the pages before committing them.
"""

import base64
import io
import json
import os
from pathlib import Path

import pypdfium2
import pytest

from loanhub.documents import get_template, render
from loanhub.documents.render import SAMPLE_COMPANY
from loanhub.documents.template import templates

BASELINES = Path(__file__).parent / "looks.json"
WIDTH, HEIGHT = 30, 42
LARGEST_MEAN, LARGEST_SHARE = 1.5, 0.02
"""Gray levels a page may differ on average, and the share of its pixels that may differ by more than 24."""


def pictures(code: str) -> list[bytes]:
    pdf = render(
        code,
        get_template(code).sample,
        company=SAMPLE_COMPANY,
        watermark="演示数据",
        verify_url="https://x.example/v/1",
    )
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        return [
            page.render(scale=0.6).to_pil().convert("L").resize((WIDTH, HEIGHT)).tobytes()
            for page in document
        ]


@pytest.mark.parametrize("code", list(templates()))
def test_pages_look_as_they_were_seen(code: str) -> None:
    found = pictures(code)
    if os.environ.get("LOANHUB_WRITE_LOOKS"):
        known = json.loads(BASELINES.read_text()) if BASELINES.exists() else {}
        known[code] = [base64.b64encode(one).decode() for one in found]
        BASELINES.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
        return
    seen = [base64.b64decode(one) for one in json.loads(BASELINES.read_text())[code]]

    assert len(found) == len(seen), "another number of pages"
    for number, (one, other) in enumerate(zip(found, seen, strict=True), start=1):
        apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
        assert sum(apart) / len(apart) <= LARGEST_MEAN, f"page {number}"
        assert sum(1 for a in apart if a > 24) / len(apart) <= LARGEST_SHARE, f"page {number}"
