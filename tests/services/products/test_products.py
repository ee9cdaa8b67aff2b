"""Versions of a product: written, checked against the law, published; what was lent before keeps its terms."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Event, Product
from loanhub.services import catalogue, loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.products import check, fees, form, look, offered, versions
from loanhub.services.products.offered import install_products
from tests.builders import NOON, make_company, make_product, make_user
from tests.services.loans.builders import Desk, make_contract, make_desk, make_loan, stored

CODE = "personal_business"
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def admin(database: Engine) -> Actor:
    make_company()
    make_product(label="经营贷", min_annual_rate=Decimal("0.10"))
    return make_user(RoleCode.ADMIN, name="管理员甲")


def edited(code: str = CODE, **changes: str) -> dict[str, str]:
    """Return the form of a product as stored, with changes."""
    with reading() as db:
        rows = db.exec(
            select(Product).where(Product.code == code).order_by(col(Product.revision).desc())
        ).all()
        return form.show(rows[0]) | changes


def opened(actor: Actor, code: str = CODE) -> look.Opened:
    return look.open_product(actor, code=code)


def publish(actor: Actor, seen: versions.Seen | None = None, **changes: str) -> versions.Saved:
    found = opened(actor)
    return versions.publish(
        actor, code=CODE, form=found.form | changes, seen=found.seen if seen is None else seen, now=NOON
    )


def rows_of(code: str = CODE) -> list[Product]:
    with reading() as db:
        return list(db.exec(select(Product).where(Product.code == code).order_by(Product.revision)).all())  # type: ignore[arg-type]


FULL = {
    "label": "全项产品", "lender": "澄江普惠", "min_amount": "5万", "max_amount": "30万", "min_rate": "7.2", "max_rate": "9.6",
    "terms_months": "24，12 36", "method": "equal_principal", "interest_basis": "act/365", "linked": "1", "tenor": "1y",
    "reprice": "anniversary", "repayment_day": "21", "min_first_days": "10", "maturity_mode": "contract_date",
    "holiday_rule": "following", "grace_days": "2", "holiday_tolerance": "1", "tolerance": "10.00",
    "penalty_multiplier": "1.3", "penalty_rate": "8", "day_base": "365", "compound": "1", "allocation_mode": "by_component",
    "allocation": "interest,principal,fee,penalty,compound", "has_late": "1",
    "late_order": "principal,interest,fee,penalty,compound", "prepayment_fee_rate": "1", "prepayment_free_after": "6",
    "fee_count": "2", "fee0_label": "账户管理费", "fee0_timing": "each_period", "fee0_base": "fixed", "fee0_value": "30",
    "fee1_label": "评估费", "fee1_timing": "at_end", "fee1_base": "principal", "fee1_value": "0.1", "fee1_collector": "评估公司",
    "fee1_payer": "lender",
}  # fmt: skip


class TestForm:
    def test_every_field_is_stored_where_the_engine_reads_it_and_shown_again(self) -> None:
        typed = form.blank() | FULL

        product = Product(code="full", created_at=NOON, **form.read(typed))

        assert product.terms == {
            "repayment_day": 21, "min_first_days": 10, "maturity_mode": "contract_date", "holiday_rule": "following",
            "lpr": {"tenor": "1y", "reprice": "anniversary"},
        }  # fmt: skip
        assert product.terms_months == [12, 24, 36]
        servicing = check.servicing_of(product)
        assert servicing.tolerance_fen == 1000 and servicing.day_base == 365 and servicing.compound
        assert servicing.penalty_annual_rate == Decimal("0.08") and servicing.holiday_tolerance
        assert servicing.late_order is not None and servicing.late_order[0].value == "principal"
        again = form.show(product)
        assert form.read(again) == form.read(typed)
        assert all(again[key] == text for key, text in FULL.items() if key not in ("terms_months", "min_amount",
                   "max_amount", "tolerance"))  # fmt: skip

    def test_what_is_left_at_its_default_is_not_stored(self) -> None:
        product = Product(code="x", created_at=NOON, **form.read(edited_blank()))

        assert product.terms == {} and product.servicing == {}

    def test_every_shipped_product_can_be_opened_and_means_the_same(self, admin: Actor) -> None:
        with reading() as db:
            for spec in offered.SHIPPED:
                product = Product(
                    **({"lender": "甲", "allocation": offered.ORDER, "created_at": NOON} | spec)
                )
                read = form.read(form.show(product))
                again = Product(code=product.code, created_at=NOON, **read)
                assert form.differences(product, again) == []
                assert check.servicing_of(product) == check.servicing_of(again)
                assert check.refusals(db, again, on=date(2026, 11, 20), now=NOON)[0] == {}, product.code

    @pytest.mark.parametrize(
        ("key", "text", "sentence"),
        [
            ("label", " ", "请填写产品名称"), ("max_amount", "很多", "金额格式不对"), ("max_amount", "1", "不能低于最低金额"),
            ("max_rate", "5", "不能低于最低年利率"), ("max_rate", "一成", "利率格式不对"), ("terms_months", "12、半年", "写成月数"),
            ("terms_months", "0", "1 到 600"), ("repayment_day", "32", "1 到 31"), ("grace_days", "61", "0 到 60"),
            ("penalty_multiplier", "-1", "请填写数字"), ("penalty_multiplier", "11", "0 到 10"), ("method", "magic", "请选择"),
            ("allocation", "fee,interest,principal", "恰好包含"), ("allocation", "fee,fee,a", "不认识"),
            ("min_amount", "0", "大于 0"), ("mode", "", "请填写"),
        ],
    )  # fmt: skip
    def test_a_sentence_stands_at_the_field_at_fault(self, key: str, text: str, sentence: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            form.read(edited_blank() | {key: text})

        assert sentence in refused.value.fields[key]

    def test_a_fee_names_its_own_field(self) -> None:
        typed = edited_blank() | {
            "fee_count": "2",
            "fee1_label": "保证金",
            "fee1_value": "1",
            "fee1_refundable": "1",
        }

        with pytest.raises(InvalidInput) as refused:
            form.read(typed)

        assert refused.value.fields.keys() == {"fee0_label", "fee0_value", "fee1_label"}
        assert "到期退还" in refused.value.fields["fee1_label"]

    def test_a_fee_taken_out_moves_the_others_up(self) -> None:
        typed = form.blank() | {"fee_count": "2", "fee0_label": "甲", "fee1_label": "乙"}

        left = fees.without(typed, 0)

        assert (left["fee_count"], left["fee0_label"], left["fee1_label"]) == ("1", "乙", "")
        assert fees.without(typed, 7) == typed


def edited_blank(**changes: str) -> dict[str, str]:
    basic = {"label": "新产品", "lender": "甲", "min_amount": "1万", "max_amount": "10万", "min_rate": "8", "max_rate": "10",
             "terms_months": "12"}  # fmt: skip
    return form.blank() | basic | changes


class TestPublish:
    def test_makes_the_next_revision_and_keeps_the_former(self, admin: Actor) -> None:
        saved = publish(admin, max_rate="11", grace_days="5")

        first, second = rows_of()
        assert saved.revision == 2 and (first.revision, second.revision) == (1, 2)
        assert (first.active, second.active, second.draft) == (False, True, False)
        assert (first.max_annual_rate, second.max_annual_rate) == (Decimal("0.12"), Decimal("0.11"))
        assert second.grace_days == 5 and second.valid_from == date(2026, 11, 20)
        with reading() as db:
            assert [one.id for one in offered.list_active(db, today=date(2026, 11, 20))] == [second.id]
            assert catalogue.sources(db)["product"] == ((CODE, "经营贷"),)
            event = db.exec(select(Event).where(Event.type == "product.published")).one()
        assert event.before == {"最高年利率": "12.00%", "宽限期": "3 天"}
        assert event.after == {"最高年利率": "11.00%", "宽限期": "5 天"}

    def test_a_loan_made_before_keeps_its_terms_and_so_does_its_contract(self, admin: Actor) -> None:
        desk: Desk = make_desk()
        loan_id = make_loan(desk)
        before = stored(loan_id)
        contract_id = make_contract(desk)

        publish(admin, grace_days="9", penalty_multiplier="1.2", max_rate="11", repayment_day="5")

        after = stored(loan_id)
        assert (after.terms, after.servicing, after.product_id) == (
            before.terms,
            before.servicing,
            before.product_id,
        )
        at = NOON
        later = loans.request(
            desk.maker,
            contract_id=contract_id,
            bank_reference="FK20260115A",
            value_date=date(2026, 1, 15),
            now=at,
        )
        made = stored(later)
        assert made.product_id == before.product_id and made.servicing == before.servicing
        assert made.terms.get("repayment_day") == before.terms.get("repayment_day")
        with reading() as db:
            assert {one.product_id for one in db.exec(select(Application)).all()} == {before.product_id}

    def test_the_same_key_is_one_revision(self, admin: Actor) -> None:
        found = opened(admin)
        changed = found.form | {"max_rate": "11"}

        both = [
            versions.publish(admin, code=CODE, form=changed, seen=found.seen, key="k1", now=NOON)
            for _ in range(2)
        ]

        assert both[0] == both[1] and len(rows_of()) == 2

    def test_two_editors_see_both_versions_and_nothing_is_written(self, admin: Actor) -> None:
        other = make_user(RoleCode.ADMIN, name="管理员乙")
        seen = opened(admin).seen
        publish(other, max_rate="11")

        saved = versions.publish(admin, code=CODE, form=edited(max_rate="11.5"), seen=seen, now=LATER)

        assert saved.moved and saved.who == "管理员乙" and len(rows_of()) == 2
        assert [(one.key, one.mine, one.latest) for one in saved.clashes] == [
            ("max_rate", "11.50%", "11.00%")
        ]
        again = versions.publish(admin, code=CODE, form=edited(max_rate="11.5"), seen=saved.seen, now=LATER)
        assert again.revision == 3

    def test_nothing_changed_is_not_published(self, admin: Actor) -> None:
        with pytest.raises(InvalidInput, match="没有不同"):
            publish(admin)

        assert len(rows_of()) == 1

    @pytest.mark.parametrize(
        ("changes", "key", "sentence"),
        [
            ({"max_rate": "36"}, "max_rate", "超过"),
            ({"fee_count": "1", "fee0_label": "砍头息", "fee0_timing": "upfront", "fee0_value": "5"}, "fee0_label", "第六百七十条"),
            ({"fee_count": "1", "fee0_label": "服务费", "fee0_timing": "financed", "fee0_value": "1"}, "fee0_label", "全额放款"),
            ({"fee_count": "1", "fee0_label": "管理费", "fee0_timing": "each_period", "fee0_value": "2"}, "max_rate", "超过"),
            ({"method": "bullet", "repayment_day": "5"}, "repayment_day", "不支持"),
        ],
    )  # fmt: skip
    def test_what_the_law_or_the_schedule_refuses_is_not_published(
        self, admin: Actor, changes: dict[str, str], key: str, sentence: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            publish(admin, **changes)

        assert sentence in refused.value.fields[key], refused.value.fields
        assert len(rows_of()) == 1

    def test_needs_the_permission_and_a_product(self, admin: Actor) -> None:
        finance = make_user(RoleCode.FINANCE)
        found = opened(admin)

        with pytest.raises(NotPermitted):
            versions.publish(finance, code=CODE, form=found.form, seen=found.seen, now=NOON)
        with pytest.raises(NotPermitted):
            look.list_products(finance, now=NOON)
        with pytest.raises(NotFound):
            versions.publish(admin, code="nothing", form=found.form, seen=found.seen, now=NOON)

    def test_a_new_product_begins_at_one(self, admin: Actor) -> None:
        saved = versions.publish(admin, code="fresh", form=edited_blank(), seen=(0, 0), now=NOON)

        assert saved.revision == 1 and rows_of("fresh")[0].active
        with pytest.raises(InvalidInput, match="已有产品"):
            versions.publish(admin, code="fresh", form=edited_blank(), seen=(0, 0), now=NOON)
        with pytest.raises(InvalidInput, match="产品代码"):
            versions.publish(admin, code="坏 代码", form=edited_blank(), seen=(0, 0), now=NOON)

    def test_an_earlier_version_comes_back_as_a_new_one(self, admin: Actor) -> None:
        publish(admin, max_rate="11")
        old = look.form_of_revision(admin, code=CODE, revision=1)

        saved = versions.publish(admin, code=CODE, form=old, seen=opened(admin).seen, restored=1, now=LATER)

        assert saved.revision == 3 and rows_of()[-1].max_annual_rate == Decimal("0.12")
        history = opened(admin).history
        assert [(one.revision, one.state) for one in history] == [(3, "active"), (2, "past"), (1, "past")]
        assert history[0].by == "管理员甲" and history[0].changes == "最高年利率"


class TestDraft:
    def test_is_not_offered_until_published(self, admin: Actor) -> None:
        found = opened(admin)

        draft = versions.save_draft(
            admin, code=CODE, form=found.form | {"max_rate": "36"}, seen=found.seen, now=NOON
        )

        assert [(one.draft, one.active) for one in rows_of()] == [(False, True), (True, False)]
        with reading() as db:
            assert offered.get_active(db, CODE).revision == 1
        line = look.list_products(admin, now=NOON)[0]
        assert (line.state, line.has_draft, line.revision) == ("active", True, 1)
        saved = versions.publish(
            admin, code=CODE, form=opened(admin).form | {"max_rate": "11"}, seen=draft.seen, now=LATER
        )
        assert saved.revision == 2 and [one.draft for one in rows_of()] == [False, False]

    def test_can_be_thrown_away(self, admin: Actor) -> None:
        found = opened(admin)
        versions.save_draft(
            admin, code=CODE, form=found.form | {"label": "另一个"}, seen=found.seen, now=NOON
        )

        with pytest.raises(versions.ProductMoved):
            versions.discard_draft(admin, code=CODE, seen=found.seen, now=NOON)
        versions.discard_draft(admin, code=CODE, seen=opened(admin).seen, now=NOON)

        assert [one.revision for one in rows_of()] == [1]


class TestSwitch:
    def test_takes_every_version_off_and_offers_the_newest_again(self, admin: Actor) -> None:
        publish(admin, max_rate="11")

        versions.switch(admin, code=CODE, active=False, seen=opened(admin).seen, now=NOON)

        with reading() as db:
            assert offered.list_active(db) == []
            assert catalogue.sources(db)["product"] == ((CODE, "经营贷（已下架）"),)
        versions.switch(admin, code=CODE, active=True, seen=opened(admin).seen, now=NOON)
        with reading() as db:
            assert offered.get_active(db, CODE).revision == 2
        with pytest.raises(versions.ProductMoved):
            versions.switch(admin, code=CODE, active=True, seen=opened(admin).seen, now=NOON)


class TestCheckForm:
    def test_shows_a_sample_loan_its_cost_and_the_verdict(self, admin: Actor) -> None:
        found = check.check_form(
            admin, form=edited(max_rate="12"), sample_amount="10万", sample_months="24", now=NOON
        )

        assert found.errors == {} and found.state in ("ok", "warn") and found.cost == "12.00%"
        assert found.figures is not None and found.figures["principal"] == "100,000.00"
        assert [row["number"] for row in found.rows] == ["1", "2", "3", "4", "5", "6", "24"]

    def test_says_why_not_without_raising(self, admin: Actor) -> None:
        above = check.check_form(admin, form=edited(max_rate="40"), now=NOON)
        unreadable = check.check_form(admin, form=edited(max_rate="很高"), now=NOON)

        assert above.state == "block" and "超过" in above.errors["max_rate"] and above.figures
        assert unreadable.errors.keys() == {"max_rate"} and unreadable.figures is None

    def test_a_fee_of_every_period_is_part_of_the_cost(self, admin: Actor) -> None:
        typed = edited(max_rate="10", fee_count="1", fee0_label="管理费", fee0_base="fixed", fee0_value="5")

        found = check.check_form(admin, form=typed, sample_amount="3万", now=NOON)

        assert found.errors == {} and found.rows[0]["fee"] == "5.00" and found.cost > "10.0"


@pytest.fixture
def shipped(database: Engine) -> Actor:
    make_company()
    with transaction() as db:
        install_products(db, lender="澄江普惠", now=NOON)
    return make_user(RoleCode.ADMIN)


def test_the_list_holds_every_product_with_its_verdict(shipped: Actor) -> None:
    lines = look.list_products(shipped, now=NOON)

    with reading() as db:
        assert len(lines) == db.execute(sa.select(sa.func.count(sa.distinct(col(Product.code))))).scalar_one()
    assert {one.verdict for one in lines} <= {"ok", "warn"}
    assert next(one for one in lines if one.code == "turnover").rates == "9.60% ～ 12.00%"


class TestDocuments:
    def test_what_a_product_asks_for_is_edited_and_said(self, admin: Actor) -> None:
        publish(admin, required_documents="bank_flow,id_front")

        assert rows_of()[-1].required_documents == ["id_front", "bank_flow"]
        assert form.told(rows_of()[-1])["要交的资料"] == "身份证正面、银行流水"
        with reading() as db:
            event = db.execute(sa.select(Event).order_by(col(Event.id).desc())).scalars().first()
            assert event is not None and event.after["要交的资料"] == "身份证正面、银行流水"

    def test_an_unknown_kind_is_refused_at_its_field(self, admin: Actor) -> None:
        with pytest.raises(InvalidInput) as fault:
            publish(admin, required_documents="gold")
        assert "不认识的类型" in fault.value.fields["required_documents"]
