"""Who may do what: permissions, the ten shipped roles, and record scopes 权限、角色、数据范围.

A permission is ``<nouns>:<verb>``. Permissions of several roles add up; the widest scope wins.
Administrator, security administrator and auditor are kept apart 三权分立: no shipped role joins two of them,
and neither administrator may read customer data.
Source: docs/decisions/0002-sessions-and-guard.md, JR/T 0171, GB/T 22239 (separation of duties).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from loanhub.domain.choice import Choice


class Permission(Choice):
    """One thing a person may be allowed to do."""

    WORKBENCH_READ = "workbench:read", "查看工作台"
    INBOX_READ = "inbox:read", "查看消息"
    SEARCH_USE = "search:use", "全局搜索"

    LEADS_READ = "leads:read", "查看线索"
    LEADS_CREATE = "leads:create", "新建线索"
    LEADS_EDIT = "leads:edit", "编辑线索"
    LEADS_ASSIGN = "leads:assign", "分配线索"
    LEADS_CLAIM = "leads:claim", "认领公海线索"
    LEADS_IMPORT = "leads:import", "导入线索"
    LEADS_EXPORT = "leads:export", "导出线索"
    LEADS_CONVERT = "leads:convert", "线索转客户"
    LEADS_MERGE = "leads:merge", "合并线索"
    LEADS_DELETE = "leads:delete", "删除线索"
    RULINGS_DECIDE = "rulings:decide", "裁定撞单"
    CHANNELS_COST = "channels:cost", "登记渠道成本与退量"
    DELIVERIES_MEND = "deliveries:mend", "处理待处理进线"

    BOARDS_READ = "boards:read", "查看看板"
    BOARDS_MOVE = "boards:move", "移动看板卡片"

    CUSTOMERS_READ = "customers:read", "查看客户"
    CUSTOMERS_CREATE = "customers:create", "新建客户"
    CUSTOMERS_EDIT = "customers:edit", "编辑客户"
    CUSTOMERS_REVEAL = "customers:reveal", "查看明文"
    CUSTOMERS_EXPORT = "customers:export", "导出客户"
    CUSTOMERS_GRADE = "customers:grade", "调整风险等级"
    CUSTOMERS_ASSIGN = "customers:assign", "指定专属经理"
    CUSTOMERS_MERGE = "customers:merge", "合并客户"
    CUSTOMERS_DELETE = "customers:delete", "删除客户"
    SEGMENTS_EDIT = "segments:edit", "管理客户分群"

    INTERACTIONS_CREATE = "interactions:create", "写跟进"
    TASKS_EDIT = "tasks:edit", "处理待办"

    APPLICATIONS_READ = "applications:read", "查看申请"
    APPLICATIONS_CREATE = "applications:create", "发起申请"
    APPLICATIONS_EDIT = "applications:edit", "编辑申请"
    APPLICATIONS_SUBMIT = "applications:submit", "提交申请"
    APPLICATIONS_APPROVE = "applications:approve", "审批申请"

    CONTRACTS_READ = "contracts:read", "查看合同"
    CONTRACTS_CREATE = "contracts:create", "生成合同"
    CONTRACTS_PRINT = "contracts:print", "打印合同"
    CONTRACTS_SIGN = "contracts:sign", "登记签署"
    CONTRACTS_VOID = "contracts:void", "作废合同"
    CONTRACTS_EXPORT = "contracts:export", "导出合同"
    TEMPLATES_EDIT = "templates:edit", "编辑文书模板"
    TEMPLATES_PUBLISH = "templates:publish", "审核发布文书模板"

    DOCUMENTS_READ = "documents:read", "查看资料"
    DOCUMENTS_UPLOAD = "documents:upload", "上传资料"
    DOCUMENTS_EXPORT = "documents:export", "打包下载资料"
    ARCHIVES_HOLD = "archives:hold", "设置法律保留"
    ARCHIVES_RULES = "archives:rules", "管理资料规则"

    LOANS_READ = "loans:read", "查看贷款"
    LOANS_EXPORT = "loans:export", "导出借据"
    LOANS_DISBURSE = "loans:disburse", "发起放款"
    LOANS_CONFIRM = "loans:confirm", "复核放款"
    PAYMENTS_CREATE = "payments:create", "登记还款"
    PAYMENTS_REVERSE = "payments:reverse", "冲正还款"
    LOANS_ADJUST = "loans:adjust", "发起贷后变更"
    LOANS_APPROVE = "loans:approve", "审批贷后变更"
    LOANS_WRITE_OFF = "loans:write_off", "审批核销与本金减免"
    COLLECTIONS_READ = "collections:read", "查看催收案件"
    COLLECTIONS_CONTACT = "collections:contact", "催收联系与登记"
    COLLECTIONS_ASSIGN = "collections:assign", "分配催收案件与策略"
    COLLECTIONS_LEGAL = "collections:legal", "移送法务"
    STATEMENTS_IMPORT = "statements:import", "导入银行流水"
    LEDGER_READ = "ledger:read", "查看总账与对账"
    LEDGER_CLOSE = "ledger:close", "确认日终对账"
    DAY_ENDS_RUN = "day_ends:run", "执行日终"
    RATES_EDIT = "rates:edit", "维护利率与上限"
    RATES_REVIEW = "rates:review", "复核利率与上限"

    COCKPIT_READ = "cockpit:read", "查看驾驶舱"
    REPORTS_READ = "reports:read", "查看报表"
    REPORTS_EDIT = "reports:edit", "制作与共享报表"
    FIGURES_READ = "figures:read", "查看岗位指标"
    TARGETS_EDIT = "targets:edit", "设定业绩目标"

    PRODUCTS_READ = "products:read", "查看产品"
    PRODUCTS_EDIT = "products:edit", "编辑产品"

    USERS_READ = "users:read", "查看员工"
    USERS_EDIT = "users:edit", "管理员工"
    FIELDS_EDIT = "fields:edit", "管理字段"
    PIPELINES_EDIT = "pipelines:edit", "管理看板阶段"
    PARAMETERS_EDIT = "parameters:edit", "管理公司参数"
    ASSIGNMENTS_EDIT = "assignments:edit", "管理分配规则"
    SOPS_EDIT = "sops:edit", "管理跟进节奏"
    CHANNELS_EDIT = "channels:edit", "管理渠道"
    MESSAGES_MANAGE = "messages:manage", "管理消息与话务"
    ROLES_EDIT = "roles:edit", "管理角色"
    SESSIONS_REVOKE = "sessions:revoke", "吊销会话"
    API_KEYS_EDIT = "api_keys:edit", "管理 API 密钥"
    AUDIT_READ = "audit:read", "查看操作日志"
    AUDIT_VERIFY = "audit:verify", "校验操作日志"


class RoleCode(Choice):
    """The ten shipped roles; a firm may add its own as data."""

    SALES = "sales", "客户经理"
    TEAM_LEAD = "team_lead", "主管"
    CREDIT = "credit", "风控"
    FINANCE = "finance", "财务"
    COLLECTIONS = "collections", "催收"
    CONTRACTS = "contracts", "合同"
    MANAGER = "manager", "管理层"
    ADMIN = "admin", "管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDITOR = "auditor", "审计"


class Scope(IntEnum):
    """How far the records reach that a role may see; a larger number reaches further."""

    NONE = 0
    OWN = 1
    TEAM = 2
    DEPARTMENT = 3
    BRANCH = 4
    ALL = 5

    @property
    def label(self) -> str:
        """Return the Chinese name of the scope 数据范围."""
        return ("无", "本人", "本组", "本部门及下级", "本分公司", "全部")[self.value]


@dataclass(frozen=True)
class RoleSpec:
    """A shipped role: what it may do and how far it sees."""

    code: RoleCode
    scope: Scope
    permissions: frozenset[Permission]


_P = Permission
_EVERYONE = {_P.WORKBENCH_READ, _P.INBOX_READ}
_DESK = {_P.SEARCH_USE, _P.CUSTOMERS_READ, _P.TASKS_EDIT, _P.INTERACTIONS_CREATE, _P.DOCUMENTS_READ}
_SALES = {
    _P.LEADS_READ, _P.LEADS_CREATE, _P.LEADS_EDIT, _P.LEADS_CLAIM, _P.LEADS_IMPORT, _P.LEADS_CONVERT,
    _P.BOARDS_READ, _P.BOARDS_MOVE, _P.CUSTOMERS_CREATE, _P.CUSTOMERS_EDIT, _P.CUSTOMERS_REVEAL,
    _P.APPLICATIONS_READ, _P.APPLICATIONS_CREATE, _P.APPLICATIONS_EDIT, _P.APPLICATIONS_SUBMIT,
    _P.CONTRACTS_READ, _P.DOCUMENTS_UPLOAD, _P.LOANS_READ, _P.PRODUCTS_READ, _P.FIGURES_READ,
}  # fmt: skip
_KEEPING = {
    _P.LEADS_MERGE, _P.CUSTOMERS_MERGE, _P.LEADS_DELETE, _P.CUSTOMERS_DELETE, _P.RULINGS_DECIDE,
}  # fmt: skip
_READ_BOOK = {
    _P.LEADS_READ, _P.BOARDS_READ, _P.APPLICATIONS_READ, _P.CONTRACTS_READ, _P.LOANS_READ, _P.PRODUCTS_READ,
    _P.COCKPIT_READ, _P.REPORTS_READ, _P.FIGURES_READ,
}  # fmt: skip


def _role(code: RoleCode, scope: Scope, *permissions: set[Permission]) -> RoleSpec:
    return RoleSpec(code, scope, frozenset(_EVERYONE).union(*permissions))


ROLES: dict[RoleCode, RoleSpec] = {
    role.code: role
    for role in (
        _role(RoleCode.SALES, Scope.OWN, _DESK, _SALES),
        _role(
            RoleCode.TEAM_LEAD, Scope.DEPARTMENT, _DESK, _SALES,
            {_P.LEADS_ASSIGN, _P.DOCUMENTS_EXPORT, _P.LEADS_EXPORT, _P.CUSTOMERS_EXPORT, _P.CUSTOMERS_ASSIGN, _P.SEGMENTS_EDIT, _P.APPLICATIONS_APPROVE, _P.COCKPIT_READ, _P.REPORTS_READ, _P.REPORTS_EDIT,
             *_KEEPING, _P.CHANNELS_COST, _P.DELIVERIES_MEND, _P.COLLECTIONS_READ, _P.TARGETS_EDIT},
        ),
        _role(
            RoleCode.CREDIT, Scope.ALL, _DESK,
            {_P.APPLICATIONS_READ, _P.APPLICATIONS_APPROVE, _P.CUSTOMERS_REVEAL, _P.CUSTOMERS_GRADE, _P.BOARDS_READ, _P.BOARDS_MOVE,
             _P.CONTRACTS_READ, _P.TEMPLATES_PUBLISH, _P.LOANS_READ, _P.LOANS_APPROVE, _P.RATES_REVIEW, _P.PRODUCTS_READ,
             _P.DOCUMENTS_UPLOAD, _P.DOCUMENTS_EXPORT, _P.COLLECTIONS_READ, _P.FIGURES_READ},
        ),
        _role(
            RoleCode.FINANCE, Scope.ALL, _DESK,
            {_P.CONTRACTS_READ, _P.LOANS_READ, _P.LOANS_EXPORT, _P.LOANS_DISBURSE, _P.LOANS_CONFIRM, _P.PAYMENTS_CREATE,
             _P.PAYMENTS_REVERSE, _P.LOANS_ADJUST, _P.LOANS_APPROVE, _P.STATEMENTS_IMPORT, _P.LEDGER_READ,
             _P.LEDGER_CLOSE, _P.DAY_ENDS_RUN, _P.RATES_EDIT, _P.APPLICATIONS_READ, _P.PRODUCTS_READ,
             _P.DOCUMENTS_UPLOAD, _P.CHANNELS_COST, _P.COLLECTIONS_READ, _P.FIGURES_READ},
        ),
        _role(
            RoleCode.COLLECTIONS, Scope.ALL, _DESK,
            {_P.LOANS_READ, _P.LOANS_ADJUST, _P.CONTRACTS_READ, _P.CUSTOMERS_REVEAL, _P.COLLECTIONS_READ,
             _P.COLLECTIONS_CONTACT, _P.COLLECTIONS_ASSIGN, _P.COLLECTIONS_LEGAL, _P.BOARDS_READ, _P.BOARDS_MOVE, _P.FIGURES_READ},
        ),
        _role(
            RoleCode.CONTRACTS, Scope.ALL, _DESK,
            {_P.APPLICATIONS_READ, _P.CONTRACTS_READ, _P.CONTRACTS_CREATE, _P.CONTRACTS_PRINT,
             _P.CONTRACTS_SIGN, _P.CONTRACTS_VOID, _P.CONTRACTS_EXPORT, _P.TEMPLATES_EDIT, _P.TEMPLATES_PUBLISH, _P.CUSTOMERS_REVEAL, _P.LOANS_READ, _P.PRODUCTS_READ,
             _P.DOCUMENTS_UPLOAD, _P.DOCUMENTS_EXPORT},
        ),
        _role(
            RoleCode.MANAGER, Scope.ALL, _DESK, _READ_BOOK, _KEEPING,
            {_P.DOCUMENTS_EXPORT, _P.CUSTOMERS_EXPORT, _P.CONTRACTS_EXPORT, _P.LOANS_EXPORT, _P.CUSTOMERS_ASSIGN, _P.SEGMENTS_EDIT, _P.LOANS_APPROVE, _P.LOANS_WRITE_OFF, _P.LEDGER_READ, _P.RATES_REVIEW,
             _P.CHANNELS_COST, _P.ASSIGNMENTS_EDIT, _P.SOPS_EDIT, _P.TEMPLATES_PUBLISH, _P.COLLECTIONS_READ, _P.COLLECTIONS_ASSIGN, _P.COLLECTIONS_LEGAL,
             _P.TARGETS_EDIT, _P.REPORTS_EDIT},
        ),
        _role(
            RoleCode.ADMIN, Scope.NONE,
            {_P.USERS_READ, _P.USERS_EDIT, _P.FIELDS_EDIT, _P.PIPELINES_EDIT, _P.PARAMETERS_EDIT,
             _P.PRODUCTS_READ, _P.PRODUCTS_EDIT, _P.RATES_EDIT, _P.CHANNELS_EDIT,
             _P.ASSIGNMENTS_EDIT, _P.SOPS_EDIT, _P.MESSAGES_MANAGE},
        ),
        _role(RoleCode.SECURITY_ADMIN, Scope.NONE, {_P.USERS_READ, _P.ROLES_EDIT, _P.SESSIONS_REVOKE, _P.API_KEYS_EDIT, _P.ARCHIVES_HOLD, _P.ARCHIVES_RULES}),
        _role(
            RoleCode.AUDITOR, Scope.ALL,
            {_P.SEARCH_USE, _P.CUSTOMERS_READ, _P.DOCUMENTS_READ, _P.ARCHIVES_HOLD, _P.USERS_READ, _P.LEDGER_READ, _P.AUDIT_READ,
             _P.AUDIT_VERIFY, _P.COLLECTIONS_READ},
            _READ_BOOK,
        ),
    )
}  # fmt: skip
"""The role matrix as shipped; the rows in the ``role`` table start as a copy of it."""
