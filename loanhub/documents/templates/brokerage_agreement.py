"""居间服务协议: what a broker does for a client, and that no fee is due before a loan is paid out.

Source: 民法典 961–966 (中介合同): truthful reporting 962, reward only on success 963, costs 964,
circumvention 965.
"""

from datetime import date
from decimal import Decimal

from loanhub.documents.data import BankAccount, BrokerageData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    article,
    clause,
    dispute,
    equals,
    item,
    notice,
    paragraph,
    party,
    signatures,
    signer,
    space,
    title,
)
from loanhub.documents.templates._samples import ISSUED_AT, PERSON

BODY = body_of(
    (
        title("居间服务协议"),
        party("client", "甲方（委托人）"),
        party("company", "乙方（服务方）"),
        space(8),
        paragraph(
            "甲方有融资需求，委托乙方提供融资咨询和居间服务。双方根据《中华人民共和国民法典》及有关规定，在平等、自愿、诚实信用的"
            "基础上，订立本协议。"
        ),
        article("委托事项与服务内容", "service"),
        clause("甲方拟融资金额为{amount_fen}，用途为{purpose}。"),
        clause("乙方为甲方提供下列服务："),
        item("了解甲方的融资需求和资信状况，提供融资方案咨询；"),
        item("向甲方如实介绍资金方的准入条件、利率、费用、期限和还款方式；"),
        item("协助甲方整理、递交申请资料，跟进审批、签约和放款进度；"),
        item("放款后提供还款提醒等后续服务。"),
        clause("乙方拟推荐的资金方：{institutions?}。实际资金方以甲方书面确认的为准。"),
        clause(
            "**乙方不是贷款人，不发放贷款；贷款是否获批以及金额、利率、期限由资金方独立决定，乙方不作任何保证或者承诺。**",
            "no_guarantee",
        ),
        article("服务费", "fee"),
        clause(
            "**服务费由甲方承担，标准为{fee_base}的{fee_rate}，一次性计收；除此以外，乙方不收取其他任何费用。**",
            "rate",
        ),
        clause(
            "**贷款合同成立且资金方实际放款后，甲方方有义务支付服务费；在此之前，乙方不以任何名义收取定金、保证金、包装费、"
            "资料费等前期费用。**",
            "success",
        ),
        clause("甲方应当在收到贷款之日起{fee_days}日内，将服务费支付至乙方下列账户，乙方收款后出具发票："),
        account("account"),
        space(4),
        clause(
            "乙方未促成贷款合同成立的，不得请求支付服务费；双方事先书面约定由甲方承担的必要费用，凭真实票据据实结算。"
        ),
        clause(
            "有下列情形之一的，乙方应当自甲方要求之日起七个工作日内退还已收服务费：贷款合同因乙方原因被撤销或者被确认无效的；"
            "乙方违反{ref:success}提前收费的；乙方隐瞒重要事实或者提供虚假情况损害甲方利益的。"
        ),
        article("甲方的权利和义务"),
        clause(
            "甲方应当提供真实、完整、有效的资料，并保证签名、印章真实；资料发生变化的，应当及时告知乙方。"
        ),
        clause("甲方有权自主决定是否接受乙方推荐的方案，有权随时查询办理进度。"),
        clause("甲方应当自行阅读并确认与资金方签订的各项合同，按期偿还贷款。"),
        article("乙方的权利和义务", "truth"),
        clause(
            "乙方应当就有关订立贷款合同的事项向甲方如实报告，完整说明利率、费用和违约后果，不得隐瞒或者误导。"
        ),
        clause("**乙方及其工作人员不得有下列行为：**"),
        item("**伪造、变造或者协助伪造、变造流水、证明、合同等申请资料，对甲方进行所谓“包装”；**"),
        item("**冒充金融机构或者其工作人员，承诺“包过”“内部渠道”“消除不良征信记录”；**"),
        item("**代甲方保管银行卡、密码、短信验证码，或者截留、挪用甲方的贷款资金；**"),
        item("**与资金方或者他人串通，损害甲方利益。**"),
        clause("甲方发现上述行为的，有权立即解除本协议，并可以拨打{company.contact_phone?}投诉。"),
        article("个人信息与保密", "privacy"),
        clause(
            "乙方为履行本协议之目的处理甲方的个人信息，遵循最小必要原则。处理敏感个人信息、向资金方提供个人信息的，以甲方另行签署的"
            "授权书为限，并应当告知接收方的名称、联系方式、处理目的、处理方式和信息种类。"
        ),
        clause("乙方不得自行或者委托他人查询甲方的信用报告；需要信用报告的，由甲方本人查询后提供。"),
        clause(
            "本协议终止后，乙方应当依法删除或者匿名化处理甲方的个人信息；法律、法规规定保存期限的，从其规定。"
        ),
        article("不得绕开与违约责任", "breach"),
        clause(
            "**甲方接受乙方服务后，在本协议有效期内及终止后{non_circumvention_months}个月内，利用乙方提供的交易机会或者居间服务，绕开乙方与乙方书面介绍的"
            "资金方直接订立贷款合同的，应当按{ref:rate}的标准向乙方支付服务费。**"
        ),
        clause(
            "甲方逾期支付服务费的，按逾期金额和全国银行间同业拆借中心公布的一年期贷款市场报价利率支付利息。"
        ),
        clause("甲方提供虚假资料，或者乙方违反{ref:truth}的，违约方应当赔偿守约方因此遭受的实际损失。"),
        article("期限与解除", "term"),
        clause("本协议有效期自{valid_from}起至{valid_to}止。"),
        clause(
            "放款前，任何一方均可以书面通知对方解除本协议；甲方解除的，不承担服务费，{ref:breach}约定的情形除外。"
        ),
        article("送达与争议解决", "dispute"),
        clause(
            "**双方确认首部所载地址、电话和电子邮箱为通知及法律文书的送达地址；变更的，应当在五个工作日内书面通知对方。**"
        ),
        *dispute("协议"),
        article("生效与其他"),
        clause(
            "双方同意使用可靠的电子签名签署本协议；可靠的电子签名与手写签名或者盖章具有同等的法律效力。",
            when=equals("electronic", True),
        ),
        clause(
            "本协议自双方签字、盖章或者完成电子签名之日起生效，一式{copies}份，双方各执至少一份，具有同等法律效力。"
        ),
        notice(
            "甲方声明：本人已阅读并理解本协议全部条款，特别是加粗条款；乙方未承诺贷款必然获批，未要求本人在贷款发放前支付任何费用。"
        ),
        signatures(
            [signer("甲方（委托人）", "client"), signer("乙方（服务方）", "company")],
            ("签署日期", "{signing_date}"),
            ("签署地点", "{signing_place?}"),
        ),
    ),
    number_label="协议编号",
    seam_marks=True,
)

TEMPLATE = template_of(
    BODY,
    code="brokerage_agreement",
    label="居间服务协议",
    data_type=BrokerageData,
    variables=(
        Variable("contract_number", "协议编号"),
        Variable("signing_date", "签署日期"),
        Variable("client.name", "委托人姓名"),
        Variable("client.id_number", "委托人证件号码"),
        Variable("client.phone", "委托人电话"),
        Variable("client.address", "委托人住址"),
        Variable("company.name", "服务方名称"),
        Variable("company.credit_code", "服务方统一社会信用代码"),
        Variable("company.legal_representative", "服务方法定代表人"),
        Variable("company.address", "服务方住所"),
        Variable("company.phone", "服务方电话"),
        Variable("amount_fen", "拟融资金额"),
        Variable("purpose", "融资用途"),
        Variable("fee_rate", "服务费率"),
        Variable("fee_base", "服务费计算基数"),
        Variable("account.holder", "收费账户户名"),
        Variable("account.bank", "收费账户开户行"),
        Variable("account.number", "收费账号"),
        Variable("valid_from", "有效期起"),
        Variable("valid_to", "有效期止"),
        Variable("dispute_body", "争议解决机构"),
    ),
    number=lambda data: data.contract_number,
    sample=BrokerageData(
        contract_number="DT-JJ-20260115-0001",
        issued_at=ISSUED_AT,
        signing_date=date(2026, 1, 15),
        signing_place="上海市",
        client=PERSON,
        amount_fen=50_000_000,
        purpose="日常经营周转",
        fee_rate=Decimal("0.02"),
        valid_from=date(2026, 1, 15),
        valid_to=date(2026, 7, 14),
        institutions=("示范银行", "示范农商银行"),
        account=BankAccount(holder="示范小额贷款有限公司", bank="示范银行上海分行", number="310000000000000"),
        dispute_body="乙方住所地有管辖权的人民法院",
    ),
)
