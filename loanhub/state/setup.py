"""The first start: the page that makes the first administrator."""

from __future__ import annotations

from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from loanhub.domain.errors import InvalidInput
from loanhub.services import first_start, tickets
from loanhub.state import _marks
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state.account import LOGIN_TICKET


class SetupForm(BaseModel):
    """What the set-up form sends, nothing else is taken; what is missing the service says beside its field."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field("", max_length=60)
    company: str = Field("", max_length=60)
    login: str = Field("", max_length=60)
    name: str = Field("", max_length=60)
    password: str = Field("", max_length=256)


class SetupState(SessionState):
    """The set-up page."""

    field_errors: dict[str, str] = {}

    @rx.event
    @_marks.public
    async def load(self) -> Any:
        """Leave for the login when somebody has an account already."""
        return None if await rx.run_in_thread(first_start.needed) else rx.redirect("/login")

    @rx.event
    @_marks.public
    async def create(self, form: dict[str, Any]) -> Any:
        """Make the first administrator and sign in."""
        try:
            command = SetupForm.model_validate(form)
        except ValueError as error:
            raise InvalidInput("填写的内容有误") from error
        user_id = await rx.run_in_thread(
            lambda: first_start.create_first_admin(**command.model_dump(), now=utc_now())
        )
        ticket = await rx.run_in_thread(lambda: tickets.issue(user_id, LOGIN_TICKET, now=utc_now()))
        return rx.call_script(f"window.location.assign('/api/auth/exchange?t={ticket}')")
