"""The cockpit's panels, formatted: funnel, channels, leaders, mixes, places, ageing, vintage, roll rates, trend.

Each row carries ``drill``, the code of the records behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from loanhub.analytics import history as past
from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.channel import channel_metrics
from loanhub.analytics.history import History
from loanhub.analytics.measures import Unit
from loanhub.analytics.risk import SETTLED, WRITTEN_OFF
from loanhub.domain import formats
from loanhub.domain.money import divide_half_up
from loanhub.domain.regions import ELSEWHERE, TILES, provinces
from loanhub.services.cockpit._facts import Step
from loanhub.services.cockpit._present import Told, amount, bar, counted, fixed, percent, wan

Row = dict[str, str]
BUCKETS = (("M1", "1–30 天"), ("M2", "31–60 天"), ("M3", "61–90 天"), ("M3+", "90 天以上"))
GRADES = {1: "低", 2: "中", 3: "高", 4: "极高"}
LEADERS, CITIES, PRODUCTS = 8, 12, 8
LEADER_ORDERS = ("amount_fen", "loans", "won")
HEAT, AGES = 7, 9
AGEING_MONTHS = 11
"""Month ends of the ageing trend, besides how it stands now."""
OVERS = (("1", "M1+"), ("30", "30 天以上"), ("90", "90 天以上"))


def funnel(counts: Sequence[int], stages: Sequence[Step], kind: str) -> tuple[Row, ...]:
    """Return a funnel's steps; kind is the code its drill begins with."""
    steps = tables.funnel_steps(counts)
    worst = tables.worst_step(steps) if kind == "funnel" else None
    top = max(counts, default=0)
    return tuple(
        {
            "code": stage.code,
            "label": stage.label,
            "count": counted(step.count),
            "rate": "" if step.step_rate is None or kind != "funnel" else percent(step.step_rate),
            "overall": percent(step.overall_rate),
            "width": bar(step.count, top),
            "next": bar(steps[step.stage + 1].count, top)
            if step.stage + 1 < len(steps) and kind == "funnel"
            else "",
            "worst": "worst" if worst == step.stage else "",
            "worst_next": "worst" if worst == step.stage + 1 else "",
            "drill": f"{kind}:{step.stage}",
        }
        for stage, step in zip(stages, steps, strict=True)
    )


def channels(book: Book, window: Window, labels: Mapping[str, str]) -> tuple[Row, ...]:
    """Return a row a channel: what it brought, cost and earned."""
    rows = tables.channels(book, window).to_dicts()
    metrics = [
        channel_metrics(
            cost_fen=row["cost_fen"], leads=row["leads"], valid_leads=row["valid"], funded=row["funded"],
            funded_amount_fen=row["funded_fen"], revenue_fen=row["revenue_fen"],
        )
        for row in rows
    ]  # fmt: skip
    best = max((m.lead_conversion or Fraction(0) for m in metrics), default=Fraction(0))
    views = []
    for row, one in zip(rows, metrics, strict=True):
        code, gain = row["channel"] or "none", one.return_on_investment
        views.append(
            {
                "code": code,
                "label": labels.get(row["channel"], "未注明"),
                "leads": counted(row["leads"]),
                "valid": percent(one.valid_rate),
                "funded": counted(row["funded"]),
                "rate": percent(one.lead_conversion),
                "width": bar(one.lead_conversion or 0, best),
                "weak": "weak" if gain is not None and gain < 0 else "",
                "cost": wan(row["cost_fen"]),
                "per_lead": amount(one.cost_per_lead_fen),
                "acquisition": amount(one.acquisition_cost_fen),
                "revenue": wan(row["revenue_fen"]),
                "lost": wan(row["lost_fen"]),
                "roi": percent(gain, 0),
                "amount": wan(row["funded_fen"]),
                "drill": f"channel:{code}",
                "drill_funded": f"funded:{code}",
                "drill_cost": f"cost:{code}",
                "drill_roi": f"roi:{code}",
            }
        )
    return tuple(views)


def leaders(
    book: Book, window: Window, names: Mapping[int, str], goals: Mapping[int, int]
) -> dict[str, tuple[Row, ...]]:
    """Return the leaders by amount, by number of loans and by conversion; goals in fen by person."""
    rows = tables.leaders(book, window).to_dicts()
    for row in rows:
        row["share"] = Fraction(row["won"], row["leads"]) if row["leads"] else Fraction(0)
    found = {}
    for order, key in (("amount", "amount_fen"), ("loans", "loans"), ("rate", "share")):
        shown = sorted(
            (row for row in rows if row[key]), key=lambda row: (-row[key], -row["amount_fen"], row["owner"])
        )
        best = shown[0][key] if shown else 0
        found[order] = tuple(
            _leader(place, row, order, bar(row[key], best), names, goals)
            for place, row in enumerate(shown[:LEADERS], start=1)
        )
    return found


def _leader(
    place: int,
    row: Mapping[str, Any],
    order: str,
    width: str,
    names: Mapping[int, str],
    goals: Mapping[int, int],
) -> Row:
    name, goal = names.get(row["owner"], formats.EMPTY), goals.get(row["owner"], 0)
    first = {
        "amount": wan(row["amount_fen"]),
        "loans": counted(row["loans"], "单"),
        "rate": percent(row["share"]),
    }[order]
    beside = {
        "amount": counted(row["loans"], "单"), "loans": wan(row["amount_fen"]), "rate": f"{row['won']} / {row['leads']}",
    }[order]  # fmt: skip
    done = percent(Fraction(row["amount_fen"], goal), 0) if goal and order == "amount" else ""
    return {
        "rank": str(place), "name": name, "initial": name[-1:], "tone": str(row["owner"] % 6 + 1), "amount": first,
        "loans": done or beside, "goal": f"目标 {wan(goal)}，完成 {done}" if done else beside, "width": width,
        "drill": f"{'worked' if order == 'rate' else 'owner'}:{row['owner']}",
    }  # fmt: skip


def ageing(book: Book) -> tuple[Row, ...]:
    """Return the overdue balance of each group."""
    found = {row["group"]: row for row in tables.ageing(book).to_dicts()}
    total = sum(row["balance_fen"] for row in found.values())
    empty = {"balance_fen": 0, "loans": 0}
    most = max((found.get(code, empty)["balance_fen"] for code, _ in BUCKETS), default=0)
    return tuple(
        {
            "code": code,
            "note": note,
            "amount": wan(found.get(code, empty)["balance_fen"]),
            "loans": counted(found.get(code, empty)["loans"], "笔"),
            "share": percent(Fraction(found.get(code, empty)["balance_fen"], total), 2)
            if total
            else formats.EMPTY,
            "width": bar(found.get(code, empty)["balance_fen"], most),
            "drill": f"bucket:{code}",
        }
        for code, note in BUCKETS
    )


def cities(book: Book, window: Window) -> tuple[Row, ...]:
    """Return the cities lent to most."""
    return tuple(
        _place(row, "city", rows[0]["amount_fen"])
        for rows in (tables.cities(book, window).head(CITIES).to_dicts(),)
        for row in rows
    )


def province_tiles(book: Book, window: Window) -> tuple[Row, ...]:
    """Return every province at its place on the grid; those without disbursements stay blank. Empty without any."""
    found = {row["province"]: row for row in tables.provinces(book, window).to_dicts()}
    if not found:
        return ()
    best = max(row["amount_fen"] for row in found.values())
    blank = {"amount_fen": 0, "loans": 0}
    tiles = []
    for name in (*provinces(), *((ELSEWHERE,) if ELSEWHERE in found else ())):
        row, column = TILES.get(name, (8, 1))
        one = _place({"province": name, **found.get(name, blank)}, "province", best)
        tiles.append(one | {"row": str(row), "column": str(column)})
    return tuple(tiles)


def _place(row: Mapping[str, Any], kind: str, best: int) -> Row:
    return {
        "label": row[kind],
        "amount": wan(row["amount_fen"]) if row["loans"] else formats.EMPTY,
        "loans": counted(row["loans"], "笔"),
        "level": str(_heat(row["amount_fen"], best)) if row["loans"] else "0",
        "drill": f"{kind}:{row[kind]}",
    }


def _heat(value: int | Fraction, best: int | Fraction) -> int:
    return min(HEAT, 1 + int(value * (HEAT - 1) / best)) if best else 1


def products(book: Book, window: Window, labels: Mapping[str, str]) -> tuple[Row, ...]:
    """Return the mix of products lent."""
    rows = tables.products(book, window).to_dicts()
    total = sum(row["amount_fen"] for row in rows)
    return tuple(
        {
            "label": labels.get(row["product"], row["product"] or "未注明"), "amount": wan(row["amount_fen"]),
            "loans": counted(row["loans"], "笔"), "share": percent(Fraction(row["amount_fen"], total)),
            "width": bar(row["amount_fen"], rows[0]["amount_fen"]), "drill": f"product:{row['product'] or 'none'}",
        }
        for row in rows[:PRODUCTS]
    )  # fmt: skip


def grades(book: Book) -> tuple[Row, ...]:
    """Return open balances by risk grade, with the overdue share of each."""
    rows = tables.grades(book).to_dicts()
    total = sum(row["balance_fen"] for row in rows)
    most = max((row["balance_fen"] for row in rows), default=0)
    return tuple(
        {
            "label": GRADES.get(row["grade"] or 0, "未评级"), "amount": wan(row["balance_fen"]),
            "loans": counted(row["loans"], "笔"), "share": percent(Fraction(row["balance_fen"], total)) if total else formats.EMPTY,
            "overdue": percent(Fraction(row["overdue_fen"], row["balance_fen"]), 2) if row["balance_fen"] else formats.EMPTY,
            "width": bar(row["balance_fen"], most), "drill": f"grade:{row['grade'] or 0}",
        }
        for row in rows
    )  # fmt: skip


def stage_times(book: Book, window: Window, stages: Sequence[Step]) -> tuple[Row, ...]:
    """Return how long leads stayed in the stages they left, against the target of each."""
    found = {row["stage"]: row for row in tables.stage_times(book, window).to_dicts()}
    longest = max((row["seconds"] for row in found.values()), default=0)
    rows = []
    for place, stage in enumerate(stages):
        row = found.get(place)
        if row is None:
            continue
        seconds, target = int(row["seconds"]), stage.dwell_target_hours
        late = bool(target) and seconds > target * 3600
        rows.append(
            {
                "label": stage.label, "time": Told(formats.duration(timedelta(seconds=seconds)), Fraction(seconds, 3600), Unit.HOURS),
                "moves": counted(row["moves"], "次"), "late": "late" if late else "",
                "target": Told(f"目标 {formats.duration(timedelta(hours=target))}", Fraction(target), Unit.HOURS) if target else "",
                "width": bar(seconds, int(longest)), "drill": f"stage:{place}",
            }
        )  # fmt: skip
    return tuple(rows)


def ageing_trend(book: Book, kept: History, today: date) -> tuple[tuple[dict[str, Any], ...], str]:
    """Return the overdue share at the month ends and now, and what it says in words."""
    found = past.ageing_trend(kept, AGEING_MONTHS)
    now = past.ageing_now(book, today)
    rows = []
    for one in [*found, now]:
        is_now = one is now
        row: dict[str, Any] = {
            "month": "现在" if is_now else f"{one.day:%y-%m}", "balance": wan(one.balance_fen),
            "drill": "" if is_now else f"month_end:{one.day.isoformat()}",
        }  # fmt: skip
        for place, key in enumerate(("m1", "m2", "m3")):
            share = one.share(place)
            row[key] = float(fixed((share or 0) * 100, 2).replace(",", ""))
            row[f"{key}_text"] = percent(share, 2)
        whole = Fraction(sum(one.overdue_fen), one.balance_fen) if one.balance_fen else None
        row["total_text"] = percent(whole, 2)
        rows.append(row)
    if not now.balance_fen:
        return (), ""
    last = Fraction(sum(now.overdue_fen), now.balance_fen)
    words = f"现在逾期余额占 {percent(last, 2)}"
    if found and found[-1].balance_fen:
        before = Fraction(sum(found[-1].overdue_fen), found[-1].balance_fen)
        moved = last - before
        if moved:
            words += f"，比上月末{'升' if moved > 0 else '降'} {fixed(abs(moved) * 100, 2)} 个百分点"
    return tuple(rows), words


def vintage(kept: History, over: str) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """Return the vintage triangle as rows of cells, and its head of months on book."""
    cohorts = [one for one in past.vintage(kept, over=over, months=AGES) if one.bad_fen]
    worst = max((share for one in cohorts for share in one.shares), default=Fraction(0))
    width = max((len(one.bad_fen) for one in cohorts), default=0)
    rows = []
    for one in cohorts:
        cells = [
            {
                "text": Told(fixed(share * 100, 2), share, Unit.RATE), "level": str(_heat(share, worst)) if share else "0",
                "drill": f"vintage:{one.month:%Y-%m}:{age}:{over}",
                "title": f"{one.month:%Y-%m} 放款 {wan(one.lent_fen)}，第 {age} 个月末 {fixed(share * 100, 2)}%",
            }
            for age, share in enumerate(one.shares, start=1)
        ]  # fmt: skip
        rows.append({"month": f"{one.month:%y-%m}", "loans": counted(one.loans, "笔"), "cells": cells})
    return tuple(rows), tuple(str(age) for age in range(1, width + 1))


def roll(book: Book, kept: History) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...], str]:
    """Return the roll matrix of the last two month ends, the columns anything went to, and which months they are."""
    if len(kept.dates) < 2:
        return (), (), ""
    start, end = kept.dates[-2:]
    found = past.roll(book, start, end)
    heads = tuple(to for to in ROLL_HEADS if any(to in row.to for row in found.values()))
    rows = []
    for bucket, row in found.items():
        place = ROLL_HEADS.index(bucket)
        cells = []
        for to in heads:
            share = row.to[to].balance if to in row.to else None
            worse = to != SETTLED and ROLL_HEADS.index(to) > place
            better = to == SETTLED or ROLL_HEADS.index(to) < place
            cells.append(
                {
                    "text": "" if share is None else percent(share), "drill": f"roll:{bucket}:{to}" if share is not None else "",
                    "tone": "" if share is None else "worse" if worse else "better" if better else "same",
                }
            )  # fmt: skip
        rows.append(
            {
                "bucket": bucket,
                "balance": wan(row.balance_fen),
                "forward": percent(row.forward),
                "cells": cells,
            }
        )
    return tuple(rows), heads, f"{start:%y-%m} 月末 → {end:%y-%m} 月末"


ROLL_HEADS = (*past.BUCKETS, SETTLED, WRITTEN_OFF)


def trend(book: Book, today: date) -> tuple[tuple[dict[str, Any], ...], str]:
    """Return disbursed and collected of twelve months, and their sums in words."""
    rows = tables.trend(book, today).to_dicts()
    lent, back = (sum(row[key] for row in rows) for key in ("disbursed_fen", "collected_fen"))
    views: tuple[dict[str, Any], ...] = tuple(
        {
            "month": f"{row['month']:%y-%m}",
            "disbursed": divide_half_up(row["disbursed_fen"], 100_000) / 10,
            "collected": divide_half_up(row["collected_fen"], 100_000) / 10,
            "disbursed_text": wan(row["disbursed_fen"]),
            "collected_text": wan(row["collected_fen"]),
            "drill_disbursed": f"disbursed:{row['month']:%Y-%m}",
            "drill_collected": f"collected:{row['month']:%Y-%m}",
        }
        for row in rows
    )
    return views, f"近 12 个月放款 {wan(lent)}，回款 {wan(back)}；本月未结束"
