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
from loanhub.models.archive import DocumentRule, LegalHold  # noqa: E402
from loanhub.models.assignment import (  # noqa: E402
    Assignee,
    AssignmentTally,
    AssignmentTurn,
    AssignmentVersion,
    LeadNotice,
    Leave,
    SkillGroup,
)
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
from loanhub.models.collections import (  # noqa: E402
    CollectionCase,
    CollectionContact,
    CollectionPromise,
    CollectionStrategy,
    CollectionStrategyVersion,
)
from loanhub.models.contracts import (  # noqa: E402
    Contract,
    ContractTemplate,
    Disclosure,
    Document,
    PrintLog,
    UploadLink,
)
from loanhub.models.customers import Consent, Customer, CustomerRelation, ScoreRecord  # noqa: E402
from loanhub.models.duplicates import (  # noqa: E402
    DuplicatePair,
    MergeMove,
    OwnershipRuling,
    RecordMerge,
    RecycleItem,
)
from loanhub.models.exporting import ExportJob  # noqa: E402
from loanhub.models.handover import Handover  # noqa: E402
from loanhub.models.lead_scores import LeadScore, LeadScoreCursor, LeadScoreVersion  # noqa: E402
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
from loanhub.models.messages import (  # noqa: E402
    MessageAccount,
    NoticePreference,
    OutboxAttachment,
    OutboxMessage,
    Unsubscribed,
)
from loanhub.models.pipelines import Pipeline, Stage, StageMove  # noqa: E402
from loanhub.models.printing import PrintBatch, PrintBatchItem  # noqa: E402
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
from loanhub.models.report_board import ReportBoard  # noqa: E402
from loanhub.models.report_delivery import ReportDelivery, ReportSubscription  # noqa: E402
from loanhub.models.reports import Report  # noqa: E402
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
from loanhub.models.signing import Signer, SigningCertificate, SigningProvider, SigningRound  # noqa: E402
from loanhub.models.sops import Sop, SopCursor, SopRun, SopVersion  # noqa: E402
from loanhub.models.targets import Target  # noqa: E402
from loanhub.models.telephony import AgentExtension, CallRecord  # noqa: E402
from loanhub.models.templates import DocumentTemplate, TemplateVersion  # noqa: E402
from loanhub.models.work import Interaction, Notification, SavedView, Task  # noqa: E402

__all__ = [
    "AgentExtension",
    "ApiKey",
    "Application",
    "Approval",
    "Assignee",
    "AssignmentTally",
    "AssignmentTurn",
    "AssignmentVersion",
    "BankLine",
    "BankStatement",
    "CallRecord",
    "Channel",
    "ChannelCost",
    "CollectionCase",
    "CollectionContact",
    "CollectionPromise",
    "CollectionStrategy",
    "CollectionStrategyVersion",
    "Consent",
    "ConsentText",
    "Contract",
    "ContractTemplate",
    "CustomField",
    "Customer",
    "CustomerRelation",
    "DayClose",
    "DayEndRun",
    "Department",
    "Disclosure",
    "Document",
    "DocumentRule",
    "DocumentTemplate",
    "DuplicatePair",
    "Event",
    "EventSeal",
    "ExportJob",
    "Handover",
    "IdempotencyKey",
    "ImportBatch",
    "ImportRow",
    "Installment",
    "Interaction",
    "Job",
    "JobRun",
    "Lead",
    "LeadConsent",
    "LeadCost",
    "LeadNotice",
    "LeadScore",
    "LeadScoreCursor",
    "LeadScoreVersion",
    "LeadTouch",
    "Leave",
    "LedgerDemand",
    "LedgerEntry",
    "LedgerProof",
    "LedgerTransaction",
    "LegalHold",
    "Loan",
    "LoanRequest",
    "LoanSnapshot",
    "LoginAttempt",
    "LprRate",
    "MergeMove",
    "MessageAccount",
    "NoticePreference",
    "Notification",
    "NumberSequence",
    "Outbox",
    "OutboxAttachment",
    "OutboxMessage",
    "OwnershipRuling",
    "ParkedLoan",
    "Payment",
    "PaymentAllocation",
    "Pipeline",
    "PrintBatch",
    "PrintBatchItem",
    "PrintLog",
    "Product",
    "RateCap",
    "RecentItem",
    "RecordMerge",
    "RecycleItem",
    "RefundClaim",
    "Report",
    "ReportBoard",
    "ReportDelivery",
    "ReportSubscription",
    "Role",
    "SQLModel",
    "SavedView",
    "ScoreRecord",
    "SearchToken",
    "Segment",
    "SegmentCount",
    "Setting",
    "SettlementOffer",
    "Signer",
    "SigningCertificate",
    "SigningProvider",
    "SigningRound",
    "SkillGroup",
    "Sop",
    "SopCursor",
    "SopRun",
    "SopVersion",
    "Stage",
    "StageMove",
    "Submission",
    "Target",
    "Task",
    "TemplateVersion",
    "Unsubscribed",
    "UploadLink",
    "User",
    "UserRole",
    "UserSession",
    "WebhookDelivery",
    "WebhookEndpoint",
]
