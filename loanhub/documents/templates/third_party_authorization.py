"""向第三方提供个人信息授权书: separate consent naming each recipient. Source: 个人信息保护法 23."""

from loanhub.documents.data import AuthorizationData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    article,
    clause,
    column,
    paragraph,
    repeat,
)
from loanhub.documents.templates._letters import SAMPLE, VARIABLES, begin, finish

BODY = body_of(
    (
        *begin("向第三方提供个人信息授权书"),
        paragraph("授权人单独同意：被授权人为{purpose}之目的，将授权人的个人信息提供给下列接收方。"),
        repeat(
            "recipients",
            column("序号", 0.5, "{index}", "center"),
            column("接收方", 2.0, "{item}"),
            column("处理方式", 1.2, "审核、存储、使用"),
            column("信息种类", 3.0, "{categories}"),
        ),
        article("授权的范围"),
        clause(
            "**本授权仅限上表所列接收方和信息种类；增加接收方、信息种类或者变更目的的，应当重新取得授权人的单独同意。**"
        ),
        clause(
            "接收方的联系方式由被授权人在提供信息之前告知授权人；接收方应当在上述目的和范围内处理个人信息。"
        ),
        article("授权期限与撤回"),
        clause("授权期限自{valid_from}起至{valid_to}止。"),
        clause("授权人有权随时撤回本授权，被授权人应当停止提供并通知接收方；撤回不影响撤回前处理的效力。"),
        article("投诉"),
        clause("行使权利或者投诉，可以拨打{company.contact_phone?}；被授权人应当在十五个工作日内答复。"),
        *finish("授权人确认：本人已知悉接收方的名称、处理目的、处理方式和个人信息的种类，自愿单独同意。"),
    ),
    number_label="授权书编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="third_party_authorization",
    label="向第三方提供个人信息授权书",
    data_type=AuthorizationData,
    variables=(*VARIABLES, Variable("recipients", "接收方"), Variable("categories", "个人信息种类")),
    number=lambda data: data.contract_number,
    sample=SAMPLE,
)
