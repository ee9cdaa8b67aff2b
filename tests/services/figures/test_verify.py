"""The verifier: all given figures pass, and nothing that was changed, added or left out goes unseen."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loanhub.cli.main import app
from loanhub.domain import public_pool
from loanhub.domain.repayment import allocation, periods
from loanhub.services.figures import SectionReport, verify_folder, verify_text
from loanhub.services.figures.verify import kinds

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted(GOLDEN.glob("*.json"))
    if path.stem != "reference"
}
HEADING = ("file", "conventions", "case_count")
SECTIONS = [(code, name) for code, stored in FILES.items() for name in stored if name not in HEADING]
NAMED = [f"{code}-{name}" for code, name in SECTIONS]


def alone(code: str, section: str, case: dict[str, Any]) -> str:
    """Return a file with this one case."""
    return json.dumps({"file": code, "conventions": FILES[code]["conventions"], section: [case]})


def run(code: str, section: str, case: dict[str, Any]) -> SectionReport:
    report = verify_text(alone(code, section, case), name="mine.json")
    assert not report.fault, report.fault
    assert report.good == (not report.sections[0].differences)
    return report.sections[0]


def seen(report: SectionReport) -> set[str]:
    return {one.field for one in report.differences}


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=NAMED)
def test_every_golden_case_passes(code: str, section: str) -> None:
    stored = FILES[code]

    report = verify_text(json.dumps({"file": code, "conventions": "", section: stored[section]}), name=code)

    assert report.fault == ""
    assert report.sections[0].differences == []
    assert report.sections[0].passed == report.sections[0].cases >= len(stored[section])


def test_every_kind_of_golden_file_has_a_runner() -> None:
    assert set(kinds()) == set(FILES)
    for code, section in SECTIONS:
        assert section in kinds()[code].sections


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each single value."""
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inner is None:
        yield path
        return
    for key, item in inner:
        yield from leaves(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def changed(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "7.77" if value is None else value + "7"


def results_of(code: str, section: str, case: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the places of the results in a case as the file stores it."""
    known = kinds()[code].sections[section]
    if code == "ledger_scenarios":
        roots: list[tuple[Any, ...]] = [("checkpoints", 3, "expect")]
    elif known.beside:
        roots = [(name,) for name in known.results if name in case]
    else:
        roots = [("expect",)]
    return [(*root, *rest) for root in roots for rest in leaves(at(case, root))]


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=NAMED)
def test_every_single_figure_that_was_changed_is_named(code: str, section: str) -> None:
    case = FILES[code][section][0]
    places = results_of(code, section, case)
    assert places or section == "cases"
    for place in places[:40]:
        tampered = copy.deepcopy(case)
        at(tampered, place[:-1])[place[-1]] = changed(at(case, place))

        report = run(code, section, tampered)

        assert report.passed == report.cases - 1, place
        last = next(part for part in reversed(place) if isinstance(part, str))
        assert any(last in name for name in seen(report)), (place, seen(report))


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=NAMED)
def test_every_result_left_out_is_missed(code: str, section: str) -> None:
    known, case = kinds()[code].sections[section], FILES[code][section][0]
    for place in results_of(code, section, case)[:40]:
        if at(case, place) is None or not isinstance(place[-1], str) or place[-1] in known.optional:
            continue
        shorter = copy.deepcopy(case)
        del at(shorter, place[:-1])[place[-1]]
        assert place[-1] in str(seen(run(code, section, shorter))), place


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each object."""
    if isinstance(value, dict):
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from objects(item, (*path, key))


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=NAMED)
def test_a_field_nobody_understands_is_an_error_wherever_it_stands(code: str, section: str) -> None:
    for case in FILES[code][section][:3] + FILES[code][section][-3:]:
        for place in list(objects(case))[:60]:
            stranger = copy.deepcopy(case)
            at(stranger, place)["surprise"] = 1

            report = run(code, section, stranger)

            assert report.passed < report.cases, place
            assert any("surprise" in name for name in seen(report)), (place, seen(report))


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=NAMED)
def test_a_number_written_as_a_float_or_an_empty_input_is_refused(code: str, section: str) -> None:
    known, case = kinds()[code].sections[section], FILES[code][section][0]
    if code == "ledger_scenarios":
        emptied = {**case, "loan": {}}
        assert run(code, section, emptied).passed == 0
        return
    given = case if known.beside else case["input"]
    if isinstance(given, dict):
        for name, value in given.items():
            if type(value) is int and not (known.beside and name in known.results):
                wrong = copy.deepcopy(case)
                (wrong if known.beside else wrong["input"])[name] = float(value)
                assert any(name in path for path in seen(run(code, section, wrong))), name
    if not known.beside:
        assert run(code, section, {**case, "input": {}}).passed == 0


class TestTheProductItself:
    """A fault in the product is a difference: the runners call the real code."""

    def test_sees_interest_that_is_a_fen_short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from loanhub.domain.repayment import schedule

        right = periods.divide_half_up
        monkeypatch.setattr(periods, "divide_half_up", lambda top, bottom: right(top, bottom) - 1)
        schedule._build.cache_clear()
        try:
            report = verify_text(json.dumps(FILES["schedules"]), name="schedules.json")
        finally:
            schedule._build.cache_clear()

        assert not report.good
        assert any("interest_fen" in one.field for one in report.sections[0].differences)

    def test_sees_an_order_turned_around(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            allocation, "_queue", lambda rows, order, mode: ((r, c) for c in order for r in rows)
        )

        report = verify_text(json.dumps(FILES["allocation"]), name="allocation.json")

        assert not report.good

    def test_reports_a_crash_as_a_case_and_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(**_given: Any) -> None:
            raise ZeroDivisionError("nothing")

        monkeypatch.setattr(public_pool, "check_claim", broken)

        report = verify_text(json.dumps(FILES["public_pool"]), name="public_pool.json")

        recycle, claim = report.sections
        assert recycle.passed == recycle.cases and claim.passed == 0
        assert "ZeroDivisionError" in claim.differences[0].got


class TestFrame:
    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("{", "JSON"),
            ("[]", "JSON 对象"),
            ('{"file": "nonsense", "cases": []}', "file"),
            ('{"cases": []}', "file"),
            ('{"file": "masks"}', "没有算例"),
            ('{"file": "masks", "cases": []}', "cases"),
            ('{"file": "masks", "cases": {}}', "cases"),
            ('{"file": "masks", "extra": [{}]}', "extra"),
            ('{"file": "masks", "case_count": 2, "cases": [{}]}', "case_count"),
            ('{"file": "masks", "file": "masks"}', "两次"),
        ],
    )
    def test_refuses_a_file_it_cannot_run(self, text: str, fault: str) -> None:
        report = verify_text(text, name="mine.json")

        assert not report.good and fault in report.fault

    def test_a_case_that_is_no_object_fails_alone(self) -> None:
        report = verify_text(
            json.dumps({"file": "masks", "cases": [3, FILES["masks"]["cases"][0]]}), name="m"
        )

        assert (report.sections[0].cases, report.sections[0].passed) == (2, 1)

    def test_takes_the_day_of_a_file_from_its_conventions(self) -> None:
        case = copy.deepcopy(FILES["identity"]["id_numbers"][0])
        case["expect"]["age"] += 10
        text = json.dumps({"file": "identity", "conventions": "as-of 2036-11-21", "id_numbers": [case]})

        assert verify_text(text, name="identity.json").good

    def test_numbers_and_texts_are_not_the_same_figure(self) -> None:
        case = copy.deepcopy(FILES["commission"]["tier"][0])
        case["expect"]["commission_fen"] = str(case["expect"]["commission_fen"])

        assert seen(run("commission", "tier", case)) == {"commission_fen"}

    def test_loans_the_golden_file_has_none_of_are_run_too(self) -> None:
        given = {
            "method": "custom", "principal_fen": 10_000, "annual_rate": "0.12", "periods": 1,
            "disburse_date": "2026-01-15", "custom_rows": [{"due_date": "2026-02-15", "principal_fen": 10_000}],
        }  # fmt: skip
        row = {
            "period": 1, "start_date": "2026-01-15", "due_date": "2026-02-15", "days": 31, "opening_fen": 10_000,
            "principal_fen": 10_000, "interest_fen": 100, "payment_fen": 10_100, "closing_fen": 0,
        }  # fmt: skip
        sums = {"total_principal_fen": 10_000, "total_interest_fen": 100, "total_payment_fen": 10_100}
        case = {"id": "MINE-1", "input": given, "rows": [row], "totals": sums}

        assert run("schedules", "cases", case).differences == []


class TestCommand:
    def invoke(self, *arguments: object) -> Any:
        return CliRunner().invoke(app, ["verify-figures", *map(str, arguments)])

    def test_passes_the_golden_folder(self) -> None:
        result = self.invoke(GOLDEN)

        assert result.exit_code == 0, result.output
        assert "16 个文件" in result.output and "reference.json: 跳过" in result.output

    def test_names_file_case_and_field_of_a_difference(self, tmp_path: Path) -> None:
        stored = copy.deepcopy(FILES["schedules"])
        stored["cases"][3]["rows"][2]["interest_fen"] += 1
        (tmp_path / "mine.json").write_text(json.dumps(stored))
        (tmp_path / "README.md").write_text("not a file of figures")

        result = self.invoke(tmp_path)

        assert result.exit_code == 1
        assert "mine.json / cases: 25 例 cases, 24 通过" in result.output
        assert "EI-04 · rows[2].interest_fen" in result.output

    def test_stops_at_so_many_differences_a_section(self, tmp_path: Path) -> None:
        stored = copy.deepcopy(FILES["calendar"])
        for case in stored["cases"]:
            case["expect"]["adjusted"] = "2000-01-01"
        (tmp_path / "calendar.json").write_text(json.dumps(stored))

        output = self.invoke(tmp_path, "--show", 2).output

        assert output.count("2000-01-01") == 2 and "另有 35 处" in output

    def test_an_unreadable_file_fails_the_whole(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(b"\xff\xfe")
        (tmp_path / "b.json").write_text(json.dumps(FILES["masks"]))

        result = self.invoke(tmp_path)

        assert result.exit_code == 1 and "a.json: 无法核对" in result.output and "22 通过" in result.output

    def test_refuses_a_folder_without_files_or_none_at_all(self, tmp_path: Path) -> None:
        assert self.invoke(tmp_path).exit_code == 1
        assert self.invoke(tmp_path / "missing").exit_code == 1

    def test_a_folder_of_parameters_alone_verifies_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "reference.json").write_text("{}")

        assert self.invoke(tmp_path).exit_code == 1

    def test_the_folder_is_read_in_the_order_of_names(self) -> None:
        names = [report.name for report in verify_folder(GOLDEN)]
        assert names == sorted(names)
