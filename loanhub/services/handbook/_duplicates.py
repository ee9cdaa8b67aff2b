"""Handbook chapter on double records 查重, contested ones 撞单, and the recycle bin 回收站."""

from __future__ import annotations

from loanhub.services.handbook._section import Chapter, Section

CHAPTERS = (
    Chapter(
        "查重、裁定与回收站",
        (
            Section(
                "blind-check", "录入前先盲查重",
                (
                    "在「查重与裁定」点「盲查重」，或按 ⌘K 选「盲查重」，填手机号、身份证号或统一社会信用代码。",
                    "系统只说有没有人在跟、什么状态、在哪个团队、裁定保护到哪天，不显示是谁。",
                    "每人每天有次数上限，每次查询都有记录。",
                ),
                roles=frozenset({"sales", "team_lead"}), link=("盲查重", "/duplicates"),
                tip="新建线索时填完手机号也会自动查。",
            ),
            Section(
                "duplicate-queue", "处理可能重复",
                (
                    "新进线、导入、接口进来的和改过的资料，十几秒内自动比对，疑似重复列在「查重与裁定」。",
                    "每一对有分数和依据：正分支持、负分反对。证件号码不同的永远不算重复。",
                    "不是同一个人就点「不是重复」，以后不再提示；点错了按 Z 或到「不是重复」里重新列出。",
                    "另一条不在你的数据范围内时，只显示状态和团队，请主管处理。",
                ),
                roles=frozenset({"sales", "team_lead", "manager"}), link=("查重", "/duplicates"),
            ),
            Section(
                "merge", "合并与撤销",
                (
                    "点「对比合并」，选保留哪一条，再逐项选值；默认取有内容的、较新的。",
                    "跟进、待办、资料、申请、合同、贷款、授权全部转到保留的一条，时间线接着看得到；并入的一条打开时自动跳到保留的一条。",
                    "30 天内在「已合并」点「撤销合并」，两条恢复原样。合并后改过的字段、新签的合同会挡住撤销，页面写明是哪一项。",
                    "线索和客户之间不合并：在线索里点「转为客户」，同一个人会并入已有客户。",
                ),
                roles=frozenset({"team_lead", "manager"}), link=("已合并", "/duplicates"),
            ),
            Section(
                "rulings", "撞单裁定",
                (
                    "客户已被别人跟，但你先接触过：点「申请裁定」，写清时间、方式和凭据。",
                    "对方团队的主管或管理层裁定；当事人不能裁定自己的案子。",
                    "裁定写明归谁、保护几天、成本和转化算在哪个渠道，双方都收到消息，记录上一直看得到。",
                ),
                roles=frozenset({"sales", "team_lead", "manager"}), link=("撞单裁定", "/duplicates"),
            ),
            Section(
                "recycle-bin", "回收站",
                (
                    "删除的线索、客户、待办、客户分群和视图先进回收站，写明谁、什么时候、为什么删。",
                    "到期前点「恢复」，未完成的待办一起回来；到期后个人信息清除，不能恢复。",
                    "有贷款、合同、已提交申请、法律保留或裁定未决的不能删除，页面说明原因。",
                ),
                roles=frozenset({"sales", "team_lead", "manager"}), link=("回收站", "/recycle"),
            ),
            Section(
                "duplicate-rules", "查重规则和保留天数",
                (
                    "在「公司参数」的「查重规则」为每种依据选拦截、提示或不查，定多少分以上列为可能重复。",
                    "拦截的进线记到原线索并通知负责人，不会丢；提示的照常新建，这一对进待处理。",
                    "盲查重次数、撤销期限、裁定保护天数和回收站保留天数也在这里，改动有历史。",
                ),
                roles=frozenset({"admin"}), link=("公司参数", "/settings/company"),
            ),
        ),
    ),
)  # fmt: skip
