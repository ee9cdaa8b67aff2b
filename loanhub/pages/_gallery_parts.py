"""The small parts of the component gallery: figures, marks, rails, buttons, seals."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components import avatar, buttons, chips, money, rail, seal, toasts
from loanhub.pages import _gallery_data as sample

Rows = list[dict[str, str]]


def var(value: Any, kind: Any = Rows) -> Any:
    """Return sample data as a var."""
    return rx.Var.create(value).to(kind)


def said(text: str) -> Any:
    """Return the answer of a sample button."""
    return toasts.done(text)


def says(*_: Any) -> Any:
    """Answer whatever a sample control reports."""
    return toasts.done("收到")


def part(title: str, *children: rx.Component, hint: str = "", full: bool = False) -> rx.Component:
    """Return one titled part of the gallery; ``full``: over both columns."""
    head = rx.el.h2(
        title,
        rx.el.span(hint, class_name="f3", style={"fontWeight": "400", "marginLeft": "10px"}),
        class_name="t13",
    )
    style = {
        "padding": "18px 0",
        "borderTop": "1px solid var(--line)",
        "display": "grid",
        "gap": "12px",
        "alignContent": "start",
        "minWidth": "0",
    }
    return rx.el.section(head, *children, style={**style, **({"gridColumn": "1 / -1"} if full else {})})


def line(*children: rx.Component, gap: str = "g3") -> rx.Component:
    """Return samples side by side."""
    return rx.el.div(*children, class_name=f"row wrap {gap}")


def figures() -> rx.Component:
    """Amounts, numbers, changes and the scale of the text."""
    return part(
        "字与数",
        line(
            money.money("3,126.4", unit="万", size="t40", full="¥31,264,000.00"),
            money.money("486.0", unit="万", size="t28"),
            money.number("684", size="t22"),
            money.money("20,000.00", tone="in"),
            money.money("1,234.50", tone="due"),
            money.money("—", symbol=False),
            gap="g5",
        ),
        line(
            money.delta("8.2%", direction="up", meaning="good"),
            money.delta("2.1pp", direction="dn", meaning="bad"),
            money.delta("1.8 时", direction="dn", meaning="good"),
            money.delta("持平", direction=""),
            gap="g5",
        ),
        rx.el.div("页标题 18 / 26 张建国的申请", class_name="t18 b"),
        rx.el.div("卡标题 16 / 24 评分卡", class_name="t16 b"),
        rx.el.div("正文 14 / 22 客户确认方案 B，年化 8.4% 可接受，今天 16:30 面签。", class_name="t14"),
        rx.el.div("密集正文 13 / 20 “满 12 期免违约金”——配偶需到场…", class_name="t13"),
    )


def marks() -> rx.Component:
    """Chips, risk grades and time limits."""
    stages = zip(rail.STAGES, chips.STAGE_TONES, strict=True)
    return part(
        "状态 · 风险 · 时限",
        line(*[chips.stage_chip(name, tone) for name, tone in stages]),
        line(
            chips.status_chip("逾期 3 天", "overdue"),
            chips.status_chip("已结清", "closed"),
            chips.tag("已复核", "ok"),
            chips.tag("待补", "warn"),
            chips.tag("作废", "danger"),
            chips.tag("审核中", "info"),
            chips.tag("成长期 · 高价值", "line", icon_name="crown", large=True),
        ),
        line(
            *[
                chips.risk(grade, label, boxed=True)
                for grade, label in ((1, "低风险"), (2, "中风险"), (3, "高风险"), (4, "极高风险"))
            ],
            chips.risk(0),
            gap="g5",
        ),
        line(
            chips.sla("剩 1 时 40 分", percent=82),
            chips.sla("剩 38 分", percent=30, status="w"),
            chips.sla("超时 26 分", status="o"),
            chips.sla("已挂起", percent=50, status="z"),
            gap="g5",
        ),
        hint="颜色从不单独表意",
    )


def rails() -> rx.Component:
    """The seven stages, small and large."""
    cases = (("第 1 节", 1, ""), ("第 4 节", 4, ""), ("临期", 5, "w"), ("超时", 3, "o"), ("走完", 8, ""))
    return part(
        "七节通路 Rail",
        *[
            rx.el.div(
                rx.el.span(text, class_name="t12 f3", style={"width": "96px"}),
                rail.rail(at, status=state),
                class_name="row g4",
            )
            for text, at, state in cases
        ],
        rail.stage_rail(var(sample.STAGES)),
        hint="列表 72px · 抬头整宽",
    )


def button_looks() -> rx.Component:
    """Buttons, keys, segments, progress and notes."""
    b = buttons.button
    return part(
        "按钮",
        line(
            b("主要", look="p", icon_name="plus", on_click=said("主要")),
            b("提交中", look="p", icon_name="plus", pending=True),
            b("默认", icon_name="download", on_click=said("默认")),
            b("浅色", look="soft", icon_name="zap", on_click=said("浅色")),
            b("幽灵", look="g", icon_name="history", on_click=said("幽灵")),
            b("作废", look="d", icon_name="ban", on_click=said("作废")),
            b("确认作废", look="dp", icon_name="ban", on_click=said("确认作废")),
            b("停用", icon_name="lock", disabled=True, reason="合同还没有签完"),
            buttons.icon_button("ellipsis", "更多", look="", on_click=said("更多")),
        ),
        line(
            b("小", size="sm", on_click=said("小")),
            b("大按钮", size="lg", look="p", on_click=said("大")),
            buttons.kbd("Ctrl", "K"),
            buttons.segments(
                (("day", "今天 12"), ("late", "逾期 1"), ("week", "本周 31")),
                rx.Var.create("day"),
                says,
                label="范围",
            ),
        ),
        buttons.progress(62, label="目标"),
        buttons.note("3 条线索 24 小时内将回收到公海", "warn"),
        buttons.note("担保户已 M2 逾期，建议重新测算", "bad"),
        buttons.note("校验通过：无死路，无无人节点", "ok"),
        buttons.note("本页数据只作样子"),
    )


def seals() -> rx.Component:
    """Seals and avatars."""
    return part(
        "印 · 头像",
        line(
            seal.seal("准"),
            seal.seal("驳\n回"),
            seal.seal("完\n整", tone="pine"),
            seal.seal("已\n签", tone="pine"),
            seal.seal("结\n清", ghost=True),
            seal.seal("已归档", square=False),
            gap="g6",
        ),
        line(
            *[
                avatar.avatar(text, name=text, color=i, size="s32", online=i == 1)
                for i, text in enumerate("溪宁昂国远杰", 1)
            ],
            avatar.avatar("建国", color=4, size="s56"),
            avatar.person("林若溪", "溪"),
            avatar.avatars(var(sample.PEOPLE), "秦语桐 正在查看"),
        ),
        hint="只盖在不可撤销的结果上",
    )
