"""扣款授权书: consent to collect installments from the borrower's own account."""

from loanhub.documents.data import AuthorizationData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    article,
    clause,
    space,
)
from loanhub.documents.templates._letters import SAMPLE, VARIABLES, begin, finish

BODY = body_of(
    (
        *begin("扣款授权书"),
        article("授权账户与事项"),
        clause(
            "授权人授权被授权人为{purpose}，委托银行或者持牌支付机构从授权人本人下列账户划扣到期应还款项："
        ),
        account("account"),
        space(4),
        clause(
            "**划扣金额以还款计划表所载当期应还款项及依约产生的罚息、费用为限，不得划扣未到期款项；账户余额不足的，可以"
            "划扣部分款项，仍未足额的部分由授权人另行偿还。**"
        ),
        article("告知"),
        clause("被授权人应当在应还日前以短信等方式提示应还金额，在划扣成功后提供划扣凭证。"),
        clause("划扣有误的，被授权人应当自发现或者收到异议之日起三个工作日内退还误划款项。"),
        article("期限与撤销"),
        clause("授权期限自{valid_from}起至{valid_to}止。"),
        clause(
            "授权人可以提前五个工作日书面通知撤销本授权；撤销不免除授权人的还款义务，授权人应当以其他方式按期还款。"
        ),
        clause(
            "授权人变更或者注销账户的，应当提前五个工作日通知被授权人并重新办理授权。对划扣有疑问的，可以拨打{company.contact_phone?}。"
        ),
        *finish("授权人确认：上述账户为本人账户，本人已阅读并理解本授权书全部内容，自愿授权。"),
    ),
    number_label="授权书编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="debit_authorization",
    label="扣款授权书",
    data_type=AuthorizationData,
    variables=(
        *VARIABLES,
        Variable("account.holder", "扣款账户户名"),
        Variable("account.bank", "扣款账户开户行"),
        Variable("account.number", "扣款账号"),
    ),
    number=lambda data: data.contract_number,
    sample=SAMPLE,
)
