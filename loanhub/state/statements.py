"""Bank statements: upload and reading, the lines by tab, one line with its loans and preview, posting many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain import formats
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.domain.statements import LineTab, StatementRefused
from loanhub.services import statements
from loanhub.services.statements import PAGE_LINES
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._statement_line import LOOK, StatementLine, digits

WAYS = (("in", "收入"), ("out", "支出"))
AT_A_TIME = 20
"""Lines posted between two reports of progress."""


@dataclass
class LineItem:
    """A row of the table."""

    id: str = ""
    day: str = ""
    amount: str = ""
    way: str = ""
    payer: str = ""
    account: str = ""
    remark: str = ""
    loan_number: str = ""
    customer: str = ""
    why: str = ""
    status: str = ""
    tone: str = ""
    third: bool = False


class StatementsState(StatementLine, SessionState):
    """The statements page."""

    tab: str = LineTab.UNCLAIMED.value
    tabs: list[dict[str, str]] = []
    rows: list[LineItem] = []
    files: list[dict[str, str]] = []
    file_options: list[dict[str, str]] = []
    file_id: str = ""
    file_label: str = ""
    way: str = ""
    text: str = ""
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""
    totals: str = ""
    suggested: int = 0
    suggested_amount: str = ""
    loading: bool = True
    uploading: bool = False
    working: str = ""
    percent: int = 0
    error: str = ""
    problems: list[str] = []
    notes: list[str] = []
    results: list[dict[str, str]] = []
    result_text: str = ""
    confirming: bool = False

    @rx.event
    @needs(*LOOK)
    async def load(self) -> Any:
        """Show the tab, statement and line the address names."""
        query = self.router.url.query_parameters
        self._watch(statements.TOPIC)
        self.loading, self.is_open, self.error, self.uploading = True, False, "", False
        self.problems, self.notes, self.results, self.result_text, self.working = [], [], [], "", ""
        wanted = LineTab.find(str(query.get("tab", "")))
        self.tab = wanted.value if wanted else ""
        self.text, self.way = str(query.get("q", ""))[:60], str(query.get("way", ""))
        self.way = self.way if self.way in dict(WAYS) else ""
        self.file_id = digits(query.get("statement", ""))
        self.page = max(1, int(digits(query.get("page", "")) or 1))
        await self._read()
        line = digits(query.get("line", ""))
        if line:
            await self._open(int(line))

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        asked = {"statement_id": int(self.file_id or 0), "text": self.text, "way": self.way}
        tab, page = self.tab or LineTab.UNCLAIMED.value, self.page
        found = await rx.run_in_thread(lambda: statements.list_lines(actor, tab=tab, page=page, **asked))
        counts = {one.code: one for one in found.tabs}
        if not self.tab:
            # Whoever comes without an address begins where most is to be done with one press.
            self.tab = "suggested" if counts["suggested"].count else LineTab.UNCLAIMED.value
            if self.tab != tab:
                await self._read()
                return
        files = await rx.run_in_thread(lambda: statements.list_statements(actor, now=now))
        self.files = [
            {key: str(value) for key, value in asdict(one).items()}
            | {"percent": str(one.done * 100 // one.lines if one.lines else 100)}
            for one in files
        ]
        self.file_options = [{"value": str(one.id), "label": f"{one.number} {one.period}"} for one in files]
        self.file_label = next((one.number for one in files if str(one.id) == self.file_id), "")
        self.tabs = [{"id": one.code, "name": one.label, "count": f"{one.count:,}"} for one in found.tabs]
        self.suggested, self.suggested_amount = counts["suggested"].count, counts["suggested"].amount
        self.rows = [
            LineItem(
                str(r.id), r.day, r.amount, "in" if r.incoming else "out", r.payer, r.account, r.remark, r.loan_number,
                r.customer, r.why, r.status_label, r.tone, r.third_party,
            )
            for r in found.rows
        ]  # fmt: skip
        self.total, self.pages = found.total, max(1, -(-found.total // PAGE_LINES))
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)
        self.totals = f"{found.total:,} 笔 · 收入 {counts[self.tab].amount}"
        self.loading = False

    def _address(self) -> Any:
        query = {
            "tab": self.tab,
            "statement": self.file_id,
            "way": self.way,
            "q": self.text,
            "page": self.page,
        }
        return _listing.address("/statements", query, [])

    async def _show(self) -> Any:
        await self._read()
        return self._address()

    @rx.event
    @needs(*LOOK)
    async def choose_tab(self, code: str) -> Any:
        """Show another tab."""
        found = LineTab.find(str(code))
        self.tab, self.page = found.value if found else LineTab.UNCLAIMED.value, 1
        return await self._show()

    @rx.event(supersedes=True)
    @needs(*LOOK, per_minute=120)
    async def search(self, text: str) -> Any:
        """Search by payer, remark, transaction id or the tail of the account."""
        self.text, self.page = str(text).strip()[:60], 1
        return await self._show()

    @rx.event
    @needs(*LOOK)
    async def choose_way(self, code: str) -> Any:
        """Show money in, money out, or both."""
        self.way, self.page = str(code) if str(code) in dict(WAYS) else "", 1
        return await self._show()

    @rx.event
    @needs(*LOOK)
    async def choose_file(self, code: str) -> Any:
        """Show the lines of one statement; the one that is shown already is left again."""
        wanted = digits(code)
        self.file_id, self.page = "" if wanted == self.file_id else wanted, 1
        return await self._show()

    @rx.event
    @needs(*LOOK)
    async def clear_filters(self) -> Any:
        """Take every filter and the search away."""
        self.text, self.way, self.file_id, self.page = "", "", "", 1
        clear = rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )
        return [await self._show(), clear]

    @rx.event
    @needs(*LOOK)
    async def go(self, step: int) -> Any:
        """Turn the page by ``step``."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others decide on lines: the table follows."""
        if topic == statements.TOPIC:
            await self._read()
        else:
            await super()._on_live(topic, ops)

    # ---- reading a file ----
    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def start_upload(self) -> None:
        """A file was chosen; the browser is sending it."""
        self.uploading, self.error, self.problems, self.notes = True, "", [], []

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def uploaded(self, answer: Any) -> Any:
        """Read the file the browser has sent."""
        self.uploading = False
        data = answer if isinstance(answer, Mapping) else {}
        file_id = data.get("id")
        if type(file_id) is not int:
            self.error = str(data.get("error") or "没有上传成功，请重试")[:200]
            return None
        self.working, self.percent = "正在读取文件", 0
        return StatementsState.read_file(file_id)

    @rx.event(background=True)
    @needs(Permission.STATEMENTS_IMPORT)
    async def read_file(self, file_id: int) -> Any:
        """Read a statement in, telling how far it is."""
        async with self:
            actor = await self._actor()
            wanted = int(file_id) if type(file_id) is int else 0
        told: list[tuple[str, int, int]] = []
        task = rx.run_in_thread(
            lambda: statements.read_file(
                actor, file_id=wanted, now=utc_now(), progress=lambda *step: told.append(step)
            )
        )
        work = asyncio.ensure_future(task)
        while not work.done():
            await asyncio.wait([work], timeout=0.4)
            if told:
                async with self:
                    what, number, of = told[-1]
                    self.working = (
                        f"{what} {number:,} / {of:,} 笔"
                        if of
                        else (f"{what} {number:,} 笔" if number else what)
                    )
                    self.percent = formats.percent_of(number, of) if of else self.percent
        async with self:
            self.working, self.percent = "", 0
            try:
                found = work.result()
            except StatementRefused as refusal:
                self.problems = [problem.text for problem in refusal.problems]
                self.error = f"这份流水没有导入：{refusal.total} 处问题"
                return None
            except LoanHubError as refusal:
                self.error = refusal.sentence
                return None
            known = f"，{found.known:,} 笔以前导入过" if found.known else ""
            booked = f"，{found.booked:,} 笔账上已有" if found.booked else ""
            self.notes = list(found.warnings)
            self.file_id, self.page, self.tab = (
                str(found.statement_id),
                1,
                "suggested" if found.suggested else "unclaimed",
            )
            await self._read()
            return [
                self._address(),
                done(
                    f"已导入 {found.number}：{found.lines:,} 笔，建议 {found.suggested:,} 笔{booked}{known}"
                ),
            ]

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def look_again(self) -> Any:
        """Look again for the loans of all waiting lines."""
        actor, now = await self._actor(), utc_now()
        self.working = "正在匹配借据"
        yield
        suggested, booked = await rx.run_in_thread(lambda: statements.look_for_loans(actor, now=now))
        self.working = ""
        await self._read()
        yield done(f"重新匹配完成：建议 {suggested:,} 笔，{booked:,} 笔账上已有")

    # ---- all suggested ----
    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def ask_all(self, is_open: bool = True) -> None:
        """Ask before posting every suggested line."""
        self.confirming = bool(is_open)

    @rx.event(background=True)
    @needs(Permission.STATEMENTS_IMPORT)
    async def accept_all(self) -> Any:
        """Post every suggested line of the list, each by itself."""
        async with self:
            actor = await self._actor()
            asked = {"statement_id": int(self.file_id or 0), "text": self.text, "way": self.way}
            self.confirming, self.results, self.result_text = False, [], ""
            shown = {row.id: row for row in self.rows}
        ids = await rx.run_in_thread(lambda: statements.suggested_ids(actor, **asked))
        accepted, refused = 0, list[dict[str, str]]()
        for start in range(0, len(ids), AT_A_TIME):
            some = ids[start : start + AT_A_TIME]
            outcomes = await rx.run_in_thread(
                lambda some=some: list(statements.accept_suggested(actor, line_ids=some, now=utc_now()))
            )
            for one in outcomes:
                accepted += one.accepted
                if not one.accepted:
                    row = shown.get(str(one.line_id), LineItem())
                    refused.append(
                        {"id": str(one.line_id), "subject": f"{row.day} {row.payer} {row.amount}".strip(), "sentence": one.sentence}
                    )  # fmt: skip
            async with self:
                finished = start + len(some)
                self.working, self.percent = (
                    f"正在入账 {finished:,} / {len(ids):,} 笔",
                    finished * 100 // len(ids),
                )
        async with self:
            self.working, self.percent, self.page = "", 0, 1
            self.results = refused[:100]
            self.result_text = f"已入账 {accepted:,} 笔，{len(refused):,} 笔没有入账" if refused else ""
            await self._read()
            if accepted or not refused:
                return done(f"已入账 {accepted:,} 笔")
            return failed(f"{len(refused):,} 笔都没有入账，原因见列表上方")

    @rx.event
    @needs(Permission.STATEMENTS_IMPORT)
    async def clear_results(self) -> None:
        """Put the result of the last batch away."""
        self.results, self.result_text, self.problems, self.error, self.notes = [], "", [], "", []
