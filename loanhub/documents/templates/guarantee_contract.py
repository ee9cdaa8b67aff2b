"""保证合同: a person or company stands in for a debt.

Source: 民法典 681–702 (form 685, kinds 686–688, scope 691, period 692–695, recourse 700).
"""

from dataclasses import replace

from loanhub.documents.design import body_of, template_of
from loanhub.documents.paper_data import SecurityData
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
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
from loanhub.documents.templates._samples import CONTRACT, ISSUED_AT, PERSON, TERMS

SAMPLE = SecurityData(
    contract_number="DT-BZ-20260115-0001",
    issued_at=ISSUED_AT,
    signing_date=CONTRACT.signing_date,
    signing_place="上海市",
    guarantor=replace(PERSON, name="李四"),
    debtor=PERSON,
    main_number=CONTRACT.contract_number,
    main_date=CONTRACT.signing_date,
    terms=TERMS,
    dispute_body="甲方住所地有管辖权的人民法院",
)

VARIABLES = (
    Variable("contract_number", "合同编号"),
    Variable("signing_date", "签署日期"),
    Variable("company.name", "债权人名称"),
    Variable("company.credit_code", "债权人统一社会信用代码"),
    Variable("company.legal_representative", "债权人法定代表人"),
    Variable("company.address", "债权人住所"),
    Variable("company.phone", "债权人电话"),
    Variable("guarantor.name", "担保人姓名"),
    Variable("guarantor.id_number", "担保人证件号码"),
    Variable("guarantor.phone", "担保人电话"),
    Variable("guarantor.address", "担保人住址"),
    Variable("debtor.name", "债务人姓名"),
    Variable("debtor.id_number", "债务人证件号码"),
    Variable("main_number", "主合同编号"),
    Variable("main_date", "主合同签署日期"),
    Variable("terms.principal_fen", "借款金额"),
    Variable("terms.annual_rate", "年利率"),
    Variable("terms.start_date", "借款起始日"),
    Variable("terms.end_date", "借款到期日"),
    Variable("dispute_body", "争议解决机构"),
)

BODY = body_of(
    (
        title("保证合同"),
        party("company", "甲方（债权人）"),
        party("guarantor", "乙方（保证人）"),
        space(8),
        paragraph(
            "为保障甲方债权的实现，乙方自愿为债务人{debtor.name}（证件号码：{debtor.id_number}）的债务提供保证。双方根据《中华人民共和国"
            "民法典》及有关规定，协商一致，订立本合同。"
        ),
        article("被担保的主债权", "debt"),
        clause("主合同为甲方与债务人于{main_date}签订的编号为{main_number}的《借款合同》。"),
        clause(
            "主债权本金为{terms.principal_fen}，年利率（单利）为{terms.annual_rate}，借款期限自{terms.start_date}起至{terms.end_date}止。"
            "实际放款日不同的，以借据所载为准。"
        ),
        article("保证方式", "kind"),
        clause(
            "**乙方承担连带责任保证。债务人不履行到期债务的，甲方可以请求债务人履行，也可以直接请求乙方在保证范围内承担保证责任。**",
            when=equals("guarantee_kind", "joint"),
        ),
        clause(
            "**乙方承担一般保证。主合同纠纷未经审判或者仲裁，并就债务人财产依法强制执行仍不能履行债务前，乙方有权拒绝承担保证责任，"
            "法律另有规定的除外。**",
            when=equals("guarantee_kind", "general"),
        ),
        article("保证范围", "scope"),
        clause(
            "**保证范围包括主债权本金、利息、罚息、复利、违约金、损害赔偿金，以及诉讼费、保全费、公告费、执行费和合理的律师费等"
            "实现债权的费用。**"
        ),
        clause("乙方承担的责任不超过债务人应当承担的责任；主合同利率、费用超过法律规定上限的部分，乙方不承担保证责任。"),
        article("保证期间", "period"),
        clause("**保证期间为主债务履行期限届满之日起{guarantee_years}年；分期履行的，自最后一期履行期限届满之日起计算。**"),
        clause("甲方宣布主债务提前到期的，保证期间自提前到期日起计算。"),
        article("主合同的变更"),
        clause(
            "未经乙方书面同意，甲方与债务人变更主合同加重债务的，乙方对加重的部分不承担保证责任；延长履行期限的，保证期间不受影响。"
        ),
        clause("甲方转让主债权并通知乙方的，乙方在原保证范围内继续承担责任；双方约定禁止转让的除外。"),
        article("乙方的陈述与义务"),
        clause("乙方具有完全民事行为能力；以夫妻共同财产或者共有财产承担责任的，已取得配偶、共有人同意。",
               when=equals("guarantor.kind", "person")),
        clause(
            "**乙方依法成立并有效存续，本合同已按照《中华人民共和国公司法》和乙方章程，经其董事会或者股东会决议；决议文件已交甲方审查。**",
            when=equals("guarantor.kind", "company"),
        ),
        clause("乙方了解债务人的资信状况和借款用途，保证系其真实意思表示。"),
        clause("乙方的住址、联系方式、资产状况发生重大变化的，应当在五个工作日内通知甲方。"),
        clause("有多个担保的，双方约定："),
        item("乙方与其他担保人之间不分份额的，甲方可以请求任何一个担保人承担责任；"),
        item("债务人自己提供物的担保的，甲方应当先就该物的担保实现债权。"),
        article("追偿", "recourse"),
        clause("乙方承担保证责任后，有权在其承担责任的范围内向债务人追偿，享有甲方对债务人的权利，但不得损害甲方的利益。"),
        clause("乙方享有债务人对甲方的抗辩；债务人放弃抗辩的，乙方仍有权向甲方主张。"),
        article("甲方的义务"),
        clause("甲方应当如实告知乙方主合同的内容，债务人逾期的，应当及时通知乙方。"),
        clause("主债务全部清偿后，甲方应当出具书面证明，乙方的保证责任消灭。"),
        article("个人信息与送达"),
        clause("甲方为订立和履行本合同处理乙方的个人信息，遵循最小必要原则；查询信用报告的，应当另行取得乙方的书面授权。"),
        clause("**双方确认首部所载地址、电话和电子邮箱为通知及法律文书的送达地址；变更的，应当在五个工作日内书面通知对方。**"),
        article("法律适用与争议解决"),
        clause("本合同适用中华人民共和国法律。"),
        *dispute(),
        article("生效与其他"),
        clause("双方同意使用可靠的电子签名签署本合同，其效力与手写签名或者盖章相同。", when=equals("electronic", True)),
        clause("本合同自双方签字、盖章或者完成电子签名之日起生效。主合同无效的，按照法律规定确定双方责任。"),
        clause("本合同一式{copies}份，双方各执至少一份，具有同等法律效力。"),
        notice(
            "乙方声明：本人已阅读并理解本合同全部条款，特别是加粗的保证方式、保证范围和保证期间条款；甲方已作出提示和说明，本人自愿"
            "承担保证责任。"
        ),
        signatures(
            [signer("甲方（债权人）", "company"), signer("乙方（保证人）", "guarantor")],
            ("签署日期", "{signing_date}"), ("签署地点", "{signing_place?}"),
        ),
    ),
    seam_marks=True,
)  # fmt: skip

TEMPLATE = template_of(
    BODY,
    code="guarantee_contract",
    label="保证合同",
    data_type=SecurityData,
    variables=VARIABLES,
    number=lambda data: data.contract_number,
    sample=SAMPLE,
)
