"""The vocabularies that are stored in the database and shown to people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class WeightType(TextChoices):
    """How the weights were tuned, as DashScope spells it (vendor page: create-import-job-api)."""

    LORA = "lora", _("LoRA")
    FULL = "full", _("Full-parameter")


class JobStatus(TextChoices):
    """What an import job is shown as; the values are the API's words."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")
    REJECTED = "rejected", _("Rejected")
    NOT_CREATED = "not_created", _("Not created")
    PENDING = "pending", _("Pending")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    OTHER = "other", _("Other")


# DashScope's words (vendor page: custom-model-object-api). One English table of the vendor
# writes SUCCEEDED; the client already reads it as SUCCESSED, the word on the wire.
STATUS_OF_REMOTE_WORD = {
    "PENDING": JobStatus.PENDING,
    "RUNNING": JobStatus.RUNNING,
    "SUCCESSED": JobStatus.SUCCEEDED,
    "FAILED": JobStatus.FAILED,
}

# Not yet known to DashScope, or not known to be.
UNSENT_STATUSES = (JobStatus.QUEUED, JobStatus.SENDING, JobStatus.UNCONFIRMED)
# Known to DashScope and not at its end; these are followed.
FOLLOWED_STATUSES = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.OTHER)
OPEN_STATUSES = (*UNSENT_STATUSES, *FOLLOWED_STATUSES)
# The same weights are guarded against a second import while one of these holds.
GUARDED_STATUSES = (*OPEN_STATUSES, JobStatus.SUCCEEDED)
# A person may correct the fields and submit again.
RESUBMITTABLE_STATUSES = (JobStatus.REJECTED, JobStatus.FAILED, JobStatus.NOT_CREATED)
# DashScope deletes only these (vendor page: delete-import-job-api).
DELETABLE_STATUSES = (JobStatus.SUCCEEDED, JobStatus.FAILED)
# In these a person has to act or will want to know.
NEEDS_PERSON_STATUSES = (
    JobStatus.UNCONFIRMED,
    JobStatus.FAILED,
    JobStatus.REJECTED,
    JobStatus.NOT_CREATED,
)


class Origin(TextChoices):
    """Where a job was made."""

    DESK = "desk", _("Submitted here")
    DISCOVERED = "discovered", _("Made elsewhere")


class AttemptState(TextChoices):
    """Where one attempt to create the job stands; docs/submission.md draws the changes."""

    INTENDED = "intended", _("Intended")
    SENDING = "sending", _("Sending")
    CONFIRMED = "confirmed", _("Confirmed")
    REJECTED = "rejected", _("Rejected")
    NOT_SENT = "not_sent", _("Not sent")
    UNKNOWN = "unknown", _("Unknown outcome")
    CONFLICT = "conflict", _("Several candidates")
    ABSENT = "absent", _("Not found")


# A job has at most one attempt in these; the database holds that.
OPEN_ATTEMPT_STATES = (
    AttemptState.INTENDED,
    AttemptState.SENDING,
    AttemptState.UNKNOWN,
    AttemptState.CONFLICT,
)
# The create may have been accepted, and which remote job it made is not known.
UNSETTLED_ATTEMPT_STATES = (AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.CONFLICT)


class ConfirmedBy(TextChoices):
    """How it became known which remote job an attempt made."""

    ANSWER = "answer", _("DashScope's answer")
    ADOPTED = "adopted", _("the only match in DashScope's list")
    PICKED = "picked", _("a person's choice between candidates")


class DeletionState(TextChoices):
    """Where one deletion at DashScope stands."""

    INTENDED = "intended", _("Intended")
    SENDING = "sending", _("Sending")
    DONE = "done", _("Deleted at DashScope")
    REFUSED = "refused", _("Refused")
    UNKNOWN = "unknown", _("Unknown outcome")


OPEN_DELETION_STATES = (DeletionState.INTENDED, DeletionState.SENDING, DeletionState.UNKNOWN)


class Call(TextChoices):
    """The four calls of DashScope's import API."""

    CREATE = "create", _("Create")
    GET = "get", _("Get")
    LIST = "list", _("List")
    DELETE = "delete", _("Delete")


class ExchangeOutcome(TextChoices):
    """What one call told us."""

    ANSWERED = "answered", _("Answered")
    REJECTED = "rejected", _("Refused")
    NOT_SENT = "not_sent", _("Never left")
    UNKNOWN = "unknown", _("No clear answer")


class DutyKind(TextChoices):
    """What a worker does for a whole workspace at a time."""

    SETTLE = "settle", _("Settle unknown outcomes")
    FOLLOW = "follow", _("Follow open jobs")
    DISCOVER = "discover", _("Discover jobs made elsewhere")


class Region(TextChoices):
    """Where a workspace lives. DashScope imports through its API in two regions only."""

    ENVIRONMENT = "environment", _("As DASHSCOPE_BASE_URL says")
    BEIJING = "beijing", _("Beijing")
    SINGAPORE = "singapore", _("Singapore")


class Role(TextChoices):
    """What a member may do in a workspace; jobs/permissions.py says what each role can."""

    VIEWER = "viewer", _("Viewer")
    SUBMITTER = "submitter", _("Submitter")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Admin")


class Scope(TextChoices):
    """What a token may be used for, within what its person may do; each includes reading."""

    READ = "read", _("Read: see jobs")
    SUBMIT = "submit", _("Submit: submit, resubmit, resolve and delete jobs")
    AUDIT = "audit", _("Audit: read and export the history")


class NoticeKind(TextChoices):
    """The ways on which notices leave."""

    DINGTALK = "dingtalk", _("DingTalk robot")
    FEISHU = "feishu", _("Feishu or Lark robot")
    WECOM = "wecom", _("WeCom robot")
    SLACK = "slack", _("Slack webhook")
    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Signed JSON webhook")


class Happening(TextChoices):
    """What a notice tells of."""

    FINISHED = "finished", _("An import succeeded")
    FIXED = "fixed", _("A corrected import succeeded")
    FAILED = "failed", _("An import failed")
    REJECTED = "rejected", _("A submission was refused, or was not sent")
    UNKNOWN = "unknown", _("An outcome is unknown")
    SETTLED = "settled", _("An unknown outcome was settled")
    TEST = "test", _("A test")


class NoticeState(TextChoices):
    """Where one notice stands."""

    DUE = "due", _("On its way")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Given up")


class ActorKind(TextChoices):
    """Who acted."""

    PERSON = "person", _("Person")
    TOKEN = "token", _("Token")
    WORKER = "worker", _("Worker")
    SYSTEM = "system", _("Command line")


class EventOutcome(TextChoices):
    """How what an event tells of came out, where it came out at all."""

    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    REFUSED = "refused", _("Refused")
    UNKNOWN = "unknown", _("Unknown")


class Fault(TextChoices):
    """What is wrong with a record of the history."""

    MISSING = "missing", _("it is missing, or another stands in its place")
    LINK = "link", _("it does not follow the event before it")
    DIGEST = "digest", _("its text was changed")
    HASH = "hash", _("its hash was changed")
    COLUMNS = "columns", _("its columns do not say what its text says")
    PERSONAL = "personal", _("a personal value beside it was changed")
    HEAD = "head", _("the end of the history was changed")
    SIGNATURE = "signature", _("the signature of its checkpoint is false")
    CHECKPOINT = "checkpoint", _("a checkpoint that left this machine says otherwise")
    EXCHANGE = "exchange", _("an exchange with DashScope that it tells of was changed")


class Verb(TextChoices):
    """Every verb of the history. Verbs are never renamed, only retired.

    The label is the sentence shown for it, in the reader's language; {actor}, {subject} and
    the event's own data fill it.
    """

    JOB_SUBMITTED = "job.submitted", _("{actor} submitted {subject}")
    JOB_RESUBMITTED = "job.resubmitted", _("{actor} resubmitted {subject}")
    JOB_DISCOVERED = "job.discovered", _("{subject} was found at DashScope, made elsewhere")
    JOB_STATUS_CHANGED = "job.status_changed", _("{subject} went from {old} to {new}")
    JOB_GONE = "job.gone", _("{subject} is no longer at DashScope")
    JOB_REAPPEARED = "job.reappeared", _("{subject} is at DashScope again")
    GUARD_OVERRIDDEN = (
        "guard.overridden",
        _("{actor} submitted {subject} although the same weights were submitted before"),
    )
    ATTEMPT_SENDING = "attempt.sending", _("Sending {subject} to DashScope, once")
    ATTEMPT_CONFIRMED = "attempt.confirmed", _("DashScope accepted {subject}")
    ATTEMPT_REJECTED = "attempt.rejected", _("DashScope refused {subject}")
    ATTEMPT_NOT_SENT = "attempt.not_sent", _("{subject} did not leave: DashScope was not reached")
    ATTEMPT_UNKNOWN = "attempt.unknown", _("No clear answer for {subject}; it is looked for")
    ATTEMPT_ANSWERED_LATE = (
        "attempt.answered_late",
        _("An answer for {subject} came after its outcome was called unknown"),
    )
    ATTEMPT_ADOPTED = "attempt.adopted", _("{subject} was found in DashScope's list")
    ATTEMPT_CONFLICT = "attempt.conflict", _("Several jobs at DashScope could be {subject}")
    ATTEMPT_ABSENT = "attempt.absent", _("{subject} was looked for and not found at DashScope")
    ATTEMPT_PICKED = "attempt.picked", _("{actor} chose which job at DashScope is {subject}")
    ATTEMPT_DISMISSED = (
        "attempt.dismissed",
        _("{actor} said that none of the candidates is {subject}"),
    )
    JOB_GAVE_UP = "job.gave_up", _("{subject} was given up before it left")
    DELETION_REQUESTED = (
        "deletion.requested",
        _("{actor} asked to delete {subject} at DashScope"),
    )
    DELETION_SENDING = "deletion.sending", _("Asking DashScope to delete {subject}")
    DELETION_DONE = "deletion.done", _("{subject} was deleted at DashScope")
    DELETION_REFUSED = "deletion.refused", _("{subject} was not deleted at DashScope")
    DELETION_UNKNOWN = "deletion.unknown", _("No clear answer to the deletion of {subject}")
    SWEEP_ASKED = (
        "sweep.asked",
        _("{actor} asked for the open jobs of {subject} to be looked at now"),
    )
    VIEW_SAVED = "view.saved", _("{actor} saved the view {subject}")
    VIEW_REMOVED = "view.removed", _("{actor} removed the view {subject}")
    WORKSPACE_ADDED = "workspace.added", _("{actor} added the workspace {subject}")
    WORKSPACE_CHANGED = "workspace.changed", _("{actor} changed the workspace {subject}")
    KEY_CHECK_ASKED = "key.check_asked", _("{actor} asked whether the key of {subject} works")
    KEY_CHECKED = "key.checked", _("DashScope was asked whether the key of {subject} works")
    MEMBER_INVITED = "member.invited", _("{actor} made a link for a new {role} of {subject}")
    INVITATION_REVOKED = (
        "invitation.revoked",
        _("{actor} revoked a link for a new {role} of {subject}"),
    )
    MEMBER_JOINED = "member.joined", _("{actor} joined {subject} as {role}, by a link")
    MEMBER_LEFT = "member.left", _("{actor} left {subject}")
    MEMBER_ADDED = "member.added", _("{actor} made {member} {role} of {subject}")
    MEMBER_CHANGED = "member.changed", _("{actor} made {member} {role} of {subject}")
    MEMBER_REMOVED = "member.removed", _("{actor} removed {member} from {subject}")
    TOKEN_CREATED = "token.created", _("{actor} made the token {token_name}")
    TOKEN_REVOKED = "token.revoked", _("{actor} revoked the token {token_name}")
    NOTICE_RULE_ADDED = "notice.rule_added", _("{actor} set up notices")
    NOTICE_RULE_REMOVED = "notice.rule_removed", _("{actor} ended notices")
    SIGNED_IN = "session.signed_in", _("{actor} signed in")
    SIGN_IN_FAILED = "session.sign_in_failed", _("A sign-in failed")
    SIGNED_OUT = "session.signed_out", _("{actor} signed out")
    SECOND_FACTOR_SET_UP = "second_factor.set_up", _("{actor} set up a second factor")
    SECOND_FACTOR_SWITCHED_OFF = (
        "second_factor.switched_off",
        _("{actor} switched their second factor off"),
    )
    SECOND_FACTOR_REMOVED = (
        "second_factor.removed",
        _("{actor} removed the second factor of {member}"),
    )
    RECOVERY_CODES_RENEWED = (
        "second_factor.codes_renewed",
        _("{actor} made new recovery codes"),
    )
    RECOVERY_CODE_USED = (
        "second_factor.code_used",
        _("{actor} used a recovery code, and has {left} left"),
    )
    EXCHANGE_KEPT = "exchange.kept", _("DashScope was asked about {subject}: nothing new")
    BODIES_PRUNED = (
        "exchange.bodies_pruned",
        _("The bodies of old exchanges were removed; their digests stay in the history"),
    )
    JOBS_EXPORTED = "jobs.exported", _("{actor} exported jobs")
    HISTORY_EXPORTED = "history.exported", _("{actor} exported the history")
    HISTORY_REVIEWED = (
        "history.reviewed",
        _("{actor} marked the history as reviewed up to event {up_to}"),
    )
    HISTORY_NOTED = "history.noted", _("{actor} wrote a note on event {event}")
    HISTORY_VERIFIED = "history.verified", _("The history was verified up to event {up_to}")
    HISTORY_FOUND_BAD = "history.found_bad", _("Event {event} of the history is bad")
    HISTORY_RESTORED = (
        "history.restored",
        _("{actor} restored the records from a backup whose history ended at event {up_to}"),
    )
    PERSON_ERASED = (
        "person.erased",
        _("{actor} erased a person’s name and addresses from the history"),
    )


# With these an attempt is tied to a job at DashScope. Each says the job's status word (`status`),
# which may be that of its end already: then no later event tells of it.
TYING_VERBS = (Verb.ATTEMPT_CONFIRMED, Verb.ATTEMPT_ADOPTED, Verb.ATTEMPT_PICKED)
