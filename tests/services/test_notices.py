"""Notices by preference: which ways, do-not-disturb hours, digests; each notice once, urgent ones at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.models import OutboxMessage
from loanhub.services import inbox, notice_preferences, outbox
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_user

LATE = NOON + timedelta(hours=11)
"""23:00 in Shanghai."""
MORNING = NOON + timedelta(hours=20)
"""08:00 the next day."""


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def wish(actor: Actor, **more: object) -> None:
    kinds = {"assignment": (frozenset({"inapp", "email"}), False), "mention": (frozenset({"inapp", "email"}), True),
             "system": (frozenset(), False)}  # fmt: skip
    values: dict[str, object] = {
        "version": 0, "kinds": kinds, "quiet_from": "22:00", "quiet_to": "8:00", "digest": "none", "digest_at": "",
        "digest_weekday": "0", "email": "li@example.com", "desktop": False, "now": NOON,
    }  # fmt: skip
    notice_preferences.save(actor, **(values | more))  # type: ignore[arg-type]


def tell(actor: Actor, kind: str, at: datetime) -> None:
    with transaction() as db:
        notify(db, actor.user_id, title=f"{kind} {at:%H}", kind=kind, now=at)


def seen(actor: Actor, at: datetime) -> list[str]:
    return [m.title.split()[0] for m in inbox.list_messages(actor, now=at).messages]


def states() -> list[str]:
    with reading() as db:
        return list(db.execute(sa.select(col(OutboxMessage.state)).order_by(col(OutboxMessage.id))).scalars())


class TestNotify:
    def test_without_wishes_only_the_inbox_hears(self) -> None:
        rep = make_user(RoleCode.SALES)
        tell(rep, "lead", LATE)

        assert (seen(rep, LATE), states()) == (["lead"], [])

    def test_the_night_holds_what_is_not_urgent_until_its_end(self) -> None:
        rep = make_user(RoleCode.SALES)
        wish(rep)
        tell(rep, "lead", LATE)
        tell(rep, "mention", LATE)
        outbox.run_due(now=LATE)

        assert (seen(rep, LATE), states()) == (["mention"], ["planned", "previewed"])
        for _ in range(2):
            outbox.run_due(now=MORNING)
        assert (sorted(seen(rep, MORNING)), states()) == (["lead", "mention"], ["previewed", "previewed"])

    def test_a_kind_switched_off_is_not_told_but_approvals_always_are(self) -> None:
        rep = make_user(RoleCode.SALES)
        wish(rep, kinds={"system": (frozenset(), False), "approval": (frozenset(), False)})
        tell(rep, "system", NOON)
        tell(rep, "approval", NOON)

        assert seen(rep, NOON) == ["approval"]

    def test_the_digest_comes_once_with_all_of_the_day(self) -> None:
        rep = make_user(RoleCode.SALES)
        wish(rep, digest="daily", digest_at="18:00")
        for hours in range(3):
            tell(rep, "lead", NOON + timedelta(hours=hours))
        evening = NOON + timedelta(hours=6)
        outbox.run_due(now=evening - timedelta(minutes=1))
        assert (seen(rep, NOON + timedelta(hours=3)), states()) == ([], ["held"] * 3)
        for _ in range(2):
            outbox.run_due(now=evening)

        assert (len(seen(rep, evening)), states()) == (3, ["merged"] * 3 + ["previewed"])


class TestSave:
    def test_says_what_is_missing(self) -> None:
        rep = make_user(RoleCode.SALES)
        with pytest.raises(InvalidInput) as fault:
            wish(rep, quiet_to="", digest="yearly", email="x", digest_at="25:00")
        assert set(fault.value.fields) == {"quiet_to", "digest", "email", "digest_at"}
        with pytest.raises(InvalidInput):
            wish(rep, email="")
        with pytest.raises(InvalidInput):
            wish(rep, kinds={"mention": (frozenset({"sms"}), False)})

    def test_meets_another_window(self) -> None:
        rep = make_user(RoleCode.SALES)
        wish(rep)
        with pytest.raises(Conflict):
            wish(rep)
        assert notice_preferences.view(rep).email != "li@example.com"
