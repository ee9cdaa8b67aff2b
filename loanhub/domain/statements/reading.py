"""Reading a bank statement strictly 读取流水: every cell understood and the running balance whole, or nothing at all.

A statement is evidence: a cell that cannot be read is named by row and column and refuses the file, it is never
guessed. Lines above the header and totals below the lines are recognised, not read as movements.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from loanhub.domain.errors import InvalidInput
from loanhub.domain.loose_values import cell_text, read_date
from loanhub.domain.money import MINUS, format_plain, parse_fen
from loanhub.domain.statements.layouts import LABELS, Header, find_header, missing_columns
from loanhub.domain.statements.statement import Line, Problem, Statement, StatementRefused

MAX_LINES = 20_000
MAX_NAME, MAX_REMARK, MAX_SERIAL, MAX_ACCOUNT = 80, 200, 80, 40

_IN_WORDS = frozenset({"收", "收入", "贷", "贷方", "转入", "存入", "来账", "入", "c", "cr", "贷(收入)", "+"})
_OUT_WORDS = frozenset(
    {"支", "支出", "借", "借方", "转出", "取出", "往账", "出", "付", "d", "dr", "借(支出)", "-"}
)
_TOTALS = re.compile(r"^(本页|本期|本月|累计)?(合计|总计|小计|汇总)|总(笔数|金额)|^(借|贷)方(合计|笔数|总)|^(期末|期初)余额|打印|^记录数|^以下空白|^\*+$|结束")  # fmt: skip
_OPENING = re.compile(r"(期初|上期|承前|昨日)(账户)?余额")
_ACCOUNT_LABEL = re.compile(r"^(本方)?(账|帐)(号|户)|^卡号")
_QUOTED_FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)
_MONEY = re.compile(rf"[¥￥]?[+\-{MINUS}]?[¥￥]?[0-9][0-9,]*(?:\.[0-9]+)?元?")
_COMPACT_MOMENT = re.compile(r"([0-9]{8})[ T]?(?:[01][0-9]|2[0-3]):?[0-5][0-9](?::?[0-5][0-9])?")
_EMPTY = frozenset({"", "-", "--", "—", "/", "无"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def plain_text(raw: object, limit: int) -> str:
    """Return a cell as one line of text without control characters; ``="6222…"`` is the text inside."""
    text = cell_text(raw)
    quoted = _QUOTED_FORMULA.match(text)
    text = quoted[1] if quoted else text
    return " ".join(_CONTROL.sub(" ", text).split())[:limit]


def read_money(raw: object) -> int | None:
    """Return the fen of an amount cell, below zero when it carries a minus; None when it is empty.

    A float is taken by its shortest decimal form, which is what the sheet shows. 万 and words are not amounts of a
    statement.

    Raises:
        InvalidInput: naming ``amount``: not an amount, finer than a fen, or above 10^12 yuan.
    """
    text = plain_text(raw, 60).replace(" ", "")
    if text in _EMPTY:
        return None
    if not _MONEY.fullmatch(text):
        raise InvalidInput(fields={"amount": f"「{text[:20]}」不是金额"})
    return parse_fen(text, allow_negative=True)


def read_statement(rows: Sequence[Sequence[object]], *, today: date) -> Statement:
    """Return the statement in the rows of a sheet or csv file; ``rows[0]`` is row 1.

    Raises:
        StatementRefused: naming everything that is wrong; nothing of the file may be used then.
    """
    header = find_header(rows)
    if header is None:
        absent = missing_columns(rows)
        tail = f"，还缺：{'、'.join(absent)}" if absent else ""
        raise StatementRefused(
            [
                Problem(
                    0, "", f"没有认出表头。需要交易日期，以及借方、贷方发生额两列，或收支方向和金额两列{tail}"
                )
            ]
        )
    reader = _Reader(header, rows, today)
    return reader.read()


class _Reader:
    def __init__(self, header: Header, rows: Sequence[Sequence[object]], today: date) -> None:
        self.header, self.rows, self.today = header, rows, today
        self.problems: list[Problem] = []
        self.titles = {
            key: plain_text(rows[header.place][at], 20) or LABELS[key] for key, at in header.columns.items()
        }

    def read(self) -> Statement:
        lines: list[Line] = []
        totals: list[tuple[int, Sequence[object]]] = []
        for number, row in enumerate(self.rows[self.header.place + 1 :], start=self.header.place + 2):
            if not any(cell_text(cell) for cell in row):
                continue
            if self._is_total(row):
                totals.append((number, row))
                continue
            if totals and self._is_footer(row):
                continue
            line = self._line(number, row)
            if line is not None:
                lines.append(line)
            if len(lines) > MAX_LINES:
                raise StatementRefused([Problem(0, "", f"一次最多导入 {MAX_LINES:,} 行流水，请按月拆开")])
        if not lines and not self.problems:
            raise StatementRefused([Problem(0, "", "表头下面没有流水")])
        self._check_serials(lines)
        if not self.problems:
            lines = self._check_balances(lines)
            self._check_totals(lines, totals)
        if self.problems:
            raise StatementRefused(self.problems)
        opening = closing = None
        if lines[0].balance_fen is not None:
            opening = lines[0].balance_fen - lines[0].amount_fen
            closing = lines[-1].balance_fen
        return Statement(self.header.layout, self._own_account(), tuple(lines), opening, closing)

    # ---- one row ----
    def _cell(self, row: Sequence[object], key: str) -> object:
        at = self.header.columns.get(key)
        return row[at] if at is not None and at < len(row) else None

    def _text(self, row: Sequence[object], key: str, limit: int) -> str:
        return plain_text(self._cell(row, key), limit)

    def _wrong(self, number: int, key: str, sentence: str) -> None:
        self.problems.append(Problem(number, self.titles.get(key, LABELS.get(key, "")), sentence))

    def _is_total(self, row: Sequence[object]) -> bool:
        first = next((text for cell in row if (text := plain_text(cell, 60))), "")
        return bool(_TOTALS.search(first)) and self._day_text(row) in ("", first)

    def _is_footer(self, row: Sequence[object]) -> bool:
        """Below the totals only what looks like a movement is one: a day that can be read."""
        return read_date(self._raw_day(row), today=self.today).value is None

    def _raw_day(self, row: Sequence[object]) -> object:
        return self._cell(row, self._day_column)

    @property
    def _day_column(self) -> str:
        """The day's own column; without one, the day stands in front of the time."""
        return "day" if "day" in self.header.columns else "clock"

    def _day_text(self, row: Sequence[object]) -> str:
        return plain_text(self._raw_day(row), 60)

    def _line(self, number: int, row: Sequence[object]) -> Line | None:
        before = len(self.problems)
        day = self._day(number, row)
        amount = self._amount(number, row)
        balance = self._money(number, row, "balance")
        if (
            balance is None
            and "balance" in self.header.columns
            and not cell_text(self._cell(row, "balance"))
            and len(self.problems) == before
        ):
            self._wrong(number, "balance", "没有余额")
        serial = self._serial(number, row)
        if len(self.problems) > before or day is None or amount is None:
            return None
        party, account = self._text(row, "party", MAX_NAME), self._account(number, row)
        remark = " ".join(
            dict.fromkeys(
                text
                for key in ("summary", "purpose", "postscript")
                if (text := self._text(row, key, MAX_REMARK))
            )
        )[:MAX_REMARK]
        clock = self._clock(row)
        if not serial:
            seed = f"{day}|{clock}|{amount}|{balance}|{account}|{party}|{remark}"
            serial = f"N{day:%Y%m%d}-{hashlib.sha256(seed.encode()).hexdigest()[:16].upper()}"
        return Line(number, serial, day, clock, amount, balance, party, account, remark)

    def _day(self, number: int, row: Sequence[object]) -> date | None:
        key = self._day_column
        raw = self._cell(row, key)
        if not cell_text(raw):
            self._wrong(number, key, "没有日期")
            return None
        if not isinstance(raw, date):
            joined = _COMPACT_MOMENT.fullmatch(plain_text(raw, 40))
            raw = joined[1] if joined else plain_text(raw, 40)
        found = read_date(raw, today=self.today, past_only=True)
        if found.value is None or not found.sure:
            self._wrong(number, key, found.sentence or "不是日期")
            return None
        if found.value.year < 2000:
            self._wrong(number, key, f"{found.value} 太早，不像交易日期")
            return None
        return found.value

    def _clock(self, row: Sequence[object]) -> str:
        for key in ("clock", "day"):
            raw = self._cell(row, key)
            if isinstance(raw, datetime):
                return f"{raw:%H:%M:%S}"
            matched = re.search(r"([01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?", cell_text(raw))
            if matched:
                return matched[0]
            digits = re.fullmatch(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d)", cell_text(raw))
            if digits and key == "clock":
                return ":".join(digits.groups())
        return ""

    def _money(self, number: int, row: Sequence[object], key: str) -> int | None:
        try:
            return read_money(self._cell(row, key))
        except InvalidInput as refusal:
            self._wrong(number, key, refusal.sentence)
            return None

    def _amount(self, number: int, row: Sequence[object]) -> int | None:
        before = len(self.problems)
        if self.header.layout.code == "two_columns":
            out, into = self._money(number, row, "out"), self._money(number, row, "into")
            if len(self.problems) > before:
                return None
            if out and into:
                self._wrong(number, "out", "借方和贷方不能同时有金额")
                return None
            amount = (into or 0) - (out or 0)
            key = "into" if into is not None else "out"
        else:
            found = self._money(number, row, "amount")
            if len(self.problems) > before:
                return None
            sign = self._sign(number, row)
            if sign is None:
                return None
            if found is not None and found < 0 and sign > 0:
                self._wrong(number, "amount", "收入的金额不能是负数")
                return None
            amount, key = sign * abs(found or 0), "amount"
        if amount == 0:
            self._wrong(number, key, "没有金额")
            return None
        return amount

    def _sign(self, number: int, row: Sequence[object]) -> int | None:
        word = self._text(row, "way", 20).casefold().replace(" ", "").replace("（", "(").replace("）", ")")
        if word in _IN_WORDS:
            return 1
        if word in _OUT_WORDS:
            return -1
        self._wrong(number, "way", f"「{word[:10]}」看不出是收入还是支出" if word else "没有写收入还是支出")
        return None

    def _serial(self, number: int, row: Sequence[object]) -> str:
        raw = self._cell(row, "serial")
        if isinstance(raw, float) or (
            isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) >= 10**15
        ):
            self._wrong(
                number, "serial", "流水号是数字格式，末尾几位已丢失；请从网银重新导出，或把这一列改成文本"
            )
            return ""
        text = "".join(plain_text(raw, 200).split())
        if re.fullmatch(r"[0-9.]+[eE]\+[0-9]+", text):
            self._wrong(number, "serial", f"「{text}」是科学计数法，末尾几位已丢失；请从网银重新导出")
            return ""
        if len(text) > MAX_SERIAL:
            self._wrong(number, "serial", f"流水号超过 {MAX_SERIAL} 个字符")
        return "" if text in _EMPTY else text

    def _account(self, number: int, row: Sequence[object]) -> str:
        raw = self._cell(row, "account")
        text = "".join(plain_text(raw, 80).split()).replace("-", "")
        # A card number that went through a number cell has lost its last digits: better none than a wrong one.
        if isinstance(raw, float) or re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", text):
            return ""
        return "" if text in _EMPTY else text[:MAX_ACCOUNT]

    # ---- the whole ----
    def _own_account(self) -> str:
        for row in self.rows[: self.header.place]:
            texts = [text for cell in row if (text := plain_text(cell, 80))]
            for place, text in enumerate(texts):
                if not _ACCOUNT_LABEL.match(text):
                    continue
                inside = re.search(r"[0-9*]{8,32}", text.replace(" ", ""))
                beside = (
                    re.fullmatch(r"[0-9*]{8,32}", texts[place + 1].replace(" ", ""))
                    if place + 1 < len(texts)
                    else None
                )
                found = inside or beside
                if found:
                    return found[0]
        return ""

    def _check_serials(self, lines: Iterable[Line]) -> None:
        seen: dict[str, int] = {}
        for line in lines:
            if line.transaction_id in seen:
                self._wrong(
                    line.row,
                    "serial",
                    f"流水号 {line.transaction_id} 与第 {seen[line.transaction_id]} 行重复",
                )
            else:
                seen[line.transaction_id] = line.row

    def _check_balances(self, lines: list[Line]) -> list[Line]:
        """Return the lines oldest first; name each row whose balance does not follow from the one before."""
        if "balance" not in self.header.columns:
            return sorted(lines, key=lambda line: line.day)
        newest_first = lines[0].day > lines[-1].day
        ways = [(_gaps(lines), newest_first, lines), (_gaps(lines[::-1]), not newest_first, lines[::-1])]
        found, _, ordered = min(ways, key=lambda way: (len(way[0]), way[1]))
        for before, line in found:
            expected = (before.balance_fen or 0) + line.amount_fen
            self._wrong(
                line.row, "balance",
                f"余额 {format_plain(line.balance_fen or 0)} 与第 {before.row} 行接不上，应为 {format_plain(expected)}，"
                f"相差 {format_plain((line.balance_fen or 0) - expected)}；这份流水缺了记录或被改过",
            )  # fmt: skip
        opening = self._stated_opening()
        actual = (ordered[0].balance_fen or 0) - ordered[0].amount_fen
        if opening is not None and opening[1] != actual and not found:
            self._wrong(
                opening[0], "balance",
                f"期初余额 {format_plain(opening[1])} 与第一笔流水推出的 {format_plain(actual)} 不符",
            )  # fmt: skip
        return ordered

    def _stated_opening(self) -> tuple[int, int] | None:
        for number, row in enumerate(self.rows[: self.header.place], start=1):
            texts = [text for cell in row if (text := plain_text(cell, 80))]
            for place, text in enumerate(texts):
                if not _OPENING.match(text):
                    continue
                rest = _OPENING.sub("", text).strip("：: ") or (
                    texts[place + 1] if place + 1 < len(texts) else ""
                )
                if _MONEY.fullmatch(rest.replace(" ", "")):
                    return number, read_money(rest) or 0
        return None

    def _check_totals(self, lines: Sequence[Line], totals: Sequence[tuple[int, Sequence[object]]]) -> None:
        """Hold a totals line with amounts under both columns against the lines; other totals are only skipped."""
        if self.header.layout.code != "two_columns":
            return
        sums = {
            "out": -sum(line.amount_fen for line in lines if line.amount_fen < 0),
            "into": sum(line.amount_fen for line in lines if line.amount_fen > 0),
        }
        for number, row in totals:
            if not re.match(
                r"(本期|累计)?(合计|总计)", next((t for c in row if (t := plain_text(c, 60))), "")
            ):
                continue
            for key, actual in sums.items():
                text = self._text(row, key, 60).replace(" ", "")
                if _MONEY.fullmatch(text) and read_money(text) != actual:
                    self._wrong(number, key, f"合计 {text} 与各行相加的 {format_plain(actual)} 不符")


def _gaps(lines: Sequence[Line]) -> list[tuple[Line, Line]]:
    return [
        (before, line)
        for before, line in itertools.pairwise(lines)
        if (before.balance_fen or 0) + line.amount_fen != line.balance_fen
    ]
