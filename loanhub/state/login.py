"""The login page: why the last attempt was refused, and the demo accounts in demo mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.services import auth, first_start, shell
from loanhub.settings import settings
from loanhub.state import _marks
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now

SENTENCES = {
    "wrong": "账号或密码不正确",
    "busy": "现在登录的人太多，请过几秒再试",
    "ticket": "这个链接已失效，请重新登录",
}


@dataclass
class DemoLogin:
    """A demo account as the page offers it."""

    login: str = ""
    name: str = ""
    title: str = ""
    initials: str = ""


class LoginState(SessionState):
    """What the login form starts with; the form itself is posted by the browser."""

    error: str = ""
    notice: str = ""
    login: str = ""
    next_path: str = ""
    host: str = ""
    company: str = ""
    demo_accounts: list[DemoLogin] = []
    demo_password: str = ""

    @rx.event
    @_marks.public
    async def load(self) -> Any:
        """Read the address: which refusal to explain, which account to keep; to the set-up when nobody exists."""
        if await rx.run_in_thread(first_start.needed):
            return rx.redirect("/setup")
        query = self.router.url.query_parameters
        code = str(query.get("error", ""))
        if code == "locked":
            wait = str(query.get("wait", ""))
            minutes = -(-int(wait) // 60) if wait.isascii() and wait.isdigit() and len(wait) < 6 else 15
            self.error = f"尝试次数过多，请 {minutes} 分钟后再试"
        else:
            self.error = SENTENCES.get(code, "")
        self.notice = "登录已过期，请重新登录" if query.get("expired") else ""
        self.login = str(query.get("login", ""))[:60]
        self.next_path = str(query.get("next", ""))[:500]
        self.company = await rx.run_in_thread(lambda: shell.brand(now=utc_now()))
        self.host = settings().origin.partition("://")[2]
        accounts = await rx.run_in_thread(auth.list_demo_accounts)
        self.demo_accounts = [DemoLogin(a.login, a.name, a.title, a.name[-1:]) for a in accounts]
        self.demo_password = auth.DEMO_PASSWORD if accounts else ""
        return None
