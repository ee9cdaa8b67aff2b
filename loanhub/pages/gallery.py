"""Every component with all its states, for those who build and check them; only in development."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import reflex as rx

from loanhub.components import (
    allocation_bar,
    approval_path,
    avatar,
    buttons,
    charts,
    chips,
    composer,
    dialogs,
    filters,
    forms,
    kpi,
    masked,
    money,
    native,
    palette,
    rail,
    schedule_table,
    seal,
    states,
    table,
    timeline,
    toasts,
)
from loanhub.components.hotkeys import page_hotkeys
from loanhub.components.shell import Frame, shell
from loanhub.pages import _gallery_data as sample

ROUTE = "/dev/gallery"
Rows = list[dict[str, str]]


def _var(value: Any, kind: Any = Rows) -> Any:
    return rx.Var.create(value).to(kind)


def _said(text: str) -> Any:
    return toasts.done(text)


def _says(*_: Any) -> Any:
    return toasts.done("收到")


def _part(title: str, *children: rx.Component, hint: str = "", full: bool = False) -> rx.Component:
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


def _line(*children: rx.Component, gap: str = "g3") -> rx.Component:
    return rx.el.div(*children, class_name=f"row wrap {gap}")


def _figures() -> rx.Component:
    return _part(
        "字与数",
        _line(
            money.money("3,126.4", unit="万", size="t40", full="¥31,264,000.00"),
            money.money("486.0", unit="万", size="t28"),
            money.number("684", size="t22"),
            money.money("20,000.00", tone="in"),
            money.money("1,234.50", tone="due"),
            money.money("—", symbol=False),
            gap="g5",
        ),
        _line(
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


def _marks() -> rx.Component:
    stages = zip(rail.STAGES, chips.STAGE_TONES, strict=True)
    return _part(
        "状态 · 风险 · 时限",
        _line(*[chips.stage_chip(name, tone) for name, tone in stages]),
        _line(
            chips.status_chip("逾期 3 天", "overdue"),
            chips.status_chip("已结清", "closed"),
            chips.tag("已复核", "ok"),
            chips.tag("待补", "warn"),
            chips.tag("作废", "danger"),
            chips.tag("审核中", "info"),
            chips.tag("成长期 · 高价值", "line", icon_name="crown", large=True),
        ),
        _line(
            *[
                chips.risk(grade, label, boxed=True)
                for grade, label in ((1, "低风险"), (2, "中风险"), (3, "高风险"), (4, "极高风险"))
            ],
            chips.risk(0),
            gap="g5",
        ),
        _line(
            chips.sla("剩 1 时 40 分", percent=82),
            chips.sla("剩 38 分", percent=30, status="w"),
            chips.sla("超时 26 分", status="o"),
            chips.sla("已挂起", percent=50, status="z"),
            gap="g5",
        ),
        hint="颜色从不单独表意",
    )


def _rails() -> rx.Component:
    cases = (("第 1 节", 1, ""), ("第 4 节", 4, ""), ("临期", 5, "w"), ("超时", 3, "o"), ("走完", 8, ""))
    return _part(
        "七节通路 Rail",
        *[
            rx.el.div(
                rx.el.span(text, class_name="t12 f3", style={"width": "96px"}),
                rail.rail(at, status=state),
                class_name="row g4",
            )
            for text, at, state in cases
        ],
        rail.stage_rail(_var(sample.STAGES)),
        hint="列表 72px · 抬头整宽",
    )


def _buttons() -> rx.Component:
    b = buttons.button
    return _part(
        "按钮",
        _line(
            b("主要", look="p", icon_name="plus", on_click=_said("主要")),
            b("提交中", look="p", icon_name="plus", pending=True),
            b("默认", icon_name="download", on_click=_said("默认")),
            b("浅色", look="soft", icon_name="zap", on_click=_said("浅色")),
            b("幽灵", look="g", icon_name="history", on_click=_said("幽灵")),
            b("作废", look="d", icon_name="ban", on_click=_said("作废")),
            b("确认作废", look="dp", icon_name="ban", on_click=_said("确认作废")),
            b("停用", icon_name="lock", disabled=True, reason="合同还没有签完"),
            buttons.icon_button("ellipsis", "更多", look="", on_click=_said("更多")),
        ),
        _line(
            b("小", size="sm", on_click=_said("小")),
            b("大按钮", size="lg", look="p", on_click=_said("大")),
            buttons.kbd("Ctrl", "K"),
            buttons.segments(
                (("day", "今天 12"), ("late", "逾期 1"), ("week", "本周 31")),
                rx.Var.create("day"),
                _says,
                label="范围",
            ),
        ),
        buttons.progress(62, label="目标"),
        buttons.note("3 条线索 24 小时内将回收到公海", "warn"),
        buttons.note("担保户已 M2 逾期，建议重新测算", "bad"),
        buttons.note("校验通过：无死路，无无人节点", "ok"),
        buttons.note("本页数据只作样子"),
    )


def _seals() -> rx.Component:
    return _part(
        "印 · 头像",
        _line(
            seal.seal("准"),
            seal.seal("驳\n回"),
            seal.seal("完\n整", tone="pine"),
            seal.seal("已\n签", tone="pine"),
            seal.seal("结\n清", ghost=True),
            seal.seal("已归档", square=False),
            gap="g6",
        ),
        _line(
            *[
                avatar.avatar(text, name=text, color=i, size="s32", online=i == 1)
                for i, text in enumerate("溪宁昂国远杰", 1)
            ],
            avatar.avatar("建国", color=4, size="s56"),
            avatar.person("林若溪", "溪"),
            avatar.avatars(_var(sample.PEOPLE), "秦语桐 正在查看"),
        ),
        hint="只盖在不可撤销的结果上",
    )


def _forms() -> rx.Component:
    f = forms.Field
    errors = [{"key": "phone2", "label": "手机号", "sentence": "还差 4 位，手机号应为 11 位"}]
    return _part(
        "表单",
        forms.form(
            forms.error_summary(_var(errors)),
            forms.section(
                "基本信息",
                forms.field(f("name", "姓名", required=True, placeholder="请填写"), value="张建国"),
                forms.field(
                    f("phone2", "手机号", "tel", required=True),
                    value="138 0016",
                    error="还差 4 位，手机号应为 11 位",
                ),
                forms.field(
                    f("amount", "意向金额", "money", required=True, suffix="元", help="输入后显示大写")
                ),
                forms.field(f("rate", "年化利率", "percent"), value="8.40"),
                forms.field(
                    f("product", "产品", "select", options=(("house", "房抵贷"), ("flow", "流水贷")))
                ),
                forms.field(f("due", "面签日期", "date"), value="2026-05-20"),
                forms.field(f("id", "身份证号", "id_number"), value="310***********1234", read_only=True),
                forms.field(f("off", "停用"), value="放款后不能改", disabled=True),
                forms.field(f("sex", "性别", "radio", options=(("m", "男"), ("f", "女"))), value="m"),
                forms.field(f("memo", "备注", "textarea", full=True, placeholder="客户的顾虑、约定")),
                forms.field(f("file", "资料", "file", full=True)),
                forms.field(f("agree", "客户已签征信授权书", "checkbox", help="没有授权不能查征信")),
                forms.field(f("notify", "短信通知客户", "switch"), value=True),
                two_columns=True,
                hint="标 * 的必填",
            ),
            rx.el.div(
                buttons.button("保存线索", look="p", kind="submit", writes=True),
                forms.draft_note("已自动保存 10:31"),
                class_name="row g4",
            ),
            on_submit=_says,
        ),
    )


def _table() -> rx.Component:
    c = table.Column
    columns = [
        c("name", "客户", lambda r: r["name"], sortable=True),
        c("phone", "手机号", lambda r: r["phone"], look="f2"),
        c("amount", "意向金额（元）", lambda r: r["amount"], align="r", look="b", sortable=True),
        c("risk", "预评风险", lambda r: chips.risk(r["risk"].to(int), r["risk_label"])),
        c("rail", "进度", lambda r: rail.rail(r["stage"].to(int), label=r["stage_label"])),
        c("sla", "下一步时限", lambda r: chips.sla(r["left"], percent=r["percent"], status=r["sla"])),
        c("owner", "负责人", lambda r: avatar.person(r["owner"], r["initial"], r["color"]), secondary=True),
        c("status", "状态", lambda r: chips.status_chip(r["status"], r["tone"])),
    ]

    def card(r: Any) -> rx.Component:
        text = rx.el.div(
            rx.el.div(
                rx.el.b(r["name"], class_name="t16"),
                chips.risk(r["risk"].to(int), r["risk_label"]),
                class_name="row g2",
            ),
            rx.el.div(r["phone"], " · ", r["owner"], class_name="t13 f3"),
            rx.el.div(
                chips.sla(r["left"], percent=r["percent"], status=r["sla"]),
                rx.el.span(r["amount"], class_name="num f2"),
                class_name="row g3",
            ),
            class_name="grow",
        )
        return rx.el.div(
            text,
            rx.el.a(
                buttons.icon("phone", "l"),
                href="tel:10000",
                class_name="mact p",
                custom_attrs={"aria-label": "拨打"},
            ),
            class_name="row g4",
        )

    return _part(
        "表格",
        filters.filter_bar(
            filters.search_box(_says, placeholder="姓名、手机后四位、企业"),
            filters.option_filter(
                "来源",
                (("web", "官网 / H5"), ("ad", "抖音投放")),
                rx.Var.create("web"),
                _says,
                icon_name="target",
            ),
            filters.option_filter(
                "风险", (("1", "低"), ("2", "中")), rx.Var.create(""), _says, icon_name="shield"
            ),
            filters.chosen_filters(
                _var([{"key": "days", "label": "接入", "value": "近 7 天"}]), _says, _said("清除")
            ),
            totals="126 条 · ¥2,184 万",
            tools=[buttons.icon_button("columns-3", "列", on_click=_said("列"))],
        ),
        rx.el.div(
            table.new_rows(_var(3, int), "线索", _said("显示")),
            table.data_table(
                _var(sample.LEADS),
                columns,
                row_id=lambda r: r["id"].to(str),
                label="线索",
                href=lambda r: "/leads/" + r["id"].to(str),
                card=card,
                actions=lambda r: rx.fragment(
                    rx.el.button(
                        buttons.icon("phone", "s"),
                        type="button",
                        custom_attrs={"aria-label": "拨打"},
                        on_click=_said("拨打"),
                    ),
                    rx.el.button(
                        buttons.icon("ellipsis", "s"),
                        type="button",
                        custom_attrs={"aria-label": "更多"},
                        on_click=_said("更多"),
                    ),
                ),
                row_class=lambda r: r["look"].to(str),
                selection=table.Selection(
                    _var(["2"], list[str]), _says, lambda: _said("全选"), _var("mixed", str)
                ),
                sorting=table.Sorting(_var("amount", str), _var("descending", str), _says),
                sums=["合计", None, "1,450,000.00", None, None, None, None, None],
            ),
            table.pager(
                "1–4，共 126 条",
                _var(1, int),
                _var(8, int),
                on_previous=_said("上一页"),
                on_next=_said("下一页"),
            ),
            class_name="col card",
            style={"overflow": "hidden"},
        ),
        full=True,
    )


def _loan() -> rx.Component:
    return _part(
        "还款计划 · 分配 · 审批路径",
        schedule_table.schedule_table(_var(sample.SCHEDULE), _var(sample.SUMS, dict[str, str])),
        rx.el.div(
            allocation_bar.allocation_bar(_var(sample.PARTS), "¥26,486.52"),
            approval_path.approval_path(_var(sample.STEPS)),
            class_name="two",
        ),
        approval_path.stepper(["上传", "列映射", "预检", "导入"], _var(2, int)),
        full=True,
    )


def _record() -> rx.Component:
    return _part(
        "记录",
        kpi.tiles(
            kpi.tile(
                "今日待办", money.number("12", "项 · 1 超时"), hint="已完成 5 · 预计 3 时 20 分", href="/"
            ),
            kpi.tile(
                "首联及时率（本周）",
                money.number("94.1", "%"),
                hint=money.delta("1.5pp", direction="up", meaning="good"),
                explain="分配后 2 小时内首次联系的占比",
            ),
            kpi.tile(
                "5 月放款", money.money("486.0", unit="万"), hint=kpi.goal(81, 74), on_open=_said("下钻")
            ),
        ),
        kpi.next_step(
            "16:30 陪同面签 · 浦汇银行相城支行",
            detail="带原件：身份证、房产证、营业执照",
            deadline=chips.sla("剩 1 时 12 分", percent=28, status="w"),
            action=buttons.button("到场打卡", look="p", size="sm", icon_name="check", on_click=_said("打卡")),
        ),
        kpi.no_next_step(buttons.button("定下一步", size="sm", on_click=_said("定下一步"))),
        composer.composer(_says),
        timeline.kind_filter((("", "全部"), ("talk", "沟通"), ("money", "资金")), rx.Var.create(""), _says),
        timeline.timeline(_var(sample.EVENTS)),
        _line(
            rx.el.span("手机号 "),
            masked.masked(
                "138****1234", plain=rx.Var.create(""), label="手机号", on_reveal=_says, on_hide=_said("遮回")
            ),
            masked.masked(
                "", plain="138 0013 1234", label="手机号", on_reveal=_says, on_hide=_said("遮回"), copy=True
            ),
        ),
    )


def _overlays() -> rx.Component:
    b = buttons.button
    facts = [
        ("客户", "张建国"),
        ("借据", "CJ-JK-20260523-0003-01"),
        ("入账日", "2026-05-23"),
        ("剩余本金", "¥486,000.00 → ¥474,000.00"),
    ]
    return _part(
        "弹层与反馈",
        _line(
            dialogs.confirm(
                "作废后客户不能再签这份合同",
                "编号留存，可重新生成一份。",
                "作废 1 份合同",
                _said("已作废"),
                trigger=b("二次确认", look="d"),
            ),
            dialogs.money_dialog(
                "确认入账",
                amount="12,000.00",
                uppercase="壹万贰仟元整",
                facts=facts,
                verb="确认入账 ¥12,000.00",
                on_confirm=_said("已入账"),
                trigger=b("金额确认"),
            ),
            dialogs.drawer(
                "张建国", rx.el.p("抽屉里的内容。"), footer=[dialogs.closing(b("关闭"))], trigger=b("抽屉")
            ),
            dialogs.menu(
                b("菜单", icon_name="ellipsis"),
                [
                    dialogs.MenuItem("编辑", _said("编辑"), "pencil", shortcut="E"),
                    dialogs.MenuItem("移至…", _said("移至"), "move-right"),
                    None,
                    dialogs.MenuItem("作废", _said("作废"), "ban", danger=True),
                ],
            ),
            dialogs.popover(b("浮层"), rx.el.p("一小块内容")),
            dialogs.tooltip(b("提示", look="g"), "分配后 2 小时内首次联系的占比"),
            b("撤销提示", on_click=toasts.undoable("已将 蒋慧 移至「银行面签」", _said("已撤销"))),
            b("完成提示", on_click=toasts.done("已保存")),
            b(
                "错误提示",
                on_click=toasts.failed(
                    "王丽华 没有移动：合同未签完", label="去催签", on_action=_said("已催签")
                ),
            ),
        ),
        dialogs.conflict_dialog(
            "李四 2 分钟前改过这里",
            _var(sample.CONFLICT),
            is_open=_var(False, bool),
            on_resolve=_says,
            on_open_change=_says,
        ),
        native.native_form(
            rx.el.input(type="hidden", name="sample", value="1"),
            rx.el.span("NativeForm：由浏览器提交，不画东西", class_name="t12 f3"),
            action="/dev/gallery",
        ),
    )


def _states() -> rx.Component:
    retry = buttons.button("新建线索", look="p", icon_name="plus", on_click=_said("新建"))
    return _part(
        "空、错、无权、加载",
        rx.el.div(
            states.empty(
                "看板还没有进件",
                "导入一份名单，或手动录入第一条线索。",
                retry,
                buttons.button("导入名单", icon_name="upload", on_click=_said("导入")),
            ),
            states.empty(
                "今天的待办都办完了",
                "明天有 5 项，第一项 09:30 陪蒋慧面签。",
                buttons.button("看看明天", on_click=_said("明天")),
                drawing="done",
            ),
            states.no_match("客户", "当前筛选：房抵贷、金额 ≥ 200 万、苏州。", _said("清除")),
            states.error(
                "服务器没有回应。你刚写的跟进还在，恢复后再提交即可。", _said("重试"), code="LH-5031"
            ),
            states.no_permission(
                "你没有权限看征信报告",
                "该字段对客户经理不可见。可以请主管临时授权。",
                buttons.button("申请查看", look="p", icon_name="send", on_click=_said("已申请")),
            ),
            rx.el.div(
                states.running(), states.skeleton_rows(4), class_name="card", style={"overflow": "hidden"}
            ),
            class_name="three",
        ),
        rx.el.div(
            states.skeleton_detail(), states.skeleton_tiles(), states.skeleton_cards(2), class_name="three"
        ),
        full=True,
    )


def _chart() -> rx.Component:
    bars = go.Figure(
        go.Bar(
            x=["1 月", "2 月", "3 月", "4 月"],
            y=[2100.0, 1890.0, 2310.0, 2486.0],
            hovertemplate="%{y:,.1f} 万",
        ),
        layout={"template": "none"},
    )
    twin = rx.el.table(
        rx.el.tbody(rx.el.tr(rx.el.td("4 月"), rx.el.td("2,486.0 万", class_name="r"))), class_name="tbl in"
    )
    return _part(
        "图表",
        charts.chart(bars, title="放款（万元）", conclusion="4 月放款 2,486 万，连续两月上升。", table=twin),
    )


def _frame() -> Frame:
    return Frame(
        company=_var("澄江普惠 · 华东", str),
        user_name=_var("林若溪", str),
        user_title=_var("客户经理 · 华东一组", str),
        initials=_var("若溪", str),
        nav=_var(sample.NAV, list[dict[str, Any]]),
        mobile=_var(sample.MOBILE, list[dict[str, Any]]),
        inbox_count=_var(5, int),
        on_logout=_said("已退出"),
        palette=palette.command_palette(_var(sample.PALETTE, list[dict[str, Any]]), _says),
    )


@rx.page(route=ROUTE, title="组件与状态 · 贷通")
def gallery() -> rx.Component:
    """All components on one page, in the real frame."""
    parts = (
        _figures(),
        _marks(),
        _rails(),
        _seals(),
        _buttons(),
        _overlays(),
        _forms(),
        _record(),
        _table(),
        _loan(),
        _states(),
        _chart(),
    )
    body = rx.el.div(
        *parts, class_name="pad two", style={"columnGap": "48px", "background": "var(--bg-sheet)"}
    )
    views = _var(
        [{"id": "1", "name": "我负责的", "count": "18"}, {"id": "2", "name": "华东一组", "count": "126"}]
    )
    return shell(
        body,
        frame=_frame(),
        title="组件与状态",
        section="/leads",
        views=filters.saved_views(
            views,
            rx.Var.create("2"),
            _says,
            on_add=_said("存为视图"),
            changed=_var(True, bool),
            on_save=_said("已保存"),
        ),
        primary=buttons.button("新建线索", look="p", icon_name="plus", on_click=_said("新建")),
        keys=page_hotkeys(),
    )
