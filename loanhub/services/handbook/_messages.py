"""Handbook chapter on messages 消息: one's own notices, the outbox, the ways out."""

from __future__ import annotations

from loanhub.services.handbook._section import Chapter, Section

CHAPTERS = (
    Chapter(
        "电话",
        (
            Section(
                "calls", "通话自动记录",
                (
                    "接入话务系统后，每通电话自动记到客户的时间线：方向、结果、时长，有录音的可以直接播放。",
                    "来电时右下角弹出是谁，点「打开」看客户；接通后首次联系的计时自动停止。",
                    "未接来电会立刻提醒你。先写了跟进的，话务记录并到那条跟进里，不会重复。",
                    "「通话记录」的「未匹配」里是没认出来的号码：关联到已有编号、建成新线索，或标为与业务无关。",
                ),
                roles=frozenset({"sales", "team_lead", "collections"}), link=("通话记录", "/calls"),
                tip="同事的客户来电只告诉你是已有客户，不显示姓名。",
            ),
            Section(
                "telephony", "接入话务系统",
                (
                    "在「话务接入」点「更换密钥」，把密钥和接收地址填到话务系统。",
                    "给每位坐席填分机号，来电才知道弹给谁。",
                    "演示模式下可以「推送一通电话」，真的签名、真的走一遍；命令行是 loanhub telephony simulate。",
                    "读不懂的事件带着原文等在「待处理进线」，改好后重放。",
                ),
                roles=frozenset({"admin"}), link=("话务接入", "/settings/telephony"),
                tip="录音地址稍后取回、加密保存；取不到会按计划重试。",
            ),
        ),
    ),
    Chapter(
        "消息与通知",
        (
            Section(
                "notices", "选择怎么收到通知",
                (
                    "在「消息」右上角点「通知设置」，为每一类事情勾选站内、邮件、短信或群机器人。",
                    "设免打扰时段：这段时间的消息等结束后一起出现，一条不丢、不重复。",
                    "不急的消息可以每天或每周合成一次摘要；勾了「立即提醒」的事照样马上到。",
                    "要桌面弹出提醒，打开开关，再点「允许浏览器弹出通知」。",
                ),
                roles=frozenset(), link=("通知设置", "/account/notices"),
                tip="审批和账号安全的消息总会出现在站内，关不掉。",
            ),
            Section(
                "message-channels", "开通短信、邮件和群机器人",
                (
                    "在「消息通道」点一个通道的「设置」。默认是预览：只记下会发什么，谁也收不到。",
                    "填好服务器或网关、密钥，保存后点「真实发送一条测试」，到「消息发件箱」看结果。",
                    "测试收到了，再把模式改成真实发送。密钥加密保存，以后看不到，不改就留空。",
                ),
                roles=frozenset({"admin"}), link=("消息通道", "/settings/message-channels"),
                tip="公司内网的邮件服务器要先由运维写进 LOANHUB_MESSAGE_PRIVATE_HOSTS，否则不会连。",
            ),
            Section(
                "outbox", "看消息有没有发出去",
                (
                    "「消息发件箱」列出每一条发出的消息：待发送、已发送、将重试、已放弃、仅预览。号码和地址只显示掩码。",
                    "发送失败会按 5 秒、5 分钟、30 分钟……最多试 10 次，之后是「已放弃」；问题解决后点「重发」。",
                    "「结果未知」是发到一半程序中断，对方可能已经收到：先确认，再决定要不要重发。",
                    "还没发出的可以「取消发送」。",
                    "客户要求退订时，在「退订名单」登记号码；以后的营销消息会显示「已拦截」。",
                ),
                roles=frozenset({"admin"}), link=("消息发件箱", "/settings/messages"),
                tip="营销消息的时段和次数在「公司参数」的「营销消息」里定。",
            ),
        ),
    ),
)  # fmt: skip
