"""借款合同: the loan contract with schedule and cost annexes.

Source: 民法典 496–498 (standard terms), 561 (order of performance), 667–680 (loans); 电子签名法 3, 13, 14.
"""

from loanhub.documents.compose import Column, Composer
from loanhub.documents.data import Company, ContractData
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates import _parts as parts
from loanhub.documents.templates._samples import CONTRACT
from loanhub.documents.wording import NONE, SLASH, or_none, plain_or_slash


def _build(document: Composer, data: ContractData, company: Company) -> None:
    terms = data.terms
    document.use(
        {
            **parts.term_values(terms),
            "number": data.contract_number,
            "dispute_body": data.dispute_body,
            "copies": str(data.copies),
            "complaint_phone": or_none(company.complaint_phone or company.phone),
        }
    )
    document.title("借款合同")
    _parties(document, data, company)
    _money(document, data)
    _repayment(document, data)
    _duties(document, data)
    _closing(document, data)
    document.confirmation(
        "乙方声明：本人已阅读并理解本合同全部条款，特别是加粗条款；甲方已就加粗条款作出提示和说明，本人对其含义及"
        "法律后果没有异议。"
    )
    signers = [
        parts.company_signer(company, "甲方（出借人）"),
        parts.party_signer(data.borrower, "乙方（借款人）"),
    ]
    signers += [parts.party_signer(party, "共同借款人") for party in data.co_borrowers]
    document.signatures(signers, parts.signing_facts(data))
    _annexes(document, data)


def _parties(document: Composer, data: ContractData, company: Company) -> None:
    document.heading("甲方（出借人）")
    parts.write_company(document, company)
    document.heading("乙方（借款人）")
    parts.write_party(document, data.borrower)
    for party in data.co_borrowers:
        document.heading("共同借款人")
        parts.write_party(document, party)
    document.space(8)
    document.paragraph(
        "甲乙双方根据《中华人民共和国民法典》及有关法律、法规和监管规定，在平等、自愿、诚实信用的基础上，就乙方向甲方"
        "借款事宜协商一致，订立本合同，共同遵守。"
    )
    if data.co_borrowers:
        document.paragraph(
            "共同借款人与乙方对本合同项下全部债务承担共同还款责任，本合同关于乙方的约定同样适用于共同借款人。",
            bold=True,
        )


def _money(document: Composer, data: ContractData) -> None:
    document.article("借款种类、金额与用途")
    document.clause("本合同项下借款种类为{loan_type}，借款币种为人民币。")
    document.clause("借款金额为{principal}。大写与小写不一致的，以大写为准。", "principal")
    document.clause(
        "借款用途为{purpose}。未经甲方书面同意，乙方不得改变借款用途；借款不得用于股票、期货、金融衍生品投资，不得用于"
        "购房首付、偿还其他贷款，不得用于法律、法规和监管规定禁止的其他用途。",
        "purpose",
    )
    document.article("借款期限", "term")
    document.clause(
        "借款期限共{periods}期，自{start}起至{end}止。实际放款日与上述起始日不一致的，以甲方实际放款日为起始日，"
        "到期日及各期应还日相应顺延，由甲方重新出具还款计划表并通知乙方。"
    )
    document.clause("借款起息日为实际放款日；计息天数算头不算尾，即放款日计息，还款日不计息。")
    document.article("利率与综合融资成本", "rate")
    document.clause("本合同项下借款年利率（单利）为{annual_rate}，利率类型为{rate_kind}。", "annual_rate")
    if data.terms.rate_basis:
        document.clause("定价基准及调整方式：{rate_basis}。")
    document.clause("计息规则：{day_count}。")
    document.clause(
        "**本合同项下正常履约的综合融资成本年化为{simple_cost}（单利口径）、{compound_cost}（复利口径）**，"
        "各项息费明细见附件二及双方另行确认的《综合融资成本明示表》。"
    )
    document.clause(
        "**除本合同及《综合融资成本明示表》已明示的息费外，甲方不收取与本笔借款相关的任何其他息费。**"
    )
    document.clause(
        "甲方不得预先在本金中扣除利息或费用。甲方预先扣除的，以乙方实际收到的金额认定本金并计算利息。"
    )
    document.article("放款", "disburse")
    document.clause("下列条件全部满足后，甲方向乙方发放借款：")
    document.item("本合同及担保文件（如有）已经签署并生效；")
    document.item("乙方提供的资料真实、完整、有效，乙方的资信和还款能力未发生不利变化；")
    for number, condition in enumerate(data.conditions):
        document.use({**document.values, f"condition{number}": condition})
        document.item(f"{{condition{number}}}；")
    document.item("法律、法规和监管规定要求的其他放款条件。")
    document.clause("甲方将借款足额划入乙方下列账户，划付成功即视为甲方完成放款义务：")
    parts.write_account(document, data.disbursement_account)
    document.space(4)
    document.clause("借款条件满足之日起五个工作日内甲方未放款的，乙方有权解除本合同，并不承担任何费用。")


def _repayment(document: Composer, data: ContractData) -> None:
    terms = data.terms
    document.article("还款", "repay")
    document.clause("还款方式为{method}，每期应还日为每月{repayment_day}日（当月无该日的，为当月最后一日），"
                    "各期应还金额以附件一《还款计划表》为准。")  # fmt: skip
    document.clause("乙方应于应还日或之前，将当期应还款项足额存入或划入下列还款账户：")
    parts.write_account(document, data.repayment_account)
    document.space(4)
    order = "**乙方所付款项不足以清偿全部到期债务的，双方约定按下列顺序清偿：{allocation}；"
    order += (
        "存在多期到期未付的，按到期先后逐期清偿。**" if terms.allocation_by_installment
        else "存在多期到期未付的，先清偿各期前一科目，再清偿后一科目。**"
    )  # fmt: skip
    document.clause(order, "allocation")
    document.clause("乙方多付的款项，甲方应予退还；经乙方同意的，可以抵充下一期应还款项。")
    document.clause("乙方还款后，甲方应当及时出具收款凭证；全部债务清偿后，甲方应当出具结清证明。")

    document.article("提前还款", "prepay")
    document.clause(
        "乙方可以提前偿还部分或者全部借款，但应提前{notice_days}日通知甲方，并先结清已到期未付的全部款项。"
    )
    document.clause("提前还款的，利息按实际用款期间计算，甲方不得就提前偿还的本金收取提前还款日之后的利息。")
    if terms.prepayment_fee_rate:
        free = (
            "；自第{free_after}期还清后提前还款的，不收取提前还款违约金"
            if terms.prepayment_free_after
            else ""
        )
        document.clause(f"**提前还款违约金为提前偿还本金的{{prepayment_fee}}{free}。**")
    else:
        document.clause("乙方提前还款，甲方不收取提前还款违约金或者其他费用。")

    document.article("逾期与罚息", "penalty")
    grace = ""
    if terms.grace_days:
        grace = (
            "甲方给予乙方{grace_days}日宽限期，乙方在宽限期内足额还款的，不视为逾期，不计收罚息；"
            "超过宽限期的，自应还日次日起计算逾期。"
        )
    document.clause("乙方未按期足额偿还的，自应还日次日起为逾期。" + grace)
    document.clause(
        "**对逾期本金，自逾期之日起至清偿之日止，按本合同利率上浮{penalty_markup}（即年利率{penalty_rate}）计收罚息。**"
    )
    document.clause(
        "**乙方未按{ref:purpose}约定使用借款的，对挪用部分，自挪用之日起至改正或者清偿之日止，按本合同利率上浮{misuse_markup}"
        "（即年利率{misuse_rate}）计收罚息；同一笔借款既逾期又挪用的，择其重而处，不并处。**"
    )
    if terms.compound_interest:
        document.clause("**对逾期未付的利息，自逾期之日起按前述罚息利率计收复利，但不对罚息再计收复利。**")
    else:
        document.clause("甲方不对逾期利息和罚息计收复利。")
    document.clause(
        "罚息、复利、违约金及其他费用与利息之和，以法律、法规、司法解释和监管规定允许的上限为限，超过部分乙方有权拒绝支付。"
    )


def _duties(document: Composer, data: ContractData) -> None:
    document.article("担保", "guarantee")
    if data.guarantees:
        document.clause(
            "本合同项下债务由下列担保人或者担保物提供担保，具体内容以双方另行签署的担保合同为准："
        )
        document.rows(
            (
                Column("担保方式", 0.8), Column("担保人", 1.2), Column("担保物", 1.6),
                Column("权属证号", 1.8),
                Column("约定价值（元）", 1.2, "right"),
            ),
            [
                (g.kind, g.guarantor, or_none(g.subject), g.certificate or SLASH, plain_or_slash(g.value_fen))
                for g in data.guarantees
            ],
        )  # fmt: skip
        document.clause(
            "**担保范围包括本金、利息、罚息、复利、违约金、损害赔偿金，以及实现债权和担保权利的合理费用。**"
        )
    else:
        document.clause("本合同项下借款为信用借款，担保：无。")
    document.article("甲方的权利和义务")
    document.clause("甲方有权了解乙方的借款使用情况和还款能力，乙方应当配合并如实提供有关资料。")
    document.clause(
        "甲方应当按约定放款，依法合规催收，不得采取暴力、恐吓、侮辱、骚扰等方式，不得向与债务无关的人员催收。"
    )
    document.clause("甲方对乙方的商业秘密、个人隐私和个人信息负有保密义务，法律另有规定的除外。")
    document.clause("甲方转让本合同项下债权的，应当通知乙方；未经通知，该转让对乙方不发生效力。")
    document.article("乙方的权利和义务")
    document.clause("乙方保证具有签订和履行本合同的完全民事行为能力，所提供的资料真实、完整、有效。")
    document.clause("乙方应当按约定的用途使用借款，按期足额还本付息。")
    document.clause(
        "乙方的住址、联系方式、工作单位、收入或者资产状况发生变化，或者涉及诉讼、仲裁、执行等影响还款能力的事项的，应当在"
        "五个工作日内通知甲方。"
    )
    document.clause("乙方有权查询、复制本人的借款合同和还款记录，有权拨打{complaint_phone}咨询或者投诉。")

    document.article("提前到期", "acceleration")
    document.clause(
        "**有下列情形之一的，甲方有权书面通知乙方限期纠正；乙方在通知规定的合理期限内未纠正的，甲方有权宣布借款提前到期，"
        "要求乙方立即偿还全部剩余本金及相应利息、罚息：**",
        "events",
    )
    document.item("**连续两期或者累计三期未按约定足额还款的；**")
    document.item("**未按约定用途使用借款，或者拒绝甲方对借款使用情况进行核实的；**")
    document.item("**提供虚假资料或者隐瞒重要事实，足以影响甲方债权实现的；**")
    document.item(
        "**担保物毁损、灭失、价值明显减少，或者担保人丧失担保能力，乙方未提供甲方认可的其他担保的；**"
    )
    document.item("**转移资产、逃避债务，或者出现其他严重影响还款能力的情形的。**")
    document.clause("提前到期的，自甲方通知所载提前到期日起，利息和罚息按{ref:penalty}计算，不重复计收。")

    document.article("违约责任", "breach")
    document.clause("甲方未按约定放款的，应当赔偿乙方因此遭受的实际损失。")
    document.clause(
        "**乙方违反本合同约定的，除按{ref:penalty}承担罚息外，还应当承担甲方为实现债权支出的诉讼费、仲裁费、保全费、"
        "公告费、执行费和合理的律师费。**"
    )
    document.clause(
        "因不可抗力不能履行本合同的，根据不可抗力的影响，部分或者全部免除责任，但应当及时通知对方并提供证明。"
    )


def _closing(document: Composer, data: ContractData) -> None:
    document.article("个人信息保护与征信", "privacy")
    document.clause(
        "甲方为订立和履行本合同、进行风险管理和履行法定义务，处理乙方的身份信息、联系方式、账户信息、信用信息和财产信息。"
        "处理敏感个人信息、查询信用报告、向第三方提供个人信息的，应当取得乙方的单独授权，具体以乙方另行签署的授权书为准。"
    )
    document.clause(
        "乙方有权查阅、复制、更正、补充其个人信息，有权撤回同意；撤回同意不影响撤回前基于同意进行的处理，也不影响乙方已经"
        "产生的还款义务。甲方保存个人信息的期限为法律、法规规定的期限；没有规定的，为本合同债务结清之日起十年。"
    )
    document.clause(
        "**乙方知悉：甲方可以依法向金融信用信息基础数据库报送本笔借款的信用信息，包括逾期等不良信息；报送不良信息前，甲方应当"
        "事先告知乙方。**"
    )
    document.article("通知与送达", "notice")
    document.clause(
        "**双方确认首部所载地址、电话和电子邮箱为通知及诉讼、仲裁、执行文书的送达地址。以短信、电子邮件方式发送的，到达对方系统之日"
        "为送达日；以邮寄方式送达的，签收之日为送达日，因地址不准确、拒收等原因被退回的，退回之日视为送达日。**"
    )
    document.clause(
        "任何一方变更送达地址的，应当在变更后五个工作日内书面通知对方；未通知的，原地址仍为有效送达地址。"
    )
    document.article("法律适用与争议解决", "dispute")
    document.clause("本合同的订立、效力、解释、履行和争议解决，适用中华人民共和国法律。")
    document.clause(parts.dispute_pattern(data.dispute), bold=True)
    document.clause("争议期间，双方应继续履行本合同不涉及争议的条款。")
    if data.electronic:
        document.article("电子签名", "electronic")
        document.clause(
            "双方同意采用数据电文形式订立本合同，并使用可靠的电子签名签署。根据《中华人民共和国电子签名法》，可靠的电子签名与"
            "手写签名或者盖章具有同等的法律效力。"
        )
        document.clause(
            "乙方应当妥善保管手机、短信验证码和签署密码，并由本人操作；通过本人手机号码完成身份核验后作出的签署，视为乙方本人的"
            "真实意思表示。双方可以随时下载、查验本合同的电子文本。"
        )
    document.article("生效与其他", "effect")
    document.clause("本合同自双方签字、盖章或者完成电子签名之日起生效，至全部债务清偿之日终止。")
    document.clause("本合同未尽事宜，由双方另行签订书面补充协议；补充协议与本合同具有同等效力。")
    document.clause("本合同的附件是本合同的组成部分：附件一《还款计划表》，附件二《费用清单》。")
    document.clause("本合同部分条款被确认无效的，不影响其他条款的效力。")
    document.clause("本合同一式{copies}份，甲乙双方各执至少一份，具有同等法律效力。")


def _annexes(document: Composer, data: ContractData) -> None:
    document.annex("附件一　还款计划表", "")
    document.note("借款金额：{=principal}；年利率：{=annual_rate}；还款方式：{=method}。")
    parts.write_schedule(document, data.schedule, "单位：人民币元")
    document.note(
        "说明：1. 本表以约定放款日编制，实际放款日不同的，以甲方重新出具的还款计划表为准。"
        "2. 利率调整、提前还款、展期的，甲方重新出具还款计划表并通知乙方。3. 末期金额含四舍五入的尾差。"
    )
    document.annex("附件二　费用清单", new_page=False)
    document.rows(
        (
            Column("项目", 1.15), Column("收取方式", 1.3), Column("收取标准", 1.4), Column("收取主体", 1.6),
            Column("金额（元）", 0.95, "right"), Column("退还规则", 0.95),
        ),
        [
            (c.label, or_none(c.method), or_none(c.standard), or_none(c.payee), plain_or_slash(c.amount_fen),
             or_none(c.refund))
            for c in (*data.costs, *data.contingent_costs)
        ] or [(NONE, SLASH, SLASH, SLASH, SLASH, SLASH)],
    )  # fmt: skip
    document.note("除上表所列项目外，甲方不收取与本笔借款相关的任何其他息费。")


TEMPLATE = DocumentTemplate(
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
    build=_build,
    number=lambda data: data.contract_number,
    sample=CONTRACT,
    seam_marks=True,
)
