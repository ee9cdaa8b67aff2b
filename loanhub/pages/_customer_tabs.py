"""The tabs of customer 360."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, link_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.composer import composer
from loanhub.components.dialogs import closing, confirm, conflict_dialog, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.record_form import record_field
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.components.timeline import kind_filter, timeline
from loanhub.components.upload import send_file
from loanhub.domain.customers import RelationKind
from loanhub.domain.documents import DocumentKind
from loanhub.domain.events import EventGroup
from loanhub.domain.leads import Temperature
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_head import may, sensitive, when
from loanhub.settings import settings
from loanhub.state.customer import CustomerState
from loanhub.state.customer_tabs import CustomerTabsState

S, T = CustomerState, CustomerTabsState
FILES = "image/jpeg,image/png,image/webp,application/pdf"
GROUPS = (("", "全部"), *EventGroup.options())


def _limit() -> int:
    return max(settings().upload_photo_bytes, settings().upload_pdf_bytes)


def _opener(input_id: Any) -> Any:
    """Return the event that opens the file chooser of a hidden input."""
    return rx.call_script("document.getElementById('" + rx.Var.create(input_id).to(str) + "')?.click()")


def _hidden_input(input_id: str, *, on_change: Any, camera: bool = False) -> rx.Component:
    attrs = {"id": input_id, "accept": "image/*" if camera else FILES, "aria-hidden": "true"}
    if camera:
        attrs["capture"] = "environment"
    return rx.el.input(type="file", class_name="vh", tab_index=-1, on_change=on_change, custom_attrs=attrs)


def timeline_tab() -> rx.Component:
    """Composer, filter, events."""

    def send(input_id: str) -> list[Any]:
        return [S.start_sending, send_file(input_id, kind="other", limit_bytes=_limit(), on_done=S.attached)]

    intent = rx.el.span(
        icon("flag", "xs"),
        rx.el.select(
            rx.el.option("意向…", value=""),
            *[rx.el.option(one.label, value=one.value) for one in Temperature],
            name="temperature",
            custom_attrs={"aria-label": "意向"},
        ),
        class_name="inp",
    )
    tools = [
        rx.cond(S.head.lead_id > 0, intent, rx.fragment()),
        when(
            Permission.DOCUMENTS_UPLOAD,
            rx.el.span(
                icon_button("paperclip", "添加附件", size="sm", on_click=_opener("note-file")),
                icon_button("camera", "拍照", size="sm", on_click=_opener("note-photo")),
                rx.cond(S.sending, rx.el.span(rx.el.i(class_name="spin"), class_name="row"), rx.fragment()),
                class_name="row",
            ),
        ),
    ]
    files = rx.cond(
        S.attachments.length() > 0,
        rx.el.div(
            rx.foreach(
                S.attachments,
                lambda one: rx.el.span(
                    icon("paperclip", "xs"),
                    one["name"],
                    rx.el.button(
                        icon("x", "xs"),
                        type="button",
                        class_name="x",
                        on_click=S.detach(one["id"]),
                        custom_attrs={"aria-label": "去掉这个附件"},
                    ),
                    class_name="chip",
                ),
            ),
            class_name="filechips",
        ),
        rx.fragment(),
    )
    write = when(
        Permission.INTERACTIONS_CREATE,
        rx.el.div(
            composer(S.write, error=S.composer_error, extra=tools, form_key=S.composer_key),
            files,
            _hidden_input("note-file", on_change=send("note-file")),
            _hidden_input("note-photo", on_change=send("note-photo"), camera=True),
        ),
    )
    return rx.el.div(
        write,
        rx.el.div(kind_filter(GROUPS, S.group, S.choose_group, S.totals), style={"margin": "14px 0"}),
        timeline(S.items, on_more=S.older, has_more=S.has_more),
    )


def profile_tab() -> rx.Component:
    """Fields by group, each editable in place."""

    def fact(one: Any) -> rx.Component:
        hot = S.shown.contains(one.key)
        value = rx.cond(
            one.masked, sensitive(one.key, one.label, one.text, one.revealable), rx.el.span(one.text)
        )
        past = rx.el.button(
            icon("history", "xs"),
            type="button",
            class_name="hs",
            on_click=T.show_history(one.label),
            custom_attrs={"aria-label": rx.Var.create("修改记录：") + one.label},
        )
        return rx.el.div(rx.el.span(one.label, past), rx.el.b(value), class_name=rx.cond(hot, "pf hot", "pf"))

    def reading(group: Any) -> rx.Component:
        return rx.el.div(rx.foreach(group.facts, fact), class_name="pfr")

    editor = form(
        rx.el.div(rx.foreach(T.form, _form_item), class_name="form two-col"),
        rx.el.div(
            button("取消", on_click=T.edit("")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=T.save,
        key=T.form_key,
    )

    def group(one: Any) -> rx.Component:
        pencil = rx.cond(
            one.editable & (T.editing != one.title),
            button("编辑", icon_name="pencil", look="g", size="sm", on_click=T.edit(one.title)),
            rx.fragment(),
        )
        head = rx.el.div(
            rx.el.h3(one.title), rx.el.span(one.hint, class_name="n"), rx.el.span(class_name="grow"), pencil,
            class_name="sec-h",
        )  # fmt: skip
        return rx.el.section(head, rx.cond(T.editing == one.title, editor, reading(one)))

    past = dialog(
        rx.Var.create("修改记录：") + T.history_label,
        rx.cond(
            T.history.length() > 0,
            rx.el.ul(rx.foreach(T.history, _change), class_name="col g3"),
            rx.el.p("没有修改过。"),
        ),
        is_open=T.history_label != "",
        on_open_change=T.close_history,
    )
    return rx.fragment(
        rx.el.div(rx.foreach(T.groups, group), class_name="pfg"),
        past,
        conflict_dialog(
            T.clash_sentence, T.clashes, is_open=T.clashes.length() > 0, on_resolve=T.resolve,
            on_open_change=T.close_clash,
        ),
    )  # fmt: skip


def _form_item(item: Any) -> rx.Component:
    shaped = {
        name: getattr(item, name)
        for name in ("key", "label", "kind", "value", "required", "help", "options", "placeholder")
    }
    return record_field(shaped, T.field_errors)


def _change(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(one["who"]),
            rx.el.span(class_name="grow"),
            rx.el.time(one["at"], title=one["title"], class_name="t12 f3"),
            class_name="row",
        ),
        rx.el.div(one["before"], " → ", one["after"]),
    )


def _tone(code: Any) -> Any:
    return rx.match(
        code,
        ("approved", "ok"), ("funded", "ok"), ("effective", "ok"), ("active", "ok"), ("signed", "info"),
        ("returned", "warn"), ("to_sign", "warn"), ("pending", "warn"), ("grace", "warn"), ("rejected", "danger"),
        ("overdue", "overdue"), ("voided", "closed"), ("settled", "closed"), ("settled_early", "closed"),
        ("withdrawn", "closed"), ("written_off", "closed"), "neutral",
    )  # fmt: skip


def _list(
    columns: tuple[Column, ...], label: str, title: str, reason: str, action: rx.Component
) -> rx.Component:
    def card(row: Any) -> rx.Component:
        return rx.el.a(
            rx.el.span(rx.el.b(row["number"]), rx.el.span(class_name="grow"), status_chip(row["status"], _tone(row["code"])), class_name="row"),
            rx.el.span(*[rx.el.span(column.label, " ", column.cell(row)) for column in columns[1:4]], class_name="row g4 wrap t13 f2"),
            href=row["href"],
            class_name="col g1",
        )  # fmt: skip

    return rx.el.div(
        data_table(
            S.rows,
            columns,
            row_id=lambda row: row["id"],
            label=label,
            href=lambda row: row["href"],
            card=card,
            empty=empty(title, reason, action),
            inset=True,
        ),
        style={"margin": "0 -16px"},
    )


def _status(row: Any) -> rx.Component:
    return status_chip(row["status"], _tone(row["code"]))


def applications_tab() -> rx.Component:
    """The customer's applications."""
    columns = (
        Column("number", "申请编号", lambda r: r["number"]),
        Column("product", "产品", lambda r: r["product"]),
        Column("amount", "金额（元）", lambda r: r["amount"], align="r", look="num"),
        Column("term", "期限", lambda r: r["term"], align="r"),
        Column("score", "评分", lambda r: r["score"], align="r", look="num"),
        Column("status", "状态", _status),
        Column("date", "日期", lambda r: r["date"], align="r", look="f3"),
    )
    begin = when(
        Permission.APPLICATIONS_CREATE,
        link_button("发起申请", f"/applications/new?customer={S.head.id}", icon_name="plus"),
    )
    return _list(columns, "申请", "还没有申请", "资料齐了就可以发起第一笔申请。", begin)


def contracts_tab() -> rx.Component:
    """The customer's contracts."""
    columns = (
        Column("number", "合同编号", lambda r: r["number"]),
        Column("amount", "金额（元）", lambda r: r["amount"], align="r", look="num"),
        Column("rate", "利率", lambda r: r["rate"]),
        Column("term", "期限", lambda r: r["term"], align="r"),
        Column("copies", "打印", lambda r: r["copies"]),
        Column("status", "状态", _status),
        Column("date", "日期", lambda r: r["date"], align="r", look="f3"),
    )
    make = when(
        Permission.CONTRACTS_CREATE,
        link_button("去合同中心", f"/contracts?customer={S.head.id}", icon_name="file-signature"),
    )
    return _list(columns, "合同", "还没有合同", "申请通过后，合同专员会在这里生成。", make)


def loans_tab() -> rx.Component:
    """The customer's loans."""
    columns = (
        Column("number", "借据号", lambda r: r["number"]),
        Column("principal", "本金（元）", lambda r: r["principal"], align="r", look="num"),
        Column("left", "剩余本金（元）", lambda r: r["left"], align="r", look="num"),
        Column("next", "下期应还日", lambda r: r["next"]),
        Column(
            "overdue",
            "逾期",
            lambda r: rx.cond(r["overdue"] != "", rx.el.span(r["overdue"], class_name="fr"), "—"),
        ),
        Column("status", "状态", _status),
        Column("date", "放款日", lambda r: r["date"], align="r", look="f3"),
    )
    return _list(columns, "借据", "还没有借据", "放款后，还款计划和入账记录都在这里。", rx.fragment())


def audit_tab() -> rx.Component:
    """Who looked at, changed or took out what."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(icon(one["icon"].to(str)), class_name="nd"),
            rx.el.div(
                rx.el.b(one["who"], class_name="nw"),
                rx.el.span(one["what"], class_name="f2"),
                rx.el.span(one["number"], class_name="t12 f3"),
                rx.el.span(class_name="grow"),
                rx.el.time(one["at"], class_name="t12 f3 nw"),
                class_name="row g2 wrap",
            ),
            rx.cond(one["changes"] != "", rx.el.p(one["changes"], class_name="f2"), rx.fragment()),
            rx.cond(one["note"] != "", rx.el.p(one["note"], class_name="t12 f3"), rx.fragment()),
        )

    more = rx.cond(
        S.audit_more,
        button("更早的", look="g", size="sm", icon_name="chevron-down", on_click=S.older_audit),
        rx.fragment(),
    )
    full = rx.fragment(rx.el.ol(rx.foreach(S.audit, line), class_name="tl"), more)
    return rx.cond(
        S.audit.length() > 0, full, empty("还没有记录", "谁看过、改过这位客户，都会留在这里。", small=True)
    )


def documents_tab() -> rx.Component:
    """The checklist with its files, and the preview beside it."""

    def shelf(one: Any) -> rx.Component:
        return rx.el.section(
            rx.el.div(rx.el.h3(one.title), rx.el.span(one.count, class_name="n"), class_name="sec-h"),
            rx.el.div(rx.foreach(one.tiles, _tile), class_name="dgg"),
        )

    kinds = [
        _hidden_input(
            f"doc-{kind.value}",
            on_change=[
                T.start_upload,
                send_file(
                    f"doc-{kind.value}", kind=kind.value, limit_bytes=_limit(),
                    on_done=lambda answer, kind=kind: T.uploaded(kind.value, answer),
                ),
            ],
        )
        for kind in DocumentKind
    ]  # fmt: skip
    upload = when(
        Permission.DOCUMENTS_UPLOAD,
        rx.el.div(
            icon("upload"),
            rx.el.span("上传图片或 PDF，手机可直接拍"),
            rx.el.span(class_name="grow"),
            rx.cond(T.uploading, rx.el.span(rx.el.i(class_name="spin"), " 正在上传", class_name="row g2"), rx.fragment()),
            button("其他资料", icon_name="paperclip", size="sm", on_click=_opener("doc-other")),
            button("面签照片", icon_name="camera", size="sm", on_click=_opener("doc-visit_photo")),
            class_name="upz",
        ),
    )  # fmt: skip
    left = rx.el.div(upload, rx.foreach(T.shelves, shelf), class_name="col g5")
    return rx.fragment(rx.el.div(left, _preview(), class_name="dl3"), rx.el.div(*kinds))


def _tile(one: Any) -> rx.Component:
    picture = rx.el.img(
        src=rx.Var.create("/api/files/") + one.id.to(str) + "?preview=1", alt="", loading="lazy"
    )
    there = rx.el.button(
        rx.el.span(rx.cond(one.picture, picture, icon(one.icon, "l")), class_name="th"),
        rx.el.b(one.label, class_name="el"),
        rx.el.span(one.note, class_name="t12 f3 el"),
        type="button",
        title=one.more,
        on_click=T.choose(one.id),
        class_name=rx.cond(T.chosen.id == one.id, "dc on", "dc"),
    )
    wanted = rx.el.button(
        rx.el.span(icon("upload", "l"), class_name="th"),
        rx.el.b(one.label, class_name="el"),
        rx.el.span("待补，点按上传", class_name="t12 f3"),
        type="button",
        on_click=_opener(rx.Var.create("doc-") + one.kind),
        disabled=~may(Permission.DOCUMENTS_UPLOAD),
        class_name="dc miss",
    )
    return rx.cond(one.missing, wanted, there)


def _preview() -> rx.Component:
    one = T.chosen
    source = rx.Var.create("/api/files/") + one.id.to(str) + "?preview=1"
    shown = rx.cond(
        one.picture,
        rx.el.img(src=source, alt=one.label),
        rx.cond(
            one.pdf,
            rx.el.iframe(src=source, title=one.label),
            rx.el.p("这种文件不能预览，请下载后查看", class_name="f3"),
        ),
    )
    mark = rx.el.div(
        *[
            rx.el.div(S.user_name, " 仅供本公司贷款审核 ", S.user_name, " 仅供本公司贷款审核")
            for _ in range(9)
        ],
        class_name="wm",
        custom_attrs={"aria-hidden": "true"},
    )
    tools = rx.el.div(
        rx.el.h3(one.label, class_name="grow el"),
        file_link("下载", rx.Var.create("/api/files/") + one.id.to(str), size="sm", look="g"),
        when(
            Permission.DOCUMENTS_UPLOAD,
            confirm(
                "移除这份资料？", "资料不再出现在清单里，移除的记录和原件仍保留供审计。", "移除 1 份资料", T.remove_document,
                trigger=icon_button("trash-2", "移除", size="sm"),
            ),
        ),
        class_name="sec-h",
    )  # fmt: skip
    relabel = when(
        Permission.DOCUMENTS_UPLOAD,
        form(
            rx.el.div(
                field(Field(key="kind", label="资料类型", kind="select", options=DocumentKind.options()), value=one.kind),
                field(Field(key="label", label="名称", maximum_length=60), value=one.label),
                class_name="form two-col",
            ),
            rx.el.div(button("保存归类", size="sm", kind="submit", writes=True), class_name="row end"),
            on_submit=T.relabel,
            guard=False,
            key=one.id.to(str),
        ),
    )  # fmt: skip
    full = rx.fragment(
        rx.el.section(tools, rx.el.p(one.more, class_name="t12 f3")),
        rx.el.div(shown, mark, class_name="stage"),
        rx.el.section(relabel),
    )
    return rx.el.div(
        rx.cond(one.id > 0, full, empty("选一份资料预览", "图片和 PDF 可以直接在这里看。", small=True)),
        class_name="dv",
    )


def relations_tab() -> rx.Component:
    """Related parties as a graph and as a list, with what all of them owe."""

    def node(one: Any) -> rx.Component:
        return rx.el.div(
            rx.el.span(one.initials, class_name="o"),
            rx.el.span(one.kind_label, class_name="f3"),
            class_name=rx.Var.create("n ") + one.tone,
            style={"left": one.x, "top": one.y},
        )

    lines = rx.el.svg(
        rx.foreach(T.parties, lambda one: rx.el.svg.line(x1="50%", y1="50%", x2=one.x, y2=one.y)),
        custom_attrs={"aria-hidden": "true"},
    )
    graph = rx.el.div(
        lines,
        rx.el.div(
            rx.el.span(S.head.initials, class_name="o"),
            class_name="n me",
            style={"left": "50%", "top": "50%"},
        ),
        rx.foreach(T.parties, node),
        class_name="gph",
        role="img",
        custom_attrs={"aria-label": "关系图，右侧列表是同样的内容"},
    )
    totals = rx.el.div(
        rx.el.div(rx.el.span("本人在贷", class_name="t12 f3"), rx.el.b(T.own_text, class_name="num t18"), class_name="col"),
        rx.el.div(rx.el.span("含关系人合计", class_name="t12 f3"), rx.el.b(T.group_text, class_name="num t18"), class_name="col"),
        class_name="row g7",
    )  # fmt: skip
    add = when(
        Permission.CUSTOMERS_EDIT,
        button("关联关系人", icon_name="plus", size="sm", on_click=T.show_relate(True), writes=True),
    )
    side = rx.el.div(
        rx.el.div(rx.el.h3("关系人"), rx.el.span(class_name="grow"), add, class_name="sec-h"),
        totals,
        rx.cond(T.relation_warning != "", note(T.relation_warning, tone="bad"), rx.fragment()),
        rx.cond(T.relation_hint != "", rx.el.p(T.relation_hint, class_name="t12 f3"), rx.fragment()),
        rx.cond(
            T.parties.length() > 0,
            rx.el.ul(rx.foreach(T.parties, lambda one: _party(one, can_remove=True)), class_name="plist"),
            empty("还没有关系人", "登记配偶、担保人、法人等，同手机号的会自动找出来。", small=True),
        ),
        class_name="col g4",
    )
    both = rx.el.div(graph, side, class_name="rel")
    return rx.cond(T.parties.length() > 0, both, rx.el.div(side, style={"maxWidth": "560px"}))


def _party(one: Any, *, can_remove: bool = False) -> rx.Component:
    name = rx.cond(one.href != "", rx.el.a(one.name, href=one.href, class_name="lnk"), rx.el.b(one.name))
    remove = rx.cond(
        (one.relation_id > 0) & may(Permission.CUSTOMERS_EDIT),
        icon_button("unlink", "解除关联", size="sm", on_click=T.unrelate(one.relation_id)),
        rx.fragment(),
    )
    return rx.el.li(
        tag(one.kind_label, rx.cond(one.tone != "", one.tone, "neutral")),
        rx.el.div(
            rx.el.div(name, rx.el.span(one.phone, class_name="t12 f3"), class_name="row g3 wrap"),
            rx.el.span(one.detail, rx.cond(one.note != "", " · " + one.note, ""), class_name="t12 f3"),
            class_name="grow",
        ),
        remove if can_remove else rx.fragment(),
    )


def relate_sheet() -> rx.Component:
    """The sheet for a related party."""

    def error(key: str) -> Any:
        return rx.cond(T.field_errors.contains(key), T.field_errors[key], "")

    body = form(
        field(Field(key="kind", label="关系", kind="select", required=True, options=RelationKind.options()), error=error("kind")),
        rx.el.div(
            field(Field(key="name", label="姓名", maximum_length=60), error=error("name")),
            field(Field(key="phone", label="手机号", kind="tel", help="与某位客户相同时自动关联"), error=error("phone")),
            class_name="form two-col",
        ),
        field(Field(key="related_number", label="对方客户编号", placeholder="选填，例如 C20260520001"), error=error("related_number")),
        field(Field(key="note", label="说明", maximum_length=200), error=error("note")),
        rx.el.div(closing(button("取消")), button("关联", look="p", kind="submit", writes=True), class_name="row g2 end"),
        on_submit=T.relate,
        key=T.form_key,
    )  # fmt: skip
    return dialog("关联关系人", body, is_open=T.relating, on_open_change=T.show_relate)
