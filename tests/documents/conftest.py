"""What the document tests share: reading a PDF back, and a 36-period contract with known sums."""

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest

from loanhub.documents.data import ContractData, ScheduleRow
from loanhub.documents.template import get_template

GOLDEN = Path(__file__).parents[1] / "golden" / "schedules.json"


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page as another program reads it, without spaces and line ends."""
    return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    """Return all text of a PDF without spaces and line ends."""
    return "".join(pages_of(pdf))


@pytest.fixture(scope="session")
def long_contract() -> ContractData:
    """A contract over the golden schedule with the most rows up to 36."""
    cases = json.loads(GOLDEN.read_text("utf-8"))["cases"]
    case = max((c for c in cases if len(c["rows"]) <= 36), key=lambda c: len(c["rows"]))
    rows = tuple(
        ScheduleRow(
            number=row["period"],
            due_date=date.fromisoformat(row["due_date"]),
            principal_fen=row["principal_fen"],
            interest_fen=row["interest_fen"],
            closing_fen=row["closing_fen"],
        )
        for row in case["rows"]
    )
    sample: ContractData = get_template("loan_contract").sample
    terms = replace(
        sample.terms,
        principal_fen=case["input"]["principal_fen"],
        annual_rate=Decimal(case["input"]["annual_rate"]),
        periods=len(rows),
        start_date=date.fromisoformat(case["input"]["disburse_date"]),
        end_date=rows[-1].due_date,
    )
    return replace(sample, terms=terms, schedule=rows)
