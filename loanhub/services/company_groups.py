"""Which parameters of the firm an administrator may set, group by group 公司参数."""

from __future__ import annotations

from dataclasses import dataclass

from loanhub.domain.caps import LenderType
from loanhub.domain.duplicates import STOPPABLE, Key, Mode
from loanhub.domain.public_pool import Clock

DISPUTE_KINDS = (("court", "诉讼"), ("arbitration", "仲裁"))
LENDER_TYPES = tuple((one.value, one.label) for one in (LenderType.MICROLOAN, LenderType.PRIVATE))
PROVIDERS = (("builtin", "本系统"), ("http", "第三方电子签"))
CLOCKS = tuple((one.value, one.label) for one in Clock)
SWITCH = (("on", "开"), ("off", "关"))
WARNING = ((Mode.WARN.value, Mode.WARN.label), (Mode.OFF.value, Mode.OFF.label))
STOPPING = ((Mode.STOP.value, Mode.STOP.label), *WARNING)


@dataclass(frozen=True)
class Entry:
    """One input of a group; ``kind`` is the form's (text, tel, money, percent, radio), ``dated`` groups take a day."""

    key: str
    label: str
    kind: str = "text"
    required: bool = False
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 100


@dataclass(frozen=True)
class Group:
    """Parameters stored under one name, edited together."""

    name: str
    label: str
    help: str
    entries: tuple[Entry, ...]
    dated: bool = False


GROUPS: tuple[Group, ...] = (
    Group(
        "company", "公司资料", "印在合同、明示表和还款计划上",
        (
            Entry("name", "公司全称", required=True),
            Entry(
                "short_name", "公司简称", longest=20, help="显示在菜单、登录页和客户打开的页面上；不填就用全称"
            ),
            Entry("credit_code", "统一社会信用代码", required=True),
            Entry("legal_representative", "法定代表人", longest=40),
            Entry("address", "住所地"),
            Entry("phone", "联系电话", longest=30),
            Entry("complaint_phone", "投诉电话", longest=30, help="合同和明示表必须写明"),
            Entry("license_number", "经营许可证号", longest=60),
        ),
    ),
    Group(
        "repayment_account", "还款账户", "借款人把钱还到这里；印在合同和还款计划上",
        (
            Entry("holder", "户名", required=True),
            Entry("bank", "开户行", required=True),
            Entry("number", "账号", required=True, longest=30),
        ),
    ),
    Group(
        "lender", "出借主体", "决定自营贷款适用「利率与上限」里哪些综合融资成本上限；助贷产品按资方适用",
        (Entry("type", "类型", kind="radio", required=True, options=LENDER_TYPES),),
        dated=True,
    ),
    Group(
        "approval_authority", "审批权限", "按批复金额决定由哪一级审批",
        (
            Entry("first_fen", "初审最高金额", kind="money", required=True),
            Entry("second_fen", "复审最高金额", kind="money", required=True, help="更高的由终审决定"),
        ),
        dated=True,
    ),
    Group(
        "waiver_authority", "减免权限", "单笔减免不超过这个金额，有审批贷后变更权限的人可以批；更高的和减免本金须有审批核销的权限",
        (Entry("limit_fen", "单笔最高金额", kind="money", required=True),),
        dated=True,
    ),
    Group(
        "dispute", "争议解决", "印在合同的争议解决条款里",
        (
            Entry("kind", "方式", kind="radio", required=True, options=DISPUTE_KINDS),
            Entry("body", "管辖机构", required=True, help="例如 出借人住所地人民法院"),
        ),
    ),
    Group(
        "signing", "电子签署", "签署链接多久失效；时间戳向谁要（不填用系统自带的开发时间戳，不具法律效力）",
        (
            Entry("link_days", "签署链接有效天数", kind="integer", required=True, help="1 到 30 天"),
            Entry("tsa_url", "时间戳服务地址", help="RFC 3161，https:// 开头", longest=200),
            Entry("provider", "默认在哪里签", kind="radio", options=PROVIDERS),
            Entry("provider_url", "第三方接口地址", help="https:// 开头，接口约定见运维手册", longest=200),
            Entry("provider_secret", "第三方密钥", kind="password", help="whsec_ 开头；已保存的不再显示，不改就留空", longest=200),
        ),
    ),
    Group(
        "contract_code", "合同编号", "合同号以它开头，例如 CJ-JK-20260101-0001",
        (Entry("company", "公司代码", required=True, help="2 到 6 个大写字母", longest=6),),
    ),
    Group(
        "first_response", "首次联系时限", "新线索分到人之后多久要联系上；到点提醒负责人，超时升级给主管",
        (
            Entry("minutes", "时限（分钟）", kind="integer", required=True),
            Entry("remind_minutes", "提前多少分钟提醒", kind="integer", required=True),
            Entry("clock", "计时方式", kind="radio", required=True, options=CLOCKS),
            Entry("escalate", "超时通知主管", kind="radio", required=True, options=SWITCH),
        ),
        dated=True,
    ),
    Group(
        "public_pool", "公海规则", "线索没人跟进时自动收回公海，认领有上限；从开启那一刻起算，不追溯",
        (
            Entry("recycle", "自动收回", kind="radio", required=True, options=SWITCH),
            Entry("clock", "计时方式", kind="radio", required=True, options=CLOCKS),
            Entry("first_contact_hours", "分配后多少小时未联系就收回", kind="integer", required=True),
            Entry("no_follow_days", "多少天未跟进就收回", kind="integer", required=True),
            Entry("remind_days", "从第几天起提醒负责人和主管", kind="integer", required=True),
            Entry("cooldown_days", "原负责人多少天后才能再认领", kind="integer", required=True),
            Entry("daily_cap", "每人每天认领上限", kind="integer", required=True),
            Entry("owned_cap", "每人在跟上限", kind="integer", required=True, help="到了上限不能再认领"),
            Entry("lock_days", "锁定天数", kind="integer", required=True, help="锁定的线索这么多天内不收回"),
            Entry("lock_limit", "每人同时锁定几条", kind="integer", required=True),
        ),
    ),
    Group(
        "tasks", "待办", "剩余时间按什么算，超时多久告诉主管；跟进节奏里的待办总按工作时间",
        (
            Entry("clock", "计时方式", kind="radio", required=True, options=CLOCKS),
            Entry("escalate", "超时通知主管", kind="radio", required=True, options=SWITCH),
            Entry("escalate_minutes", "超时多少分钟后通知", kind="integer", required=True),
        ),
    ),
    Group(
        "duplicates", "查重规则", "拦截：不再新建，记为重复进线；提示：照常新建，这一对进「查重」待处理；证件号码不同的永远是两个人",
        (
            *(
                Entry(one.value, one.label, kind="radio", required=True, options=STOPPING if one in STOPPABLE else WARNING)
                for one in Key
            ),
            Entry("threshold", "多少分以上列为可能重复", kind="integer", required=True, help="40 到 100"),
            Entry("blind_per_day", "每人每天盲查重次数", kind="integer", required=True),
            Entry("undo_days", "合并后多少天内可撤销", kind="integer", required=True),
            Entry("protect_days", "裁定后默认保护天数", kind="integer", required=True),
        ),
    ),
    Group(
        "recycle", "回收站", "删除的内容先进回收站，到期彻底清除；有合同、贷款的客户不能删除",
        (Entry("days", "保留天数", kind="integer", required=True, help="7 到 365"),),
    ),
    Group(
        "messages", "营销消息", "发给客户的营销短信和邮件：什么时候不发，同一个人最多收几条；退订的人一条不发",
        (
            Entry("quiet_from", "每天几点后不发", required=True, help="例如 21:00", longest=5),
            Entry("quiet_to", "每天几点起才发", required=True, help="例如 09:00", longest=5),
            Entry("marketing_per_day", "同一人每天最多几条", kind="integer", required=True),
            Entry("marketing_per_week", "同一人 7 天内最多几条", kind="integer", required=True),
        ),
    ),
    Group(
        "calendar", "工作日历", "国务院放假安排已内置；公司自己的安排和还没公布的年份填在这里，首联时限、公海按它计时",
        (
            Entry("off", "放假", help="例如 2027-02-05 2027-02-06，用空格隔开", longest=2_000),
            Entry("worked", "上班（调休）", help="周末要上班的日子", longest=2_000),
        ),
    ),
    Group(
        "collections", "催收规则", "谁能联系、什么时候、多少次；只能比《催收工作指引》更严，越线的拨打和发信系统不放行",
        (
            Entry("quiet_to", "每天几点起可以联系", required=True, help="不早于 08:00", longest=5),
            Entry("quiet_from", "每天几点后不能联系", required=True, help="不晚于 22:00", longest=5),
            Entry("unanswered_per_number_day", "同一号码每天最多未接次数", kind="integer", required=True, help="最多 6 次"),
            Entry("answered_per_person_day", "同一人每天最多接通次数", kind="integer", required=True, help="最多 3 次"),
            Entry("contacts_per_person_week", "同一人 7 天内最多联系次数", kind="integer", required=True),
            Entry("third_party_days", "连续几天打不通才可请联系人转告", kind="integer", required=True, help="至少 3 天"),
            Entry("third_party_per_week", "同一联系人 7 天内最多次数", kind="integer", required=True, help="最多 3 次"),
            Entry("complaint_hold_days", "投诉后停催天数", kind="integer", required=True, help="至少 7 天"),
            Entry("start_dpd", "逾期第几天立案", kind="integer", required=True, help="宽限期过后起算"),
        ),
        dated=True,
    ),
)  # fmt: skip
