"""How each page looks, small: a page that shifts, loses a table or a seal box is seen here.

``LOANHUB_WRITE_LOOKS=1`` writes the baselines anew; look at the pages before committing them.
"""

import base64
import io
import json
import os
import re
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
SCALE = 1.5
MILLIMETER = 72 / 25.4 * SCALE
BODY = (0, 24, 204, 276)
"""Where the text of a page is, in millimeters: without running head, foot and the marks at the edge."""
LARGEST_SHIFT = 0.5
"""Millimeters by which the text's edges may lie elsewhere."""


def pages(code: str) -> list[dict[str, object]]:
    """Return each page as a small picture, and where its text begins and ends: left, top, right, bottom, in millimeters."""
    pdf = render(
        code,
        get_template(code).sample,
        company=SAMPLE_COMPANY,
        watermark="演示数据",
        verify_url="https://x.example/v/1",
    )
    found: list[dict[str, object]] = []
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        for page in document:
            image = page.render(scale=SCALE).to_pil().convert("L")
            body = image.crop(tuple(round(edge * MILLIMETER) for edge in BODY))
            ink = body.point(lambda gray: 255 if gray < 140 else 0).getbbox() or (0, 0, 0, 0)
            small = image.resize((WIDTH, HEIGHT), reducing_gap=2.0).tobytes()
            found.append(
                {
                    "look": base64.b64encode(small).decode(),
                    "edges": [round(one / MILLIMETER, 1) for one in ink],
                }
            )
    return found


@pytest.mark.parametrize("code", list(templates()))
def test_no_page_ends_with_what_leads_in(code: str) -> None:
    pdf = render(code, get_template(code).sample, company=SAMPLE_COMPANY)
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        for page in document:
            text = page.get_textpage().get_text_range()
            lines = [line.strip() for line in text.splitlines() if not re.search(r"第.*页.*共.*页", line)]
            assert not lines[-1].endswith("："), lines[-1]


@pytest.mark.parametrize("code", list(templates()))
def test_pages_look_as_they_were_seen(code: str) -> None:
    found = pages(code)
    if os.environ.get("LOANHUB_WRITE_LOOKS"):
        known = json.loads(BASELINES.read_text()) if BASELINES.exists() else {}
        known[code] = found
        BASELINES.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
        return
    seen = json.loads(BASELINES.read_text())[code]

    assert len(found) == len(seen), "another number of pages"
    for number, (one, other) in enumerate(zip(found, seen, strict=True), start=1):
        shift = [abs(a - b) for a, b in zip(one["edges"], other["edges"], strict=True)]  # type: ignore[call-overload]
        assert max(shift) <= LARGEST_SHIFT, f"page {number}: text from {other['edges']} to {one['edges']}"
        grays = [base64.b64decode(str(page["look"])) for page in (one, other)]
        apart = [abs(a - b) for a, b in zip(*grays, strict=True)]
        assert sum(apart) / len(apart) <= LARGEST_MEAN, f"page {number}"
        assert sum(1 for a in apart if a > 24) / len(apart) <= LARGEST_SHARE, f"page {number}"
