"""Running files of worked examples and saying where they differ from the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from loanhub.discovery import discover
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.services import strict_json
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import LABELS, Unreadable

HEADING = frozenset({"file", "conventions", "case_count", "note"})
REFERENCE = "reference.json"
WHY_SKIPPED = "参数参考表，不是算例 (parameters, not cases)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure that is not the product's; ``case`` names it, ``field`` says where in the case."""

    case: str
    field: str
    expected: str
    got: str


@dataclass(slots=True, kw_only=True)
class SectionReport:
    """How one section of a file went."""

    name: str
    cases: int = 0
    passed: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class FileReport:
    """How a file went. ``fault`` says why it could not be run at all, ``skipped`` why it need not be."""

    name: str
    sections: list[SectionReport] = field(default_factory=list)
    fault: str = ""
    skipped: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing differs and nothing was unreadable."""
        return not self.fault and all(one.passed == one.cases for one in self.sections)


@cache
def kinds() -> Mapping[str, Figures]:
    """Return the kinds of file the product can run, by the code in their ``file`` field."""
    found: dict[str, Figures] = discover("loanhub.services.figures", "FIGURES")
    return found


def verify_folder(folder: Path) -> list[FileReport]:
    """Return the reports of the ``*.json`` files that stand directly in a folder, in the order of their names.

    Raises:
        InvalidInput: it is not a folder that can be read, or holds no such file.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".json")
    except OSError as error:
        raise InvalidInput(fields={"folder": f"读不了 {folder}：{error.strerror}"}) from None
    if not files:
        raise InvalidInput(fields={"folder": f"{folder} 里没有 .json 文件"})
    reports = []
    for path in files:
        if path.name == REFERENCE:
            reports.append(FileReport(name=path.name, skipped=WHY_SKIPPED))
            continue
        try:
            content = path.read_bytes()
        except OSError as error:
            reports.append(FileReport(name=path.name, fault=f"读不了：{error.strerror}"))
            continue
        reports.append(verify_text(content, name=path.name))
    return reports


def verify_text(text: str | bytes, *, name: str) -> FileReport:
    """Return the report of one file's content."""
    report = FileReport(name=name)
    try:
        stored = strict_json.loads(text)
        figures = _kind_of(stored)
        for section, cases in _sections_of(stored, figures):
            report.sections.append(_run(section, figures, cases, stored))
    except (Unreadable, LoanHubError) as error:
        report.fault = str(error)
    return report


def _kind_of(stored: object) -> Figures:
    if not isinstance(stored, dict):
        raise Unreadable("文件", "须是一个 JSON 对象")
    code = stored.get("file")
    if not isinstance(code, str) or code not in kinds():
        raise Unreadable("file", f"须是 {'、'.join(kinds())} 之一")
    return kinds()[code]


def _sections_of(stored: dict[str, Any], figures: Figures) -> Iterator[tuple[str, list[Any]]]:
    """Yield the sections of a file after its frame was looked at; each holds at least one case."""
    found, count = [], 0
    for name, cases in stored.items():
        if name in HEADING:
            continue
        if name not in figures.sections:
            raise Unreadable(name, "产品不认识这个部分")
        if not isinstance(cases, list) or not cases:
            raise Unreadable(name, "须是至少有一个算例的列表")
        count += len(cases)
        found.append((name, cases))
    if not found:
        raise Unreadable("文件", f"没有算例，应有 {'、'.join(figures.sections)}")
    declared = stored.get("case_count", count)
    if type(declared) is not int or declared != count:
        raise Unreadable("case_count", f"写的是 {declared}，文件里有 {count} 个算例")
    yield from found


def _run(name: str, figures: Figures, cases: list[Any], stored: Mapping[str, Any]) -> SectionReport:
    report, section = SectionReport(name=name), figures.sections[name]
    for place, case in enumerate(cases):
        try:
            parts = figures.split(case) if figures.split else [case]
        except Unreadable as error:
            report.cases += 1
            report.differences.append(_refused(_label(case, place), error.path, error.sentence))
            continue
        for part in parts:
            report.cases += 1
            different = list(_differences_of(part, section, stored, _label(part, place)))
            report.passed += not different
            report.differences += different
    return report


def _label(case: object, place: int) -> str:
    if isinstance(case, dict):
        inner = case.get("input")
        named = case.get("id") or (inner.get("id") if isinstance(inner, dict) else None)
        if isinstance(named, str) and named:
            return named
    return f"第 {place + 1} 个"


def _refused(case: str, path: str, sentence: str) -> Difference:
    return Difference(case=case, field=path, expected="可以计算", got=sentence)


def _differences_of(
    case: object, section: Section, stored: Mapping[str, Any], label: str
) -> Iterator[Difference]:
    try:
        given, expected = _split(case, section)
        answer = section.answer(given, stored)
    except Unreadable as error:
        yield _refused(label, error.path, error.sentence)
    except InvalidInput as error:
        for path, sentence in (error.fields or {"input": error.sentence}).items():
            yield _refused(label, path, sentence)
    except Exception as error:  # a case must never stop the ones after it
        yield _refused(label, "input", f"无法计算（{type(error).__name__}：{error}）")
    else:
        for path, wanted, got in compare(expected, answer, "", section.optional):
            yield Difference(case=label, field=path, expected=_shown(wanted), got=_shown(got))


def _split(case: object, section: Section) -> tuple[Any, Any]:
    if not isinstance(case, dict):
        raise Unreadable("算例", "须是一个 JSON 对象")
    inputs, results = section.beside or ("input",), section.results or ("expect",)
    for name in case:
        if name not in inputs and name not in results and name not in LABELS:
            raise Unreadable(name, "产品不认识这个字段")
    if section.beside:
        expected = {key: value for key, value in case.items() if key in results}
        return {key: value for key, value in case.items() if key in inputs}, expected
    for name in ("input", "expect"):
        if name not in case:
            raise Unreadable(name, "缺少这个字段")
    return case["input"], case["expect"]


class _Absent:
    """Stands for a figure that is not there."""


ABSENT = _Absent()


def compare(
    expected: Any, got: Any, path: str, optional: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, expected, got) of every figure that differs: in value or in type, missing or one too many."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            yield from compare(value, got.get(key, ABSENT), f"{path}.{key}" if path else key, optional)
        for key, value in got.items():
            if key not in expected and key not in optional and value is not None:
                yield f"{path}.{key}" if path else key, ABSENT, value
    elif isinstance(expected, list) and isinstance(got, list):
        for place in range(max(len(expected), len(got))):
            wanted = expected[place] if place < len(expected) else ABSENT
            found = got[place] if place < len(got) else ABSENT
            yield from compare(wanted, found, f"{path}[{place}]", optional)
    elif type(expected) is not type(got) or expected != got:
        yield path or "expect", expected, got


def _shown(value: Any) -> str:
    if isinstance(value, _Absent):
        return "（没有）"
    text = f"{value!r}" if isinstance(value, (str, dict, list)) else str(value)
    if value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    return text if len(text) <= 200 else f"{text[:200]}…"
