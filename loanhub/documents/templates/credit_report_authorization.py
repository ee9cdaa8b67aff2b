"""征信查询授权书: written consent to one institution's query. Source: 征信业管理条例 18, 20."""

from loanhub.documents.data import AuthorizationData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.templates._blocks import (
    article,
    clause,
    paragraph,
)
from loanhub.documents.templates._letters import SAMPLE, VARIABLES, begin, finish

BODY = body_of(
    (
        *begin("征信查询授权书"),
        paragraph(
            "**重要提示：本授权书仅授权被授权人一家机构查询；被授权人不具备相应征信系统接入资格的，不得据此查询，"
            "应当由授权人自行查询后提供信用报告。**"
        ),
        article("授权事项"),
        clause(
            "授权人{person.name}不可误解地同意：被授权人{company.name}为{purpose}，可以向金融信用信息基础数据库以及经依法设立的征信机构查询、"
            "获取授权人的信用报告。"
        ),
        clause(
            "**授权人同意被授权人将授权人的贷款信息（包括逾期等不良信息）依法报送金融信用信息基础数据库；报送不良信息前，被授权人应当"
            "事先告知授权人。**"
        ),
        article("授权期限"),
        clause(
            "查询授权自{valid_from}起至{valid_to}止。业务获批的，贷后管理所需的查询授权延续至该笔业务结清之日；"
            "业务未获批的，授权自被授权人作出拒绝决定之日起终止。"
        ),
        article("使用限制"),
        clause("被授权人应当按照约定的用途使用信用报告，不得用作其他用途，未经授权人同意不得向第三方提供。"),
        clause("被授权人违反本授权书查询或者使用的，依法承担相应的法律责任。"),
        article("异议与投诉"),
        clause(
            "授权人对查询有异议的，可以拨打{company.contact_phone?}向被授权人提出，也可以向征信业监督管理部门的派出机构投诉。"
        ),
        *finish(
            "授权人确认：被授权人已依法向本人提示了相关条款（特别是加粗条款），应本人要求对相关概念、内容及法律效果作了说明，"
            "本人已知悉并理解上述内容。"
        ),
    ),
    number_label="授权书编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="credit_report_authorization",
    label="征信查询授权书",
    data_type=AuthorizationData,
    variables=VARIABLES,
    number=lambda data: data.contract_number,
    sample=SAMPLE,
)
