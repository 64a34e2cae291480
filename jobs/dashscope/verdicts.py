"""Decides of each delivery whether it is an answer or an error, and which one."""

from jobs.dashscope import answers
from jobs.dashscope.errors import (
    DashScopeError,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Throttled,
)
from jobs.dashscope.faults import NOTHING_LEFT
from jobs.dashscope.transport import Delivery


def error_in(delivery: Delivery) -> DashScopeError | None:
    """The error that a delivery is, or None for a 2xx that says of no error."""
    exchange, fault, cause = delivery.exchange, delivery.fault, delivery.cause
    refusal = answers.refusal_in(delivery.document)
    status = exchange.status_code or 0
    if 300 <= status < 400:
        return OutcomeUnknown(exchange, Reason.REDIRECTED, refusal, cause)
    if 500 <= status < 600:
        # Even with an envelope: it says that something went wrong, not that nothing was done.
        return OutcomeUnknown(exchange, Reason.SERVER_ERROR, refusal, cause)
    if fault in NOTHING_LEFT and not exchange.requests_sent:
        return NotSent(exchange, fault, None, cause)
    if fault is not None:
        return OutcomeUnknown(exchange, fault, refusal, cause)
    if 400 <= status < 500:
        return _refused(delivery)
    if not delivery.document or not 200 <= status < 300:
        return OutcomeUnknown(exchange, Reason.UNREADABLE_ANSWER, refusal)
    if refusal and not answers.output_in(delivery.document):
        return OutcomeUnknown(exchange, Reason.ERROR_IN_200, refusal)
    return None


def _refused(delivery: Delivery) -> DashScopeError:
    exchange = delivery.exchange
    refusal = answers.refusal_in(delivery.document)
    if refusal is None:
        # A gateway in between speaks of itself, not of what stands behind it.
        return OutcomeUnknown(exchange, Reason.NOT_FROM_THE_API)
    if answers.UNCERTAIN_CODES.fullmatch(refusal.code):
        return OutcomeUnknown(exchange, Reason.SERVER_ERROR, refusal)
    if answers.output_in(delivery.document):
        # A refusal has no output; a body that has both contradicts itself.
        return OutcomeUnknown(exchange, Reason.UNREADABLE_ANSWER, refusal)
    if exchange.status_code == 429 or refusal.code.startswith("Throttling"):
        return Throttled(exchange, Reason.THROTTLED, refusal)
    return Rejected(exchange, Reason.REJECTED, refusal)
