"""向第三方提供个人信息授权书: separate consent naming each recipient. Source: 个人信息保护法 23."""

from loanhub.documents.compose import Column, Composer
from loanhub.documents.data import AuthorizationData, Company
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates import _letters as letters
from loanhub.documents.wording import listed


def _build(document: Composer, data: AuthorizationData, company: Company) -> None:
    letters.begin(document, data, company, "向第三方提供个人信息授权书")
    document.paragraph("授权人单独同意：被授权人为{purpose}之目的，将授权人的个人信息提供给下列接收方。")
    document.rows(
        (
            Column("序号", 0.5, "center"),
            Column("接收方", 2.0),
            Column("处理方式", 1.2),
            Column("信息种类", 3.0),
        ),
        [
            (str(place), name, "审核、存储、使用", listed(data.categories))
            for place, name in enumerate(data.recipients, start=1)
        ],
    )
    document.article("授权的范围")
    document.clause(
        "**本授权仅限上表所列接收方和信息种类；增加接收方、信息种类或者变更目的的，应当重新取得授权人的单独同意。**"
    )
    document.clause(
        "接收方的联系方式由被授权人在提供信息之前告知授权人；接收方应当在上述目的和范围内处理个人信息。"
    )
    document.article("授权期限与撤回")
    document.clause("授权期限自{valid_from}起至{valid_to}止。")
    document.clause(
        "授权人有权随时撤回本授权，被授权人应当停止提供并通知接收方；撤回不影响撤回前处理的效力。"
    )
    document.article("投诉")
    document.clause("行使权利或者投诉，可以拨打{phone}；被授权人应当在十五个工作日内答复。")
    letters.finish(
        document,
        data,
        "授权人确认：本人已知悉接收方的名称、处理目的、处理方式和个人信息的种类，自愿单独同意。",
    )


TEMPLATE = DocumentTemplate(
    code="third_party_authorization",
    label="向第三方提供个人信息授权书",
    data_type=AuthorizationData,
    variables=(*letters.VARIABLES, Variable("recipients", "接收方"), Variable("categories", "个人信息种类")),
    build=_build,
    number=lambda data: data.contract_number,
    number_label="授权书编号",
    sample=letters.SAMPLE,
    one_page=True,
)
