"""How a customer is cared for: segments it is in, the grade set by hand, the dedicated manager 分群、定级、专属经理."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import segments
from loanhub.services.customers import grade, manager
from loanhub.services.customers.grade import GradeView
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._section import trouble
from loanhub.state.customer import CustomerState, record_id


class CustomerCareState(SessionState):
    """The side column's segments, and the sheets for grade and manager."""

    segments: list[dict[str, str]] = []
    grade: GradeView = GradeView()
    grading: bool = False
    entrusting: bool = False
    managers: list[dict[str, str]] = []
    field_errors: dict[str, str] = {}
    form_key: str = ""
    read: int = 0
    failed: str = ""

    _customer: int = 0

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> None:
        """Read the segments and the grade of the customer in the address."""
        self._customer = record_id(self, "customers")
        self.grading = self.entrusting = False
        self.field_errors, self.failed = {}, ""
        await self._refresh()

    async def _refresh(self) -> None:
        page = await self.get_state(CustomerState)
        if page.missing or page.head.id != self._customer:
            return
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        try:
            found = await rx.run_in_thread(lambda: segments.of_customer(actor, wanted, now=now))
            self.segments = [{"name": one.name, "sentence": one.sentence, "href": one.href} for one in found]
            self.grade = await rx.run_in_thread(lambda: grade.grade_of(actor, customer_id=wanted, now=now))
            self.read, self.failed = wanted, ""
        except Exception as error:  # the rest of the page is sound: this section alone says so
            self.failed = trouble(error)

    @rx.event
    @needs(Permission.CUSTOMERS_GRADE)
    async def show_grade(self, is_open: bool) -> None:
        """Open or close the sheet that sets the grade."""
        self.grading, self.field_errors, self.form_key = bool(is_open), {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.CUSTOMERS_GRADE)
    async def set_grade(self, form: dict[str, Any]) -> Any:
        """Set the grade with its reason, or give it back to the scorecard."""
        page = await self.get_state(CustomerState)
        actor, now, head = await self._actor(), utc_now(), page.head
        text = str(form.get("grade", ""))
        wanted = int(text) if text in ("1", "2", "3", "4") else (None if text == "computed" else 0)
        reason = str(form.get("reason", ""))
        await rx.run_in_thread(
            lambda: grade.set_grade(
                actor,
                customer_id=head.id,
                grade=wanted,
                reason=reason,
                expected_version=head.version,
                now=now,
            )
        )
        self.grading = False
        await self._refresh()
        return await page._again(done("已恢复系统评级" if wanted is None else "已调整风险等级"))

    @rx.event
    @needs(Permission.CUSTOMERS_ASSIGN)
    async def show_manager(self, is_open: bool) -> None:
        """Open or close the sheet that names the dedicated manager."""
        if is_open:
            actor = await self._actor()
            found = await rx.run_in_thread(lambda: manager.candidates(actor))
            self.managers = [{"value": code, "label": name} for code, name in found]
        self.entrusting, self.field_errors, self.form_key = bool(is_open), {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.CUSTOMERS_ASSIGN)
    async def set_manager(self, form: dict[str, Any]) -> Any:
        """Name the dedicated manager, or nobody."""
        page = await self.get_state(CustomerState)
        actor, now, head = await self._actor(), utc_now(), page.head
        text, reason = str(form.get("manager_id", "")), str(form.get("reason", ""))
        chosen = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
        await rx.run_in_thread(
            lambda: manager.assign_manager(
                actor,
                customer_id=head.id,
                manager_id=chosen,
                reason=reason,
                expected_version=head.version,
                now=now,
            )
        )
        self.entrusting = False
        return await page._again(done("已指定专属经理" if chosen else "已取消专属经理"))
