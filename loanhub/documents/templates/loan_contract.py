"""借款合同: the loan contract with schedule and cost annexes.

Source: 民法典 496–498 (standard terms), 561 (order of performance), 667–680 (loans); 电子签名法 3, 13, 14.
"""

from loanhub.documents.data import ContractData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    annex,
    article,
    both,
    clause,
    column,
    dispute,
    equals,
    filled,
    item,
    none,
    note,
    notice,
    paragraph,
    party,
    repeat,
    schedule,
    signatures,
    signer,
    some,
    space,
    title,
)
from loanhub.documents.templates._samples import CONTRACT

BODY = body_of(
    (
        title("借款合同"),
        party("company", "甲方（出借人）"),
        party("borrower", "乙方（借款人）"),
        party("co_borrowers", "共同借款人"),
        space(8),
        paragraph(
            "甲乙双方根据《中华人民共和国民法典》及有关法律、法规和监管规定，在平等、自愿、诚实信用的基础上，就乙方向甲方"
            "借款事宜协商一致，订立本合同，共同遵守。"
        ),
        paragraph(
            "共同借款人与乙方对本合同项下全部债务承担共同还款责任，本合同关于乙方的约定同样适用于共同借款人。",
            bold=True,
            when=some("co_borrowers"),
        ),
        article("借款种类、金额与用途"),
        clause("本合同项下借款种类为{terms.loan_type}，借款币种为人民币。"),
        clause("借款金额为{terms.principal_fen}。大写与小写不一致的，以大写为准。", "principal"),
        clause(
            "借款用途为{terms.purpose}。未经甲方书面同意，乙方不得改变借款用途；借款不得用于股票、期货、金融衍生品投资，不得用于"
            "购房首付、偿还其他贷款，不得用于法律、法规和监管规定禁止的其他用途。",
            "purpose",
        ),
        article("借款期限", "term"),
        clause(
            "借款期限共{terms.periods}期，自{terms.start_date}起至{terms.end_date}止。实际放款日与上述起始日不一致的，以甲方实际放款日为起始日，"
            "到期日及各期应还日相应顺延，由甲方重新出具还款计划表并通知乙方。"
        ),
        clause("借款起息日为实际放款日；计息天数算头不算尾，即放款日计息，还款日不计息。"),
        article("利率与综合融资成本", "rate"),
        clause(
            "本合同项下借款年利率（单利）为{terms.annual_rate}，利率类型为{terms.rate_kind}。", "annual_rate"
        ),
        clause("定价基准及调整方式：{terms.rate_basis}。", when=filled("terms.rate_basis")),
        clause("计息规则：{terms.day_count}。"),
        clause(
            "**本合同项下正常履约的综合融资成本年化为{terms.simple_cost_rate}（单利口径）、{terms.compound_cost_rate}（复利口径）**，"
            "各项息费明细见附件二及双方另行确认的《综合融资成本明示表》。"
        ),
        clause(
            "**除本合同及《综合融资成本明示表》已明示的息费外，甲方不收取与本笔借款相关的任何其他息费。**"
        ),
        clause(
            "甲方不得预先在本金中扣除利息或费用。甲方预先扣除的，以乙方实际收到的金额认定本金并计算利息。"
        ),
        article("放款", "disburse"),
        clause("下列条件全部满足后，甲方向乙方发放借款："),
        item("本合同及担保文件（如有）已经签署并生效；"),
        item("乙方提供的资料真实、完整、有效，乙方的资信和还款能力未发生不利变化；"),
        item("{item}；", each="conditions"),
        item("法律、法规和监管规定要求的其他放款条件。"),
        clause("甲方将借款足额划入乙方下列账户，划付成功即视为甲方完成放款义务："),
        account("disbursement_account"),
        space(4),
        clause("借款条件满足之日起五个工作日内甲方未放款的，乙方有权解除本合同，并不承担任何费用。"),
        article("还款", "repay"),
        clause(
            "还款方式为{terms.method}，每期应还日为每月{terms.repayment_day}日（当月无该日的，为当月最后一日），"
            "各期应还金额以附件一《还款计划表》为准。"
        ),
        clause("乙方应于应还日或之前，将当期应还款项足额存入或划入下列还款账户："),
        account("repayment_account"),
        space(4),
        clause(
            "**乙方所付款项不足以清偿全部到期债务的，双方约定按下列顺序清偿：{terms.allocation|arrow}；"
            "存在多期到期未付的，按到期先后逐期清偿。**",
            when=equals("terms.allocation_by_installment", True),
        ),
        clause(
            "**乙方所付款项不足以清偿全部到期债务的，双方约定按下列顺序清偿：{terms.allocation|arrow}；"
            "存在多期到期未付的，先清偿各期前一科目，再清偿后一科目。**",
            when=equals("terms.allocation_by_installment", False),
        ),
        clause("乙方多付的款项，甲方应予退还；经乙方同意的，可以抵充下一期应还款项。"),
        clause("乙方还款后，甲方应当及时出具收款凭证；全部债务清偿后，甲方应当出具结清证明。"),
        article("提前还款", "prepay"),
        clause(
            "乙方可以提前偿还部分或者全部借款，但应提前{terms.prepayment_notice_days}日通知甲方，并先结清已到期未付的全部款项。"
        ),
        clause("提前还款的，利息按实际用款期间计算，甲方不得就提前偿还的本金收取提前还款日之后的利息。"),
        clause(
            "**提前还款违约金为提前偿还本金的{terms.prepayment_fee_rate|short}；自第{terms.prepayment_free_after}期还清后提前还款的，不收取提前还款违约金。**",
            when=both(some("terms.prepayment_fee_rate"), some("terms.prepayment_free_after")),
        ),
        clause(
            "**提前还款违约金为提前偿还本金的{terms.prepayment_fee_rate|short}。**",
            when=both(some("terms.prepayment_fee_rate"), none("terms.prepayment_free_after")),
        ),
        clause(
            "乙方提前还款，甲方不收取提前还款违约金或者其他费用。", when=none("terms.prepayment_fee_rate")
        ),
        article("逾期与罚息", "penalty"),
        clause("乙方未按期足额偿还的，自应还日次日起为逾期。", when=none("terms.grace_days")),
        clause(
            "乙方未按期足额偿还的，自应还日次日起为逾期。甲方给予乙方{terms.grace_days}日宽限期，乙方在宽限期内足额还款的，不视为逾期，"
            "不计收罚息；超过宽限期的，自应还日次日起计算逾期。",
            when=some("terms.grace_days"),
        ),
        clause(
            "**对逾期本金，自逾期之日起至清偿之日止，按本合同利率上浮{terms.penalty_markup_rate|short}（即年利率{terms.penalty_rate?}）计收罚息。**"
        ),
        clause(
            "**乙方未按{ref:purpose}约定使用借款的，对挪用部分，自挪用之日起至改正或者清偿之日止，按本合同利率上浮{terms.misuse_markup_rate|short}"
            "（即年利率{terms.misuse_rate?}）计收罚息；同一笔借款既逾期又挪用的，择其重而处，不并处。**"
        ),
        clause(
            "**对逾期未付的利息，自逾期之日起按前述罚息利率计收复利，但不对罚息再计收复利。**",
            when=equals("terms.compound_interest", True),
        ),
        clause("甲方不对逾期利息和罚息计收复利。", when=equals("terms.compound_interest", False)),
        clause(
            "罚息、复利、违约金及其他费用与利息之和，以法律、法规、司法解释和监管规定允许的上限为限，超过部分乙方有权拒绝支付。"
        ),
        article("担保", "guarantee"),
        clause(
            "本合同项下债务由下列担保人或者担保物提供担保，具体内容以双方另行签署的担保合同为准：",
            when=some("guarantees"),
        ),
        repeat(
            "guarantees",
            column("担保方式", 0.8, "{item.kind}"),
            column("担保人", 1.2, "{item.guarantor}"),
            column("担保物", 1.6, "{item.subject?}"),
            column("权属证号", 1.8, "{item.certificate?|dash}"),
            column("约定价值（元）", 1.2, "{item.value_fen?|plain}", "right"),
            when=some("guarantees"),
        ),
        clause(
            "**担保范围包括本金、利息、罚息、复利、违约金、损害赔偿金，以及实现债权和担保权利的合理费用。**",
            when=some("guarantees"),
        ),
        clause("本合同项下借款为信用借款，担保：无。", when=none("guarantees")),
        article("甲方的权利和义务"),
        clause("甲方有权了解乙方的借款使用情况和还款能力，乙方应当配合并如实提供有关资料。"),
        clause(
            "甲方应当按约定放款，依法合规催收，不得采取暴力、恐吓、侮辱、骚扰等方式，不得向与债务无关的人员催收。"
        ),
        clause("甲方对乙方的商业秘密、个人隐私和个人信息负有保密义务，法律另有规定的除外。"),
        clause("甲方转让本合同项下债权的，应当通知乙方；未经通知，该转让对乙方不发生效力。"),
        article("乙方的权利和义务"),
        clause("乙方保证具有签订和履行本合同的完全民事行为能力，所提供的资料真实、完整、有效。"),
        clause("乙方应当按约定的用途使用借款，按期足额还本付息。"),
        clause(
            "乙方的住址、联系方式、工作单位、收入或者资产状况发生变化，或者涉及诉讼、仲裁、执行等影响还款能力的事项的，应当在"
            "五个工作日内通知甲方。"
        ),
        clause("乙方有权查询、复制本人的借款合同和还款记录，有权拨打{company.contact_phone?}咨询或者投诉。"),
        article("提前到期", "acceleration"),
        clause(
            "**有下列情形之一的，甲方有权书面通知乙方限期纠正；乙方在通知规定的合理期限内未纠正的，甲方有权宣布借款提前到期，"
            "要求乙方立即偿还全部剩余本金及相应利息、罚息：**",
            "events",
        ),
        item("**连续两期或者累计三期未按约定足额还款的；**"),
        item("**未按约定用途使用借款，或者拒绝甲方对借款使用情况进行核实的；**"),
        item("**提供虚假资料或者隐瞒重要事实，足以影响甲方债权实现的；**"),
        item("**担保物毁损、灭失、价值明显减少，或者担保人丧失担保能力，乙方未提供甲方认可的其他担保的；**"),
        item("**转移资产、逃避债务，或者出现其他严重影响还款能力的情形的。**"),
        clause("提前到期的，自甲方通知所载提前到期日起，利息和罚息按{ref:penalty}计算，不重复计收。"),
        article("违约责任", "breach"),
        clause("甲方未按约定放款的，应当赔偿乙方因此遭受的实际损失。"),
        clause(
            "**乙方违反本合同约定的，除按{ref:penalty}承担罚息外，还应当承担甲方为实现债权支出的诉讼费、仲裁费、保全费、"
            "公告费、执行费和合理的律师费。**"
        ),
        clause(
            "因不可抗力不能履行本合同的，根据不可抗力的影响，部分或者全部免除责任，但应当及时通知对方并提供证明。"
        ),
        article("个人信息保护与征信", "privacy"),
        clause(
            "甲方为订立和履行本合同、进行风险管理和履行法定义务，处理乙方的身份信息、联系方式、账户信息、信用信息和财产信息。"
            "处理敏感个人信息、查询信用报告、向第三方提供个人信息的，应当取得乙方的单独授权，具体以乙方另行签署的授权书为准。"
        ),
        clause(
            "乙方有权查阅、复制、更正、补充其个人信息，有权撤回同意；撤回同意不影响撤回前基于同意进行的处理，也不影响乙方已经"
            "产生的还款义务。甲方保存个人信息的期限为法律、法规规定的期限；没有规定的，为本合同债务结清之日起十年。"
        ),
        clause(
            "**乙方知悉：甲方可以依法向金融信用信息基础数据库报送本笔借款的信用信息，包括逾期等不良信息；报送不良信息前，甲方应当"
            "事先告知乙方。**"
        ),
        article("通知与送达", "notice"),
        clause(
            "**双方确认首部所载地址、电话和电子邮箱为通知及诉讼、仲裁、执行文书的送达地址。以短信、电子邮件方式发送的，到达对方系统之日"
            "为送达日；以邮寄方式送达的，签收之日为送达日，因地址不准确、拒收等原因被退回的，退回之日视为送达日。**"
        ),
        clause(
            "任何一方变更送达地址的，应当在变更后五个工作日内书面通知对方；未通知的，原地址仍为有效送达地址。"
        ),
        article("法律适用与争议解决", "dispute"),
        clause("本合同的订立、效力、解释、履行和争议解决，适用中华人民共和国法律。"),
        *dispute(),
        clause("争议期间，双方应继续履行本合同不涉及争议的条款。"),
        article("电子签名", "electronic", when=equals("electronic", True)),
        clause(
            "双方同意采用数据电文形式订立本合同，并使用可靠的电子签名签署。根据《中华人民共和国电子签名法》，可靠的电子签名与"
            "手写签名或者盖章具有同等的法律效力。",
            when=equals("electronic", True),
        ),
        clause(
            "乙方应当妥善保管手机、短信验证码和签署密码，并由本人操作；通过本人手机号码完成身份核验后作出的签署，视为乙方本人的"
            "真实意思表示。双方可以随时下载、查验本合同的电子文本。",
            when=equals("electronic", True),
        ),
        article("生效与其他", "effect"),
        clause("本合同自双方签字、盖章或者完成电子签名之日起生效，至全部债务清偿之日终止。"),
        clause("本合同未尽事宜，由双方另行签订书面补充协议；补充协议与本合同具有同等效力。"),
        clause("本合同的附件是本合同的组成部分：附件一《还款计划表》，附件二《费用清单》。"),
        clause("本合同部分条款被确认无效的，不影响其他条款的效力。"),
        clause("本合同一式{copies}份，甲乙双方各执至少一份，具有同等法律效力。"),
        notice(
            "乙方声明：本人已阅读并理解本合同全部条款，特别是加粗条款；甲方已就加粗条款作出提示和说明，本人对其含义及"
            "法律后果没有异议。"
        ),
        signatures(
            [
                signer("甲方（出借人）", "company"),
                signer("乙方（借款人）", "borrower"),
                signer("共同借款人", "co_borrowers"),
            ],
            ("签署日期", "{signing_date}"),
            ("签署地点", "{signing_place?}"),
        ),
        annex("附件一　还款计划表"),
        note("借款金额：{=terms.principal_fen}；年利率：{=terms.annual_rate}；还款方式：{=terms.method}。"),
        schedule(),
        note(
            "说明：1. 本表以约定放款日编制，实际放款日不同的，以甲方重新出具的还款计划表为准。"
            "2. 利率调整、提前还款、展期的，甲方重新出具还款计划表并通知乙方。3. 末期金额含四舍五入的尾差。"
        ),
        annex("附件二　费用清单", new_page=False),
        repeat(
            "all_costs",
            column("项目", 1.15, "{item.label}"),
            column("收取方式", 1.3, "{item.method?}"),
            column("收取标准", 1.4, "{item.standard?}"),
            column("收取主体", 1.6, "{item.payee?}"),
            column("金额（元）", 0.95, "{item.amount_fen?|plain}", "right"),
            column("退还规则", 0.95, "{item.refund?}"),
        ),
        note("除上表所列项目外，甲方不收取与本笔借款相关的任何其他息费。"),
    ),
    seam_marks=True,
)

TEMPLATE = template_of(
    BODY,
    code="loan_contract",
    label="借款合同",
    data_type=ContractData,
    variables=(
        Variable("contract_number", "合同编号"),
        Variable("signing_date", "签署日期"),
        Variable("company.name", "出借人名称"),
        Variable("company.credit_code", "出借人统一社会信用代码"),
        Variable("company.legal_representative", "出借人法定代表人"),
        Variable("company.address", "出借人住所"),
        Variable("company.phone", "出借人电话"),
        Variable("borrower.name", "借款人姓名"),
        Variable("borrower.id_number", "借款人证件号码"),
        Variable("borrower.phone", "借款人电话"),
        Variable("borrower.address", "借款人住址"),
        Variable("terms.loan_type", "借款种类"),
        Variable("terms.principal_fen", "借款金额"),
        Variable("terms.purpose", "借款用途"),
        Variable("terms.annual_rate", "年利率"),
        Variable("terms.day_count", "计息规则"),
        Variable("terms.periods", "期数"),
        Variable("terms.start_date", "借款起始日"),
        Variable("terms.end_date", "借款到期日"),
        Variable("terms.method", "还款方式"),
        Variable("terms.repayment_day", "每月还款日"),
        Variable("terms.allocation", "还款分配顺序"),
        Variable("terms.simple_cost_rate", "综合融资成本（单利）"),
        Variable("terms.compound_cost_rate", "综合融资成本（复利）"),
        Variable("schedule", "还款计划"),
        Variable("disbursement_account.holder", "放款账户户名"),
        Variable("disbursement_account.bank", "放款账户开户行"),
        Variable("disbursement_account.number", "放款账号"),
        Variable("repayment_account.holder", "还款账户户名"),
        Variable("repayment_account.bank", "还款账户开户行"),
        Variable("repayment_account.number", "还款账号"),
        Variable("dispute_body", "争议解决机构"),
    ),
    number=lambda data: data.contract_number,
    sample=CONTRACT,
)
