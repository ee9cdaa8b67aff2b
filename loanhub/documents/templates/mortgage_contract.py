"""抵押合同: a thing secures a debt.

Source: 民法典 386–424 (form and content 400, registration 402–403, leases 405, transfer 406, value 408, realization 410).
"""

from dataclasses import replace

from loanhub.documents.data import Guarantee
from loanhub.documents.design import body_of, template_of
from loanhub.documents.paper_data import SecurityData
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    article,
    clause,
    column,
    dispute,
    equals,
    item,
    notice,
    paragraph,
    party,
    repeat,
    signatures,
    signer,
    space,
    title,
)
from loanhub.documents.templates.guarantee_contract import SAMPLE, VARIABLES

BODY = body_of(
    (
        title("抵押合同"),
        party("company", "甲方（抵押权人）"),
        party("guarantor", "乙方（抵押人）"),
        space(8),
        paragraph(
            "为保障甲方债权的实现，乙方自愿以其有权处分的财产，为债务人{debtor.name}（证件号码：{debtor.id_number}）的债务提供抵押担保。"
            "双方根据《中华人民共和国民法典》及有关规定，协商一致，订立本合同。"
        ),
        article("被担保的主债权"),
        clause("主合同为甲方与债务人于{main_date}签订的编号为{main_number}的《借款合同》。"),
        clause(
            "主债权本金为{terms.principal_fen}，年利率（单利）为{terms.annual_rate}，债务履行期限自{terms.start_date}起至{terms.end_date}止。"
        ),
        article("抵押物", "things"),
        clause("抵押物的名称、权属和约定价值如下："),
        repeat(
            "things",
            column("序号", 0.5, "{index}", "center"),
            column("抵押物", 1.8, "{item.subject}"),
            column("所有权人", 1.2, "{item.guarantor}"),
            column("权属证号", 1.8, "{item.certificate}"),
            column("约定价值（元）", 1.2, "{item.value_fen?|plain}", "right"),
        ),
        clause("约定价值不作为处分抵押物时的估价依据；实现抵押权时，以实际处分所得为准。"),
        clause("乙方保证抵押物权属清晰，不存在查封、扣押、监管、争议；存在共有人的，已取得全体共有人的书面同意；已出租的，已如实告知。"),
        article("担保范围", "scope"),
        clause(
            "**担保范围包括主债权本金、利息、罚息、复利、违约金、损害赔偿金、保管担保财产的费用，以及诉讼费、保全费、评估费、拍卖费、"
            "执行费和合理的律师费等实现债权与抵押权的费用。**"
        ),
        article("抵押登记", "registration"),
        clause("双方应当在本合同签订后十个工作日内，到登记机构办理抵押登记；登记费用按国家规定承担，没有规定的，由甲方承担。"),
        clause("依法应当登记才设立的抵押权，自登记时设立；动产抵押未经登记的，不得对抗善意第三人。"),
        clause("主债务全部清偿后，甲方应当在十个工作日内配合办理注销登记，并退还权属证明。"),
        article("抵押物的占有与保管"),
        clause("抵押期间，抵押物由乙方占有、使用和保管；乙方应当合理使用，保持抵押物完好。"),
        clause("乙方的行为足以使抵押物价值减少的，甲方有权请求停止；价值减少的，有权请求恢复价值或者提供相应的担保。"),
        clause("抵押物毁损、灭失或者被征收的，甲方就保险金、赔偿金、补偿金优先受偿。"),
        article("抵押物的转让与出租"),
        clause("乙方转让抵押物的，应当及时书面通知甲方；可能损害抵押权的，甲方有权请求将价款提前清偿债务或者提存。"),
        clause("抵押期间出租抵押物的，应当书面告知承租人抵押的事实，并在五个工作日内通知甲方。"),
        article("抵押权的实现", "realization"),
        clause("**有下列情形之一的，甲方有权与乙方协议以抵押物折价，或者就拍卖、变卖抵押物所得的价款优先受偿：**"),
        item("**债务人不履行到期债务，或者主债务依主合同约定提前到期而未清偿的；**"),
        item("**乙方被宣告破产、解散，或者抵押物被查封、扣押，足以影响抵押权实现的；**"),
        item("**乙方违反本合同约定，经甲方催告在合理期限内仍未纠正，足以损害抵押权的。**"),
        clause("双方未就实现方式达成协议的，甲方可以请求人民法院拍卖、变卖抵押物。折价或者变卖的，应当参照市场价格。"),
        clause("所得价款超过债权数额的部分归乙方所有，不足部分由债务人清偿。债务履行期限届满前，不得约定抵押物归甲方所有。"),
        article("违约责任"),
        clause("因乙方隐瞒抵押物瑕疵、不办理登记等造成甲方损失的，乙方应当赔偿甲方的实际损失。"),
        clause("甲方怠于配合注销登记造成乙方损失的，应当赔偿乙方的实际损失。"),
        article("送达与争议解决"),
        clause("**双方确认首部所载地址、电话和电子邮箱为通知及法律文书的送达地址；变更的，应当在五个工作日内书面通知对方。**"),
        *dispute(),
        article("生效与其他"),
        clause("双方同意使用可靠的电子签名签署本合同；登记机构要求纸质文本的，另行签署纸质文本。", when=equals("electronic", True)),
        clause("本合同自双方签字、盖章或者完成电子签名之日起生效，至主债务全部清偿之日终止。"),
        clause("本合同一式{copies}份，双方各执至少一份，登记机构留存所需份数，具有同等法律效力。"),
        notice(
            "乙方声明：本人已阅读并理解本合同全部条款，特别是加粗的担保范围和抵押权实现条款；甲方已作出提示和说明，本人自愿提供抵押担保。"
        ),
        signatures(
            [signer("甲方（抵押权人）", "company"), signer("乙方（抵押人）", "guarantor")],
            ("签署日期", "{signing_date}"), ("签署地点", "{signing_place?}"),
        ),
    ),
    seam_marks=True,
)  # fmt: skip

TEMPLATE = template_of(
    BODY,
    code="mortgage_contract",
    label="抵押合同",
    data_type=SecurityData,
    variables=(*VARIABLES, Variable("things", "抵押物")),
    number=lambda data: data.contract_number,
    sample=replace(
        SAMPLE,
        contract_number="DT-DY-20260115-0001",
        things=(
            Guarantee(
                kind="抵押", guarantor="李四", subject="住宅房屋（上海市浦东新区示范路2号）",
                certificate="沪房地浦字第000001号", value_fen=300_000_000,
            ),
        ),
    ),
)  # fmt: skip
