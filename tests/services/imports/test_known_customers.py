"""Rows of a list whose person is a customer already, or resembles somebody: found, shown beside, done with as chosen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.duplicates import could_be_called
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, DuplicatePair, Event, Lead, Notification, User
from loanhub.services import customers, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import engine, reading, transaction
from loanhub.services.duplicates import watch
from loanhub.services.imports import prepare, preview, result, run
from tests.builders import make_company, make_id_number, make_phone, make_user
from tests.services.imports.test_imports import NOW, import_events, imported, prepared, stored_leads, workbook

HEAD = ("姓名", "手机号", "身份证号", "城市")


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company(NOW)


def list_of(*rows: tuple[object, ...]) -> bytes:
    return workbook(HEAD, *rows)


def customer(owner: Actor, name: str, phone: str, id_number: str = "") -> Customer:
    raw = {"name": name, "phone": phone} | ({"id_number": id_number} if id_number else {})
    made = customers.create(owner, raw, now=NOW)
    with reading() as db:
        return db.get_one(Customer, made)


@contextmanager
def statements() -> Iterator[list[str]]:
    told: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
        told.append(text)

    sa.event.listen(engine(), "before_cursor_execute", note)
    try:
        yield told
    finally:
        sa.event.remove(engine(), "before_cursor_execute", note)


class TestName:
    @pytest.mark.parametrize(
        ("mine", "theirs", "may"),
        [
            ("张三", "张三", True), ("张先生", "张三", True), ("李总", "李梅", True), ("王某", "王小明", True),
            ("未知", "李梅", True), ("", "李梅", True), ("王晓明", "王小明", True), ("王女士", "李梅", False),
            ("孙立", "李梅", False),
        ],
    )  # fmt: skip
    def test_a_salutation_may_be_anybody_of_that_surname(self, mine: str, theirs: str, may: bool) -> None:
        assert could_be_called(mine, theirs) is may


class TestPreview:
    def test_finds_customers_without_a_lead_by_phone_and_by_number(self) -> None:
        rep, phone, number = make_user(RoleCode.SALES), make_phone(), make_id_number()
        customer(rep, "孙立", phone)
        customer(rep, "李梅", make_phone(), number)
        batch_id = prepared(
            rep, list_of(("孙先生", phone, "", "上海"), ("李梅", make_phone(), number, ""), ("赵新", make_phone(), "", ""))
        )  # fmt: skip

        shown = preview.preview(rep, batch_id=batch_id, now=NOW)

        assert (shown.counts["customers"], shown.counts["fresh"], shown.counts["wanted"]) == (2, 1, 3)
        first, second = shown.pairs.sure
        assert (first.row, first.name, first.entity, first.known.name) == (2, "孙先生", "customer", "孙立")
        assert (first.known.href.startswith("/customers/"), first.city) == (True, "上海")
        assert phone not in first.phone
        assert (second.known.name, second.score) == ("李梅", 100)

    def test_the_customer_of_another_is_told_blindly(self) -> None:
        owner, rep, phone = (
            make_user(RoleCode.SALES, team="华东二组"),
            make_user(RoleCode.SALES),
            make_phone(),
        )
        customer(owner, "孙立", phone)
        batch_id = prepared(rep, list_of(("孙立", phone, "", "")))

        (pair,) = preview.preview(rep, batch_id=batch_id, now=NOW).pairs.sure

        assert pair.known.notice == "已是客户（华东二组）"
        assert (pair.known.name, pair.known.href, pair.known.phone, pair.known.owner) == ("", "", "", "")

    def test_a_phone_under_another_name_is_a_likeness(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        customer(rep, "孙立", phone)
        batch_id = prepared(rep, list_of(("李梅", phone, "", "")))

        shown = preview.preview(rep, batch_id=batch_id, now=NOW)

        assert (shown.counts["customers"], shown.counts["fresh"], shown.counts["likely"]) == (0, 1, 1)
        assert [label for label, _ in shown.pairs.likely[0].reasons] == [
            "手机号相同",
            "姓名不同，可能是家人共用",
        ]

    def test_a_likeness_is_shown_before_anything_is_saved(self) -> None:
        rep, number = make_user(RoleCode.SALES), make_phone()
        leads.create(rep, {"name": "欧阳小明", "phone": number}, now=NOW)
        other = f"154{(int(number[3:7]) + 5_000) % 10_000:04d}{number[7:]}"
        batch_id = prepared(rep, list_of(("欧阳小明", other, "", "")))

        shown = preview.preview(rep, batch_id=batch_id, now=NOW)

        assert (shown.counts["likely"], shown.counts["fresh"]) == (1, 1)
        assert shown.pairs.likely[0].reasons[0][0] == "姓名相同、手机尾号相同"
        assert len(stored_leads()) == 1

    def test_asks_no_more_for_many_rows(self) -> None:
        rep = make_user(RoleCode.SALES)
        for _ in range(3):
            customer(rep, "孙立", make_phone())

        def asked(rows: int) -> int:
            content = list_of(*[(f"赵{'甲乙丙丁'[n % 4]}", make_phone(), "", "") for n in range(rows)])
            batch_id = prepared(rep, content)
            with statements() as told:
                preview.preview(rep, batch_id=batch_id, now=NOW)
            return len(told)

        assert asked(120) <= asked(3) + 2


class TestChoices:
    def test_a_new_lead_is_hung_on_the_customer_and_goes_to_its_owner(self) -> None:
        owner, rep, phone = (
            make_user(RoleCode.SALES, team="华东二组"),
            make_user(RoleCode.SALES),
            make_phone(),
        )
        known = customer(owner, "孙立", phone)

        batch_id = imported(rep, list_of(("孙立", phone, "", "杭州"), ("赵新", make_phone(), "", "")))

        lead, fresh = stored_leads()
        assert (lead.customer_id, lead.owner_id, lead.department_id) == (
            known.id,
            owner.user_id,
            known.department_id,
        )
        assert (lead.status.value, lead.pooled_at, fresh.owner_id) == ("waiting", None, rep.user_id)
        with reading() as db:
            event = db.execute(
                sa.select(Event).where(col(Event.customer_id) == known.id, col(Event.type) == "lead.imported")
            ).scalar_one()
            told = (
                db.execute(
                    sa.select(col(Notification.title)).where(col(Notification.user_id) == owner.user_id)
                )
                .scalars()
                .all()
            )
        assert event.lead_id == lead.id
        assert told == ["导入的 1 条新线索分配给你"]
        shown = result.show(rep, batch_id=batch_id, now=NOW)
        assert (shown.created, shown.groups["customer"], shown.duplicates) == (2, 1, 0)
        # Whose customer it is stays blind, also in the table of owners and behind the row.
        assert dict(shown.owners) == {"客户的负责人": 1, rep.name: 1}
        (issue,) = result.list_issues(rep, batch_id=batch_id, group="customer")
        assert (issue.sentence, issue.href, issue.subject) == ("手机号相同：已是客户（华东二组）", "", "")

    @pytest.mark.parametrize("ownership", ["me", "pool"])
    def test_a_customer_whose_owner_left_is_given_out_as_chosen(self, ownership: str) -> None:
        owner, rep, phone = make_user(RoleCode.SALES), make_user(RoleCode.SALES), make_phone()
        known = customer(owner, "孙立", phone)
        with transaction() as db:
            db.execute(sa.update(User).where(col(User.id) == owner.user_id).values(active=False))

        imported(rep, list_of(("孙立", phone, "", "")), owner=ownership)

        (lead,) = stored_leads()
        assert lead.customer_id == known.id
        assert lead.owner_id == (rep.user_id if ownership == "me" else None)

    def test_telling_writes_to_the_customer_and_no_lead(self) -> None:
        owner, rep, phone = make_user(RoleCode.SALES), make_user(RoleCode.SALES), make_phone()
        known = customer(owner, "孙立", phone)

        batch_id = imported(rep, list_of(("孙立", phone, "", "")), customers="tell")

        assert stored_leads() == []
        with reading() as db:
            event = db.execute(sa.select(Event).where(col(Event.type) == "customer.repeated")).scalar_one()
            told = db.execute(sa.select(Notification)).scalars().one()
        assert (event.customer_id, event.entity, event.entity_id) == (known.id, "customer", known.id)
        assert (told.user_id, told.link) == (owner.user_id, "/customers")
        shown = result.show(rep, batch_id=batch_id, now=NOW)
        assert (shown.created, shown.groups["customer"], shown.duplicates) == (0, 1, 1)

    def test_skipping_writes_nothing(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        customer(rep, "孙立", phone)

        batch_id = imported(rep, list_of(("孙立", phone, "", "")), customers="skip")

        assert stored_leads() == []
        (issue,) = result.list_issues(rep, batch_id=batch_id, group="customer")
        assert (issue.outcome_label, issue.subject) == ("已是客户，已跳过", "孙立")

    def test_a_lead_under_way_counts_before_its_customer(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        leads.create(rep, {"name": "孙立", "phone": phone}, now=NOW)
        leads.convert(rep, lead_id=stored_leads()[0].id or 0, now=NOW)

        batch_id = imported(rep, list_of(("孙立", phone, "", "")))

        assert len(stored_leads()) == 1
        assert result.show(rep, batch_id=batch_id, now=NOW).groups["duplicate"] == 1

    def test_an_unknown_choice_is_refused(self) -> None:
        with pytest.raises(InvalidInput):
            prepared(make_user(RoleCode.SALES), list_of(("孙立", make_phone(), "", "")), customers="merge")

    def test_no_pair_is_queued_for_what_was_hung_on_its_customer(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        customer(rep, "孙立", phone)
        imported(rep, list_of(("孙立", phone, "", "")))

        watch.run(now=NOW)

        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(DuplicatePair)).scalar_one() == 0


class TestUndo:
    def test_takes_back_the_leads_hung_on_customers(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        customer(rep, "孙立", phone)
        batch_id = imported(rep, list_of(("孙立", phone, "", "")))

        assert result.show(rep, batch_id=batch_id, now=NOW).can_undo
        undone = result.undo(rep, batch_id=batch_id, now=NOW + timedelta(hours=1))

        assert (undone.removed, undone.kept, stored_leads()) == (1, (), [])

    def test_a_lead_converted_since_stays(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = imported(rep, list_of(("孙立", make_phone(), "", "")))
        leads.convert(rep, lead_id=stored_leads()[0].id or 0, now=NOW)

        assert result.undo(rep, batch_id=batch_id, now=NOW).removed == 0


class TestLeftOut:
    def test_a_row_left_out_becomes_nothing(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, list_of(("孙立", make_phone(), "", ""), ("李梅", make_phone(), "", "")))
        prepare.leave_out(rep, batch_id=batch_id, row_number=2, out=True, now=NOW)
        assert preview.preview(rep, batch_id=batch_id, now=NOW).counts["wanted"] == 1

        run.start(rep, batch_id=batch_id, now=NOW)
        run.run(rep, batch_id=batch_id, clock=lambda: NOW)

        assert [lead.name for lead in stored_leads()] == ["李梅"]
        (issue,) = result.list_issues(rep, batch_id=batch_id, group="duplicate")
        assert (issue.number, issue.sentence) == (2, "预览时选择不导入")
        with pytest.raises(Conflict):
            prepare.leave_out(rep, batch_id=batch_id, row_number=3, out=True, now=NOW)

    def test_each_decision_is_one_event_and_what_changes_nothing_is_none(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, list_of(("孙立", make_phone(), "", "")))
        for out in (True, True, False, False):
            prepare.leave_out(rep, batch_id=batch_id, row_number=2, out=out, now=NOW)
        with pytest.raises(NotFound):
            prepare.leave_out(rep, batch_id=batch_id, row_number=3, out=True, now=NOW)

        told = [one for one in import_events(batch_id) if one.type.startswith("leads.import_")]

        assert [one.type for one in told] == ["leads.import_left_out", "leads.import_taken_back"]
        assert told[0].summary.endswith("，第 2 行")

    def test_can_be_taken_in_again_by_its_owner_alone(self) -> None:
        rep = make_user(RoleCode.SALES)
        batch_id = prepared(rep, list_of(("孙立", make_phone(), "", "")))
        prepare.leave_out(rep, batch_id=batch_id, row_number=2, out=True, now=NOW)
        with pytest.raises(NotFound):
            prepare.leave_out(make_user(RoleCode.SALES), batch_id=batch_id, row_number=2, out=False, now=NOW)
        prepare.set_options(rep, batch_id=batch_id, raw={"owner": "pool"})
        assert preview.preview(rep, batch_id=batch_id, now=NOW).counts["wanted"] == 0

        prepare.leave_out(rep, batch_id=batch_id, row_number=2, out=False, now=NOW)

        assert preview.preview(rep, batch_id=batch_id, now=NOW).counts["wanted"] == 1


def test_leads_of_the_former_import_are_no_longer_fresh() -> None:
    """The lead hung on a customer is under way now: a second import credits it instead of making another."""
    rep, phone = make_user(RoleCode.SALES), make_phone()
    customer(rep, "孙立", phone)
    content = list_of(("孙立", phone, "", ""))
    imported(rep, content)

    imported(rep, content)

    with reading() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(Lead)).scalar_one() == 1
