"""``loanhub quote``: friendly for a quick question, and the same input as the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from loanhub.cli.main import app

CASES = json.loads((Path(__file__).parents[1] / "golden" / "schedules.json").read_text("utf-8"))["cases"]


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["quote", *arguments], input=given)


def test_answers_a_quick_question() -> None:
    result = run("12万", "--months", "12", "--rate", "12", "--start", "2026-01-15")

    assert result.exit_code == 0
    assert "等额本息 ¥120,000.00（壹拾贰万元整）" in result.stdout
    assert "综合融资成本 12.00%（单利年化）" in result.stdout


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_reads_every_golden_input_from_standard_input(case: dict[str, Any]) -> None:
    result = run("--json", "-", "--output", "json", given=json.dumps(case["input"]))

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == case["rows"]


def test_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "loan.json"
    file.write_text(json.dumps(CASES[0]["input"]))

    assert "2026-02-15" in run("--json", str(file)).stdout
    assert run("--json", str(tmp_path / "missing.json")).exit_code == 1


def test_every_term_has_an_option() -> None:
    options = [
        ["--method", "balloon", "--amortization", "120"],
        ["--method", "bullet", "--maturity", "2026-04-25"],
        ["--method", "flat", "--rate", "0.75"],
        ["--repayment-day", "20", "--min-first-days", "10", "--holiday", "following"],
        ["--basis", "act/365", "--method", "interest_only", "--split-rate-change", "2026-03-01=9"],
        ["--rate-change", "2026-06-15=9", "--rate-change", "2026-08-15=8.5"],
        ["--method", "custom", "--row", "2026-04-15=50000", "--row", "2026-07-15=70000+1,200"],
        ["--fee", "服务费:upfront:2%", "--fee", "担保费:each_period:100"],
    ]
    for option in options:
        result = run("12万", "--start", "2026-01-15", *option)
        assert result.exit_code == 0, (option, result.output)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["12万", "--months", "601"], "periods"),
        (["12万", "--rate", "1000"], "rate"),
        (["12万", "--start", "2026-02-30"], "disburse_date"),
        (["很多"], "amount"),
        ([], "amount"),
        (["12万", "--fee", "服务费"], "fee"),
        (["12万", "--json", "-"], "json"),
        (["12万", "--output", "xml"], "output"),
    ],
)
def test_refuses_with_the_field_and_a_sentence(arguments: list[str], field: str) -> None:
    result = run(*arguments, given="{}")

    assert result.exit_code == 1
    assert f"{field}：" in result.stderr
