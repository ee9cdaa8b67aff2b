"""Fields of a lead 线索."""

from __future__ import annotations

from loanhub.domain.catalogue.fields._build import (
    FULL_AND_TAIL,
    PERSONAL,
    SENSITIVE,
    WAN,
    YUAN,
    at_most,
    between,
    describer,
)
from loanhub.domain.catalogue.spec import EntitySpec, Related
from loanhub.domain.identity import Gender
from loanhub.domain.leads import InvalidReason, LeadDoor, LeadStatus, Temperature

_field, _system = describer("lead", "leads:edit")
_WHO, _NEED, _FROM, _NEXT = "基本信息", "贷款需求", "来源", "跟进"

FIELDS = (
    _field("name", "姓名", "name", _WHO, required=True, in_table=True, sensitivity=PERSONAL, mask="name",
           synonyms=("客户姓名", "客户名称", "联系人", "名字", "name"), width=100),
    _field("phone", "手机号", "phone", _WHO, required=True, in_table=True, sensitivity=SENSITIVE,
           mask="phone",
           lookups=FULL_AND_TAIL, synonyms=("电话", "手机", "联系电话", "手机号码", "联系方式", "mobile",
           "phone", "tel")),
    _field("id_number", "身份证号", "id_number", _WHO, sensitivity=SENSITIVE, mask="id",
           lookups=FULL_AND_TAIL,
           synonyms=("身份证", "证件号", "证件号码", "身份证号码", "id"), width=190),
    _field("wechat", "微信号", "text", _WHO, sensitivity=SENSITIVE, mask="secret", check=at_most(60),
           synonyms=("微信", "wechat")),
    _field("gender", "性别", "choice", _WHO, choices=Gender, sensitivity=PERSONAL, mask="secret", width=70),
    _field("city", "城市", "region", _WHO, in_table=True, check=at_most(40),
           synonyms=("地区", "所在城市", "所在地", "城区", "city"), width=110),
    _field("occupation", "职业", "text", _WHO, check=at_most(40), synonyms=("职业身份", "工作", "职务")),
    _field("company_name", "工作单位", "company_name", _WHO, synonyms=("单位", "公司", "公司名称",
           "单位名称")),
    _field("industry", "行业", "text", _WHO, check=at_most(40), synonyms=("所属行业",)),
    _field("amount_fen", "意向金额", "money", _NEED, in_table=True, check=between(100 * YUAN, 100_000 * WAN),
           synonyms=("金额", "贷款金额", "需求金额", "申请金额", "额度", "贷款额度", "amount"), width=120),
    _field("term_months", "意向期限", "integer", _NEED, unit="个月", check=between(1, 360),
           synonyms=("期限", "贷款期限", "期数", "term"), width=90),
    _field("purpose", "贷款用途", "text", _NEED, check=at_most(60), synonyms=("用途", "资金用途", "purpose")),
    _field("product_code", "意向产品", "choice", _NEED, choices="product", in_table=True,
           synonyms=("产品", "贷款产品", "贷款类型", "产品类型", "product")),
    _field("channel_code", "来源渠道", "choice", _FROM, choices="channel", in_table=True,
           synonyms=("渠道", "来源", "获客渠道", "channel", "source")),
    _field("campaign", "推广计划", "text", _FROM, check=at_most(60), synonyms=("计划", "活动", "campaign",
           "utm")),
    _field("registered_date", "登记日期", "date", _FROM, synonyms=("日期", "登记时间", "注册时间", "进线时间",
           "date")),
    _field("note", "备注", "long_text", _FROM, check=at_most(2000), in_filter=False, synonyms=("说明",
           "备注信息", "note")),
    _field("temperature", "意向等级", "choice", _NEXT, choices=Temperature, in_table=True, in_import=False,
           width=90),
    _field("tags", "标签", "tags", _NEXT, column="custom.tags", choices="customer_tag", synonyms=("线索标签",)),
    _field("next_step", "下一步", "text", _NEXT, check=at_most(200), in_form=False, in_import=False),
    _field("next_step_at", "下次跟进时间", "datetime", _NEXT, in_form=False, in_import=False, in_table=True),
    _system("door", "进线方式", "choice", choices=LeadDoor),
    _system("number", "线索编号", "text", in_table=True, width=140),
    _system("status", "状态", "choice", choices=LeadStatus, in_table=True, width=100),
    _system("invalid_reason", "无效原因", "choice", choices=InvalidReason),
    _system("stage_code", "阶段", "choice", choices="stage"),
    _system("stage_entered_at", "进入阶段时间", "datetime"),
    _system("score", "线索评分", "integer", width=90),
    _system("cost_fen", "线索成本", "money"),
    _system("owner_id", "负责人", "user", in_table=True, width=100),
    _system("department_id", "所属部门", "department"),
    _system("assigned_at", "分配时间", "datetime"),
    _system("assigned_reason", "分配依据", "text"),
    _system("pooled_at", "入公海时间", "datetime"),
    _system("pool_reason", "入公海原因", "text"),
    _system("first_contact_at", "首次联系时间", "datetime"),
    _system("last_follow_up_at", "最近跟进", "datetime", in_table=True),
    _system("customer_id", "关联客户", "relation", in_export=False, in_print=False),
    _system("customer_segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("created_at", "创建时间", "datetime", in_table=True),
    _system("created_by_id", "创建人", "user"),
    _system("updated_at", "更新时间", "datetime"),
    _system("closed_at", "关闭时间", "datetime"),
)  # fmt: skip

ENTITY = EntitySpec(
    "lead",
    "线索",
    FIELDS,
    related=(
        Related("interactions", "跟进", "interaction", "lead_id", order_by="at", unit="次"),
        Related("customer", "客户", "customer", "id", parent_column="customer_id", unit="位"),
        Related("tasks", "待办", "task", "lead_id", order_by="due_at"),
    ),
)
