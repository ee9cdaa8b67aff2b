"""What can happen: one line an event type, with the words the timeline and the audit log show 事件.

Primitive 3. Every use case appends one event in the same transaction as its change; the 360 timeline,
the audit log, live updates, notifications and cycle times are readers of this one append-only record.
"""

from __future__ import annotations

from dataclasses import dataclass

from loanhub.domain.choice import Choice


class EventGroup(Choice):
    """The timeline's filter 时间线分类."""

    CONTACT = "contact", "沟通"
    FLOW = "flow", "流程"
    MONEY = "money", "资金"
    SYSTEM = "system", "系统"
    ACCESS = "access", "访问"


@dataclass(frozen=True)
class EventType:
    """One kind of event: code ``<noun>.<past participle>``, Chinese words, group and icon (lucide name)."""

    code: str
    label: str
    group: EventGroup
    icon: str
    sensitive: bool = False


_C, _F, _M, _S, _A = (
    EventGroup.CONTACT,
    EventGroup.FLOW,
    EventGroup.MONEY,
    EventGroup.SYSTEM,
    EventGroup.ACCESS,
)

EVENT_TYPES: dict[str, EventType] = {
    e.code: e
    for e in (
        EventType("lead.created", "新建线索", _F, "user-plus"),
        EventType("lead.imported", "导入线索", _F, "file-down"),
        EventType("lead.edited", "修改线索", _F, "pencil"),
        EventType("lead.assigned", "分配线索", _F, "user-check"),
        EventType("lead.claimed", "认领线索", _F, "hand"),
        EventType("lead.pooled", "移入公海", _F, "waves"),
        EventType("lead.moved", "推进阶段", _F, "arrow-right"),
        EventType("lead.reordered", "调整顺序", _F, "arrow-up-down"),
        EventType("lead.repeated", "重复进线", _F, "copy"),
        EventType("lead.invalidated", "标记无效", _F, "ban"),
        EventType("lead.converted", "转为客户", _F, "user-round-check"),
        EventType("refund.claimed", "申报退量", _F, "undo-2"),
        EventType("refund.answered", "退量答复", _F, "badge-check"),
        EventType("channel.edited", "修改渠道", _S, "megaphone"),
        EventType("channel_cost.entered", "登记渠道费用", _S, "wallet"),
        EventType("channel_cost.voided", "作废渠道费用", _S, "file-x", True),
        EventType("consent_text.published", "发布授权文本", _S, "shield-check", True),
        EventType("api_key.created", "新建 API 密钥", _S, "key-round", True),
        EventType("api_key.revoked", "吊销 API 密钥", _S, "key-round", True),
        EventType("webhook.edited", "修改推送接入", _S, "webhook", True),
        EventType("webhook.secret_set", "更换推送密钥", _S, "key-round", True),
        EventType("delivery.mended", "修正待处理进线", _S, "wrench"),
        EventType("delivery.discarded", "作废待处理进线", _S, "ban", True),
        EventType("lead.checked", "查重命中", _A, "search"),
        EventType("search.exact", "按完整号码搜索", _A, "search"),
        EventType("leads.import_started", "开始导入", _S, "upload"),
        EventType("leads.import_finished", "导入完成", _S, "file-check"),
        EventType("leads.import_undone", "撤销导入", _S, "undo-2"),
        EventType("leads.exported", "导出线索", _A, "download", True),
        EventType("applications.exported", "导出申请", _A, "download", True),
        EventType("tasks.exported", "导出待办", _A, "download", True),
        EventType("cases.exported", "导出催收案件", _A, "download", True),
        EventType("customer.created", "新建客户", _F, "user-plus"),
        EventType("customer.edited", "修改资料", _F, "pencil"),
        EventType("customer.related", "关联关系人", _F, "users"),
        EventType("customer.revealed", "查看明文", _A, "eye", True),
        EventType("phone.dialed", "拨打电话", _A, "phone-outgoing", True),
        EventType("customer.unrelated", "解除关系人", _F, "unlink"),
        EventType("customer.retagged", "客户分层变化", _S, "layers"),
        EventType("customer.scored", "评级调整", _F, "gauge"),
        EventType("customer.entrusted", "指定专属经理", _F, "crown"),
        EventType("customers.exported", "导出客户", _A, "download", True),
        EventType("consent.given", "登记授权", _F, "shield-check"),
        EventType("consent.withdrawn", "撤回授权", _F, "shield-off", True),
        EventType("document.labeled", "归类资料", _F, "tag"),
        EventType("document.removed", "移除资料", _F, "trash-2", True),
        EventType("customer.opened", "打开客户", _A, "folder-open"),
        EventType("interaction.recorded", "跟进", _C, "message-square"),
        EventType("task.created", "新建待办", _F, "list-plus"),
        EventType("task.edited", "修改待办", _F, "pencil"),
        EventType("task.completed", "完成待办", _F, "check"),
        EventType("task.snoozed", "推迟待办", _F, "clock"),
        EventType("application.created", "发起申请", _F, "file-plus"),
        EventType("application.edited", "修改申请", _F, "pencil"),
        EventType("application.moved", "推进阶段", _F, "arrow-right"),
        EventType("application.submitted", "提交审批", _F, "send"),
        EventType("application.passed_on", "通过并送下一级", _F, "stamp"),
        EventType("application.documents_checked", "核对资料", _F, "clipboard-check"),
        EventType("application.approved", "审批通过", _F, "stamp"),
        EventType("application.returned", "退回补充", _F, "undo-2"),
        EventType("application.rejected", "审批拒绝", _F, "circle-x"),
        EventType("application.withdrawn", "撤回申请", _F, "undo-2"),
        EventType("contract.created", "生成合同", _F, "file-text"),
        EventType("contract.viewed", "预览合同", _A, "eye"),
        EventType("contract.printed", "打印合同", _A, "printer", True),
        EventType("contract.signed", "登记签署", _F, "signature"),
        EventType("contract.voided", "作废合同", _F, "file-x"),
        EventType("disclosure.confirmed", "确认综合融资成本明示表", _F, "file-check"),
        EventType("document.uploaded", "上传资料", _F, "paperclip"),
        EventType("document.downloaded", "下载资料", _A, "download", True),
        EventType("document.viewed", "查看资料", _A, "eye"),
        EventType("loan.requested", "发起放款", _M, "banknote"),
        EventType("loan.disbursed", "放款", _M, "banknote"),
        EventType("loan.disbursement_refused", "退回放款", _M, "undo-2"),
        EventType("loan.settled", "结清", _M, "badge-check"),
        EventType("loan.overdue", "转为逾期", _M, "triangle-alert"),
        EventType("payment.posted", "收到还款", _M, "wallet"),
        EventType("payment.prepaid", "部分提前还款", _M, "wallet"),
        EventType("payment.refunded", "溢缴退款", _M, "undo-2", True),
        EventType("payment.recovered", "核销后收回", _M, "wallet"),
        EventType("loan.waived", "减免", _M, "badge-percent", True),
        EventType("loan.repriced", "利率调整", _M, "percent"),
        EventType("loan.extended", "展期", _M, "calendar-plus", True),
        EventType("loan.restructured", "重组", _M, "refresh-cw", True),
        EventType("loan.accelerated", "提前到期", _M, "calendar-x", True),
        EventType("loan.written_off", "核销", _M, "file-x", True),
        EventType("loan.change_requested", "发起贷后变更", _M, "send"),
        EventType("loan.change_refused", "退回贷后变更", _M, "undo-2"),
        EventType("loan.change_withdrawn", "撤回贷后变更", _M, "undo-2"),
        EventType("loan.offer_made", "出具结清试算单", _M, "file-text"),
        EventType("loan.document_printed", "出具贷后单据", _A, "printer", True),
        EventType("payment.reversed", "冲正还款", _M, "rotate-ccw", True),
        EventType("day_end.finished", "日终完成", _S, "calendar-check"),
        EventType("day_end.loan_mended", "解除日终挂起", _S, "wrench"),
        EventType("collection.opened", "催收立案", _F, "phone-outgoing"),
        EventType("collection.reopened", "催收重新立案", _F, "rotate-ccw"),
        EventType("collection.closed", "催收结案", _F, "badge-check"),
        EventType("collection.assigned", "分配催收案件", _F, "user-check"),
        EventType("collection.moved", "推进催收阶段", _F, "arrow-right"),
        EventType("collection.contacted", "催收联系", _C, "phone-call"),
        EventType("collection.refused", "拦截催收联系", _A, "shield-x", True),
        EventType("collection.promised", "承诺还款", _C, "handshake"),
        EventType("collection.promise_kept", "承诺已履约", _F, "check"),
        EventType("collection.promise_broken", "承诺未履约", _F, "triangle-alert"),
        EventType("collection.sent_to_legal", "移送法务", _F, "scale", True),
        EventType("collection.held", "停催", _F, "ban"),
        EventType("collection.resumed", "恢复催收", _F, "rotate-ccw"),
        EventType("collection.strategy_edited", "修改催收策略", _S, "sliders-horizontal", True),
        EventType("statement.imported", "导入银行流水", _M, "landmark", True),
        EventType("bank_line.claimed", "认领流水", _M, "link"),
        EventType("bank_line.ignored", "标为无关流水", _M, "ban"),
        EventType("bank_line.reopened", "流水退回待认领", _M, "undo-2"),
        EventType("day.closed", "日终对账确认", _M, "badge-check", True),
        EventType("ledger.exported", "导出总账", _A, "download", True),
        EventType("rate.entered", "录入利率或上限", _S, "percent", True),
        EventType("rate.reviewed", "复核利率或上限", _S, "stamp", True),
        EventType("rate.withdrawn", "撤回利率或上限", _S, "undo-2", True),
        EventType("product.edited", "修改产品", _S, "package"),
        EventType("product.published", "发布产品版本", _S, "package-check", True),
        EventType("pipeline.edited", "修改看板阶段", _S, "columns-3"),
        EventType("pipeline.created", "新建看板", _S, "columns-3"),
        EventType("pipeline.retired", "停用看板", _S, "columns-3"),
        EventType("board.arranged", "调整看板显示", _S, "square-kanban"),
        EventType("field.edited", "修改字段", _S, "text-cursor-input"),
        EventType("parameters.edited", "修改公司参数", _S, "sliders-horizontal", True),
        EventType("audit.verified", "校验操作日志", _A, "shield-check"),
        EventType("view.saved", "保存视图", _S, "bookmark"),
        EventType("view.deleted", "删除视图", _S, "bookmark"),
        EventType("segment.created", "新建客户分群", _S, "group"),
        EventType("segment.edited", "修改客户分群", _S, "group"),
        EventType("segment.deleted", "删除客户分群", _S, "group"),
        EventType("segment.restored", "恢复客户分群", _S, "group"),
        EventType("assignment.edited", "修改分配规则草稿", _S, "shuffle"),
        EventType("assignment.discarded", "放弃分配规则草稿", _S, "shuffle"),
        EventType("assignment.published", "发布分配规则", _S, "shuffle", True),
        EventType("assignment.rolled_back", "回滚分配规则", _S, "shuffle", True),
        EventType("assignee.edited", "修改接单上限", _S, "shuffle"),
        EventType("skill_group.edited", "修改技能组", _S, "users"),
        EventType("leave.booked", "登记请假", _S, "calendar-clock"),
        EventType("leave.cancelled", "取消请假", _S, "calendar-clock"),
        EventType("lead.locked", "锁定线索", _F, "lock"),
        EventType("lead.unlocked", "解除锁定", _F, "lock-open"),
        EventType("lead.reminded", "提醒跟进", _F, "clock"),
        EventType("lead.escalated", "首联超时升级", _F, "alarm-clock"),
        EventType("user.created", "新建员工", _S, "user-plus", True),
        EventType("user.edited", "修改员工", _S, "user-cog", True),
        EventType("user.disabled", "停用员工", _S, "user-x", True),
        EventType("user.enabled", "恢复员工", _S, "user-check", True),
        EventType("department.created", "新建部门", _S, "network"),
        EventType("department.edited", "修改部门", _S, "network"),
        EventType("user.password_set", "设置密码", _S, "key-round", True),
        EventType("role.edited", "修改角色", _S, "shield", True),
        EventType("session.opened", "登录", _A, "log-in"),
        EventType("session.closed", "退出", _A, "log-out"),
        EventType("session.refused", "登录失败", _A, "shield-alert", True),
        EventType("session.revoked", "吊销会话", _A, "shield-x", True),
        EventType("action.run", "执行动作", _S, "zap"),
        EventType("demo.built", "生成演示公司", _S, "building"),
    )
}
"""Every event type by code; :func:`loanhub.services.events.record` refuses a code that is not here."""
