"""A firm's own templates: copied, changed, tried, reviewed by a second person, used, brought back."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlmodel import col

from loanhub.documents.variables import FORMATS
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.templates import BlockFault, IllegalMove, SameReviewer
from loanhub.models import Contract, Customer, Event
from loanhub.services import contracts, templates
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts import view as contract_view
from tests.builders import NOON, make_user
from tests.services.contracts.test_contracts import make_approved


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def first_clause(writer: Actor, version_id: int) -> str:
    return next(
        one.id
        for one in templates.look(writer, version_id=version_id, now=NOON).blocks
        if one.kind == "clause"
    )


def change(writer: Actor, version_id: int, text: str, **more: Any) -> None:
    block = first_clause(writer, version_id)
    templates.save_block(
        writer, version_id=version_id, raw={"id": block, "kind": "clause", "text": text, **more}, now=NOON
    )


def publish(writer: Actor, version_id: int) -> Actor:
    second = make_user(RoleCode.MANAGER)
    templates.trial(writer, version_id=version_id, now=NOON)
    templates.submit(writer, version_id=version_id, note="改了第一条", now=NOON)
    templates.publish(second, version_id=version_id, now=NOON)
    return second


@pytest.fixture
def writer() -> Actor:
    return make_user(RoleCode.CONTRACTS)


@pytest.fixture
def draft(writer: Actor) -> int:
    return templates.create(writer, base="loan_contract", name="经营贷合同", now=NOON)


class TestWriting:
    def test_starts_as_a_copy_and_shows_its_values_by_name(self, writer: Actor, draft: int) -> None:
        view = templates.look(writer, version_id=draft, now=NOON)

        assert (view.status, view.number, view.base_label) == ("draft", 1, "借款合同")
        assert any("借款金额为{借款金额}" in one.text for one in view.blocks)
        assert any(one.condition == "共同借款人（个数） > 0" for one in view.blocks)
        assert next(one.number for one in view.blocks if one.kind == "clause") == "1.1"
        assert not templates.changes(writer, version_id=draft, now=NOON)

    def test_a_form_saved_unchanged_changes_nothing(self, writer: Actor, draft: int) -> None:
        for line in templates.look(writer, version_id=draft, now=NOON).blocks:
            raw = templates.block_form(writer, version_id=draft, block_id=line.id)
            templates.save_block(writer, version_id=draft, raw=raw, now=NOON)

        assert not templates.changes(writer, version_id=draft, now=NOON)

    def test_what_changed_is_said_block_by_block(self, writer: Actor, draft: int) -> None:
        change(writer, draft, "本笔借款为{借款种类}，金额{借款金额：大写}，邮箱{借款人电子邮箱，可空}。")
        templates.add_block(writer, version_id=draft, kind="notice", now=NOON)
        templates.save_settings(writer, version_id=draft, values={"watermark": "{借款人姓名}专用"}, now=NOON)

        found = templates.changes(writer, version_id=draft, now=NOON)

        assert [(one.kind, one.block) for one in found] == [
            ("changed", "款（1.1）"), ("added", "提示框"), ("changed", "页面设置·水印"),
        ]  # fmt: skip
        assert found[0].after == "本笔借款为{借款种类}，金额{借款金额：大写}，邮箱{借款人电子邮箱，可空}。"

    def test_blocks_move_and_go(self, writer: Actor, draft: int) -> None:
        before = [one.id for one in templates.look(writer, version_id=draft, now=NOON).blocks]
        templates.move_block(writer, version_id=draft, block_id=before[0], step=2, now=NOON)
        templates.move_block(writer, version_id=draft, block_id=before[-1], onto=before[1], now=NOON)
        templates.drop_block(writer, version_id=draft, block_id=before[2], now=NOON)

        after = [one.id for one in templates.look(writer, version_id=draft, now=NOON).blocks]
        assert after[:2] == [before[-1], before[1]] and before[2] not in after and before[0] in after

    def test_refuses_at_the_field_and_keeps_what_was(self, writer: Actor, draft: int) -> None:
        with pytest.raises(BlockFault) as caught:
            change(writer, draft, "工资{借款人工资}")
        assert caught.value.fields == {"text": "没有「借款人工资」这个变量"}
        with pytest.raises(BlockFault, match="没有引用名为"):
            templates.drop_block(
                writer, version_id=draft, now=NOON,
                block_id=next(o.id for o in templates.look(writer, version_id=draft, now=NOON).blocks if "借款用途为" in o.text),
            )  # fmt: skip
        assert not templates.changes(writer, version_id=draft, now=NOON)

    def test_two_people_do_not_overwrite_each_other(self, writer: Actor, draft: int) -> None:
        seen = templates.look(writer, version_id=draft, now=NOON).version
        change(writer, draft, "甲改的")
        with pytest.raises(Conflict, match="刚被别人改过"):
            templates.save_block(
                writer, version_id=draft, raw={"id": first_clause(writer, draft), "kind": "clause", "text": "乙改的"},
                expected_version=seen, now=NOON,
            )  # fmt: skip

    @pytest.mark.parametrize("name", ["", "x" * 41, "经营贷合同"])
    def test_names_are_given_once(self, writer: Actor, draft: int, name: str) -> None:
        with pytest.raises(InvalidInput):
            templates.create(writer, base="loan_contract", name=name, now=NOON)

    def test_is_not_for_everybody(self, draft: int) -> None:
        sales, manager = make_user(RoleCode.SALES), make_user(RoleCode.MANAGER)
        for one in (sales, manager):
            with pytest.raises(NotPermitted):
                templates.create(one, base="loan_contract", name="别的合同", now=NOON)
            with pytest.raises(NotPermitted):
                templates.add_block(one, version_id=draft, kind="note", now=NOON)
        with pytest.raises(NotPermitted):
            templates.look(sales, version_id=draft, now=NOON)
        with pytest.raises(NotFound):
            templates.look(manager, version_id=draft + 1000, now=NOON)


class TestConditions:
    def test_are_made_like_any_filter(self, writer: Actor, draft: int) -> None:
        when = templates.leaf(
            writer,
            base="loan_contract",
            field="terms__principal_fen",
            operator="gte",
            texts=["50万"],
            now=NOON,
        )
        change(writer, draft, "大额借款须面签。", when=when)

        line = next(
            one for one in templates.look(writer, version_id=draft, now=NOON).blocks if "面签" in one.text
        )
        assert line.condition == "借款金额 ≥ 50 万元" or "借款金额" in line.condition
        with pytest.raises(InvalidInput):
            templates.leaf(
                writer, base="loan_contract", field="nothing", operator="gte", texts=["1"], now=NOON
            )


class TestReview:
    def test_a_second_person_publishes_what_was_tried(self, writer: Actor, draft: int) -> None:
        with pytest.raises(Conflict, match="先试填"):
            templates.submit(writer, version_id=draft, now=NOON)
        templates.trial(writer, version_id=draft, now=NOON)
        change(writer, draft, "又改了一次")
        with pytest.raises(Conflict, match="先试填"):
            templates.submit(writer, version_id=draft, now=NOON)
        templates.trial(writer, version_id=draft, now=NOON)
        templates.submit(writer, version_id=draft, now=NOON)

        with pytest.raises(SameReviewer):
            templates.publish(writer, version_id=draft, now=NOON)
        with pytest.raises(Conflict):
            change(writer, draft, "审核时不能改")
        assert templates.look(writer, version_id=draft, now=NOON).why_not_publish
        second = make_user(RoleCode.MANAGER)
        with pytest.raises(InvalidInput):
            templates.send_back(second, version_id=draft, reason="", now=NOON)
        templates.send_back(second, version_id=draft, reason="第一条写清楚", now=NOON)
        assert templates.look(writer, version_id=draft, now=NOON).review_note == "第一条写清楚"
        templates.submit(writer, version_id=draft, now=NOON)
        templates.publish(second, version_id=draft, now=NOON)

        assert templates.look(writer, version_id=draft, now=NOON).status == "published"
        with pytest.raises(IllegalMove):
            templates.publish(second, version_id=draft, now=NOON)
        with reading() as db:
            types = list(
                db.execute(
                    sa.select(col(Event.type)).where(col(Event.entity) == "document_template")
                ).scalars()
            )
        assert {"template.created", "template.edited", "template.tested", "template.submitted", "template.returned",
                "template.published"} <= set(types)  # fmt: skip

    def test_a_new_version_replaces_the_old_and_can_be_brought_back(self, writer: Actor, draft: int) -> None:
        publish(writer, draft)
        second_draft = templates.bring_back(writer, version_id=draft, now=NOON)
        with pytest.raises(Conflict, match="第 2 版还是"):
            templates.bring_back(writer, version_id=draft, now=NOON)
        change(writer, second_draft, "第二版的第一款")
        publish(writer, second_draft)

        assert templates.look(writer, version_id=draft, now=NOON).status == "retired"
        third = templates.bring_back(writer, version_id=draft, now=NOON)
        assert [one.kind for one in templates.changes(writer, version_id=third, now=NOON)] == ["changed"]
        assert not templates.changes(writer, version_id=third, against=draft, now=NOON)


class TestUse:
    def test_contracts_are_made_from_the_default_and_keep_the_version(
        self, writer: Actor, draft: int
    ) -> None:
        change(writer, draft, "本笔借款为{借款种类}，客户为{客户·客户类型}，由本公司自拟模板生成。")
        second = publish(writer, draft)
        template_id = templates.look(writer, version_id=draft, now=NOON).template_id
        plain = contracts.create(writer, application_id=make_approved(), now=NOON)
        with pytest.raises(NotPermitted):
            templates.set_default(make_user(RoleCode.FINANCE), template_id=template_id, on=True, now=NOON)
        templates.set_default(second, template_id=template_id, on=True, now=NOON)

        made = contracts.create(writer, application_id=make_approved(), now=NOON)

        with reading() as db:
            old, new = db.get(Contract, plain), db.get(Contract, made)
            assert old is not None and new is not None
            assert (old.template_code, new.template_code, new.template_revision) == (
                "loan_contract",
                f"t{template_id}",
                1,
            )
        text = text_of(contracts.open_pdf(writer, contract_id=made, now=NOON)[1])
        assert "由本公司自拟模板生成" in text and "客户为个人" in text
        view = contract_view.open_contract(writer, contract_id=made, now=NOON)
        assert {"label": "模板", "value": "经营贷合同 v1"} in view.facts and view.title.startswith("借款合同")

    def test_the_first_of_a_kind_must_be_published_to_be_the_default(self, writer: Actor, draft: int) -> None:
        view = templates.look(writer, version_id=draft, now=NOON)
        with pytest.raises(Conflict, match="先发布"):
            templates.set_default(
                make_user(RoleCode.MANAGER), template_id=view.template_id, on=True, now=NOON
            )


class TestTrial:
    def test_lists_what_each_record_lacks_with_the_page_to_mend_it(self, writer: Actor, draft: int) -> None:
        whole, lacking = make_approved(), make_approved()
        with transaction() as db:
            customer = db.execute(sa.select(Customer).order_by(col(Customer.id).desc()).limit(1)).scalar_one()
            customer.address, customer_id = "", customer.id
        assert customer_id

        lines = {one.key: one for one in templates.trial(writer, version_id=draft, now=NOON)}

        assert lines[f"application:{whole}"].fine and lines["sample"].fine
        (found,) = lines[f"application:{lacking}"].missing
        assert found == ("借款人住址", f"/applications/{lacking}")

    def test_previews_a_page_of_one_record_or_says_what_is_missing(self, writer: Actor, draft: int) -> None:
        contract_id = contracts.create(writer, application_id=make_approved(), now=NOON)

        picture, pages, faults = templates.preview(
            writer, version_id=draft, record=f"contract:{contract_id}", page=99, now=NOON
        )

        assert picture.startswith(b"\x89PNG") and pages >= 4 and not faults
        change(writer, draft, "邮箱{借款人电子邮箱}")
        picture, pages, faults = templates.preview(
            writer, version_id=draft, record=f"contract:{contract_id}", now=NOON
        )
        assert (picture, pages) == (b"", 0) and faults[0].missing[0][0] == "借款人电子邮箱"
        with pytest.raises(NotFound):
            templates.preview(writer, version_id=draft + 1000, now=NOON)
        *_, (fault,) = templates.preview(writer, version_id=draft, record="customer:1", now=NOON)
        assert "不适用" in fault.refusal


class TestList:
    def test_shows_built_in_and_own(self, writer: Actor, draft: int) -> None:
        found = templates.list_templates(writer, now=NOON)

        assert "借款合同" in [one.name for one in found.builtin]
        assert [(one.name, one.version) for one in found.own] == [("经营贷合同", "还没有发布，第 1 版草稿")]
        with pytest.raises(NotPermitted):
            templates.list_templates(make_user(RoleCode.SALES), now=NOON)

    def test_finds_values_to_insert(self, writer: Actor) -> None:
        found = templates.variables(writer, base="loan_contract", query="金额")

        first = found["values"][0]
        assert first["token"] == "{借款金额}"
        assert {"label": "大写", "token": "{借款金额：大写}"} in first["formats"]
        assert {"value": "schedule", "label": "还款计划"} in found["lists"]
        member = templates.variables(writer, base="loan_contract", each="schedule")["values"][0]
        assert member["token"].startswith("{本项·")


def test_every_format_can_be_written_in_words() -> None:
    assert not [one.label for ways in FORMATS.values() for one in ways if set(one.label) & set("：，|{}")]
