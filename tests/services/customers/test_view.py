"""Customer 360: the head, the tabs, the related parties, the documents."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead
from loanhub.services import boards, customers, documents, files, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.customers import sections, timeline
from tests.builders import NOON, bare_actor, make_phone, make_product, make_user
from tests.services.customers.making import make_customer, make_loan


def photo() -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(data, "JPEG")
    data.seek(0)
    return data


class TestOverview:
    def test_adds_up_what_is_owed_and_paid_on_time(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        make_loan(made, make_product())

        head = customers.overview(rep, customer_id=made, now=NOON)

        assert (head.exposure, head.exposure_unit, head.exposure_full) == ("10.0", "万", "¥100,000.00")
        assert (head.paid_on_time, head.paid_on_time_unit) == ("1", "/ 1 期")
        assert (head.asked, head.counts["loans"], head.counts["contracts"]) == ("30.0", "1", "1")

    def test_shows_the_path_with_the_time_spent(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON).lead_id or 0
        made = leads.convert(rep, lead_id=lead_id, now=NOON)
        with reading() as db:
            version = db.execute(sa.select(col(Lead.version)).where(col(Lead.id) == lead_id)).scalar_one()
        boards.move(rep, lead_id=lead_id, to="intent", expected_version=version, now=NOON)

        head = customers.overview(rep, customer_id=made, now=NOON)

        assert (head.stage_number, head.stage_label) == (2, "初步沟通")
        assert [s["state"] for s in head.stages[:3]] == ["d", "c", ""]

    def test_never_carries_a_phone_or_identity_number_in_clear(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        made = make_customer(rep, phone=phone)

        assert phone not in str(customers.overview(rep, customer_id=made, now=NOON))
        assert phone not in str(sections.profile(rep, customer_id=made, now=NOON))
        assert phone not in str(timeline.timeline(rep, customer_id=made, now=NOON))

    def test_notes_once_a_day_that_another_team_opened_it(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))
        officer = make_user(RoleCode.CREDIT, team="华东二组")

        for _ in range(2):
            customers.open_record(officer, customer_id=made, now=NOON)

        with reading() as db:
            opened = sa.select(sa.func.count()).where(col(Event.type) == "customer.opened")
            assert db.execute(opened).scalar_one() == 1

    def test_hides_from_who_may_not_see_or_read(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))

        with pytest.raises(NotFound):
            customers.open_record(make_user(RoleCode.SALES), customer_id=made, now=NOON)
        with pytest.raises(NotFound):
            customers.overview(bare_actor(RoleCode.ADMIN), customer_id=made, now=NOON)


class TestSections:
    def test_the_timeline_counts_groups_and_filters(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        customers.follow_up(rep, customer_id=made, kind="call", text="同意面签", outcome="answered", now=NOON)

        talk = timeline.timeline(rep, customer_id=made, group="contact", now=NOON)

        assert talk.counts[""] == "2"
        assert [(i.what, i.text) for i in talk.items] == [("电话 · 已接", "同意面签")]

    def test_the_profile_is_grouped_and_masked(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)

        fields = {f.key: f for g in sections.profile(rep, customer_id=made, now=NOON) for f in g.fields}

        assert (fields["phone"].masked, fields["phone"].revealable, fields["phone"].value) == (True, True, "")
        assert fields["name"].editable

    def test_each_tab_wants_its_own_permission(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        make_loan(made, make_product())
        admin_like = Actor(
            user_id=rep.user_id, name="无权", scope=rep.scope, department_ids=rep.department_ids
        )

        assert len(sections.loans(rep, customer_id=made)) == 1
        assert len(sections.contracts(rep, customer_id=made)) == 1
        assert len(sections.applications(rep, customer_id=made, now=NOON)) == 1
        for refused in (
            lambda: sections.loans(admin_like, customer_id=made),
            lambda: sections.contracts(admin_like, customer_id=made),
            lambda: sections.applications(admin_like, customer_id=made, now=NOON),
            lambda: timeline.timeline(admin_like, customer_id=made, now=NOON),
            lambda: timeline.audit(admin_like, customer_id=made, now=NOON),
            lambda: sections.profile(admin_like, customer_id=made, now=NOON),
        ):
            with pytest.raises(NotPermitted):
                refused()


class TestRelations:
    def test_joins_a_party_by_phone_and_adds_the_exposure(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        made, other = make_customer(rep), make_customer(rep, "李娟", phone=phone)
        make_loan(other, make_product(), dpd=12)

        customers.relate(rep, customer_id=made, kind="spouse", name="李娟", phone=phone, now=NOON)

        around = customers.list_relations(rep, customer_id=made)
        assert [(p.kind_label, p.href, p.tone) for p in around.parties] == [
            ("配偶", f"/customers/{other}", "danger")
        ]
        assert (around.own_text, around.group_text) == ("¥0.00", "10.0 万")
        assert "李娟" in around.warning

    def test_finds_others_with_the_same_phone_and_hides_those_out_of_scope(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        made = make_customer(rep, phone=phone)
        stranger = make_user(RoleCode.SALES, team="华东二组")
        other = make_customer(stranger, "王丽华", phone=phone)
        make_loan(other, make_product())

        around = customers.list_relations(rep, customer_id=made)

        assert [(p.kind_label, p.name, p.href) for p in around.parties] == [("同手机号", "王*华", "")]
        assert (around.hidden, around.group_text) == (1, "¥0.00")

    def test_writes_the_same_party_once_and_takes_it_off(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)

        first = customers.relate(rep, customer_id=made, kind="guarantor", name="赵敏", now=NOON)
        assert customers.relate(rep, customer_id=made, kind="guarantor", name="赵敏", now=NOON) == first
        customers.unrelate(rep, relation_id=first, now=NOON)

        assert customers.list_relations(rep, customer_id=made).parties == ()

    def test_names_every_fault_and_refuses_who_may_not(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)

        with pytest.raises(InvalidInput) as refused:
            customers.relate(rep, customer_id=made, kind="friend", phone="12", now=NOON)
        with pytest.raises(NotPermitted):
            customers.relate(
                make_user(RoleCode.CREDIT), customer_id=made, kind="spouse", name="李娟", now=NOON
            )

        assert set(refused.value.fields) == {"kind", "phone", "name"}


class TestDocuments:
    def test_the_checklist_follows_the_product_and_what_is_there(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        before = documents.checklist(rep, customer_id=made, now=NOON)
        file = files.upload(
            rep, source=photo(), file_name="正面.jpg", kind="id_front", customer_id=made, now=NOON
        )

        after = documents.checklist(rep, customer_id=made, now=NOON)

        assert (before.done, after.done, after.total) == (0, 1, 5)
        assert file.id in [f.id for f in documents.list_of(rep, customer_id=made, now=NOON)]
        assert "身份证正面" not in [slot.label for slot in after.missing]

    def test_attach_gives_a_file_its_kind_and_remove_takes_it_out(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        file = files.upload(rep, source=photo(), file_name="a.jpg", kind="other", now=NOON)

        documents.attach(rep, document_id=file.id, kind="income", customer_id=made, now=NOON)
        shown = documents.list_of(rep, customer_id=made, now=NOON)
        documents.remove(rep, document_id=file.id, now=NOON)

        assert [(d.label, d.picture) for d in shown] == [("收入证明", True)]
        assert documents.list_of(rep, customer_id=made, now=NOON) == []

    def test_refuses_who_may_not(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        file = files.upload(rep, source=photo(), file_name="a.jpg", kind="other", customer_id=made, now=NOON)

        with pytest.raises(NotPermitted):
            documents.attach(make_user(RoleCode.MANAGER), document_id=file.id, kind="income", now=NOON)
        with pytest.raises(NotPermitted):
            documents.remove(make_user(RoleCode.MANAGER), document_id=file.id, now=NOON)
        with pytest.raises(NotFound):
            documents.list_of(make_user(RoleCode.SALES), customer_id=made, now=NOON)
