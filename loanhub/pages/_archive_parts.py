"""The drawer of a document in the archive, the dialog that packs, holds and rules."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, file_link, icon_button, link_button, note, progress
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog, drawer
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty
from loanhub.components.upload import send_files
from loanhub.domain.documents import DocumentKind
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_documents import hidden_input, limit_bytes, opener
from loanhub.state.archive import ArchiveState as S
from loanhub.state.archive_rules import ArchiveRulesState as G

FILE = rx.Var.create("/api/files/") + S.detail.row.id.to(str)


def may(permission: Permission) -> Any:
    return S.allowed.contains(permission.value)


def _error(state: Any, key: str) -> Any:
    return rx.cond(state.field_errors.contains(key), state.field_errors[key], "").to(str)


def _left_over() -> rx.Var[str]:
    """Return what the cuts leave of the picture as it lies in the file: its sides turn with it, the sliders do not."""
    sides = [S.top, S.right, S.bottom, S.left]

    def inset(first: int) -> rx.Var[str]:
        percents = [side.to(str) + "% " for side in sides[first:] + sides[:first]]
        return rx.Var.create("inset(") + percents[0] + percents[1] + percents[2] + percents[3] + ")"

    return rx.match(S.turn, (90, inset(1)), (180, inset(2)), (270, inset(3)), inset(0))


def _stage() -> rx.Component:
    """The document in place; what is sent carries the reader's name already."""
    source = FILE + "?preview=1"
    turned = rx.Var.create("rotate(") + S.turn.to(str) + "deg)"
    shown = rx.match(
        S.detail.row.look,
        ("picture", rx.el.div(
            rx.el.img(src=source, alt=S.detail.row.label, style={"transform": turned, "clipPath": _left_over()}),
            class_name=rx.cond(S.turn % 180 == 0, "turned", "turned quarter"),
        )),
        ("pdf", rx.el.iframe(src=source, title=S.detail.row.label)),
        ("audio", rx.el.audio(src=source, controls=True, preload="none", custom_attrs={"aria-label": S.detail.row.label})),
        ("video", rx.el.video(src=source, controls=True, preload="none", custom_attrs={"aria-label": S.detail.row.label})),
        rx.el.p("这种文件不能预览，请下载后查看", class_name="f3"),
    )  # fmt: skip
    return rx.el.div(shown, class_name="stage arc-stage")


def _adjust() -> rx.Component:
    """Turning and cutting; four sliders, one a side."""

    def slider(side: str, label: str, value: Any) -> rx.Component:
        return rx.el.label(
            rx.el.span(label, class_name="t12 f2"),
            rx.el.input(
                type="range", min=0, max=80, value=value.to(str), on_change=lambda v: S.cut(side, v),
                custom_attrs={"aria-label": f"{label}裁掉百分之几"},
            ),
            rx.el.span(value, "%", class_name="t12 num f3"),
            class_name="row g2",
        )  # fmt: skip

    body = rx.el.details(
        rx.el.summary("旋转与裁剪"),
        rx.el.div(
            rx.el.div(
                button("左转", icon_name="rotate-ccw", size="sm", on_click=S.rotate(-1)),
                button("右转", icon_name="rotate-cw", size="sm", on_click=S.rotate(1)),
                class_name="row g2",
            ),
            slider("left", "左", S.left), slider("right", "右", S.right),
            slider("top", "上", S.top), slider("bottom", "下", S.bottom),
            rx.el.p("按转正之后的画面裁剪。保存后成为新版本，原图加密保留。", class_name="t12 f3"),
            rx.el.div(button("保存为新版本", size="sm", look="soft", writes=True, on_click=S.save_adjust), class_name="row end"),
            class_name="col g2",
        ),
    )  # fmt: skip
    return rx.cond(S.detail.may_edit & S.detail.row.picture, body, rx.fragment())


def _facts() -> rx.Component:
    row = S.detail.row

    def fact(label: str, value: Any) -> list[rx.Component]:
        return [rx.el.dt(label), rx.el.dd(value, class_name="r f1")]

    customer = rx.cond(
        row.customer_id > 0,
        rx.el.a(row.customer, " ", row.customer_number, href=f"/customers/{row.customer_id}?tab=documents", class_name="m"),
        "—",
    )  # fmt: skip
    until = rx.cond(row.until != "", row.until, "长期")
    return rx.el.dl(
        *fact("客户", customer), *fact("类型", row.kind), *fact("文件", rx.el.span(row.file_name, " · ", row.size)),
        *fact("有效至", until), *fact("病毒扫描", S.detail.scan),
        *fact("保存", rx.cond(S.detail.keep != "", S.detail.keep, "保存期已过，移除后可销毁")), class_name="dl-g",
    )  # fmt: skip


def _versions() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.b(one["name"]),
            rx.el.button(one["file_name"], type="button", on_click=S.open(one["id"]), class_name="m el grow"),
            rx.el.span(one["by"], class_name="f2"),
            rx.el.time(one["at"], class_name="t12 f3 nw"),
        )

    return rx.el.section(
        rx.el.div(rx.el.h3("版本"), rx.el.span(S.versions.length(), class_name="n"), class_name="sec-h"),
        rx.el.ul(rx.foreach(S.versions, line), class_name="plist"),
    )


def _log() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h3("访问记录"), rx.el.span("最近 50 次", class_name="t12 f3"), class_name="sec-h"),
        rx.el.ul(
            rx.foreach(
                S.looks,
                lambda look: rx.el.li(
                    rx.el.b(look["by"]),
                    rx.el.span(look["what"], class_name="f2 grow"),
                    rx.el.time(look["at"], title=look["title"], class_name="t12 f3 nw"),
                ),
            ),
            class_name="plist",
        ),
    )


def _edits() -> rx.Component:
    move = rx.el.details(
        rx.el.summary("移到别的客户或类型"),
        form(
            field(Field("customer", "客户编号", maximum_length=40, help="不填则不换客户"), error=_error(S, "customer")),
            field(
                Field("kind", "资料类型", kind="select", options=DocumentKind.options(), uid="arc-kind"),
                value=S.detail.kind_code, error=_error(S, "kind"),
            ),
            field(Field("reason", "原因", required=True, maximum_length=200, uid="arc-move"), error=_error(S, "reason")),
            rx.el.div(button("移动", size="sm", kind="submit", writes=True), class_name="row end"),
            on_submit=S.move, guard=False, key=S.form_key.to(str) + "m",
        ),
    )  # fmt: skip
    remove = rx.el.details(
        rx.el.summary("移除这份资料"),
        rx.cond(
            S.detail.removal_refused != "",
            note(S.detail.removal_refused, "warn"),
            form(
                field(
                    Field("reason", "原因", maximum_length=200, uid="arc-remove", help="30 天内可以找回；到保存期后才会销毁内容"),
                ),
                rx.el.div(button("移除 1 份资料", size="sm", look="d", kind="submit", writes=True), class_name="row end"),
                on_submit=S.remove, guard=False, key=S.form_key.to(str) + "r",
            ),
        ),
    )  # fmt: skip
    return rx.cond(S.detail.may_edit, rx.fragment(_adjust(), move, remove), rx.fragment())


def _hold() -> rx.Component:
    asking = rx.el.details(
        rx.el.summary("设置法律保留"),
        form(
            field(
                Field("reason", "原因", required=True, maximum_length=200, uid="arc-hold", help="例如案号、监管来函；保留期间不能移除和销毁"),
                error=_error(S, "reason"),
            ),
            rx.el.div(button("保留这份资料", size="sm", kind="submit", icon_name="lock", writes=True), class_name="row end"),
            on_submit=S.hold, guard=False, key=S.form_key.to(str) + "h",
        ),
    )  # fmt: skip
    return rx.cond(
        S.detail.hold != "",
        note(rx.el.span("法律保留中：", S.detail.hold), "warn", "lock"),
        rx.cond(may(Permission.ARCHIVES_HOLD), asking, rx.fragment()),
    )


def document_drawer() -> rx.Component:
    """One document: preview, facts, versions, log, what may be done with it."""
    row = S.detail.row
    replacing = hidden_input(
        "arc-replace",
        on_change=send_files(
            "arc-replace", list_id="arc-progress", kind="other", limit_bytes=limit_bytes(),
            on_done=lambda answers: S.replaced(answers),
        ),
    )  # fmt: skip
    of_contract = link_button(
        "到合同中心下载与打印", rx.Var.create("/contracts?tab=all&q=") + row.customer.to(str), size="sm", look="g"
    )  # fmt: skip
    take = rx.cond(
        S.detail.may_take,
        rx.fragment(
            file_link("下载", FILE, size="sm", look="g"),
            rx.el.a(icon("printer", "s"), rx.el.span("打印"), href=FILE + "?print=1", target="_blank", rel="noopener", class_name="btn g sm"),
        ),
        rx.el.span("你的岗位只能在线查看", class_name="t12 f3"),
    )  # fmt: skip
    tools = rx.cond(
        row.state == "removed",
        rx.cond(may(Permission.DOCUMENTS_UPLOAD), button("找回", size="sm", icon_name="archive-restore", on_click=S.restore, writes=True), rx.fragment()),
        rx.el.div(
            rx.cond(S.detail.kind_code == "contract", of_contract, take),
            rx.cond(S.detail.may_edit, button("更新版本", size="sm", icon_name="upload", on_click=opener("arc-replace")), rx.fragment()),
            class_name="row g2 wrap",
        ),
    )  # fmt: skip
    preview = rx.cond(row.state == "removed", note("已移除，找回后才能查看", "mute"), _stage())
    return drawer(
        rx.Var.create("") + row.label + " · " + row.version,
        rx.el.div(
            tools, rx.el.ul(id="arc-progress", class_name="uplist"), replacing, preview, _hold(), _facts(), _edits(),
            _versions(), _log(), class_name="col g4 arc",
        ),
        is_open=S.opened, on_open_change=S.close,
    )  # fmt: skip


def pack_dialog() -> rx.Component:
    """Ask why, show how far, offer the file."""
    percent = rx.cond(S.pack_total > 0, 100 * S.pack_done / S.pack_total, 0)
    asking = form(
        note("每份图片和 PDF 都带你的姓名、账号尾号和时间水印；打包与其中每一份都会留下记录。文件保留 7 天，只有你能下载。", "mute"),
        field(Field("reason", "用途", required=True, maximum_length=200, placeholder="例如：移交法务，案号…"), error=_error(S, "reason")),
        rx.el.div(closing(button("取消")), button("打包", look="p", kind="submit", icon_name="package", writes=True), class_name="row g3 end"),
        on_submit=S.pack, guard=False, key=S.form_key.to(str) + "p",
    )  # fmt: skip
    working = rx.el.div(
        rx.el.p("已处理 ", S.pack_done, " / ", S.pack_total, " 份"),
        progress(percent, label="打包进度"),
        rx.el.div(button("停止", on_click=S.stop_pack), class_name="row end"),
        class_name="col g3",
    )
    ready = rx.el.div(
        rx.el.p(S.pack_total, " 份资料已打包。"),
        rx.el.div(file_link("下载 ZIP", rx.Var.create("/api/files/") + S.packed.to(str), look="p"), class_name="row end"),
        class_name="col g3",
    )  # fmt: skip
    body = rx.cond(S.packing, working, rx.cond(S.packed > 0, ready, asking))
    return dialog(
        rx.Var.create("打包下载 ") + S.selected.length().to(str) + " 份", body, is_open=S.asking_pack,
        on_open_change=S.ask_pack,
    )  # fmt: skip


def holds_dialog() -> rx.Component:
    """The holds, one for a customer to set, and the release of one."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(one.target), rx.el.span(one.reason, class_name="f2"),
                rx.el.span(one.set_by, " · ", one.set_at, class_name="t12 f3"),
                rx.cond(one.released != "", rx.el.span(one.released, class_name="t12 f3"), rx.fragment()),
                class_name="col grow",
            ),
            rx.cond(one.alive, button("解除", size="sm", on_click=G.choose_hold(one.id)), tag("已解除", "closed")),
        )  # fmt: skip

    releasing = form(
        field(Field("release_reason", "解除原因", required=True, maximum_length=200), error=_error(G, "release_reason")),
        rx.el.div(
            button("取消", on_click=G.choose_hold(0)), button("解除保留", look="d", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=G.release, guard=False, key=G.form_key.to(str) + "x",
    )  # fmt: skip
    placing = form(
        field(Field("customer", "客户编号", required=True, maximum_length=40), error=_error(G, "customer")),
        field(Field("reason", "原因", required=True, maximum_length=200, uid="hold-reason"), error=_error(G, "reason")),
        rx.el.div(button("保留这位客户的全部资料", kind="submit", icon_name="lock", writes=True), class_name="row end"),
        on_submit=G.place, guard=False, key=G.form_key.to(str) + "y",
    )  # fmt: skip
    return dialog(
        "法律保留",
        rx.el.div(
            note("保留期间，资料不能移除、移动和到期销毁。设置和解除都要写原因，并记入审计日志。", "mute"),
            rx.cond(
                G.holds.length() > 0,
                rx.el.ul(rx.foreach(G.holds, line), class_name="plist"),
                empty("没有法律保留", "诉讼、监管检查需要时，按客户或单份资料设置。", small=True),
            ),
            rx.cond(G.chosen_hold > 0, releasing, placing),
            class_name="col g4",
        ),
        is_open=G.showing_holds, on_open_change=G.show_holds, wide=True,
    )  # fmt: skip


def rules_dialog() -> rx.Component:
    """What holds for each kind, and the form of one."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(one.label),
                rx.el.span("查看 ", one.read, " · 上传 ", one.upload, " · 下载 ", one.take, class_name="t12 f2"),
                rx.el.span(
                    rx.cond(one.life_days > 0, rx.Var.create("有效 ") + one.life_days.to(str) + " 天 · ", "长期有效 · "),
                    "提前 ", one.remind_days, " 天提醒 · 保存 ", one.retention_years, " 年", class_name="t12 f3",
                ),
                class_name="col grow",
            ),
            icon_button("pencil", "修改规则", size="sm", on_click=G.edit(one.kind)),
        )  # fmt: skip

    def named(label: str, verb: str, held: Any) -> rx.Component:
        def chip(role: Any) -> rx.Component:
            on = held.contains(role["value"])
            return rx.el.button(
                role["label"], type="button", on_click=G.toggle_role(verb, role["value"]),
                class_name=classes("chip", rx.cond(on, "on", "")), custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
            )  # fmt: skip

        return rx.el.fieldset(
            rx.el.legend(label, class_name="t13 f2"), rx.el.div(rx.foreach(G.roles, chip), class_name="row g2 wrap"),
            class_name="arc-roles",
        )  # fmt: skip

    editing = form(
        rx.el.h3(G.edited_label),
        note("一个岗位都不选，就按「查看资料」「上传资料」权限；选了就只开放给这些岗位。", "mute"),
        named("谁可以查看", "read", G.read_roles), named("谁可以上传", "upload", G.upload_roles),
        named("谁可以下载与打印", "take", G.take_roles),
        rx.el.div(
            field(Field("life_days", "有效天数", kind="integer", help="0 为长期有效"), value=G.life_days.to(str), error=_error(G, "life_days")),
            field(Field("remind_days", "提前提醒天数", kind="integer"), value=G.remind_days.to(str), error=_error(G, "remind_days")),
            field(
                Field("retention_years", "保存年限", kind="integer", help="客户业务结束后起算"), value=G.retention_years.to(str),
                error=_error(G, "retention_years"),
            ),
            class_name="form two-col",
        ),
        rx.el.div(button("返回", on_click=G.edit("")), button("保存规则", look="p", kind="submit", writes=True), class_name="row g3 end"),
        on_submit=G.save, guard=False, key=G.form_key.to(str) + "e",
    )  # fmt: skip
    return dialog(
        "资料规则",
        rx.cond(G.edited != "", editing, rx.el.ul(rx.foreach(G.rules, line), class_name="plist")),
        is_open=G.showing_rules, on_open_change=G.show_rules, wide=True,
    )  # fmt: skip


def lacking_card(row: Any) -> rx.Component:
    """An application that lacks documents, on the phone."""
    return rx.el.div(
        rx.el.div(rx.el.b(row.customer), rx.el.span(class_name="grow"), rx.el.span(row.done, class_name="num f3"), class_name="row g2"),
        rx.el.span(row.missing, class_name="t13 fw"),
        link_button("去补", row.link, size="sm", look="soft"),
        class_name="col g2",
    )  # fmt: skip
