"""The handlers of the templates' pages: the list, the designer, the sheet of a block."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import templates
from loanhub.services._actor import Actor
from loanhub.state._clock import utc_now
from loanhub.state.template_block import BlockState
from loanhub.state.template_editor import TemplateState
from loanhub.state.templates import TemplatesState
from tests.builders import make_user
from tests.services.templates.conftest import company  # noqa: F401
from tests.state.test_daily_work import do, visit  # noqa: F401


@pytest.fixture
def writer() -> Actor:
    return make_user(RoleCode.CONTRACTS)


def open_designer(visit: Any, writer: Actor) -> tuple[Any, int]:  # noqa: F811
    version_id = templates.create(writer, base="loan_contract", name="经营贷合同", now=utc_now())
    state = visit(TemplateState, writer, f"/templates/{version_id}")
    do(TemplateState.load, state)
    return state, version_id


class TestList:
    def test_begins_a_copy_and_opens_it(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        state = visit(TemplatesState, writer, "/templates")
        do(TemplatesState.load, state)
        assert len(state.builtin) >= 20 and state.own == [] and state.can_edit
        do(TemplatesState.begin, state, "receipt")
        assert (state.base, state.new_name, state.creating) == ("receipt", "收据（本公司）", True)

        do(TemplatesState.create, state, {"base": "receipt", "name": "本公司收据"})
        do(TemplatesState.load, state)

        assert [(row["name"], row["status"]) for row in state.own] == [("本公司收据", "草稿")]
        with pytest.raises(NotFound):
            do(TemplatesState.set_default, state, "999999", True)


class TestDesigner:
    def test_shows_the_blocks_and_the_document_beside_them(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        state, _ = open_designer(visit, writer)

        assert state.blocks[0]["text"] == "借款合同" and state.picture.startswith("data:image/png;base64,")
        pages = state.pages
        do(TemplateState.turn, state, 1)
        assert (state.page, state.pages) == (2, pages) and pages >= 5

    def test_moves_removes_and_sets_the_page(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        state, _ = open_designer(visit, writer)
        first, second = state.blocks[0]["id"], state.blocks[1]["id"]
        do(TemplateState.move, state, first, 1)
        assert [one["id"] for one in state.blocks[:2]] == [second, first]
        do(TemplateState.drop_on, state, first, second)
        do(TemplateState.remove, state, first)
        assert state.blocks[0]["id"] == second
        do(TemplateState.save_settings, state, {"watermark": "{借款人姓名}", "seam_marks": "on"})
        assert (
            state.settings["watermark"] == "{借款人姓名}"
            and state.flags["seam_marks"]
            and not state.flags["one_page"]
        )
        do(TemplateState.choose_tab, state, "changes")
        assert {one["word"] for one in state.changes} == {"删除", "修改"}

    def test_goes_through_trial_review_and_use(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        state, version_id = open_designer(visit, writer)
        with pytest.raises(Conflict, match="先试填"):
            do(TemplateState.submit, state, {"note": ""})
        do(TemplateState.try_out, state)
        assert state.trial_text == "试填 1 条，1 条可以生成" and state.can_submit
        do(TemplateState.submit, state, {"note": "第一版"})

        other = visit(TemplateState, make_user(RoleCode.MANAGER), f"/templates/{version_id}")
        do(TemplateState.load, other)
        assert other.can_publish and not other.can_edit
        do(TemplateState.send_back, other, {"reason": "再看看第三条"})
        assert other.review_note == "再看看第三条"
        templates.submit(writer, version_id=version_id, now=utc_now())
        do(TemplateState.load, other)
        do(TemplateState.ask_publish, other, True)
        do(TemplateState.publish, other)
        assert other.status_label == "使用中"

    def test_an_address_of_nowhere_is_refused(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        state = visit(TemplateState, writer, "/templates/nothing")
        with pytest.raises(NotFound):
            do(TemplateState.load, state)


class TestBlock:
    def sheet(self, visit: Any, writer: Actor, kind: str) -> tuple[Any, Any]:  # noqa: F811
        page, version_id = open_designer(visit, writer)
        block = next(one["id"] for one in page.blocks if one["kind"] == kind)
        sheet = visit(BlockState, writer, f"/templates/{version_id}")
        other = None

        async def shared(kind: type) -> Any:
            return page if kind is TemplateState else other

        object.__setattr__(sheet, "get_state", shared)
        do(BlockState.open, sheet, version_id, block)
        return sheet, page

    def test_saves_text_and_condition(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        sheet, page = self.sheet(visit, writer, "clause")
        do(BlockState.search, sheet, "首期应还")
        assert "{首期应还：大写}" in [one["token"] for one in sheet.found]
        do(BlockState.toggle_condition, sheet, True)
        do(BlockState.pick_field, sheet, "loan_contract|terms__principal_fen")
        do(BlockState.pick_operator, sheet, "gte")
        do(BlockState.add_condition, sheet, {"value": "500000"})
        assert sheet.sentence.startswith("借款金额 ≥")

        do(BlockState.save, sheet, {"text": "首期为{首期应还：大写}。", "bold": "on"})

        line = next(one for one in page.blocks if "首期为" in one["text"])
        assert (
            line["text"] == "首期为{首期应还：大写}。"
            and line["condition"].startswith("借款金额 ≥")
            and not sheet.opened
        )

    def test_says_at_the_field_what_is_wrong(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        sheet, _ = self.sheet(visit, writer, "clause")
        do(BlockState.save, sheet, {"text": "{工资}"})
        assert sheet.field_errors == {"text": "没有「工资」这个变量"} and sheet.opened

    def test_rows_columns_and_signers_come_and_go(self, visit: Any, writer: Actor) -> None:  # noqa: F811
        sheet, page = self.sheet(visit, writer, "repeat")
        count = len(sheet.columns)
        do(BlockState.add_column, sheet)
        do(BlockState.set_column, sheet, count, "label", "备注")
        do(BlockState.set_column, sheet, count, "share", "x")
        do(BlockState.drop_column, sheet, 0)
        do(BlockState.set_column, sheet, 99, "label", "nowhere")
        do(BlockState.save, sheet, {"source": "guarantees", "text": ""})
        assert "列宽" in sheet.field_errors["columns"]
        do(BlockState.set_column, sheet, count - 1, "share", "1.5")
        do(BlockState.save, sheet, {"source": "guarantees", "text": ""})
        assert any("备注" in one["text"] for one in page.blocks)
