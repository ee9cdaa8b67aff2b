"""The signer's page 手机签署: one thing at a time, a phone first; who, what it costs, what it says, the name under it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import After
from loanhub.components.buttons import button, icon_button, note
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field
from loanhub.components.icons import icon, logo
from loanhub.components.signature_pad import SignatureBoards, signature_pad
from loanhub.pages._page import public_page
from loanhub.state.h5_sign import SignState

S = SignState


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _head(title: Any, text: Any) -> rx.Component:
    return rx.el.div(rx.el.h1(title, class_name="t22 b"), rx.el.p(text, class_name="f2"), class_name="h5top")


def _form(*children: rx.Component, on_submit: Any, label: str) -> rx.Component:
    return rx.el.form(
        *children, on_submit=on_submit, reset_on_submit=False, class_name="h5form",
        custom_attrs={"noValidate": True, "aria-label": label},
    )  # fmt: skip


def _agree(key: str, words: str) -> rx.Component:
    box = rx.el.input(
        type="checkbox", name="agreed", class_name="chk", default_checked=False,
        custom_attrs={"id": f"agree-{key}", "aria-invalid": rx.cond(S.field_errors.contains("agreed"), "true", "false")},
    )  # fmt: skip
    return rx.el.div(
        box,
        rx.el.div(
            rx.el.label(words, custom_attrs={"htmlFor": f"agree-{key}"}),
            rx.cond(_error("agreed") != "", rx.el.small(_error("agreed"), class_name="ce", role="alert"), rx.fragment()),
            class_name="grow",
        ),
        class_name="h5con",
    )  # fmt: skip


def _facts() -> rx.Component:
    def line(label: str, value: Any) -> rx.Component:
        return rx.el.div(
            rx.el.span(label, class_name="f3"),
            rx.el.span(value, class_name="m tr"),
            class_name="row sb g4 h5line",
        )

    return rx.el.section(
        line("文书", "《" + S.title + "》"), line("您的身份", S.role + " " + S.name), line("手机号", S.masked_phone),
        line("请在此前签署", S.expires), class_name="mcard ccard", custom_attrs={"aria-label": "要签的文书"},
    )  # fmt: skip


def _ask() -> rx.Component:
    """The last four digits of the number, then the code sent to it."""
    tail = _form(
        field(
            Field("tail", "手机号后四位", kind="tel", required=True, maximum_length=4, placeholder="四位数字"),
            error=_error("tail"), large=True,
        ),
        button("获取验证码", look="p", size="lg", kind="submit", writes=True),
        on_submit=S.send_code, label="核对手机号",
    )  # fmt: skip
    code = _form(
        rx.el.p("验证码已发到 ", S.masked_phone, "，5 分钟内有效。", class_name="t13 f2"),
        field(
            Field("code", "短信验证码", kind="tel", required=True, maximum_length=6, autocomplete="one-time-code", placeholder="六位数字"),
            error=_error("code"), large=True,
        ),
        button("核对身份", look="p", size="lg", kind="submit", writes=True),
        button("没收到，重新获取", look="g", size="sm", on_click=S.again),
        on_submit=S.verify, label="核对验证码",
    )  # fmt: skip
    return rx.cond(S.code_sent, code, tail)


def _identity() -> rx.Component:
    return rx.fragment(
        _head("先核对身份", "请由本人操作，不要把验证码告诉任何人。"),
        _facts(),
        rx.el.section(
            _ask(),
            class_name="mcard ccard",
            custom_attrs={"aria-label": "核对身份"},
        ),
    )


def _sheet() -> rx.Component:
    def cost(item: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(rx.el.b(item["label"], class_name="m"), rx.el.span(item["rate"], class_name="num b"), class_name="row sb"),
            rx.el.div(item["standard"], " · ", item["payee"], " 收取", class_name="t13 f2"),
            class_name="h5line",
        )  # fmt: skip

    def possible(item: Any) -> rx.Component:
        return rx.el.li(rx.el.b(item["label"], class_name="m"), "：", item["standard"], class_name="t13 f2")

    left = S.wait_seconds
    plain = {"listStyle": "none", "margin": "0", "padding": "0"}
    go = rx.cond(
        left > 0,
        rx.fragment(
            rx.fragment(After.create(1, S.tick), key=left.to(str)),
            button("请再读 " + left.to(str) + " 秒", look="p", size="lg", disabled=True, reason="读完再确认"),
        ),
        button("确认明示表，继续", look="p", size="lg", kind="submit", writes=True),
    )
    return rx.fragment(
        _head("综合融资成本明示表", "签合同之前，先看清这笔借款一共要花多少。"),
        rx.el.section(
            rx.el.span("综合融资成本（年化，单利）", class_name="t13 f3"),
            rx.el.span(S.total, class_name="num t28 b"),
            rx.el.span("复利口径 ", S.compound, class_name="t13 f2"),
            class_name="mcard ccard tc",
            custom_attrs={"aria-label": "综合融资成本"},
        ),
        rx.el.section(
            rx.el.h2("正常还款时的费用", class_name="t16"),
            rx.el.ul(rx.foreach(S.items, cost), style=plain),
            rx.cond(
                S.contingent.length() > 0,
                rx.fragment(
                    rx.el.h2("违约或提前还款时才有", class_name="t16"),
                    rx.el.ul(
                        rx.foreach(S.contingent, possible), style={**plain, "display": "grid", "gap": "6px"}
                    ),
                ),
                rx.fragment(),
            ),
            rx.el.p("除上列各项外，不再收取与本笔贷款相关的其他息费。", class_name="t14 b"),
            class_name="mcard ccard",
            custom_attrs={"aria-label": "各项息费"},
        ),
        _form(
            rx.el.section(
                _agree("sheet", "我已阅读并理解这张明示表，知悉本笔贷款的综合融资成本。"),
                signature_pad("sheet_ink", "在框里签名，确认明示表", error=_error("sheet_ink")),
                rx.cond(
                    _error("ink") != "",
                    rx.el.small(_error("ink"), class_name="ce", role="alert"),
                    rx.fragment(),
                ),
                class_name="mcard ccard",
                custom_attrs={"aria-label": "确认明示表"},
            ),
            rx.el.div(go, class_name="cacts"),
            on_submit=S.confirm_sheet,
            label="确认明示表",
        ),
    )


def _paper() -> rx.Component:
    turn = rx.el.div(
        icon_button("chevron-left", "上一页", on_click=S.open_page(S.page_number - 1), disabled=S.page_number <= 1),
        rx.el.span("第 ", S.page_number, " 页，共 ", S.pages, " 页", class_name="num t14", role="status"),
        icon_button("chevron-right", "下一页", on_click=S.open_page(S.page_number + 1), disabled=S.page_number >= S.pages),
        class_name="row sb",
    )  # fmt: skip
    enlarge = rx.el.label(
        rx.el.input(type="checkbox", class_name="chk"), "放大看，左右拖动（两指也可以放大）", class_name="row g2 t13 f2 h5zoom",
    )  # fmt: skip
    return rx.el.section(
        turn,
        enlarge,
        rx.el.div(
            rx.cond(
                S.picture != "",
                rx.el.img(src=S.picture, alt="合同第 " + S.page_number.to(str) + " 页", class_name="h5paper"),
                rx.el.div(class_name="h5paper", custom_attrs={"aria-busy": "true"}),
            ),
            class_name="h5sheet",
            custom_attrs={"tabIndex": 0, "role": "group", "aria-label": "这一页"},
        ),
        class_name="mcard ccard h5read",
        custom_attrs={"aria-label": "合同正文"},
    )


def _read() -> rx.Component:
    return rx.fragment(
        _head("《" + S.title + "》", "请逐页读到最后，再签名。加粗的条款和您关系最大。"),
        _paper(),
        rx.el.div(
            button("下一页", look="p", size="lg", icon_name="chevron-right", pending=S.turning, on_click=S.open_page(S.page_number + 1), disabled=S.page_number >= S.pages),
            _refuse_button(),
            class_name="cacts",
        ),
    )  # fmt: skip


def _sign() -> rx.Component:
    place = rx.el.button(
        "附上当前位置（可不附）",
        type="button",
        class_name="btn g sm",
        custom_attrs={"data-place": "sign-place"},
    )
    return rx.fragment(
        _head("读到最后，签名", "全部 " + S.pages.to(str) + " 页已读到；可以翻回去再看，确认无误后在下面签名。"),
        _paper(),
        _form(
            rx.el.section(
                _agree("sign", "我已读完并同意合同全部条款，特别是加粗条款；同意以电子签名方式签署，签名由本人所写。"),
                signature_pad("ink", "在框里写下您的姓名", error=_error("ink")),
                rx.el.input(type="hidden", name="place", default_value="", id="sign-place"),
                rx.el.div(place, class_name="row"),
                rx.el.p("会一并记录：签名时间、设备、网络地址和所签文件的指纹。", class_name="t12 f3"),
                class_name="mcard ccard",
                custom_attrs={"aria-label": "签名"},
            ),
            rx.el.div(
                button("确认签署", look="p", size="lg", kind="submit", icon_name="signature", writes=True), _refuse_button(),
                class_name="cacts",
            ),
            on_submit=S.sign,
            label="签署合同",
        ),
    )  # fmt: skip


def _refuse_button() -> rx.Component:
    return button("我不同意，拒签", look="g", size="sm", on_click=S.set_refusing(True))


def _refuse_dialog() -> rx.Component:
    body = rx.el.form(
        rx.el.p("拒签后这次签署结束，其他人也不能再签；客户经理会看到您写的原因。", class_name="f2"),
        field(Field("reason", "原因", kind="textarea", required=True, maximum_length=300), error=_error("reason")),
        rx.el.div(
            closing(button("再想想", auto_focus=True)), button("确认拒签", look="dp", kind="submit", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=S.refuse, class_name="form", custom_attrs={"noValidate": True},
    )  # fmt: skip
    return dialog("拒签这份合同", body, is_open=S.refusing, on_open_change=S.set_refusing, role="alertdialog")


def _end(mark: str, title: str, *text: Any) -> rx.Component:
    return rx.el.section(
        rx.el.span(icon(mark, "xl"), class_name="h5ok"), rx.el.h1(title, class_name="t22 b"), *text,
        class_name="mcard ccard tc", role="status",
    )  # fmt: skip


def _copy() -> rx.Component:
    """The sealed contract for whoever has signed it: identified anew, then taken away."""
    ready = rx.fragment(
        rx.el.p("身份已核对，半小时内可以下载。每次下载都有记录，请妥善保管。", class_name="t13 f2"),
        button("下载已签合同（PDF）", look="p", size="lg", icon_name="download", on_click=S.take_copy),
    )
    ask = rx.fragment(
        rx.el.p("合同里有您的个人信息，再核对一次身份就可以下载。", class_name="t13 f2"), _ask()
    )
    elsewhere = rx.fragment(
        rx.el.ol(
            rx.el.li("点右上角的 ", rx.el.b("···"), rx.el.span("（更多）", class_name="f3")),
            rx.el.li("选「", rx.el.b("在浏览器打开"), "」"),
            rx.el.li("在浏览器里再核对一次身份，下载合同"),
            class_name="t14 h5steps",
        ),
        rx.el.p("微信里不能保存文件。这个链接一直有效，也可以复制到手机浏览器里打开。", class_name="t13 f2"),
        button("复制链接", look="p", size="lg", icon_name="copy", on_click=S.copy_link),
    )
    return rx.el.section(
        rx.el.h2("领取已签合同", class_name="t16"),
        rx.cond(S.cannot_download, elsewhere, rx.cond(S.copy_step == "ready", ready, ask)),
        class_name="mcard ccard",
        custom_attrs={"aria-label": "领取已签合同"},
    )


def _done() -> rx.Component:
    again = rx.cond(
        S.done_text.contains("正在"),
        rx.fragment(After.create(3, S.look_again), key=S.done_text),
        rx.fragment(),
    )
    return rx.fragment(
        _end(
            "circle-check", "签署完成", rx.el.p("《", S.title, "》", class_name="f2"),
            rx.el.p(S.done_text, class_name="f2", custom_attrs={"data-signed": "true"}),
            rx.el.p("扫合同末页的二维码可以核验真伪。", class_name="t13 f3"),
        ),
        rx.cond(S.copy_step != "", _copy(), rx.fragment()),
        again,
    )  # fmt: skip


def _waiting() -> rx.Component:
    return rx.el.div(
        class_name="mcard ccard", style={"minHeight": "320px"}, custom_attrs={"aria-busy": "true"}
    )


@public_page(route="/h5/sign/[sign_token]", title="签署合同", on_load=SignState.load)
def h5_sign() -> rx.Component:
    """Draw the step the signer stands at."""
    steps = rx.match(
        S.step,
        ("identity", _identity()),
        ("sheet", _sheet()),
        ("read", _read()),
        ("sign", _sign()),
        ("done", _done()),
        ("refused", _end("file-x", "已拒签", rx.el.p("您没有签署《", S.title, "》，客户经理会和您联系。", class_name="f2"))),
        ("over", _end("ban", "这个签署链接已失效", rx.el.p("可能已过期、被撤回，或重新发送过。请用最新收到的链接，或联系您的客户经理。", class_name="f2"))),
        _waiting(),
    )  # fmt: skip
    warning = rx.cond(
        (S.step == "identity") | (S.step == "sheet"),
        note("我们不会在放款前收取任何费用，也不会索要您的银行卡密码。", "info"),
        rx.fragment(),
    )
    return rx.el.div(
        rx.el.header(logo(28), rx.el.b(S.company, class_name="t16 cname"), rx.el.span(class_name="grow"), class_name="row g3"),
        steps,
        warning,
        _refuse_dialog(),
        SignatureBoards.create(),
        rx.el.p(icon("lock", "s"), "加密传输，签署记录可核验", class_name="row g2 t12 f3 h5lock"),
        class_name="h5c",
    )  # fmt: skip
