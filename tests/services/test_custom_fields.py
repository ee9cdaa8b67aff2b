from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead
from loanhub.services import catalogue, custom_fields, lists
from loanhub.services._transaction import reading
from loanhub.services.leads import create as lead_create
from loanhub.services.leads import form
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user

ADMIN = bare_actor(RoleCode.ADMIN)


def _save(**values: Any) -> int:
    defaults: dict[str, Any] = {"entity": "lead", "label": "车辆品牌", "kind": "text", "now": NOON}
    return custom_fields.save(ADMIN, **{**defaults, **values})


def _own(entity: str = "lead") -> list[custom_fields.FieldRow]:
    return [row for row in custom_fields.list_fields(ADMIN, entity) if row.id]


class TestSave:
    def test_appears_at_once_in_form_filter_and_import(self, database: Engine) -> None:
        make_company()
        sales = make_user(RoleCode.SALES)
        before = {view.key for view in form.blank(sales, now=NOON)}

        _save(kind="choice", choices=["有", "无"], label="名下有车", required=True)

        key = _own()[0].key
        assert key not in before and key == "mingxiayouche"
        shown = next(view for view in form.blank(sales, now=NOON) if view.key == key)
        assert shown.required and shown.options == (("有", "有"), ("无", "无"))
        assert key in {one.key for one in lists.filter_fields(sales, "lead")}
        with reading() as db:
            assert key in {spec.key for spec in catalogue.current(db).for_import("lead")}

    def test_stores_what_is_typed_and_shows_a_renamed_choice(self, database: Engine) -> None:
        make_company()
        sales = make_user(RoleCode.SALES)
        field_id = _save(kind="choice", choices=["有", "无"], label="名下有车")
        raw = {"name": "孙立", "phone": make_phone(), "channel_code": "referral", "mingxiayouche": "有"}
        lead_id = lead_create(sales, raw, now=NOON).lead_id

        _save(field_id=field_id, version=1, kind="choice", choices=["有车", "无"], label="名下有车")

        with reading() as db:
            lead = db.get(Lead, lead_id)
            assert lead is not None
            shown = catalogue.present_record(db, sales, "lead", lead, now=NOON)["mingxiayouche"]
        assert shown.text == "有车"

    def test_records_what_changed(self, sqlite_database: Engine) -> None:
        field_id = _save()
        _save(field_id=field_id, version=1, label="车辆型号", hint="行驶证上的型号")

        with reading() as db:
            rows = db.execute(
                sa.select(Event).where(col(Event.type) == "field.edited").order_by(col(Event.id))
            )
            first, second = rows.scalars().all()
        assert first.after["名称"] == "车辆品牌" and not first.before
        assert second.before == {"名称": "车辆品牌", "提示": "—"}
        assert second.after == {"名称": "车辆型号", "提示": "行驶证上的型号"}

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("label", {"label": ""}),
            ("label", {"label": "手机号"}),
            ("label", {"label": "行业备注"}),
            ("kind", {"kind": "phone"}),
            ("choices", {"kind": "choice"}),
            ("choices", {"kind": "choice", "choices": ["a", "a"]}),
            ("sensitivity", {"sensitivity": "sensitive"}),
            ("entity", {"entity": "loan"}),
        ],
    )
    def test_names_the_fault(self, sqlite_database: Engine, field: str, changes: dict[str, Any]) -> None:
        _save(label="行业备注")

        with pytest.raises(InvalidInput) as refused:
            _save(**changes)

        assert field in refused.value.fields

    def test_refuses_a_stale_form_and_everybody_else(self, database: Engine) -> None:
        field_id = _save()
        with pytest.raises(custom_fields.StaleField):
            _save(field_id=field_id, version=7, label="别的")
        with pytest.raises(NotFound):
            _save(field_id=99)
        for role in set(RoleCode) - {RoleCode.ADMIN}:
            with pytest.raises(NotPermitted):
                custom_fields.save(bare_actor(role), entity="lead", label="x", kind="text", now=NOON)
            with pytest.raises(NotPermitted):
                custom_fields.list_fields(bare_actor(role), "lead")
            with pytest.raises(NotPermitted):
                custom_fields.preview(bare_actor(role), "lead", now=NOON)


class TestSetActive:
    def test_hides_the_field_and_brings_it_back(self, database: Engine) -> None:
        field_id = _save()
        key = _own()[0].key

        custom_fields.set_active(ADMIN, field_id=field_id, active=False, now=NOON)
        assert key not in {view.key for view in custom_fields.preview(ADMIN, "lead", now=NOON)}
        custom_fields.set_active(ADMIN, field_id=field_id, active=True, now=NOON)
        assert key in {view.key for view in custom_fields.preview(ADMIN, "lead", now=NOON)}
        with pytest.raises(NotPermitted):
            custom_fields.set_active(bare_actor(RoleCode.SALES), field_id=field_id, active=False, now=NOON)


class TestMove:
    def test_changes_the_order_in_the_form(self, database: Engine) -> None:
        ids = [_save(label=label) for label in ("一", "二", "三")]

        custom_fields.move(ADMIN, field_id=ids[2], step=-1, now=NOON)
        custom_fields.move(ADMIN, field_id=ids[0], step=-1, now=NOON)

        assert [row.label for row in _own()] == ["一", "三", "二"]
        assert [v.label for v in custom_fields.preview(ADMIN, "lead", now=NOON)][-3:] == ["一", "三", "二"]
        with pytest.raises(NotPermitted):
            custom_fields.move(bare_actor(RoleCode.SALES), field_id=ids[0], step=1, now=NOON)
