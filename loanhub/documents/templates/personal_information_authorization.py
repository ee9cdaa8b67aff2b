"""个人信息处理授权书. Source: 个人信息保护法 13–17, 23, 28–30, 44–47, 50."""

from loanhub.documents.data import AuthorizationData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    article,
    clause,
    paragraph,
)
from loanhub.documents.templates._letters import SAMPLE, VARIABLES, begin, finish

BODY = body_of(
    (
        *begin("个人信息处理授权书"),
        paragraph("授权人为办理融资业务，在充分知情的前提下，自愿作出如下授权："),
        article("处理目的与方式"),
        clause("被授权人为{purpose}之目的，可以收集、存储、使用、加工授权人的个人信息，不得超出该目的处理。"),
        clause("被授权人采取加密存储、访问控制、操作留痕等措施保护个人信息，仅由因工作需要的人员接触。"),
        article("信息种类"),
        clause("本次授权处理的个人信息包括：{categories}。"),
        clause(
            "**其中，身份证件信息、银行账户及交易流水、信用报告等属于敏感个人信息，一旦泄露或者非法使用，可能危害授权人的人身、财产"
            "安全；被授权人仅在为上述目的所必需的范围内处理，授权人对此单独同意。**"
        ),
        article("期限"),
        clause(
            "授权期限自{valid_from}起至{valid_to}止；期限届满或者目的实现后，被授权人应当删除或者匿名化处理，法律、"
            "法规另有保存期限的，从其规定。"
        ),
        article("授权人的权利"),
        clause("授权人有权查阅、复制、更正、补充、删除其个人信息，有权要求被授权人解释处理规则。"),
        clause(
            "**授权人有权随时撤回本授权，被授权人不得以撤回为由拒绝提供与该信息无关的服务；撤回不影响撤回前处理的效力。**"
        ),
        clause(
            "行使上述权利或者投诉，可以拨打{company.contact_phone?}，或者致函{company.address}；被授权人应当在十五个工作日内答复。"
        ),
        article("限制"),
        clause("未经授权人另行单独同意，被授权人不得向第三方提供、不得公开授权人的个人信息，不得用于营销。"),
        *finish(
            "授权人确认：本人已阅读并理解本授权书全部内容，知悉处理敏感个人信息的必要性和影响，自愿授权。"
        ),
    ),
    number_label="授权书编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="personal_information_authorization",
    label="个人信息处理授权书",
    data_type=AuthorizationData,
    variables=(*VARIABLES, Variable("categories", "个人信息种类")),
    number=lambda data: data.contract_number,
    sample=SAMPLE,
)
