"""Signing by a third party, over a real socket: its answers, its silence, its lies."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from sqlalchemy.engine import Engine
from sqlmodel import col
from starlette.testclient import TestClient

from loanhub.api import create_api
from loanhub.demo.signing_provider import Platform, serve
from loanhub.documents import sign_seal
from loanhub.domain.contracts import ContractStatus, DisclosureNotConfirmed
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.domain.signing import RoundStatus
from loanhub.domain.webhooks import PREFIX, sign
from loanhub.models import Document, Event, Setting, SigningRound
from loanhub.services import _storage, company_settings, contracts, signing
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.signing.providers.http import signed_headers
from loanhub.services.signing.providers.work import CALLBACK, SILENT
from loanhub.services.signing.show import RoundView
from loanhub.services.webhooks.receive import BadSignature
from loanhub.settings import settings
from tests.builders import NOON, make_user
from tests.killing import killed_at
from tests.services.loans.test_failpoints import _sound
from tests.services.signing.builders import GUARANTOR, begin, go_through, make_contract, stored

SECRET = PREFIX + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture
def platform(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A third party on this machine, entered in the company's parameters; it does not call back by itself."""
    made = Platform(SECRET, calls_back=False)
    server = serve(made, 0)
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    monkeypatch.setenv("LOANHUB_MESSAGE_PRIVATE_HOSTS", made.address.removeprefix("http://"))
    settings.cache_clear()
    save({"provider_url": made.address, "provider_secret": SECRET})
    yield made
    server.shutdown()
    server.server_close()
    monkeypatch.delenv("LOANHUB_MESSAGE_PRIVATE_HOSTS")
    settings.cache_clear()


def save(given: dict[str, str]) -> None:
    admin = make_user(RoleCode.ADMIN)
    view = next(v for v in company_settings.list_groups(admin, now=NOON) if v.group.name == "signing")
    company_settings.save(admin, name="signing", form={**view.values, **given}, stamp=view.stamp, now=NOON)


def start(confirmed: bool = True, **more: Any) -> tuple[Actor, int, list[Any]]:
    clerk, contract_id = make_contract()
    if confirmed:
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
    return (
        clerk,
        contract_id,
        signing.start(clerk, contract_id=contract_id, provider="http", now=NOON, **more),
    )


def round_of(contract_id: int) -> SigningRound:
    with reading() as db:
        found: SigningRound = db.execute(
            sa.select(SigningRound).where(col(SigningRound.contract_id) == contract_id)
        ).scalar_one()
        return found


def agree(platform: Platform, links: list[Any]) -> None:
    for link in links:
        assert platform.decide(link.address.rpartition("/")[2], agrees=True)


def look(clerk: Actor, contract_id: int, now: datetime = NOON) -> RoundView:
    return signing.round_of(clerk, contract_id=contract_id, now=now)


def count(kind: str) -> int:
    with reading() as db:
        return int(db.execute(sa.select(sa.func.count()).where(col(Event.type) == kind)).scalar_one())


def call(platform: Platform, key: str, *, now: datetime | None = None, secret: str = SECRET) -> int:
    body = json.dumps({"key": key}).encode()
    stamp = str(int((now or NOON).timestamp()))
    return signing.hear(
        message_id="msg_1",
        timestamp=stamp,
        signatures=sign(secret, "msg_1", stamp, body),
        body=body,
        now=NOON,
    )


def test_a_contract_is_signed_by_a_third_party_to_the_end(platform: Platform) -> None:
    clerk, contract_id, links = start(extra=[GUARANTOR])
    assert len(links) == 2 and all(link.address.startswith(platform.address) for link in links)
    before = stored(contract_id)
    agree(platform, links[:1])
    round_id, (key,) = round_of(contract_id).id or 0, platform.tasks

    assert call(platform, key) == round_id
    signing.advance(round_id, now=NOON)
    assert [one.status for one in look(clerk, contract_id).signers] == ["signed", "waiting"]
    agree(platform, links[1:])
    later = NOON + timedelta(minutes=20)
    assert signing.advance_waiting(now=later) == 1  # no callback came: it is found by looking

    contract, done = stored(contract_id), round_of(contract_id)
    assert contract.status is ContractStatus.SIGNED and contract.signed_note == "第三方电子签"
    assert (
        done.status is RoundStatus.DONE
        and done.provider_due_at is None
        and done.provider_ref.startswith("SIM-")
    )
    kept = _storage.read_all(contract.pdf_sha256)
    assert kept.startswith(_storage.read_all(before.pdf_sha256)) and kept == platform.tasks[key].signed
    assert sign_seal.check(kept, trusted=()).intact
    view = look(clerk, contract_id)
    assert "模拟电子签平台" in view.seal and view.third_party and not view.fault
    facts = dict(
        signing.evidence(clerk, contract_id=contract_id, signer_id=view.signers[0].id, now=NOON)["facts"]
    )  # type: ignore[call-overload]
    assert facts["供应商编号"] == done.provider_ref and "模拟电子签平台" in facts["文件签章"]
    assert facts["身份核对"] == "模拟平台，未核身"
    assert (count("signing.handed_over"), count("signing.signed"), count("contract.signed")) == (1, 2, 1)


def test_a_callback_twice_signs_once_and_a_wrong_one_is_not_heard(platform: Platform) -> None:
    _, contract_id, links = start()
    agree(platform, links)
    (key,) = platform.tasks
    other = PREFIX + base64.b64encode(b"x" * 32).decode()
    for wrong in (
        lambda: call(platform, key, secret=other),
        lambda: call(platform, key, now=NOON - timedelta(minutes=6)),
    ):
        with pytest.raises(BadSignature):
            wrong()
    with pytest.raises(NotFound):
        call(platform, f"{key}9")
    assert stored(contract_id).status is ContractStatus.TO_SIGN

    for _ in range(2):
        signing.advance(call(platform, key), now=NOON)
    assert stored(contract_id).status is ContractStatus.SIGNED and count("contract.signed") == 1
    assert platform.asked.count("file") == 1


def test_a_silent_provider_stops_nobody_and_is_asked_again(platform: Platform) -> None:
    platform.down = True
    clerk, contract_id, links = start()
    view = look(clerk, contract_id)
    assert links == [] and view.fault == SILENT and view.can_revoke and view.status == "open"
    with pytest.raises(Conflict, match=SILENT):
        signing.resend(clerk, contract_id=contract_id, signer_id=view.signers[0].id, now=NOON)
    assert signing.advance_waiting(now=NOON + timedelta(seconds=30)) == 0

    platform.down = False
    later = NOON + timedelta(minutes=5)
    assert signing.advance_waiting(now=later) == 1 and look(clerk, contract_id).fault == ""
    agree(platform, [signing.resend(clerk, contract_id=contract_id, signer_id=view.signers[0].id, now=later)])
    platform.down = True
    signing.advance(round_of(contract_id).id or 0, now=later)
    assert stored(contract_id).status is ContractStatus.TO_SIGN
    platform.down = False
    assert signing.advance_waiting(now=later + timedelta(minutes=5)) == 1
    assert stored(contract_id).status is ContractStatus.SIGNED


def blanked(pdf: bytes) -> bytes:
    """Return a PDF that begins with the same bytes and shows an empty first page: a shadow attack."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.find_page_for_modification(0)[0]
    page.get_object()["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b""))
    writer.mark_update(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_file_that_is_not_ours_is_refused(platform: Platform) -> None:
    clerk, contract_id, links = start()
    agree(platform, links)
    (task,) = platform.tasks.values()
    original, round_id = task.pdf, round_of(contract_id).id or 0
    flipped = bytearray(task.signed)
    flipped[len(original) + 60] ^= 1
    stranger = platform.sign(_storage.read_all(stored(make_contract()[1]).pdf_sha256))
    for wrong in (original, b"%PDF-1.7 nothing", bytes(flipped), task.signed + b"\n% more", stranger,
                  platform.sign(blanked(original))):  # fmt: skip
        platform.wrong_file = wrong
        signing.advance(round_id, now=NOON)
        view = look(clerk, contract_id)
        assert "没有采用" in view.fault and view.can_revoke
        assert stored(contract_id).status is ContractStatus.TO_SIGN
    assert (
        "改动了合同内容" in view.fault
        and count("signing.file_refused") == 5
        and count("contract.signed") == 0
    )

    platform.wrong_file = b""
    signing.advance(round_id, now=NOON)
    assert stored(contract_id).status is ContractStatus.SIGNED


def test_killed_between_fetching_and_keeping(database: Engine, platform: Platform) -> None:
    _, contract_id, links = start()
    agree(platform, links)
    round_id = round_of(contract_id).id or 0
    with reading() as db:
        before = db.execute(sa.select(sa.func.count()).select_from(Document)).scalar_one()
    for point in ("signing.after_fetch", "signing.after_document", "signing.after_seal"):
        killed, answered = killed_at(database, point, lambda: signing.advance(round_id, now=NOON))
        assert killed and not answered and stored(contract_id).status is ContractStatus.TO_SIGN, point
        _sound(database)
    assert signing.advance_waiting(now=NOON) == 1 and stored(contract_id).status is ContractStatus.SIGNED
    with reading() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(Document)).scalar_one() == before + 1


def test_refused_there_and_taken_back_here(platform: Platform) -> None:
    clerk, contract_id, links = start()
    assert platform.decide(links[0].address.rpartition("/")[2], agrees=False)
    signing.advance(round_of(contract_id).id or 0, now=NOON)
    assert look(clerk, contract_id).status == "refused" and "拒签" in look(clerk, contract_id).reason

    signing.start(clerk, contract_id=contract_id, provider="http", now=NOON)
    platform.down = True
    signing.revoke(clerk, contract_id=contract_id, reason="内容要改", now=NOON)
    second = list(platform.tasks.values())[-1]
    assert look(clerk, contract_id).reason == "内容要改" and second.status == "open"
    platform.down = False
    assert signing.advance_waiting(now=NOON + timedelta(minutes=5)) == 1 and second.status == "cancelled"
    assert signing.advance_waiting(now=NOON + timedelta(hours=5)) == 0


def test_the_gates_stand_before_a_third_party_too(platform: Platform) -> None:
    with pytest.raises(DisclosureNotConfirmed):
        start(confirmed=False)
    assert platform.tasks == {}


def test_which_way_a_round_takes(database: Engine) -> None:
    with pytest.raises(InvalidInput) as caught:
        start()
    assert "provider" in caught.value.fields
    for form in ({"provider": "http"}, {"provider": "http", "provider_url": "https://esign.example"},
                 {"provider_url": "http://10.0.0.1/"}, {"provider_secret": "whsec_c2hvcnQ="}):  # fmt: skip
        with pytest.raises(InvalidInput):
            save(form)
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)
    go_through(token)
    assert round_of(contract_id).provider == "builtin"


def test_the_secret_is_kept_encrypted_and_never_shown(platform: Platform) -> None:
    admin = make_user(RoleCode.ADMIN)
    view = next(v for v in company_settings.list_groups(admin, now=NOON) if v.group.name == "signing")
    assert view.values["provider_secret"] == "" and "设置" in view.history[0].text
    save({"provider": "http"})  # an empty field keeps the secret
    with reading() as db:
        held = [json.dumps(row.value) for row in db.execute(sa.select(Setting)).scalars()]
        raw = db.execute(sa.text("SELECT secret FROM signing_provider")).scalar_one()
        told = [str(one.__dict__) for one in db.execute(sa.select(Event)).scalars()]
    assert SECRET not in "".join([*held, raw, *told]) and raw.startswith("lh1:")
    clerk, contract_id = make_contract()
    contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
    assert signing.start(
        clerk, contract_id=contract_id, now=NOON
    )  # the company's parameter chose the third party
    assert round_of(contract_id).provider == "http"


def test_the_platform_calls_our_door_and_a_stranger_does_not(platform: Platform) -> None:
    _, contract_id, links = start()
    agree(platform, links)
    (key,) = platform.tasks
    body = json.dumps({"key": key}).encode()
    with TestClient(create_api()) as client:
        wrong = {**signed_headers(SECRET, b"{}"), "Content-Type": "application/json"}
        assert client.post(CALLBACK, content=body).status_code == 401
        assert client.post(CALLBACK, content=body, headers=wrong).status_code == 401
        assert stored(contract_id).status is ContractStatus.TO_SIGN
        same = signed_headers(SECRET, body)
        assert [client.post(CALLBACK, content=body, headers=same).status_code for _ in range(2)] == [202, 202]
        assert client.post(CALLBACK, content=b"[]", headers=signed_headers(SECRET, b"[]")).status_code == 422
    assert stored(contract_id).status is ContractStatus.SIGNED and count("contract.signed") == 1
