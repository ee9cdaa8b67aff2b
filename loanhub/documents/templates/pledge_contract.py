"""质押合同: a movable thing or a right secures a debt.

Source: 民法典 425–446 (movables 425, form and content 427, no forfeiture 428, delivery 429, fruits 430, use 431, keeping 432,
loss of value 433, repledge 434, return and realization 436–438; rights 440, vouchers 441–442, shares 443, intellectual
property 444, receivables 445), 389 (scope), 390 (what takes the thing's place), 393 (end); registration of receivables:
国发〔2020〕18号.
"""

from dataclasses import fields
from datetime import date

from loanhub.documents.data import Guarantee
from loanhub.documents.design import body_of, template_of
from loanhub.documents.paper_data import PledgeData
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    article,
    clause,
    column,
    dispute,
    equals,
    filled,
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

_MOVABLE, _VOUCHER, _SHARES, _RECEIVABLES, _IP = (
    equals("pledge_kind", one) for one in ("movable", "voucher", "shares", "receivables", "ip")
)
_HANDED_OVER = {"any": [_MOVABLE, _VOUCHER]}
_REGISTERED = {"any": [_SHARES, _RECEIVABLES, _IP]}

BODY = body_of(
    (
        title("质押合同"),
        party("company", "甲方（质权人）"),
        party("guarantor", "乙方（出质人）"),
        space(8),
        paragraph(
            "为保障甲方债权的实现，乙方自愿以其有权处分的动产，为债务人{debtor.name}（证件号码：{debtor.id_number}）的债务提供质押担保。"
            "双方根据《中华人民共和国民法典》第四百二十五条、第四百二十七条及有关规定，协商一致，订立本合同。",
            when=_MOVABLE,
        ),
        paragraph(
            "为保障甲方债权的实现，乙方自愿以其有权处分的权利，为债务人{debtor.name}（证件号码：{debtor.id_number}）的债务提供质押担保。"
            "双方根据《中华人民共和国民法典》第四百四十条、第四百四十六条及有关规定，协商一致，订立本合同。",
            when={"any": [_VOUCHER, _SHARES, _RECEIVABLES, _IP]},
        ),
        article("被担保的主债权"),
        clause("主合同为甲方与债务人于{main_date}签订的编号为{main_number}的《借款合同》。"),
        clause(
            "主债权本金为{terms.principal_fen}，年利率（单利）为{terms.annual_rate}，债务履行期限自{terms.start_date}起至{terms.end_date}止。"
        ),
        article("质押财产", "things"),
        clause("本合同的质押种类为{pledge_kind}质押。质押财产的名称、数量、状况、权属和约定价值如下："),
        repeat(
            "things",
            column("序号", 0.5, "{index}", "center"),
            column("质押财产", 2.0, "{item.subject}"),
            column("权利人", 1.1, "{item.guarantor}"),
            column("凭证或标的编号", 1.7, "{item.certificate}"),
            column("约定价值（元）", 1.2, "{item.value_fen?|plain}", "right"),
        ),
        clause("约定价值不作为处分质押财产时的估价依据；实现质权时，以实际处分所得为准。"),
        clause(
            "乙方保证对质押财产享有完整的处分权，依法可以转让和出质，不存在查封、扣押、冻结、争议或者在先的担保；"
            "存在共有人的，已取得全体共有人的书面同意；依法律或者章程须经决议、批准的，已经取得。"
        ),
        clause("质权的效力及于质押财产的从物、从权利和代位物；动产的从物未随同交付的，质权的效力不及于该从物。", when=_MOVABLE),
        clause("乙方保证应收账款真实、合法、有效，债务人的抗辩、抵销和付款条件已经如实告知甲方，未作虚构，未向他人转让或者出质。",
               when=_RECEIVABLES),
        article("担保范围", "scope"),
        clause(
            "**担保范围包括主债权本金、利息、罚息、复利、违约金、损害赔偿金、保管质押财产的费用，以及诉讼费、保全费、评估费、拍卖费、"
            "执行费和合理的律师费等实现债权与质权的费用。**"
        ),
        article("质权的设立", "creation"),
        clause("乙方应当在{delivery_date}前，将质押财产交付甲方占有；**质权自乙方交付质押财产时设立。**", when=_MOVABLE),
        clause(
            "乙方应当在{delivery_date}前，将权利凭证背书或者交付甲方；**质权自权利凭证交付甲方时设立；没有权利凭证的，自办理出质登记时设立。**",
            when=_VOUCHER,
        ),
        clause("双方应当在{delivery_date}前，到{registry}办理出质登记；**质权自办理出质登记时设立。**", when=_REGISTERED),
        clause("交付地点为{delivery_place}。交付时双方共同清点，并签署载明名称、数量和状况的交接清单；交接清单为本合同的附件。",
               when={"all": [_HANDED_OVER, filled("delivery_place")]}),
        clause("甲方委托{keeper}（监管人）代为占有和保管质押财产；监管人按甲方的指示收取、保管、放行，监管协议另行签订，费用由甲方承担。",
               when={"all": [_HANDED_OVER, filled("keeper")]}),
        clause("**乙方不得以占有改定的方式代替交付，也不得在交付后自行取回质押财产；因乙方取回或者未实际交付，质权未设立的，乙方应当赔偿甲方的损失。**",
               when=_MOVABLE),
        clause(
            "办理登记后，甲方有权将出质事实书面通知应收账款的债务人；债务人收到通知后，应当向甲方履行，向乙方的付款对甲方不发生清偿的效力。",
            when=_RECEIVABLES,
        ),
        clause("登记和交付所需的费用按国家规定承担，没有规定的，由甲方承担。"),
        article("质押财产的占有与保管", when=_HANDED_OVER),
        clause("甲方负有妥善保管质押财产的义务；因保管不善致使质押财产毁损、灭失的，甲方应当承担赔偿责任。", when=_HANDED_OVER),
        clause(
            "未经乙方书面同意，甲方不得使用、出租、处分质押财产，也不得转质；擅自使用、处分或者转质造成损失的，甲方应当承担赔偿责任。",
            when=_HANDED_OVER,
        ),
        clause("甲方有权收取质押财产的孳息；孳息应当先充抵收取孳息的费用，再充抵主债权的利息和本金。", when=_HANDED_OVER),
        clause(
            "甲方的行为可能使质押财产毁损、灭失的，乙方可以请求甲方将质押财产提存，或者请求提前清偿债务并返还质押财产。", when=_HANDED_OVER
        ),
        clause(
            "票据、债券、存款单、仓单、提单的兑现日期或者提货日期先于主债权到期的，甲方可以兑现或者提货，并与乙方协议将价款或者货物提前清偿债务或者提存。",
            when=_VOUCHER,
        ),
        article("出质权利的行使与限制", when=_REGISTERED),
        clause("股权、基金份额出质后，不得转让，但是双方协商同意的除外；转让所得的价款，应当向甲方提前清偿债务或者提存。", when=_SHARES),
        clause("质押期间，出质股权的表决权由乙方行使；乙方不得作出使股权价值明显减少的表决。分红等收益由甲方收取，先充抵收取的费用。", when=_SHARES),
        clause("应收账款出质后，不得转让，但是双方协商同意的除外；乙方转让所得的价款，应当向甲方提前清偿债务或者提存。", when=_RECEIVABLES),
        clause("未经甲方书面同意，乙方不得变更、放弃应收账款的基础合同权利，不得免除、延展或者抵销应收账款；收到的回款应当在三个工作日内转付甲方。",
               when=_RECEIVABLES),
        clause("知识产权中的财产权出质后，不得转让或者许可他人使用，但是双方协商同意的除外；所得价款，应当向甲方提前清偿债务或者提存。", when=_IP),
        clause("质押期间，乙方应当按期缴纳年费等费用，维持知识产权有效，并对侵权及时采取保护措施。", when=_IP),
        article("质押财产的保全", "protection"),
        clause(
            "因不可归责于甲方的事由可能使质押财产毁损或者价值明显减少，足以危害甲方权利的，甲方有权请求乙方提供相应的担保；乙方不提供的，"
            "甲方可以拍卖、变卖质押财产，并与乙方协议将所得价款提前清偿债务或者提存。"
        ),
        clause("质押期间，质押财产毁损、灭失或者被征收的，甲方就保险金、赔偿金或者补偿金等优先受偿；债务履行期限未届满的，也可以提存。"),
        clause("质押财产被查封、扣押、冻结，或者权属发生争议的，乙方应当在三个工作日内书面通知甲方。"),
        article("质权的实现", "realization"),
        clause("**有下列情形之一的，甲方有权与乙方协议以质押财产折价，或者就拍卖、变卖质押财产所得的价款优先受偿：**"),
        item("**债务人不履行到期债务，或者主债务依主合同约定提前到期而未清偿的；**"),
        item("**乙方被宣告破产、解散，或者质押财产被查封、扣押、冻结，足以影响质权实现的；**"),
        item("**乙方违反本合同约定，经甲方催告在合理期限内仍未纠正，足以损害质权的。**"),
        clause("**应收账款质押的，甲方还有权直接请求应收账款的债务人在担保范围内向甲方支付。**", when=_RECEIVABLES),
        clause("折价或者变卖质押财产的，应当参照市场价格。所得价款超过债权数额的部分归乙方所有，不足部分由债务人清偿。"),
        clause("**债务履行期限届满前，双方不得约定债务人不履行到期债务时质押财产归甲方所有；有此约定的，甲方只能依法就质押财产优先受偿。**"),
        clause("乙方可以请求甲方在债务履行期限届满后及时行使质权；甲方怠于行使造成乙方损失的，应当承担赔偿责任。"),
        article("质押财产的返还与登记注销"),
        clause("主债务全部清偿，或者乙方提前清偿所担保的债权的，甲方应当在五个工作日内返还质押财产或者权利凭证，双方签署交接清单。", when=_HANDED_OVER),
        clause("主债务全部清偿，或者乙方提前清偿所担保的债权的，甲方应当在五个工作日内办理注销登记。", when=_REGISTERED),
        article("违约责任"),
        clause("因乙方隐瞒质押财产瑕疵、不按期交付或者不配合登记等造成甲方损失的，乙方应当赔偿甲方的实际损失。"),
        clause("甲方怠于返还质押财产、权利凭证或者怠于注销登记造成乙方损失的，应当赔偿乙方的实际损失。"),
        article("送达与争议解决"),
        clause("**双方确认首部所载地址、电话和电子邮箱为通知及法律文书的送达地址；变更的，应当在五个工作日内书面通知对方。**"),
        *dispute(),
        article("生效与其他"),
        clause("双方同意使用可靠的电子签名签署本合同；登记机构要求纸质文本的，另行签署纸质文本。", when=equals("electronic", True)),
        clause("本合同自双方签字、盖章或者完成电子签名之日起生效，质权依{ref:creation}设立；主债权消灭、质权实现或者甲方放弃质权的，质权消灭。"),
        clause("本合同一式{copies}份，双方各执至少一份，登记机构或者监管人留存所需份数，具有同等法律效力。"),
        notice(
            "乙方声明：本人已阅读并理解本合同全部条款，特别是加粗的担保范围、质权设立和质权实现条款；甲方已作出提示和说明，本人自愿提供质押担保。"
        ),
        signatures(
            [signer("甲方（质权人）", "company"), signer("乙方（出质人）", "guarantor")],
            ("签署日期", "{signing_date}"), ("签署地点", "{signing_place?}"),
        ),
    ),
    seam_marks=True,
)  # fmt: skip

TEMPLATE = template_of(
    BODY,
    code="pledge_contract",
    label="质押合同",
    data_type=PledgeData,
    variables=(*VARIABLES, Variable("things", "质押财产"), Variable("delivery_date", "交付或登记的最后日期")),
    number=lambda data: data.contract_number,
    sample=PledgeData(
        **{
            one.name: getattr(SAMPLE, one.name)
            for one in fields(SAMPLE)
            if one.name not in ("contract_number", "things")
        },
        contract_number="DT-ZY-20260115-0001",
        things=(
            Guarantee(
                kind="质押", guarantor="李四", subject="冷轧钢卷 120 吨（示范仓库一号库，品质合格）",
                certificate="示仓字第000001号", value_fen=60_000_000,
            ),
        ),
        pledge_kind="movable",
        delivery_date=date(2026, 1, 20),
        delivery_place="上海市宝山区示范路8号示范仓库",
        keeper="示范仓储有限公司",
    ),
)  # fmt: skip
