"""Handbook chapters for the figures: cockpit, wall screen, boards of the roles, targets."""

from __future__ import annotations

from loanhub.services.handbook._section import Chapter, Section

_LEADING = frozenset({"manager", "team_lead", "auditor"})
_DESKS = frozenset({"sales", "team_lead", "credit", "collections", "finance", "manager", "auditor"})

CHAPTERS = (
    Chapter(
        "经营指标",
        (
            Section(
                "cockpit", "看经营情况",
                (
                    "驾驶舱先给结论再给图。上方选今日、本周、本月、本季、本年，再选环比或同比；可以只看一个部门或一个产品。数字按你的数据范围计算，有变动自动刷新。",
                    "「要点」说变了多少、主要由谁带来。归因把变化按渠道、产品或等级拆开，各部分加起来正好是总变化；占不到三分之一的不点名。",
                    "每个数字旁的 ⓘ 是口径。点数字打开背后的名单：按渠道、产品、负责人等分组，点一组只看那一组，合计就是页面上的数字，可以导出。",
                    "预测按近几个月同期的完成比例推算，括号里是这些月份各自推出的最低和最高；月初数据太少时不显示。",
                    "账龄曲线横轴是放款后第几个月末，只画整批都走到的月份，已核销的仍算在内；迁徙率是上月末余额到本月末的去向。",
                ),
                _LEADING, ("驾驶舱", "/cockpit"),
                tip="图上停一下，右上角的相机存成图片；顶部「导出」把整页写成 Excel，文件保留 7 天。",
            ),
            Section(
                "wall", "把数字投到大屏",
                (
                    "在驾驶舱点「大屏」，再点右上角全屏。经营、风险、团队三屏每 15 秒轮换，也可以点住一屏。",
                    "大屏不显示客户姓名和号码；浏览器支持时屏幕不会自己熄灭。登录失效后大屏不再显示数字。",
                ),
                frozenset({"manager", "team_lead"}), ("大屏", "/wall"),
            ),
            Section(
                "figures", "看自己岗位的指标",
                (
                    "「岗位指标」按岗位列出十个数字：客户经理看自己的进线、接通、转化与放款，主管看团队，风控看通过率与首逾，催收看案件与承诺，财务看收放与准备。",
                    "点数字或分组看名单；范围是你的数据范围。设了目标时，上方显示本月完成多少。",
                ),
                _DESKS, ("岗位指标", "/figures"),
            ),
            Section(
                "targets", "设定业绩目标",
                (
                    "选月份和指标，在公司、部门、员工各行填数，离开格子就保存；金额以万元为单位，清空就是取消目标。",
                    "「核对」一列是下级合计，和本级不一致时变色。「沿用上月」只填还空着的格子。",
                ),
                frozenset({"manager", "team_lead"}), ("业绩目标", "/targets"),
                tip="主管只能设自己部门和组员的目标，公司目标由管理层设。",
            ),
        ),
    ),
)  # fmt: skip
