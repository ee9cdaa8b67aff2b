from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import company_settings, parameters, shell
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import reading
from loanhub.settings import settings
from tests.builders import NOON, make_company, make_user

COMPANY = {
    "name": "澄江普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例", "address": "上海",
    "phone": "", "complaint_phone": "400-000-0000", "license_number": "",
}  # fmt: skip
AUTHORITY = {"first_fen": "300000", "second_fen": "1500000"}


def _group(actor: object, name: str) -> company_settings.GroupView:
    return next(g for g in company_settings.list_groups(actor, now=NOON) if g.group.name == name)  # type: ignore[arg-type]


def _first(db: Session, now: datetime = NOON) -> int:
    return int(parameters.get(db, "approval_authority", now=now)["first_fen"])


class TestBrand:
    @pytest.fixture(autouse=True)
    def told(self, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
        for name in ("LOANHUB_DEMO_MODE", "LOANHUB_COMPANY_NAME"):
            monkeypatch.delenv(name, raising=False)
        settings.cache_clear()
        yield monkeypatch
        monkeypatch.undo()
        settings.cache_clear()

    def test_is_the_short_name_then_what_the_server_was_told_then_the_full_name(
        self, sqlite_database: Engine, told: pytest.MonkeyPatch
    ) -> None:
        make_company()
        admin = make_user(RoleCode.ADMIN, name="管理员甲")
        full = {**COMPANY, "name": "海州市恒信小额贷款有限公司"}

        def save(**more: str) -> None:
            form, stamp = {**full, **more}, _group(admin, "company").stamp
            company_settings.save(admin, name="company", form=form, stamp=stamp, now=NOON)

        save()
        assert shell.brand(now=NOON) == "海州市恒信小额贷款有限公司"
        told.setenv("LOANHUB_COMPANY_NAME", "恒信小贷")
        settings.cache_clear()
        assert shell.brand(now=NOON) == "恒信小贷"
        save(short_name="恒信")
        assert shell.brand(now=NOON) == "恒信"


class TestSave:
    def test_is_what_documents_and_gates_read_from_now_on(self, database: Engine) -> None:
        make_company()
        admin = make_user(RoleCode.ADMIN, name="管理员甲")

        company_settings.save(
            admin, name="company", form=COMPANY, stamp=_group(admin, "company").stamp, now=NOON
        )
        company_settings.save(
            admin,
            name="approval_authority",
            form=AUTHORITY,
            stamp=_group(admin, "approval_authority").stamp,
            now=NOON,
        )

        with reading() as db:
            assert parameters.company(db, now=NOON).credit_code == "91310199MA1K0000XJ"
            assert _first(db) == 30_000_000
            assert _first(db, NOON - timedelta(seconds=1)) == 20_000_000
            event = db.execute(
                sa.select(Event).where(col(Event.type) == "parameters.edited").order_by(col(Event.id).desc())
            ).scalars().first()  # fmt: skip
        assert (
            event is not None
            and event.before["初审最高金额"] == "¥200,000.00"
            and event.after["初审最高金额"] == "¥300,000.00"
        )
        view = _group(admin, "approval_authority")
        assert view.values["first_fen"] == "300000.00" and view.history[0].changed_by == "管理员甲"

    def test_may_hold_from_a_later_day_only(self, database: Engine) -> None:
        make_company()
        admin = make_user(RoleCode.ADMIN)
        stamp = _group(admin, "approval_authority").stamp

        company_settings.save(
            admin,
            name="approval_authority",
            form=AUTHORITY,
            stamp=stamp,
            now=NOON,
            from_date=date(2026, 12, 1),
        )

        with reading() as db:
            assert _first(db) == 20_000_000
            assert _first(db, NOON + timedelta(days=11)) == 30_000_000
        assert _group(admin, "approval_authority").history[0].state == "待生效"
        with pytest.raises(InvalidInput) as refused:
            company_settings.save(
                admin, name="approval_authority", form={**AUTHORITY, "first_fen": "400000"}, stamp=_group(admin, "approval_authority").stamp, now=NOON,
                from_date=date(2026, 11, 1),
            )  # fmt: skip
        assert list(refused.value.fields) == ["from_date"]

    @pytest.mark.parametrize(
        ("name", "form", "field"),
        [
            ("company", {**COMPANY, "name": ""}, "name"),
            ("company", {**COMPANY, "credit_code": "91310199MA1K0000XX"}, "credit_code"),
            ("company", {**COMPANY, "address": "路" * 101}, "address"),
            ("repayment_account", {"holder": "a", "bank": "b", "number": "12x"}, "number"),
            ("lender", {"type": "pawnshop"}, "type"),
            ("approval_authority", {"first_fen": "300000", "second_fen": "200000"}, "second_fen"),
            ("approval_authority", {"first_fen": "abc", "second_fen": "200000"}, "first_fen"),
            ("dispute", {"kind": "duel", "body": "x"}, "kind"),
            ("contract_code", {"company": "cj"}, "company"),
        ],
    )
    def test_names_the_fault(
        self, sqlite_database: Engine, name: str, form: dict[str, str], field: str
    ) -> None:
        make_company()
        admin = make_user(RoleCode.ADMIN)

        with pytest.raises(InvalidInput) as refused:
            company_settings.save(admin, name=name, form=form, stamp=_group(admin, name).stamp, now=NOON)

        assert list(refused.value.fields) == [field]

    def test_refuses_a_lost_edit_an_unknown_group_and_everybody_else(self, database: Engine) -> None:
        make_company()
        admin = make_user(RoleCode.ADMIN)
        stamp = _group(admin, "approval_authority").stamp
        company_settings.save(admin, name="approval_authority", form=AUTHORITY, stamp=stamp, now=NOON)

        with pytest.raises(company_settings.StaleParameters):
            company_settings.save(
                admin,
                name="approval_authority",
                form={**AUTHORITY, "first_fen": "400000"},
                stamp=stamp,
                now=NOON,
            )
        with pytest.raises(NotFound):
            company_settings.save(admin, name="scorecard", form={}, stamp="", now=NOON)
        for role in set(RoleCode) - {RoleCode.ADMIN}:
            other = make_user(role)
            with pytest.raises(NotPermitted):
                company_settings.save(other, name="approval_authority", form=AUTHORITY, stamp=stamp, now=NOON)
            with pytest.raises(NotPermitted):
                company_settings.list_groups(other, now=NOON)


def make_admin() -> Actor:
    make_company()
    return make_user(RoleCode.ADMIN)


class TestLeadRules:
    """The pool, the first response and the working days, edited like any other parameter."""

    def _values(self, actor, name: str) -> tuple[dict[str, str], str]:
        view = _group(actor, name)
        return dict(view.values), view.stamp

    def test_numbers_are_held_to_their_range_and_order(self, database) -> None:
        actor = make_admin()
        values, stamp = self._values(actor, "public_pool")
        for change, place in (
            ({"daily_cap": "0"}, "daily_cap"), ({"no_follow_days": "-3"}, "no_follow_days"),
            ({"remind_days": "7"}, "remind_days"), ({"clock": "moon"}, "clock"), ({"owned_cap": "一百"}, "owned_cap"),
        ):  # fmt: skip
            with pytest.raises(InvalidInput) as refused:
                company_settings.save(
                    actor, name="public_pool", form={**values, **change}, stamp=stamp, now=NOON
                )
            assert place in refused.value.fields

    def test_switching_recycling_on_counts_from_that_moment(self, database) -> None:
        actor = make_admin()
        values, stamp = self._values(actor, "public_pool")
        company_settings.save(
            actor, name="public_pool", form={**values, "recycle": "off"}, stamp=stamp, now=NOON
        )
        with reading() as db:
            assert not lead_rules(db, now=NOON).pool.recycle

        later = NOON + timedelta(days=3)
        values, stamp = self._values(actor, "public_pool")
        company_settings.save(
            actor, name="public_pool", form={**values, "recycle": "on"}, stamp=stamp, now=later
        )

        with reading() as db:
            assert lead_rules(db, now=later).since == later

    def test_a_day_of_the_companys_own_stops_the_clock(self, database) -> None:
        actor = make_admin()
        _, stamp = self._values(actor, "calendar")
        with pytest.raises(InvalidInput):
            company_settings.save(
                actor, name="calendar", form={"off": "明天", "worked": ""}, stamp=stamp, now=NOON
            )

        company_settings.save(
            actor,
            name="calendar",
            form={"off": "2026-11-23，2026-11-24", "worked": "2026-11-21"},
            stamp=stamp,
            now=NOON,
        )

        with reading() as db:
            rules = lead_rules(db, now=NOON).first
            assert rules.after(NOON, 8 * 60).isoformat() == "2026-11-21T03:00:00+00:00"
