"""Photos and voice notes joined to a follow-up: the writer's own or the record's, nobody else's."""

from __future__ import annotations

import io
import wave

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import Interaction
from loanhub.services import files, interactions, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def photo(actor: Actor, shade: int) -> int:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 90, 90)).save(picture, "JPEG")
    return files.upload(actor, source=picture, file_name="shop.jpg", kind="other", now=NOON).id


def voice(actor: Actor) -> int:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(b"\0\0" * 800)
    return files.upload(actor, source=sound, file_name="note.wav", kind="other", now=NOON).id


def make_lead(rep: Actor) -> int:
    raw = {"name": "孙立", "phone": make_phone(), "amount_fen": "10万"}
    return leads.create(rep, raw, now=NOON).lead_id or 0


def test_a_photo_and_a_voice_note_belong_to_the_lead_afterwards() -> None:
    rep = make_user(RoleCode.SALES)
    lead_id, ids = make_lead(rep), (photo(rep, 10), voice(rep))

    interactions.record(rep, kind="visit", text="看了店面", lead_id=lead_id, attachments=ids, now=NOON)

    papers = interactions.papers_of(rep, lead_id=lead_id, now=NOON)
    assert [(one.name, one.icon, one.sound) for one in papers] == [
        ("note.wav", "mic", "1"),
        ("shop.jpg", "image", ""),
    ]
    with pytest.raises(NotFound):
        interactions.papers_of(make_user(RoleCode.SALES), lead_id=lead_id, now=NOON)


def test_a_file_of_somebody_else_or_of_another_lead_is_refused_and_nothing_is_written() -> None:
    rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
    first, second = make_lead(rep), make_lead(rep)
    theirs, mine = photo(other, 20), photo(rep, 30)
    interactions.record(rep, kind="visit", text="看了店面", lead_id=first, attachments=(mine,), now=NOON)

    for ids in ((theirs,), (mine,), (999_999,), tuple(range(1, 13))):
        with pytest.raises(InvalidInput) as fault:
            interactions.record(rep, kind="visit", text="又去了", lead_id=second, attachments=ids, now=NOON)
        assert set(fault.value.fields) == {"attachments"}
    with reading() as db:
        texts = list(db.execute(sa.select(col(Interaction.text))).scalars())
    assert texts == ["看了店面"]
