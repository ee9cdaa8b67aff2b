"""The built-in fields fit the tables; records are validated, rights added up, values masked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from loanhub.domain.catalogue import (
    BUILTIN,
    CUSTOM_KINDS,
    HIDDEN,
    KINDS,
    Access,
    FieldSpec,
    RoleRights,
    Sensitivity,
    Sort,
    UnknownField,
    access,
    may_enter,
    present,
    spec_from_custom,
)
from loanhub.domain.errors import InvalidInput
from loanhub.domain.masking import MaskKind
from loanhub.domain.permissions import ROLES, Permission, RoleCode
from loanhub.models import CustomField
from loanhub.models.encryption import EncryptedText
from loanhub.repositories.criteria import ENTITY_MODELS

NOW = datetime(2026, 11, 21, 6, 8, tzinfo=UTC)
SPECS = [spec for entity in BUILTIN.entities for spec in entity.fields if spec.kind != "segment"]
"""Fields that records hold; belonging to a segment is found out, not held."""
SALES = RoleRights("sales", frozenset(p.value for p in ROLES[RoleCode.SALES].permissions))
AUDITOR = RoleRights("auditor", frozenset(p.value for p in ROLES[RoleCode.AUDITOR].permissions))


def column_of(spec: FieldSpec) -> Any:
    return sa.inspect(ENTITY_MODELS[spec.entity]).columns[spec.json_column or spec.column]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.entity}.{spec.key}")
class TestBuiltInField:
    def test_has_its_column(self, spec: FieldSpec) -> None:
        column = column_of(spec)

        assert isinstance(column.type, EncryptedText) == spec.encrypted
        for lookup in spec.lookups:
            suffix = {"full": "_index", "tail": "_tail_index"}[lookup]
            assert f"{spec.column}{suffix}" in column.table.columns

    def test_accepts_no_text_longer_than_its_column(self, spec: FieldSpec) -> None:
        length = getattr(column_of(spec).type, "length", None)
        if spec.json_column or spec.read_only or not length or spec.sort is not Sort.TEXT:
            return

        assert (spec.check.max_length or spec.kind_object.max_length) <= length

    def test_is_masked_when_it_is_about_a_person(self, spec: FieldSpec) -> None:
        if spec.sensitivity in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE):
            assert spec.mask in list(MaskKind)

    def test_names_real_permissions(self, spec: FieldSpec) -> None:
        assert spec.editors <= {permission.value for permission in Permission}

    def test_has_options_that_fit_its_kind(self, spec: FieldSpec) -> None:
        if spec.kind in ("choice", "level", "multi_choice"):
            assert spec.source or spec.options()


def test_the_keys_gates_ask_for_are_fields_of_a_lead() -> None:
    for key in ("name", "amount_fen", "city", "id_number", "purpose", "product_code"):
        assert BUILTIN.get("lead", key).key == key


def test_an_import_header_names_one_field_only() -> None:
    for entity in ("lead", "customer"):
        words = [word for spec in BUILTIN.for_import(entity) for word in set(spec.header_words)]

        assert sorted(words) == sorted(set(words))


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(UnknownField, match="没有「nope」这个字段"):
        BUILTIN.get("lead", "nope")
    with pytest.raises(UnknownField):
        BUILTIN.fields("nope")


class TestValidateRecord:
    def test_reads_a_whole_form(self) -> None:
        raw = {
            "name": " 张三 ",
            "phone": "154 0000 0001",
            "amount_fen": "12.5万",
            "city": "上海市",
            "gender": "男",
        }

        values, errors = BUILTIN.validate_record("lead", raw, partial=False, now=NOW)

        assert errors == {}
        assert values == {
            "name": "张三", "phone": "+8615400000001", "amount_fen": 12_500_000, "city": "上海市",
            "gender": "male",
        }  # fmt: skip

    def test_names_each_fault(self) -> None:
        raw = {"name": "", "amount_fen": "50", "term_months": "999", "status": "new", "nope": "1"}

        values, errors = BUILTIN.validate_record("lead", raw, partial=False, now=NOW)

        assert values == {}
        assert errors == {
            "name": "请填写姓名",
            "phone": "请填写手机号",
            "amount_fen": "不能小于 ¥100.00",
            "term_months": "不能大于 360",
            "status": "由系统计算，不能填写",
            "nope": "没有这个字段",
        }

    def test_looks_only_at_what_an_inline_edit_gives(self) -> None:
        assert BUILTIN.validate_record("lead", {"city": ""}, partial=True, now=NOW) == ({"city": None}, {})

    def test_checks_options_that_live_in_data_when_they_are_given(self) -> None:
        sources = {"channel": (("douyin", "抖音"),)}

        values, _ = BUILTIN.validate_record(
            "lead", {"channel_code": "抖音"}, partial=True, now=NOW, sources=sources
        )
        _, errors = BUILTIN.validate_record(
            "lead", {"channel_code": "百度"}, partial=True, now=NOW, sources=sources
        )

        assert values == {"channel_code": "douyin"}
        assert errors == {"channel_code": "没有「百度」这个选项，可选：抖音"}

    def test_reads_a_number_by_the_document_it_is_of(self) -> None:
        code = {"id_number": "91310199MA1K0000XJ"}

        _, errors = BUILTIN.validate_record("customer", code, partial=True, now=NOW)
        values, none = BUILTIN.validate_record(
            "customer", code, partial=True, now=NOW, current={"id_type": "uscc"}
        )

        assert "id_number" in errors
        assert (values, none) == (code, {})


class TestAccess:
    def test_nobody_sees_anything_without_a_role(self) -> None:
        assert access(BUILTIN.get("lead", "city"), ()) is Access.NONE

    def test_an_editor_writes_and_others_read(self) -> None:
        city = BUILTIN.get("lead", "city")

        assert (access(city, [SALES]), access(city, [AUDITOR])) == (Access.WRITE, Access.READ)

    def test_sensitive_fields_are_masked_yet_may_be_entered(self) -> None:
        phone = BUILTIN.get("lead", "phone")

        assert access(phone, [SALES]) is Access.MASKED
        assert may_enter(phone, [SALES])
        assert not may_enter(phone, [AUDITOR])

    def test_a_rule_of_a_role_replaces_the_default_and_the_widest_role_wins(self) -> None:
        income = BUILTIN.get("customer", "monthly_income_fen")
        hidden = RoleRights("sales", SALES.permissions, {"customer.monthly_income_fen": Access.NONE})

        assert access(income, [hidden]) is Access.NONE
        assert not may_enter(income, [hidden])
        assert access(income, [hidden, AUDITOR]) is Access.READ

    def test_nobody_writes_what_the_system_computes(self) -> None:
        everything = RoleRights("x", frozenset(), {"lead.score": Access.WRITE})

        assert access(BUILTIN.get("lead", "score"), [everything]) is Access.READ
        assert not may_enter(BUILTIN.get("lead", "score"), [everything])

    def test_the_public_pool_masks_what_is_about_the_person(self) -> None:
        assert access(BUILTIN.get("lead", "name"), [SALES], cap=Access.MASKED) is Access.MASKED
        assert access(BUILTIN.get("lead", "city"), [SALES], cap=Access.MASKED) is Access.WRITE


class TestPresent:
    @pytest.mark.parametrize(
        ("key", "value", "right", "text"),
        [
            ("phone", "+8615400000001", Access.MASKED, "154****0001"),
            ("phone", "+8615400000001", Access.READ, "15400000001"),
            ("phone", "+8615400000001", Access.NONE, HIDDEN),
            ("phone", None, Access.MASKED, "—"),
            ("name", "欧阳娜娜", Access.MASKED, "欧**娜"),
            ("wechat", "zhangsan", Access.MASKED, "***"),
            ("city", "上海市", Access.MASKED, HIDDEN),
            ("term_months", 12, Access.WRITE, "12 个月"),
        ],
    )
    def test_shows_what_the_right_allows(self, key: str, value: Any, right: Access, text: str) -> None:
        assert present(BUILTIN.get("lead", key), value, right, NOW) == text

    def test_uses_the_labels_of_data_backed_options(self) -> None:
        owner = BUILTIN.get("lead", "owner_id")

        assert present(owner, 3, Access.READ, NOW, {"user": (("3", "李四"),)}) == "李四"


class TestCustomFields:
    ROW: ClassVar[dict[str, Any]] = {
        "entity": "lead",
        "key": "shop_area",
        "label": "店铺面积",
        "kind": "decimal",
        "unit": "㎡",
    }

    def test_join_everything_a_builtin_field_is_in(self) -> None:
        row = CustomField(**self.ROW, created_at=NOW, rules={"min": "0", "in_table": True})
        catalogue = BUILTIN.with_custom([spec_from_custom(row)])
        spec = catalogue.get("lead", "shop_area")

        assert spec.column == "custom.shop_area"
        assert all(
            spec in pick("lead") for pick in (catalogue.for_form, catalogue.for_table, catalogue.for_import)
        )
        assert "其他信息" in catalogue.groups("lead")
        _, errors = catalogue.validate_record("lead", {"shop_area": "-1"}, partial=True, now=NOW)
        assert errors == {"shop_area": "不能小于 0"}
        assert BUILTIN.find("lead", "shop_area") is None

    def test_never_replace_a_builtin_one(self) -> None:
        catalogue = BUILTIN.with_custom([spec_from_custom(self.ROW | {"key": "city", "kind": "text"})])

        assert catalogue.get("lead", "city").builtin

    @pytest.mark.parametrize("kind", CUSTOM_KINDS)
    def test_may_be_of_every_kind_offered(self, kind: str) -> None:
        spec = spec_from_custom(self.ROW | {"kind": kind, "choices": [["a", "甲"]]})

        assert spec.kind_object is KINDS[kind]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"entity": "loan"}, "entity"),
            ({"key": "Bad Key"}, "key"),
            ({"key": "a.b"}, "key"),
            ({"label": " "}, "label"),
            ({"kind": "id_number"}, "kind"),
            ({"kind": "nope"}, "kind"),
            ({"sensitivity": "sensitive"}, "sensitivity"),
            ({"kind": "choice"}, "choices"),
            ({"kind": "choice", "choices": [["a", "甲"], ["a", "乙"]]}, "choices"),
            ({"rules": {"min": "9", "max": "1"}}, "rules"),
            ({"rules": {"pattern": "(a+)+$"}}, "rules"),
            ({"rules": {"min_length": 3}}, "rules"),
        ],
    )
    def test_are_refused_with_the_property_at_fault(self, change: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            spec_from_custom(self.ROW | change)

        assert list(refused.value.fields) == [field]


def test_the_schema_describes_what_the_api_accepts() -> None:
    schema = BUILTIN.schema("lead")

    assert schema["required"] == ["name", "phone"]
    assert "status" not in schema["properties"]
    assert schema["properties"]["amount_fen"]["type"] == "integer"
    assert schema["properties"]["gender"]["enum"] == ["male", "female"]


def test_dates_in_limits_read_well() -> None:
    row = {
        "entity": "lead",
        "key": "opened",
        "label": "开业日",
        "kind": "date",
        "rules": {"max": "2026-01-01"},
    }
    catalogue = BUILTIN.with_custom([spec_from_custom(row)])

    _, errors = catalogue.validate_record("lead", {"opened": date(2026, 2, 1)}, partial=True, now=NOW)

    assert errors == {"opened": "不能晚于 2026-01-01"}
