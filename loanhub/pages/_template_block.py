"""The sheet of one block of a template: what it says, its rows, columns and signers, when it is there."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, drawer
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.pages._tree import tree_of
from loanhub.state.template_block import BlockState

S = BlockState
INSERT = (
    "((t)=>{const a=document.activeElement;const e=(a&&a.closest('.drawer')&&(a.tagName==='TEXTAREA'||"
    "(a.tagName==='INPUT'&&a.type==='text'&&a.dataset.takes)))?a:document.getElementById('f-text');"
    "if(!e)return;e.setRangeText(t,e.selectionStart??e.value.length,e.selectionEnd??e.value.length,'end');"
    "e.dispatchEvent(new Event('input',{bubbles:true}));e.focus()})"
)
"""Puts a value where the cursor is. The cursor stays in its field, since the buttons do not take the focus."""


def _text(key: str) -> Any:
    return rx.cond(S.values.contains(key), S.values[key], "").to(str)


def _wrong(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _has(key: str) -> Any:
    return S.uses.contains(key)


def _when(key: str, part: rx.Component) -> rx.Component:
    return rx.cond(_has(key), part, rx.fragment())


def _flag(key: str, label: str, help_text: str = "") -> rx.Component:
    value = rx.cond(S.flags.contains(key), S.flags[key], False)
    return _when(key, field(Field(key, label, kind="switch", help=help_text), value=value))


def _choice(key: str, label: str, options: rx.Component, *, keep: bool = False) -> rx.Component:
    props: dict[str, Any] = {"on_change": lambda code: S.set_value(key, code)} if keep else {}
    return rx.el.div(
        rx.el.label(label, html_for=f"f-{key}"),
        rx.el.div(
            rx.el.select(options, name=key, id=f"f-{key}", default_value=_text(key), **props),
            icon("chevron-down", "s"),
            class_name="inp",
        ),
        rx.cond(_wrong(key) != "", rx.el.small(_wrong(key), class_name="e", role="alert"), rx.fragment()),
        class_name="fld",
    )


def _options(rows: rx.Var[list[dict[str, str]]], first: rx.Component | None = None) -> rx.Component:
    return rx.fragment(
        first or rx.fragment(), rx.foreach(rows, lambda one: rx.el.option(one["label"], value=one["value"]))
    )


def _cell(value: Any, label: Any, on_blur: Any, *, takes: bool = True, width: str = "0") -> rx.Component:
    return rx.el.div(
        rx.el.input(
            type="text", default_value=value, on_blur=on_blur,
            custom_attrs={"aria-label": label, **({"data-takes": "true"} if takes else {})},
        ),
        class_name="inp",
        style={"flex": f"1 1 {width}", "minWidth": "46px"},
    )  # fmt: skip


def _rows() -> rx.Component:
    def row(cells: Any, place: Any) -> rx.Component:
        return rx.el.div(
            rx.foreach(
                cells.to(list[str]),
                lambda cell, n: _cell(
                    cell,
                    rx.Var.create("第 ") + (place + 1).to(str) + " 行第 " + (n + 1).to(str) + " 格",
                    lambda text: S.set_cell(place, n, text),
                ),
            ),
            icon_button("trash-2", "删除这一行", size="sm", on_click=S.drop_row(place)),
            class_name="row g2",
        )

    hint = rx.match(
        S.kind,
        ("fields", "每行：名称、内容"),
        ("signatures", "签章下面一行：名称、内容，例如 签署日期、{签署日期}"),
        "每格可以写文字和变量",
    )
    return rx.el.div(
        rx.el.span(hint, class_name="t12 f3"),
        rx.foreach(S.cells, row),
        rx.cond(
            _wrong("rows") != "", rx.el.small(_wrong("rows"), class_name="e", role="alert"), rx.fragment()
        ),
        rx.el.div(button("加一行", size="sm", icon_name="plus", on_click=S.add_row), class_name="row"),
        class_name="col g2",
    )


def _columns() -> rx.Component:
    def column(one: Any, place: Any) -> rx.Component:
        def cell(key: str, label: str, *, takes: bool = False, width: str = "60px") -> rx.Component:
            return _cell(
                one[key], rx.Var.create("第 ") + (place + 1).to(str) + f" 列的{label}",
                lambda text: S.set_column(place, key, text), takes=takes, width=width,
            )  # fmt: skip

        align = rx.el.div(
            rx.el.select(
                rx.el.option("左", value="left"), rx.el.option("中", value="center"), rx.el.option("右", value="right"),
                default_value=one["align"].to(str), on_change=lambda code: S.set_column(place, "align", code),
                custom_attrs={"aria-label": rx.Var.create("第 ") + (place + 1).to(str) + " 列怎样对齐"},
            ),
            class_name="inp",
            style={"flex": "0 0 52px"},
        )  # fmt: skip
        return rx.el.div(
            cell("label", "表头", width="70px"),
            cell("share", "宽度比例", width="20px"),
            align,
            rx.cond(
                S.kind == "repeat",
                rx.fragment(
                    cell("text", "内容", takes=True, width="130px"),
                    cell("total", "合计行", takes=True, width="50px"),
                ),
                rx.fragment(),
            ),
            icon_button("trash-2", "删除这一列", size="sm", on_click=S.drop_column(place)),
            class_name="row g1",
        )

    hint = rx.cond(
        S.kind == "repeat",
        "每列：表头、宽度比例、对齐、内容、合计行（写 {合计} 就求和）",
        "每列：表头、宽度比例、对齐",
    )
    return rx.el.div(
        rx.el.span(hint, class_name="t12 f3"),
        rx.foreach(S.columns, column),
        rx.cond(
            _wrong("columns") != "",
            rx.el.small(_wrong("columns"), class_name="e", role="alert"),
            rx.fragment(),
        ),
        rx.el.div(button("加一列", size="sm", icon_name="plus", on_click=S.add_column), class_name="row"),
        class_name="col g2",
    )


def _signers() -> rx.Component:
    def signer(one: Any, place: Any) -> rx.Component:
        said = rx.Var.create("第 ") + (place + 1).to(str) + " 方"
        who = rx.el.div(
            rx.el.select(
                _options(S.parties, rx.el.option("自己写名称", value="")),
                default_value=one["source"].to(str), on_change=lambda code: S.set_signer(place, "source", code),
                custom_attrs={"aria-label": said + "是谁"},
            ),
            icon("chevron-down", "s"),
            class_name="inp",
            style={"flex": "1 1 120px"},
        )  # fmt: skip
        written = rx.el.div(
            _cell(one["name"], said + "的名称", lambda text: S.set_signer(place, "name", text), width="120px"),
            _cell(one["hand"], said + "签什么", lambda text: S.set_signer(place, "hand", text), takes=False, width="80px"),
            rx.el.div(
                rx.el.select(
                    rx.el.option("盖章", value="seal"), rx.el.option("按指印", value="thumb"), rx.el.option("只签字", value=""),
                    default_value=one["mark"].to(str), on_change=lambda code: S.set_signer(place, "mark", code),
                    custom_attrs={"aria-label": said + "盖章还是按指印"},
                ),
                class_name="inp",
                style={"flex": "0 0 104px"},
            ),
            class_name="row g2 wrap",
        )  # fmt: skip
        return rx.el.div(
            rx.el.div(
                _cell(one["label"], said + "的称呼", lambda text: S.set_signer(place, "label", text), takes=False, width="120px"),
                who,
                icon_button("trash-2", "删除这一方", size="sm", on_click=S.drop_signer(place)),
                class_name="row g2",
            ),
            rx.cond(one["source"] == "", written, rx.fragment()),
            class_name="col g2",
            style={"paddingBottom": "8px", "borderBottom": "1px solid var(--line)"},
        )  # fmt: skip

    return rx.el.div(
        rx.el.span("每方：称呼、是谁。当事人会自动印证件、盖章处或指印处。", class_name="t12 f3"),
        rx.foreach(S.signers, signer),
        rx.cond(
            _wrong("signers") != "",
            rx.el.small(_wrong("signers"), class_name="e", role="alert"),
            rx.fragment(),
        ),
        rx.el.div(button("加一方", size="sm", icon_name="plus", on_click=S.add_signer), class_name="row"),
        class_name="col g2",
    )


def _insert() -> rx.Component:
    def one(row: Any) -> rx.Component:
        return rx.el.button(
            row["label"],
            rx.cond(row["kind"] != "", rx.el.span(" · ", row["kind"], class_name="f3"), rx.fragment()),
            type="button",
            class_name="chip",
            on_mouse_down=rx.prevent_default,
            on_click=rx.call_script(
                rx.Var.create(INSERT + "(") + rx.Var(f"JSON.stringify({row['token']!s})").to(str) + ")"
            ),
            custom_attrs={"title": row["token"].to(str)},
        )

    search = rx.el.div(
        icon("search", "s"),
        rx.el.input(
            type="search", placeholder="找变量：金额、日期、姓名……", on_change=S.search.debounce(150),
            custom_attrs={"aria-label": "找变量"},
        ),
        class_name="inp",
    )  # fmt: skip
    return rx.el.fieldset(
        rx.el.legend("插入变量", rx.el.span("点一下放到光标处；搜得越少，能选的写法越多", class_name="t12 f3")),
        search,
        rx.el.div(
            rx.foreach(S.found, one), class_name="row g1 wrap", style={"maxHeight": "168px", "overflowY": "auto"}, tab_index=0,
            role="group", custom_attrs={"aria-label": "可以插入的变量"},
        ),
        class_name="fset col g2",
    )  # fmt: skip


def block_sheet() -> rx.Component:
    """Draw the sheet."""
    sources = rx.cond(S.kind == "party", _options(S.parties), _options(S.lists))
    aligns = rx.fragment(
        rx.el.option("两端对齐", value="justify"), rx.el.option("左对齐", value="left"),
        rx.el.option("居中", value="center"), rx.el.option("右对齐", value="right"),
    )  # fmt: skip
    each = _options(S.lists, rx.el.option("不重复，只写一次", value=""))
    text_label = rx.match(
        S.kind,
        ("table", "表格上方的小字（可空）"),
        ("repeat", "表格上方的小字（可空）"),
        ("party", "小标题（可空）"),
        "内容",
    )
    body = form(
        _when("source", _choice("source", rx.cond(S.kind == "party", "当事人", "按什么重复"), sources, keep=True)),  # type: ignore[arg-type]
        _when(
            "text",
            field(
                Field("text", text_label, kind="textarea", help="变量写在大括号里；两个星号之间加粗：**重要条款**", maximum_length=2000),
                value=_text("text"), error=_wrong("text"),
            ),
        ),
        _when("subtitle", field(Field("subtitle", "副标题", maximum_length=60), value=_text("subtitle"), error=_wrong("subtitle"))),
        _when("columns", _columns()),
        _when("signers", _signers()),
        _when("rows", _rows()),
        rx.cond(_has("text") | _has("rows") | _has("columns"), _insert(), rx.fragment()),
        rx.el.div(
            _flag("bold", "整段加粗", "提请注意的格式条款"),
            _flag("indent", "首行缩进两字"),
            _flag("pairs", "一行排两项"),
            _flag("new_page", "另起一页"),
            class_name="form two-col",
        ),
        _when("align", _choice("align", "对齐", aligns)),
        _when("height", field(Field("height", "高度（磅）", kind="integer"), value=_text("height"), error=_wrong("height"))),
        _when("each", _choice("each", "重复", each, keep=True)),
        _when(
            "key",
            field(
                Field("key", "引用名", maximum_length=60, help="起了名，别处写 {引用：名字} 就会印出条款号，条款移动后自动改"),
                value=_text("key"), error=_wrong("key"),
            ),
        ),
        rx.el.div(
            rx.el.input(
                type="checkbox", class_name="sw", name="with_condition",
                checked=S.with_condition, on_change=S.toggle_condition, id="f-with_condition"
            ),
            rx.el.div(rx.el.label("符合条件才印这段", html_for="f-with_condition"), rx.el.small(_wrong("when"), class_name="e")),
            class_name="fld inline",
        ),
        rx.el.button(type="submit", id="tpl-save", class_name="vh", tab_index=-1, custom_attrs={"aria-hidden": "true"}),
        on_submit=S.save,
        key=S.form_key,
    )  # fmt: skip
    condition = rx.cond(
        S.with_condition, rx.el.div(condition_tree(tree_of(S)), style={"paddingTop": "12px"}), rx.fragment()
    )
    return drawer(
        rx.Var.create("修改：") + S.label,
        body,
        condition,
        footer=[
            closing(button("取消")),
            button(
                "保存",
                look="p",
                writes=True,
                on_click=rx.call_script("document.getElementById('tpl-save')?.click()"),
            ),
        ],
        is_open=S.opened,
        on_open_change=S.show,
    )
