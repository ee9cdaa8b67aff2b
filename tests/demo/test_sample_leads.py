"""The sample workbook: the same bytes each time, nobody real, and what the README says an import makes of it."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from python_calamine import CalamineWorkbook

from loanhub.demo.sample_leads import HEADERS, ROW_COUNT, make_sample
from loanhub.domain.catalogue import BUILTIN
from loanhub.domain.cleaning import clean_lead_row
from loanhub.domain.importing import find_file_duplicates, suggest_mapping

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = date(2026, 5, 21)


def import_sample(path):
    """Return the mapping by header, and the counts of outcomes and duplicates, as an import would have them."""
    header, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    mapping = suggest_mapping(header, rows[:50], BUILTIN.for_import("lead"))
    units = {m.field_key: m.unit for m in mapping if m.field_key and m.unit}
    cleaned = [
        clean_lead_row({m.field_key: row[m.column] for m in mapping if m.field_key}, today=TODAY, units=units)
        for row in rows
    ]
    repeats = find_file_duplicates({} if row.refused else row.values for row in cleaned)
    repeated = {repeat.index for repeat in repeats}
    kept = Counter(row.outcome.value for i, row in enumerate(cleaned) if i not in repeated)
    by_key = Counter(repeat.key.value for repeat in repeats)
    counts = {
        "rows": len(rows),
        "repeats": len(repeats),
        **{f"repeats_{k}": n for k, n in by_key.items()},
        **kept,
    }
    counts["created"] = len(rows) - len(repeats) - kept["refused"]
    return {m.header: m.field_key for m in mapping}, counts, cleaned


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    return import_sample(make_sample(tmp_path_factory.mktemp("sample") / "leads.xlsx"))


def test_every_known_column_finds_its_field(imported):
    mapping = imported[0]

    assert list(mapping) == list(HEADERS)
    assert mapping | {"意向等级": None} == {
        "客户姓名": "name",
        "联系电话": "phone",
        "意向金额(万)": "amount_fen",
        "来源": "channel_code",
        "城市": "city",
        "登记日期": "registered_date",
        "身份证号": "id_number",
        "意向产品": "product_code",
        "职业": "occupation",
        "意向等级": None,
        "备注": "note",
        "微信昵称": None,
    }


def test_an_import_makes_of_it_what_the_readme_says(imported):
    text = (SAMPLES / "README.md").read_text("utf-8")
    promised = {
        key: int(number) for key, number in re.findall(r"^\| `(\w+)` \|[^|]*\| (\d+) \|$", text, re.MULTILINE)
    }

    assert imported[1] == promised
    assert promised["rows"] == ROW_COUNT


def test_nobody_in_it_is_real(imported):
    for row in imported[2]:
        phone, id_number = row.values.get("phone"), row.values.get("id_number")
        if phone:
            assert str(phone).startswith("+86154")
            assert not phonenumbers.is_valid_number(phonenumbers.parse(str(phone)))
        if id_number:
            assert str(id_number)[2:6] == "0000"


def test_no_text_became_a_formula(imported):
    assert {"=1+1", "+SUM(A1:A9)", "-2+3", "@cmd"} <= {str(row.values.get("note")) for row in imported[2]}


def test_the_file_in_the_repository_is_what_the_script_makes(tmp_path):
    assert make_sample(tmp_path / "leads.xlsx").read_bytes() == (SAMPLES / "leads.xlsx").read_bytes()


def test_another_seed_makes_other_people(tmp_path):
    assert make_sample(tmp_path / "other.xlsx", seed=1).read_bytes() != (SAMPLES / "leads.xlsx").read_bytes()
