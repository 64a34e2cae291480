"""The records. Every write to them has one home in jobs/services/."""

from jobs.models.among import Among
from jobs.models.attempts import Attempt, Walk
from jobs.models.audit import (
    AuditCheckpoint,
    AuditEvent,
    AuditHead,
    AuditPersonal,
    Verification,
)
from jobs.models.deletions import Deletion
from jobs.models.exchanges import Exchange
from jobs.models.import_jobs import ImportJob
from jobs.models.invitations import Invitation
from jobs.models.key_checks import KeyCheck
from jobs.models.notices import Notice, NoticeMark, NoticeRule
from jobs.models.people import Membership, User
from jobs.models.reviews import ReviewMark, ReviewNote
from jobs.models.saved_views import SavedView
from jobs.models.tokens import Token
from jobs.models.workspaces import Duty, WorkerHeartbeat, Workspace

__all__ = [
    "Among",
    "Attempt",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditHead",
    "AuditPersonal",
    "Deletion",
    "Duty",
    "Exchange",
    "ImportJob",
    "Invitation",
    "KeyCheck",
    "Membership",
    "Notice",
    "NoticeMark",
    "NoticeRule",
    "ReviewMark",
    "ReviewNote",
    "SavedView",
    "Token",
    "User",
    "Verification",
    "Walk",
    "WorkerHeartbeat",
    "Workspace",
]
