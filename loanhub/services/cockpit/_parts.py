"""What a code other than a measure's stands for: one row of a table of the cockpit, as records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from loanhub.analytics import history as past
from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures import Reading, Unit
from loanhub.analytics.measures._measure import counted, summed
from loanhub.analytics.revenue import revenue_of_leads
from loanhub.domain.errors import NotFound
from loanhub.domain.regions import province_of
from loanhub.services.cockpit._facts import Facts
from loanhub.services.cockpit._panels import BUCKETS, GRADES, ROLL_HEADS


class NoSuchNumber(NotFound):
    """The cockpit has no number of this code."""

    def __init__(self) -> None:
        super().__init__("没有这个数字")


@dataclass(frozen=True)
class Part:
    """The records of a code; ``now`` when no period applies, ``period`` when it names its own."""

    entity: str
    title: str
    definition: str
    reading: Reading
    now: bool = False
    period: str = ""


@dataclass(frozen=True)
class Asked:
    """Where a code is looked up: in this book and window, with these labels."""

    book: Book
    window: Window
    facts: Facts


def part_of(asked: Asked, code: str) -> Part:
    """Return what a code stands for.

    Raises:
        NoSuchNumber: nothing such.
    """
    kind, colon, argument = code.partition(":")
    if kind not in _BUILDERS or not colon:
        raise NoSuchNumber
    return _BUILDERS[kind](asked, argument)


def _fen(rows: pl.DataFrame) -> Reading:
    return Reading(int(rows["part"].sum() or 0), rows, part_unit=Unit.FEN)


def _stage(asked: Asked, argument: str) -> int:
    if not argument.isdecimal() or len(argument) > 3 or int(argument) >= len(asked.facts.stages):
        raise NoSuchNumber
    return int(argument)


def _funnel(asked: Asked, argument: str) -> Part:
    stage = _stage(asked, argument)
    rows = tables.funnel_rows(asked.book, asked.window, stage)
    words = "期内进线、曾到达这一阶段或更后阶段的线索（按接入时间的同期群）"
    return Part("lead", f"转化漏斗 · {asked.facts.stages[stage].label}", words, Reading(rows.height, rows))


def _now(asked: Asked, argument: str) -> Part:
    stage = _stage(asked, argument)
    rows = tables.funnel_now_rows(asked.book, stage)
    words = "现在停在这一阶段的线索，已流失与无效的不计（时点）"
    return Part(
        "lead", f"当前在 · {asked.facts.stages[stage].label}", words, Reading(rows.height, rows), now=True
    )


def _cohort(asked: Asked, argument: str) -> tuple[str, pl.DataFrame]:
    code = "" if argument == "none" else argument
    rows = asked.book.leads.filter(asked.window.holds("created") & (pl.col("channel") == code))
    return dict(asked.facts.channels).get(code, "未注明"), rows


def _channel(asked: Asked, argument: str) -> Part:
    label, rows = _cohort(asked, argument)
    return Part("lead", f"渠道 · {label} · 线索", "期内从这个渠道进线的线索", counted(rows))


def _funded(asked: Asked, argument: str) -> Part:
    label, _ = _cohort(asked, argument)
    won = _won(asked).filter(pl.col("channel") == ("" if argument == "none" else argument))
    words = "期内从这个渠道进线、至今已放款的线索；转化率 = 已放款 ÷ 线索"
    return Part("lead", f"渠道 · {label} · 已放款", words, counted(won))


def _won(asked: Asked) -> pl.LazyFrame:
    return tables.leads_with_outcome(asked.book).filter(asked.window.holds("created") & pl.col("won"))


def _cost(asked: Asked, argument: str) -> Part:
    label, rows = _cohort(asked, argument)
    words = (
        "期内从这个渠道进线的线索成本：单价、账单分摊、按放款付费，减退量；获客成本 = 线索成本 ÷ 已放款线索"
    )
    return Part("lead", f"渠道 · {label} · 线索成本", words, summed(rows, "cost_fen"))


def _roi(asked: Asked, argument: str) -> Part:
    label, rows = _cohort(asked, argument)
    earned = rows.join(revenue_of_leads(asked.book), left_on="id", right_on="lead", how="left")
    net = earned.select("id", part=pl.col("revenue_fen").fill_null(0) - pl.col("cost_fen"))
    words = "每条线索至今带来的利息与费用减它的成本；ROI = 合计 ÷ 渠道成本"
    return Part("lead", f"渠道 · {label} · 净收益", words, _fen(net))


def _owner(asked: Asked, argument: str) -> Part:
    name = _person(asked, argument)
    rows = asked.book.loans.filter(asked.window.holds("disbursed") & (pl.col("owner") == int(argument)))
    return Part("loan", f"放款榜 · {name}", "期内放款的本金合计，按贷款负责人", summed(rows, "principal_fen"))


def _worked(asked: Asked, argument: str) -> Part:
    name = _person(asked, argument)
    won = _won(asked).filter(pl.col("owner") == int(argument))
    return Part(
        "lead",
        f"转化榜 · {name}",
        "期内进线、至今已放款的线索，按线索负责人；转化率 = 它 ÷ 线索",
        counted(won),
    )


def _person(asked: Asked, argument: str) -> str:
    names = dict(asked.facts.names)
    if not argument.isdecimal() or len(argument) > 9 or int(argument) not in names:
        raise NoSuchNumber
    return names[int(argument)]


def _bucket(asked: Asked, argument: str) -> Part:
    notes = dict(BUCKETS)
    if argument not in notes:
        raise NoSuchNumber
    rows = asked.book.loans.filter(pl.col("open") & (argument == tables.AGEING_GROUP))
    title = f"逾期账龄 · {argument}（{notes[argument]}）"
    return Part(
        "loan", title, "当前处于这一逾期天数段的贷款剩余本金", summed(rows, "outstanding_fen"), now=True
    )


def _city(asked: Asked, argument: str) -> Part:
    rows = asked.book.loans.filter(asked.window.holds("disbursed") & (pl.col("city") == argument))
    words = "期内放款的本金合计，按客户所在城市"
    return Part("loan", f"区域放款 · {argument}", words, summed(rows, "principal_fen"))


def _province(asked: Asked, argument: str) -> Part:
    lent = asked.book.loans.filter(asked.window.holds("disbursed") & (pl.col("city") != ""))
    cities = [city for city in lent["city"].unique().to_list() if province_of(city) == argument]
    rows = lent.filter(pl.col("city").is_in(cities))
    words = "期内放款的本金合计，按客户所在城市归到省份"
    return Part("loan", f"区域放款 · {argument}", words, summed(rows, "principal_fen"))


def _product(asked: Asked, argument: str) -> Part:
    code = "" if argument == "none" else argument
    rows = asked.book.loans.filter(asked.window.holds("disbursed") & (pl.col("product") == code))
    label = dict(asked.facts.products).get(code, code or "未注明")
    return Part("loan", f"产品 · {label}", "期内放款的本金合计，按产品", summed(rows, "principal_fen"))


def _grade(asked: Asked, argument: str) -> Part:
    if argument not in {"0", *(str(grade) for grade in GRADES)}:
        raise NoSuchNumber
    wanted = pl.col("grade").is_null() if argument == "0" else pl.col("grade") == int(argument)
    rows = asked.book.loans.filter(pl.col("open") & wanted)
    title = f"风险等级 · {GRADES.get(int(argument), '未评级')}"
    return Part(
        "loan", title, "当前在贷余额，按申请时评分卡的风险等级", summed(rows, "outstanding_fen"), now=True
    )


def _moves(asked: Asked, argument: str) -> Part:
    stage = _stage(asked, argument)
    rows = asked.book.moves.filter(asked.window.holds("moved") & (pl.col("stage") == stage))
    parts = rows.select("id", part=pl.col("stayed_seconds") // 60)
    result = Reading(rows.height, parts, rows.height, Unit.HOURS)
    title = f"阶段停留 · {asked.facts.stages[stage].label}"
    return Part("move", title, "期内离开这一阶段的线索各自停留的时间；图上是中位数", result)


def _vintage(asked: Asked, argument: str) -> Part:
    month, _, rest = argument.partition(":")
    age, _, over = rest.partition(":")
    if not age.isdecimal() or len(age) > 2 or over not in past.OVER:
        raise NoSuchNumber
    first = _month(month).first
    rows = past.vintage_loans(asked.book, first, int(age), over)
    words = f"{month} 放款的贷款在第 {age} 个月末逾期超过 {0 if over == '1' else over} 天的剩余本金，含已核销"
    return Part("loan", f"账龄曲线 · {month} 放款", words, _fen(rows), period=f"第 {age} 个月末")


def _roll(asked: Asked, argument: str) -> Part:
    bucket, _, to = argument.partition(":")
    days = asked.book.snapshots["date"].unique().sort().to_list()
    if bucket not in past.BUCKETS or to not in ROLL_HEADS or len(days) < 2:
        raise NoSuchNumber
    start, end = days[-2:]
    rows = past.roll_loans(asked.book, start, end, bucket, to)
    words = "上一个月末处于前一段的贷款中，下一个月末转到后一段的部分，按上一月末余额"
    return Part("loan", f"迁徙 · {bucket} → {to}", words, _fen(rows), period=f"{start} → {end}")


def _month_end(asked: Asked, argument: str) -> Part:
    try:
        day = date.fromisoformat(argument)
    except ValueError as error:
        raise NoSuchNumber from error
    late = asked.book.snapshots.filter((pl.col("date") == day) & (pl.col("bucket") > 0))
    rows = late.select(id="loan", part="balance_fen")
    return Part(
        "loan", f"{day:%Y-%m} 月末逾期", "月末快照中逾期贷款的剩余本金", _fen(rows), period=f"{day} 日终"
    )


def _month(argument: str) -> Window:
    try:
        first = date.fromisoformat(f"{argument}-01")
    except ValueError as error:
        raise NoSuchNumber from error
    return Window(first, (first + timedelta(days=31)).replace(day=1))


def _disbursed(asked: Asked, argument: str) -> Part:
    rows = asked.book.loans.filter(_month(argument).holds("disbursed"))
    words = "当月放款的本金合计，按放款日，自营"
    return Part("loan", f"{argument} 放款", words, summed(rows, "principal_fen"), period=argument)


def _collected(asked: Asked, argument: str) -> Part:
    rows = asked.book.payments.filter(_month(argument).holds("value_date"))
    words = "当月收到的还款，按到账日，已扣除冲正"
    return Part("payment", f"{argument} 回款", words, summed(rows, "amount_fen"), period=argument)


_BUILDERS: dict[str, Callable[[Asked, str], Part]] = {
    "funnel": _funnel, "now": _now, "channel": _channel, "funded": _funded, "cost": _cost, "roi": _roi, "owner": _owner,
    "worked": _worked, "bucket": _bucket, "city": _city, "province": _province, "product": _product, "grade": _grade,
    "stage": _moves, "vintage": _vintage, "roll": _roll, "month_end": _month_end, "disbursed": _disbursed,
    "collected": _collected,
}  # fmt: skip
