"""Every template, from data to what a reader of the PDF finds in it."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pypdf
import pytest

from loanhub.documents import from_json, get_template, missing, render, to_json
from loanhub.documents.batch import Item, render_batch
from loanhub.documents.data import Company, Guarantee, Party
from loanhub.documents.preview import page_texts
from loanhub.documents.render import SAMPLE_COMPANY, TextTooLong
from loanhub.documents.template import MissingData, UnknownTemplate, templates
from loanhub.documents.templates.cost_disclosure import CostsDoNotAddUp
from loanhub.documents.templates.receipt import ReceiptDoesNotAddUp
from loanhub.documents.typeface import MissingGlyph, UnprintableText
from loanhub.domain.money import format_plain, uppercase
from tests.documents.conftest import pages_of, text_of
from tests.documents.test_typeface import random_names

CODES = list(templates())
NEEDED_BY_ITS_TEXT = {
    "disbursement_notice": {
        "terms.periods", "terms.simple_cost_rate", "first_due_date", "first_payment_fen", "disbursement_account.holder",
        "disbursement_account.bank", "repayment_account.holder", "repayment_account.bank",
    },
    "extension_agreement": {
        "borrower.address", "borrower.phone", "company.credit_code", "company.legal_representative", "company.address",
        "company.phone",
    },
    "overdue_notice": {"overdue_since", "days_overdue", "repayment_account.holder", "repayment_account.bank"},
    "quotation": {"first_due_date", "first_payment_fen"},
    "settlement_quote": {"repayment_account.holder", "repayment_account.bank"},
}  # fmt: skip
"""What a document asks for beyond the variables of its form, because a sentence of it prints the value."""


@pytest.mark.parametrize("code", CODES)
class TestEveryTemplate:
    def test_gives_the_same_bytes_for_the_same_data(self, code):
        sample = get_template(code).sample

        assert render(code, sample, company=SAMPLE_COMPANY) == render(code, sample, company=SAMPLE_COMPANY)

    def test_numbers_its_pages_and_names_company_and_number_on_each(self, code):
        template = get_template(code)

        pages = pages_of(render(code, template.sample, company=SAMPLE_COMPANY))

        for number, text in enumerate(pages, start=1):
            assert f"第{number}页共{len(pages)}页" in text
            assert SAMPLE_COMPANY.name in text
            assert template.number(template.sample) in text

    def test_embeds_every_font_and_keeps_the_file_small(self, code):
        pdf = render(code, get_template(code).sample, company=SAMPLE_COMPANY)

        fonts = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
        for font in fonts.values():
            assert "/FontFile2" in font["/FontDescriptor"]
            assert "/ToUnicode" in font
        assert len(pdf) <= 100_000 + 10_000 * len(pypdf.PdfReader(io.BytesIO(pdf)).pages)

    def test_carries_metadata_bookmarks_language_and_tags(self, code):
        template = get_template(code)

        pdf = render(code, template.sample, company=SAMPLE_COMPANY)

        reader = pypdf.PdfReader(io.BytesIO(pdf))
        assert reader.metadata is not None
        assert reader.metadata.title == f"{template.label} {template.number(template.sample)}"
        assert reader.metadata.creation_date == datetime(2026, 1, 15, 2, 0, tzinfo=UTC)
        assert reader.outline
        catalog = reader.trailer["/Root"]
        assert catalog["/Lang"] == "zh-CN"
        assert catalog["/StructTreeRoot"]["/K"]["/S"] == "/Document"
        assert catalog["/OutputIntents"]
        xmp = catalog["/Metadata"].get_data().decode()
        assert "<pdfaid:part>2</pdfaid:part>" in xmp
        for entry in ("/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer"):
            assert f">{reader.metadata[entry]}</" in xmp
        assert pdf.count(b"\nendstream\n") == pdf.count(b"endstream"), "PDF/A asks for the line end"
        for page in reader.pages:
            assert "/StructParents" in page

    def test_survives_json(self, code):
        template = get_template(code)

        again = from_json(template.data_type, to_json(template.sample))

        assert again == template.sample
        assert to_json(again) == to_json(template.sample)

    def test_names_all_it_needs_and_prints_no_blank_instead(self, code):
        template = get_template(code)
        empty = template.data_type()

        lacking = missing(code, empty, Company())

        preset = {"terms.loan_type", "fee_base"}
        always = {variable.key for variable in template.variables} - preset
        assert {key for key, _ in lacking} == always | NEEDED_BY_ITS_TEXT.get(code, set())
        with pytest.raises(MissingData) as caught:
            render(code, empty, company=Company())
        assert set(caught.value.fields) == {key for key, _ in lacking}

    def test_sample_lacks_nothing_and_shows_no_placeholder(self, code):
        template = get_template(code)

        assert missing(code, template.sample, SAMPLE_COMPANY) == []
        text = text_of(render(code, template.sample, company=SAMPLE_COMPANY))
        assert not re.search(r"[{}]|\*\*|None|____", text)

    def test_shows_the_watermark_on_each_page(self, code):
        pdf = render(code, get_template(code).sample, company=SAMPLE_COMPANY, watermark="演示数据")

        reader = pypdf.PdfReader(io.BytesIO(pdf))
        for page in reader.pages:
            assert "演示数据" in "".join(page.extract_text().split())


class TestLoanContract:
    def test_says_the_amount_in_figures_and_words_next_to_each_other(self, long_contract):
        text = text_of(render("loan_contract", long_contract, company=SAMPLE_COMPANY))

        fen = long_contract.terms.principal_fen
        assert f"人民币{uppercase(fen)}（小写：¥{format_plain(fen)}）" in text

    def test_prints_each_installment_and_their_sums(self, long_contract):
        text = text_of(render("loan_contract", long_contract, company=SAMPLE_COMPANY))

        for row in long_contract.schedule:
            assert (
                f"{row.due_date:%Y-%m-%d}{format_plain(row.principal_fen)}{format_plain(row.interest_fen)}/"
                f"{format_plain(row.payment_fen)}{format_plain(row.closing_fen)}"
            ) in text
        principal = sum(row.principal_fen for row in long_contract.schedule)
        interest = sum(row.interest_fen for row in long_contract.schedule)
        assert principal == long_contract.terms.principal_fen
        assert (
            f"合计{format_plain(principal)}{format_plain(interest)}/{format_plain(principal + interest)}"
            in text
        )

    def test_prints_the_order_of_allocation_as_configured(self, long_contract):
        terms = replace(long_contract.terms, allocation=("本金", "利息", "罚息"))

        text = text_of(render("loan_contract", replace(long_contract, terms=terms), company=SAMPLE_COMPANY))

        assert "本金→利息→罚息" in text

    def test_resolves_references_to_other_clauses(self, long_contract):
        text = text_of(render("loan_contract", long_contract, company=SAMPLE_COMPANY))

        assert "未按第1.3款约定使用借款" in text
        assert "利息和罚息按第七条计算" in text

    def test_keeps_text_on_the_page_of_the_signatures(self, long_contract):
        for extra in range(12):
            conditions = tuple(f"其他放款条件第{number}项已经满足" for number in range(extra))
            pages = pages_of(
                render("loan_contract", replace(long_contract, conditions=conditions), company=SAMPLE_COMPANY)
            )

            (signing,) = [page for page in pages if "盖章处" in page]
            assert "本人对其含义及法律后果没有异议" in signing
            assert "本合同一式" in signing

    def test_divides_no_short_table_and_leaves_no_note_alone(self, long_contract):
        terms = long_contract.terms
        shorter = [long_contract.schedule[:count] for count in range(18, 36)]
        batch = [
            Item(replace(
                long_contract, schedule=rows,
                terms=replace(terms, periods=len(rows), principal_fen=sum(row.principal_fen for row in rows)),
            ))
            for rows in shorter
        ]  # fmt: skip

        for rows, made in zip(
            shorter, render_batch("loan_contract", batch, company=SAMPLE_COMPANY), strict=True
        ):
            pages = ["".join(text.split()) for text in page_texts(made.pdf)]
            (fees,) = [page for page in pages if "除上表所列项目外" in page]
            assert "附件二费用清单" in fees and "收取标准" in fees, len(rows)
            (explained,) = [page for page in pages if "末期金额含四舍五入的尾差" in page]
            assert rows[-1].due_date.isoformat() in explained, len(rows)

    def test_changes_with_what_was_agreed(self, long_contract):
        plain = replace(
            long_contract,
            guarantees=(),
            co_borrowers=(),
            dispute="arbitration",
            dispute_body="上海仲裁委员会",
            electronic=False,
            terms=replace(long_contract.terms, compound_interest=False, grace_days=0),
        )

        text = text_of(render("loan_contract", plain, company=SAMPLE_COMPANY))

        assert "担保：无" in text
        assert "不对逾期利息和罚息计收复利" in text
        assert "上海仲裁委员会" in text
        assert "电子签名法" not in text
        assert "宽限期" not in text
        assert "共同借款人" not in text

    def test_prints_two_hundred_names_with_rare_characters(self, long_contract):
        names = random_names(200)
        guarantees = tuple(Guarantee(kind="保证", guarantor=name) for name in names)

        text = text_of(
            render("loan_contract", replace(long_contract, guarantees=guarantees), company=SAMPLE_COMPANY)
        )

        assert not [name for name in names if name not in text]

    def test_prints_hostile_text_as_the_characters_it_is(self, long_contract):
        hostile = '<img src="http://169.254.169.254/x"/>{principal}**<b>&amp;</font>${7*7}%s\\'
        borrower = replace(long_contract.borrower, name=hostile)

        text = text_of(
            render("loan_contract", replace(long_contract, borrower=borrower), company=SAMPLE_COMPANY)
        )

        assert hostile.replace(" ", "") in text

    def test_refuses_what_cannot_be_printed(self, long_contract):
        for name, refusal in (
            ("张\x07三", UnprintableText),
            ("😀", MissingGlyph),
            ("张" * 10_000, TextTooLong),
        ):
            with pytest.raises(refusal):
                render(
                    "loan_contract",
                    replace(long_contract, borrower=replace(long_contract.borrower, name=name)),
                    company=SAMPLE_COMPANY,
                )

    def test_prints_long_addresses_in_full(self, long_contract):
        address = "内蒙古自治区呼伦贝尔市莫力达瓦达斡尔族自治旗尼尔基镇" * 20
        party = replace(long_contract.borrower, address=address)

        text = text_of(
            render("loan_contract", replace(long_contract, borrower=party), company=SAMPLE_COMPANY)
        )

        assert address in text

    def test_prints_a_company_with_its_seal(self, long_contract):
        company = Party(
            name="苏州某某机械有限公司", kind="company", id_type="营业执照", id_number="91320500MA00000000",
            phone="0512-60000000", address="苏州市", legal_representative="赵六",
        )  # fmt: skip

        text = text_of(
            render("loan_contract", replace(long_contract, borrower=company), company=SAMPLE_COMPANY)
        )

        assert "法定代表人签字" in text
        assert "赵六" in text


class TestCostDisclosure:
    def test_states_that_nothing_else_is_charged_and_the_total(self):
        text = text_of(
            render("cost_disclosure", get_template("cost_disclosure").sample, company=SAMPLE_COMPANY)
        )

        assert "除上述已明示的成本外，不再收取与本笔贷款相关的其他息费" in text
        assert "正常履约年化综合融资成本16.32%" in text

    def test_refuses_items_that_do_not_sum_to_the_total(self):
        sample = get_template("cost_disclosure").sample

        with pytest.raises(CostsDoNotAddUp):
            render("cost_disclosure", replace(sample, costs=sample.costs[:1]), company=SAMPLE_COMPANY)


class TestReceipt:
    def test_refuses_components_that_do_not_sum_to_the_amount(self):
        sample = get_template("receipt").sample

        with pytest.raises(ReceiptDoesNotAddUp):
            render("receipt", replace(sample, amount_fen=1), company=SAMPLE_COMPANY)

    def test_says_each_component_in_figures_and_words(self):
        sample = get_template("receipt").sample

        text = text_of(render("receipt", sample, company=SAMPLE_COMPANY))

        for label, fen in sample.components:
            assert f"{label}{format_plain(fen)}{uppercase(fen)}" in text


class TestRender:
    def test_knows_only_its_templates(self):
        with pytest.raises(UnknownTemplate):
            render("../../etc/passwd", object(), company=SAMPLE_COMPANY)

    def test_leaves_reportlab_no_door_to_files_or_the_net(self):
        from reportlab import rl_config

        assert not rl_config.trustedHosts
        assert not rl_config.trustedSchemes

    def test_does_not_change_with_what_was_printed_before(self, long_contract):
        before = render("loan_contract", long_contract, company=SAMPLE_COMPANY)
        other = replace(long_contract, borrower=replace(long_contract.borrower, name="䶮囍喆"))
        render("loan_contract", other, company=replace(SAMPLE_COMPANY, name="另一家小额贷款公司"))

        assert render("loan_contract", long_contract, company=SAMPLE_COMPANY) == before

    def test_keeps_no_one_s_data_in_memory(self, long_contract):
        import sys

        module = sys.modules["loanhub.documents.render"]
        party = replace(long_contract.borrower, name="独孤求败", address="终南山后活死人墓")
        render("loan_contract", replace(long_contract, borrower=party), company=SAMPLE_COMPANY)

        assert "活死人墓" not in repr(module._ready["loan_contract", 1][1])

    def test_draws_the_verification_code_on_the_last_page(self, long_contract):
        url = "https://loanhub.example/verify/abcdef"

        pages = pages_of(render("loan_contract", long_contract, company=SAMPLE_COMPANY, verify_url=url))

        assert "扫码核验真伪" in pages[-1]
        assert all("扫码核验真伪" not in page for page in pages[:-1])

    def test_unused_costs_print_as_none(self):
        sample = get_template("loan_contract").sample

        text = text_of(
            render("loan_contract", replace(sample, costs=(), contingent_costs=()), company=SAMPLE_COMPANY)
        )

        assert "无/////" in text
