"""Missing papers handed in by a link: one application's kinds only, nothing shown, checked like any upload, looked at."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.documents import SlotState
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import (
    Application,
    Document,
    Event,
    Notification,
    OutboxMessage,
    Product,
    UploadLink,
    User,
)
from loanhub.services import documents, upload_links
from loanhub.services._actor import Actor
from loanhub.services._rights import actor_of
from loanhub.services._transaction import reading, transaction
from loanhub.services.files import WrongFile
from loanhub.services.upload_links import LinkFull, UploadLinkDead
from tests.builders import NOON, make_company, make_user
from tests.killing import dies_at
from tests.services.contracts.test_contracts import make_approved

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


@pytest.fixture
def application_id() -> int:
    made = make_approved()
    with transaction() as db:
        application = db.get(Application, made)
        assert application is not None and application.product_id is not None
        product = db.get(Product, application.product_id)
        assert product is not None
        product.required_documents = ["id_front", "income"]
    return made


@pytest.fixture
def owner(application_id: int) -> Actor:
    with reading() as db:
        application = db.get(Application, application_id)
        assert application is not None
        user = db.get(User, application.owner_id)
        assert user is not None
        return actor_of(db, user)


def picture(color: str = "red") -> io.BytesIO:
    target = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(target, "JPEG")
    target.seek(0)
    return target


def make_link(owner: Actor, application_id: int) -> str:
    return upload_links.create(owner, application_id=application_id, now=NOON).address.rpartition("/")[2]


def slots(owner: Actor, application_id: int) -> dict[str, documents.Slot]:
    found = documents.checklist(owner, application_id=application_id, now=LATER)
    return {one.kind: one for _, group in found.groups for one in group}


class TestCreate:
    def test_asks_for_what_is_missing_and_plans_the_message(self, owner: Actor, application_id: int) -> None:
        given = upload_links.create(
            owner, application_id=application_id, note=" 流水要 清楚 ", key="k", now=NOON
        )

        assert given.labels == ("身份证正面", "收入证明") and given.address in given.message
        token = given.address.rpartition("/")[2]
        with reading() as db:
            link = db.execute(sa.select(UploadLink)).scalar_one()
            message = db.execute(sa.select(OutboxMessage)).scalar_one()
            assert token not in str(vars(link)) and link.kinds == ["id_front", "income"]
            assert message.channel == "sms" and token in (message.text or "")
            assert token not in str(message.link)
        with pytest.raises(Conflict):
            upload_links.create(owner, application_id=application_id, note="流水要 清楚", key="k", now=NOON)

    def test_a_newer_link_ends_the_older(self, owner: Actor, application_id: int) -> None:
        first, second = make_link(owner, application_id), make_link(owner, application_id)

        with pytest.raises(UploadLinkDead):
            upload_links.look(first, now=LATER)
        assert upload_links.look(second, now=LATER).wanted
        assert "打开" in upload_links.state_of(owner, application_id=application_id, now=LATER).text

    def test_is_for_those_who_may_and_see(self, application_id: int) -> None:
        with pytest.raises(NotFound):
            upload_links.create(make_user(RoleCode.SALES), application_id=application_id, now=NOON)
        with pytest.raises(NotPermitted):
            upload_links.create(make_user(RoleCode.AUDITOR), application_id=application_id, now=NOON)


class TestHandIn:
    def test_shows_nothing_but_a_masked_name(self, owner: Actor, application_id: int) -> None:
        shown = upload_links.look(make_link(owner, application_id), now=LATER)

        assert "张建国" not in str(shown) and shown.name.startswith("张") and "*" in shown.name
        assert [(one.kind, one.state) for one in shown.wanted] == [("id_front", "todo"), ("income", "todo")]

    def test_stands_in_the_checklist_until_it_is_looked_at(self, owner: Actor, application_id: int) -> None:
        token = make_link(owner, application_id)

        for color in ("red", "blue"):
            upload_links.hand_in(
                token, kind="id_front", source=picture(color), file_name="a.jpg", ip="203.0.113.7", now=LATER
            )

        slot = slots(owner, application_id)["id_front"]
        assert slot.state is SlotState.PENDING and not slot.missing and len(slot.files) == 2
        assert documents.checklist(owner, application_id=application_id, now=LATER).done == 0
        assert upload_links.look(token, now=LATER).wanted[0].state == "sent"
        with reading() as db:
            told = (
                db.execute(sa.select(Notification).where(col(Notification.user_id) == owner.user_id))
                .scalars()
                .all()
            )
            assert [one.title for one in told].count("客户补交了资料，请核对") == 1
            said = db.execute(sa.select(Event).where(col(Event.type) == "document.handed_in")).scalars().all()
            assert len(said) == 2 and all("张建国" not in one.actor_name for one in said)
            assert [one.uploaded_by_id for one in db.execute(sa.select(Document)).scalars()] == [None, None]

        documents.review(owner, document_id=slot.files[1].id, accepted=False, reason="反光", now=LATER)
        documents.review(owner, document_id=slot.files[0].id, accepted=True, now=LATER)

        assert slots(owner, application_id)["id_front"].state is SlotState.PRESENT
        assert upload_links.look(token, now=LATER).wanted[0].state == "done"
        with pytest.raises(Conflict, match="核对过"):
            documents.review(owner, document_id=slot.files[0].id, accepted=True, now=LATER)

    def test_refuses_what_any_upload_refuses(self, owner: Actor, application_id: int) -> None:
        token = make_link(owner, application_id)
        script = b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>"

        for content, name in (
            (b"MZ\x90\x00", "a.jpg"),
            (script, "a.pdf"),
            (b"x", "a.exe"),
            (b"", "a.png"),
            (b"<svg/>", "a.svg"),
        ):
            with pytest.raises(WrongFile):
                upload_links.hand_in(
                    token, kind="income", source=io.BytesIO(content), file_name=name, now=LATER
                )
        with pytest.raises(InvalidInput, match="不在补件清单"):
            upload_links.hand_in(token, kind="contract_scan", source=picture(), file_name="a.jpg", now=LATER)
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Document)).scalar_one() == 0

    def test_ends_with_its_time_its_revocation_and_its_measure(
        self, owner: Actor, application_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = make_link(owner, application_id)
        monkeypatch.setattr(upload_links, "MOST_FILES", 1)
        upload_links.hand_in(token, kind="income", source=picture(), file_name="a.jpg", now=LATER)

        with pytest.raises(LinkFull):
            upload_links.hand_in(token, kind="income", source=picture("blue"), file_name="b.jpg", now=LATER)
        with pytest.raises(UploadLinkDead):
            upload_links.look(token, now=NOON + timedelta(days=7))
        upload_links.end(owner, application_id=application_id, now=LATER)
        for wrong in (token, "x" * 32, "", "y" * 200):
            with pytest.raises(UploadLinkDead):
                upload_links.hand_in(wrong, kind="income", source=picture(), file_name="a.jpg", now=LATER)

    def test_a_file_waits_to_be_looked_at_from_its_first_moment(
        self, database: Engine, owner: Actor, application_id: int
    ) -> None:
        token = make_link(owner, application_id)

        assert dies_at(
            database, "upload_link.after_file",
            lambda: upload_links.hand_in(token, kind="income", source=picture(), file_name="a.jpg", now=LATER),
        )  # fmt: skip

        with reading() as db:
            row = db.execute(sa.select(Document).where(col(Document.kind) == "income")).scalar_one()
        assert (row.review, row.application_id) == ("pending", application_id) and row.customer_id

    def test_review_is_for_those_who_see_the_customer(self, owner: Actor, application_id: int) -> None:
        token = make_link(owner, application_id)
        upload_links.hand_in(token, kind="income", source=picture(), file_name="a.jpg", now=LATER)
        document_id = slots(owner, application_id)["income"].files[0].id

        with pytest.raises(NotFound):
            documents.review(make_user(RoleCode.SALES), document_id=document_id, accepted=True, now=LATER)
        with pytest.raises(InvalidInput):
            documents.review(owner, document_id=document_id, accepted=False, now=LATER)
