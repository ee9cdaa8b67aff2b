"""委托划款授权书: the borrower has the loan paid to the account of somebody named, for the agreed purpose."""

from dataclasses import replace

from loanhub.documents.data import AuthorizationData, BankAccount
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import account, article, clause, space
from loanhub.documents.templates._letters import SAMPLE, VARIABLES, begin, finish

BODY = body_of(
    (
        *begin("委托划款授权书"),
        article("委托事项"),
        clause(
            "授权人委托被授权人，将授权人借款合同项下的借款资金，为{purpose}之目的，划付至下列收款账户：",
            "payment",
        ),
        account("account"),
        space(4),
        clause(
            "**被授权人按{ref:payment}划付成功，即视为已经向授权人足额发放借款；借款合同项下的还款义务仍由授权人承担，不因收款人是"
            "他人而减免。**"
        ),
        article("真实性承诺"),
        clause(
            "授权人承诺收款人与授权人之间存在真实的交易关系，并应当按被授权人的要求提供交易合同、发票等证明材料。"
        ),
        clause("授权人承诺划付的资金用于约定用途，不以任何方式回流至授权人或者其关联人。"),
        clause("**收款账户不得是被授权人、其工作人员或者其关联方的账户。**"),
        article("期限与撤销"),
        clause("授权期限自{valid_from}起至{valid_to}止。"),
        clause("资金划付之前，授权人可以书面通知被授权人撤销或者变更本授权；划付之后不得撤销。"),
        clause(
            "因授权人提供的账户信息错误造成的划付失败或者损失，由授权人承担。有疑问的，可以拨打{company.contact_phone?}。"
        ),
        *finish("授权人确认：上述收款账户信息由本人核对无误，本人自愿委托划付，并知悉还款义务由本人承担。"),
    ),
    number_label="授权书编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="payment_instruction",
    label="委托划款授权书",
    data_type=AuthorizationData,
    variables=(
        *VARIABLES,
        Variable("account.holder", "收款账户户名"),
        Variable("account.bank", "收款账户开户行"),
        Variable("account.number", "收款账号"),
    ),
    number=lambda data: data.contract_number,
    sample=replace(
        SAMPLE,
        purpose="支付原材料采购货款",
        account=BankAccount(holder="示例材料有限公司", bank="示范银行上海分行", number="310000000000001"),
    ),
)
