"""Templates as blocks: what they may name, what they refuse, and that a copy says what the built-in one says."""

from dataclasses import replace
from decimal import Decimal

import pytest

from loanhub.documents import get_template, missing, render
from loanhub.documents.design import derived
from loanhub.documents.render import SAMPLE_COMPANY
from loanhub.documents.template import templates
from loanhub.domain.errors import InvalidInput
from loanhub.domain.templates import Block, BlockFault, BlockKind, Body, body_json, read_body
from tests.documents.conftest import text_of

CONTRACT = get_template("loan_contract")


def own(*blocks: dict, base: str = "loan_contract", **settings):
    body = read_body({"blocks": [{"kind": "paragraph", **one} for one in blocks], **settings})
    return derived(get_template(base), body, code="t1", label="自拟合同", version=1)


def said(*blocks: dict, data=None, **settings) -> str:
    return text_of(render(own(*blocks, **settings), data or CONTRACT.sample, company=SAMPLE_COMPANY))


@pytest.mark.parametrize("code", list(templates()))
class TestACopy:
    def test_survives_json_and_says_the_same(self, code):
        base = get_template(code)
        body = read_body(body_json(base.body))
        assert body == base.body

        copy = derived(base, body, code="t7", label=base.label, version=3)

        ours, theirs = (text_of(render(one, base.sample, company=SAMPLE_COMPANY)) for one in (copy, base))
        assert ours == theirs


class TestValues:
    @pytest.mark.parametrize(
        ("text", "printed"),
        [
            ("{terms.principal_fen}", "人民币壹拾万元整（小写：¥100,000.00）"),
            ("{terms.principal_fen|wan}", "10万元"),
            ("{terms.principal_fen|upper}", "壹拾万元整"),
            ("{terms.start_date|iso}", "2026-01-15"),
            ("{borrower.id_number|id}", "310***********0017"),
            ("{borrower.phone|phone}", "138****0000"),
            ("{disbursement_account.number|tail}", "0000"),
            ("{terms.penalty_rate}", "21.60%"),
            ("{terms.allocation|arrow}", "费用→罚息→复利→利息→本金"),
            ("{borrower.email?}", "无"),
            ("{borrower.delivery_address?|same}", "同上"),
            ("{dispute}", "诉讼"),
        ],
    )
    def test_are_written_in_the_asked_format(self, text, printed):
        assert f"甲{printed}乙" in said({"text": f"甲{text}乙"})

    def test_a_value_is_never_read_as_a_pattern(self):
        data = replace(
            CONTRACT.sample, borrower=replace(CONTRACT.sample.borrower, name="{company.name}**{ref:x}<b>")
        )

        assert "{company.name}**{ref:x}<b>" in said({"text": "借款人{borrower.name}。"}, data=data)
        assert "{company.name}**{ref:x}<b>" in said(
            {"kind": "notice", "text": "借款人{borrower.name}。"}, data=data
        )

    def test_missing_ones_are_named_and_nothing_is_printed_blank(self):
        template = own(
            {"text": "邮箱{borrower.email}，地址{borrower.address}"}, {"text": "{terms.rate_basis?}"}
        )

        assert missing(template, CONTRACT.sample, SAMPLE_COMPANY) == [("borrower.email", "借款人电子邮箱")]
        with pytest.raises(InvalidInput, match="借款人电子邮箱"):
            render(template, CONTRACT.sample, company=SAMPLE_COMPANY)


class TestConditions:
    WHEN = {"field": "terms__principal_fen", "op": "gte", "value": 20_000_000}

    def test_a_block_is_there_only_when_its_condition_holds(self):
        blocks = ({"text": "总是"}, {"text": "大额条款", "when": self.WHEN})
        large = replace(CONTRACT.sample, terms=replace(CONTRACT.sample.terms, principal_fen=30_000_000))

        assert "大额条款" not in said(*blocks)
        assert "大额条款" in said(*blocks, data=large)

    def test_what_a_hidden_block_needs_is_not_missing(self):
        template = own({"text": "{borrower.email}", "when": self.WHEN}, {"text": "正文"})

        assert missing(template, CONTRACT.sample, SAMPLE_COMPANY) == []

    def test_lists_are_compared_by_how_many_they_have(self):
        when = {"field": "guarantees", "op": "gt", "value": 1}

        assert "两个以上担保" in said({"text": "两个以上担保", "when": when})


class TestRepeatedParts:
    def test_a_row_for_each_member_and_the_sum(self):
        text = said(
            {
                "kind": "repeat", "source": "schedule",
                "columns": [
                    {"label": "期", "text": "{index}", "total": "共"},
                    {"label": "利息", "text": "{item.interest_fen|plain}", "align": "right", "total": "{sum}"},
                ],
            }
        )  # fmt: skip

        assert "11,200.002804.763404.78共2,409.54" in text.replace("\u3000", "")

    def test_an_empty_list_says_none(self):
        text = said(
            {
                "kind": "repeat",
                "source": "guarantees",
                "columns": [{"label": "甲", "text": "{item.kind}"}, {"label": "乙"}],
            },
            data=replace(CONTRACT.sample, guarantees=()),
        )

        assert "甲乙无/" in text

    def test_a_clause_for_each_member(self):
        data = replace(CONTRACT.sample, conditions=("一要", "二要"))

        assert "（1）一要；" in said({"kind": "item", "text": "{item}；", "each": "conditions"}, data=data)


class TestRefusals:
    @pytest.mark.parametrize(
        ("block", "field", "sentence"),
        [
            ({"text": "{borrower.salary}"}, "text", "没有「borrower.salary」这个变量"),
            ({"text": "{borrower.__class__}"}, "text", "没有"),
            ({"text": "{__import__('os')}"}, "text", "没有"),
            ({"text": "{terms.principal_fen|hex}"}, "text", "没有「hex」这种写法"),
            ({"text": "{item.name}"}, "text", "没有「item.name」"),
            ({"text": "见{ref:nowhere}"}, "text", "没有引用名为「nowhere」的条款"),
            ({"text": "x", "when": {"field": "borrower__salary", "op": "gt", "value": 1}}, "when", "没有"),
            ({"text": "x", "each": "borrower"}, "each", "没有这种可以重复的内容"),
            ({"kind": "party", "source": "lawyer"}, "source", "没有这个当事人"),
            ({"kind": "fields", "rows": [["{borrower.name}", "x"]]}, "rows", "名称和表头里不能放变量"),
            ({"kind": "repeat", "source": "schedule", "columns": [{"label": "x", "text": "y", "total": "{sum}"}]},
             "columns", "不能求和"),
        ],
    )  # fmt: skip
    def test_names_the_block_and_the_property(self, block, field, sentence):
        with pytest.raises(BlockFault) as caught:
            own({"text": "一"}, block)

        assert caught.value.block_id == "b2"
        assert field in caught.value.fields
        assert sentence in caught.value.sentence

    @pytest.mark.parametrize(
        "raw",
        [
            None, [], {"blocks": 3}, {"blocks": [{"kind": "script", "text": "x"}]}, {"blocks": ["x"]},
            {"blocks": [{"kind": "paragraph", "text": ""}]},
            {"blocks": [{"kind": "paragraph", "text": "x" * 3000}]},
            {"blocks": [{"kind": "paragraph", "text": "x"}] * 301},
            {"blocks": [{"id": "a", "kind": "note", "text": "x"}, {"id": "a", "kind": "note", "text": "y"}]},
            {"blocks": [{"kind": "table", "columns": [{"label": "a"}], "rows": [["1", "2"]]}]},
            {"blocks": [{"kind": "table", "columns": [{"label": "a", "share": "wide"}]}]},
            {"blocks": [{"kind": "space", "height": 1e9}]},
            {"blocks": [{"kind": "clause", "text": "x", "key": "a b"}]},
            {"blocks": [{"kind": "signatures", "signers": []}]},
        ],
    )  # fmt: skip
    def test_refuses_what_is_no_template(self, raw):
        with pytest.raises(InvalidInput):
            read_body(raw)

    def test_a_reference_to_a_clause_that_may_be_missing(self):
        when = {"field": "guarantees", "op": "gt", "value": 0}
        target = {"kind": "clause", "text": "担保", "key": "security", "when": when}

        with pytest.raises(BlockFault, match="可能不出现"):
            own(target, {"text": "按{ref:security}办理"})
        own(target, {"text": "按{ref:security}办理", "when": when})


class TestBookmarks:
    def test_a_document_may_begin_with_any_block(self):
        assert "甲方" in said({"kind": "heading", "text": "甲方"}, {"kind": "title", "text": "合同"})
        assert "附件" in said({"kind": "annex", "text": "附件"})


class TestPageSettings:
    def test_head_and_watermark_may_be_the_firm_s_own(self):
        text = said(
            {"text": "正文"},
            head_left="{company.name}法务部",
            head_right="{borrower.name}",
            watermark="内部{borrower.name}",
        )

        assert "示范小额贷款有限公司法务部" in text
        assert "内部张三" in text

    def test_the_data_checks_of_the_base_hold_for_a_copy(self):
        base = get_template("receipt")
        copy = derived(base, base.body, code="t2", label="收据", version=1)

        with pytest.raises(InvalidInput, match="不符"):
            render(copy, replace(base.sample, amount_fen=1), company=SAMPLE_COMPANY)


def test_a_draft_uses_the_fonts_of_its_base_and_says_the_same():
    body = Body((Block("b1", BlockKind.PARAGRAPH, "逾期罚息{terms.penalty_rate}，囍"),))
    draft = derived(CONTRACT, body, code="t3", label="草稿", version=0, draft=True)
    data = replace(CONTRACT.sample, terms=replace(CONTRACT.sample.terms, annual_rate=Decimal("0.1")))

    assert "逾期罚息15.00%，囍" in text_of(render(draft, data, company=SAMPLE_COMPANY))
