"""The given figures, case by case, through the same runners an auditor uses (``loanhub verify-figures``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loanhub.services.figures import Difference, verify_text
from loanhub.services.figures.verify import HEADING

FOLDER = Path(__file__).parent / "golden"


def golden(code: str, *sections: str) -> list[Any]:
    """Return (section, case) of a file as parameters of a test; of the sections named, or of all."""
    stored = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return [
        pytest.param(section, case, id=f"{section}-{place + 1}")
        for section, cases in stored.items()
        if section not in HEADING and (not sections or section in sections)
        for place, case in enumerate(cases)
    ]


def differences(code: str, section: str, case: dict[str, Any]) -> list[Difference]:
    """Return where the product differs from a case."""
    conventions = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))["conventions"]
    text = json.dumps({"file": code, "conventions": conventions, section: [case]})
    report = verify_text(text, name=f"{code}.json")
    assert report.fault == ""
    assert report.good == (not report.sections[0].differences)
    return report.sections[0].differences
