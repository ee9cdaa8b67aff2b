"""Handbook chapter on how leads come in 进线: channels, pushes, keys."""

from __future__ import annotations

from loanhub.services.handbook._section import Chapter, Section

CHAPTERS = (
    Chapter(
        "渠道与进线",
        (
            Section(
                "channels", "新建渠道，拿到链接、二维码和海报",
                (
                    "在「渠道」点「新建渠道」，填代码（出现在链接里，建后不能改）、名称、类型和计费方式。",
                    "「新线索给谁」选按分配规则、进公海，或指定一位负责人。",
                    "保存后点二维码按钮：复制链接、下载二维码，或打开 A4 海报打印。",
                    "停用渠道不会让已经发出去的链接失效，照样进线、照样记到这个渠道。",
                ),
                roles=frozenset({"admin"}), link=("渠道", "/settings/channels"),
                tip="改了单价，只影响以后的线索；已经进来的线索按当天的价。",
            ),
            Section(
                "consent-texts", "授权文本",
                (
                    "申请页上每项授权单独打勾、默认不勾；只有「个人信息处理授权」必须同意。",
                    "要改文字，在「渠道」的「授权文本」点「发布新版」，给一个新的版本号。发布过的版本不能改。",
                    "每条授权记录留着版本、文字指纹、时间、IP 和设备，作为凭据。",
                ),
                roles=frozenset({"admin"}), link=("授权文本", "/settings/channels"),
                tip="出厂文本请先交法务确认。",
            ),
            Section(
                "push-setup", "接入渠道推送",
                (
                    "在「渠道」一行点「推送接入」，把接收地址给对方；点「更换密钥」，复制密钥交给对方，只显示这一次。",
                    "让对方给一条样例 JSON，粘到「从样例读出字段」，再为每个值选对应的字段。",
                    "金额要选单位（元、分、万元）；性别之类的代码在「取值对照」里写 1=男, 2=女。",
                    "打开开关并保存。更换密钥后旧密钥再用 24 小时。",
                ),
                roles=frozenset({"admin"}), link=("渠道", "/settings/channels"),
                tip="签名按 Standard Webhooks：webhook-id、webhook-timestamp、webhook-signature，时间误差 5 分钟以内。",
            ),
            Section(
                "deliveries", "处理待处理进线",
                (
                    "渠道推送的内容读不懂时，会带着原文和原因等在「待处理进线」，一条不丢。",
                    "打开它，看哪个字段不对，改正文后点「修正并入库」；收到时的原文另存。",
                    "是映射的问题，请管理员改好映射，再回来点「重试」或「全部重试」。",
                    "测试消息写明原因后作废。",
                ),
                roles=frozenset({"team_lead"}), link=("待处理进线", "/leads/deliveries"),
                tip="打开原文会记入审计日志。",
            ),
            Section(
                "channel-costs", "渠道成本与退量",
                (
                    "按条计费的渠道，线索进来时就记上单价；按放款计费的，放款后自动记上。",
                    "账单类费用在「成本」里登记期间和金额，期间过完后平摊到每条线索，分到分、合计不差。",
                    "撞单裁定改过渠道归属的线索，按裁定算给各渠道，各半时各记 0.5 条；按放款计费的渠道也按裁定付，花的钱记在收费的渠道。",
                    "「退量」列出花了钱又被标为无效的线索，点申报；渠道答复后登记，同意的从线索成本里扣回。",
                    "表里看每条线索、每个已联系、每笔放款花了多少。",
                ),
                roles=frozenset({"team_lead", "finance", "manager"}), link=("渠道成本", "/settings/channels"),
                tip="登记错了就作废重登，已分摊的会原样退回。",
            ),
            Section(
                "api-keys", "API 密钥",
                (
                    "在「API 密钥」点「新建密钥」，写清给哪个系统用，勾选权限，定有效期和限速。",
                    "除了录入线索，密钥还能出具文书并取 PDF，或读取共享给全员的报表；每个地址和字段见页面上的「接口说明」。",
                    "密钥只显示一次，我们只保存指纹。绑定渠道后，它只能提交和查询这个渠道的线索。",
                    "不用了就吊销，5 秒内失效。列表里看得到最近什么时候、从哪里用过。",
                ),
                roles=frozenset({"security_admin"}), link=("API 密钥", "/settings/api-keys"),
                tip="「查询线索（明文）」每读一条都会写进审计日志，没有必要不要给。",
            ),
        ),
    ),
)  # fmt: skip
