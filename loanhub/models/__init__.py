"""Every table, imported here so that ``SQLModel.metadata`` is complete for the migrations."""

from sqlmodel import SQLModel

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING_CONVENTION

from loanhub.models.access import Department, LoginAttempt, Role, User, UserRole, UserSession  # noqa: E402
from loanhub.models.applications import Application, Approval, Submission  # noqa: E402
from loanhub.models.capture import (  # noqa: E402
    ApiKey,
    ChannelCost,
    ConsentText,
    LeadConsent,
    LeadCost,
    RefundClaim,
    WebhookDelivery,
    WebhookEndpoint,
)
from loanhub.models.contracts import Contract, ContractTemplate, Disclosure, Document, PrintLog  # noqa: E402
from loanhub.models.customers import Consent, Customer, CustomerRelation, ScoreRecord  # noqa: E402
from loanhub.models.leads import Channel, ImportBatch, ImportRow, Lead, LeadTouch  # noqa: E402
from loanhub.models.loans import (  # noqa: E402
    Installment,
    LedgerDemand,
    LedgerEntry,
    LedgerProof,
    LedgerTransaction,
    Loan,
    Payment,
    PaymentAllocation,
)
from loanhub.models.pipelines import Pipeline, Stage, StageMove  # noqa: E402
from loanhub.models.products import Product  # noqa: E402
from loanhub.models.records import (  # noqa: E402
    CustomField,
    Event,
    EventSeal,
    IdempotencyKey,
    Job,
    JobRun,
    NumberSequence,
    Outbox,
    RecentItem,
    SearchToken,
    Setting,
)
from loanhub.models.segments import Segment, SegmentCount  # noqa: E402
from loanhub.models.servicing import (  # noqa: E402
    BankLine,
    BankStatement,
    DayClose,
    DayEndRun,
    LoanRequest,
    LoanSnapshot,
    LprRate,
    ParkedLoan,
    RateCap,
    SettlementOffer,
)
from loanhub.models.work import Interaction, Notification, SavedView, Task  # noqa: E402

__all__ = [
    "ApiKey", "Application", "Approval", "BankLine", "BankStatement", "Channel", "ChannelCost", "Consent",
    "ConsentText", "Contract", "ContractTemplate",
    "CustomField", "Customer", "CustomerRelation", "DayClose", "DayEndRun", "Department", "Disclosure",
    "Document", "Event", "EventSeal", "IdempotencyKey", "ImportBatch", "ImportRow", "Installment",
    "Interaction", "Job", "JobRun", "Lead", "LeadConsent", "LeadCost", "LeadTouch", "LedgerDemand", "LedgerEntry", "LedgerProof",
    "LedgerTransaction", "Loan", "LoanRequest", "LoanSnapshot", "LoginAttempt", "LprRate", "Notification",
    "NumberSequence", "Outbox", "ParkedLoan", "Payment", "PaymentAllocation", "Pipeline", "PrintLog",
    "Product", "RateCap", "RecentItem", "RefundClaim", "Role", "SQLModel", "SavedView", "ScoreRecord", "SearchToken", "Segment", "SegmentCount", "Setting", "SettlementOffer",
    "Stage", "StageMove", "Submission", "Task", "User", "UserRole", "UserSession", "WebhookDelivery",
    "WebhookEndpoint",
]  # fmt: skip
