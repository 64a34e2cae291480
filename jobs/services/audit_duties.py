"""What the worker does for the history: sign its head, send that away, verify, prune."""

from jobs.services import chain_verification, checkpoints, checkpoints_delivery, retention


def keep_next(worker: str) -> bool:
    """Do one piece of what is due for the history; False if nothing was."""
    return (
        checkpoints.sign_next()
        or checkpoints_delivery.deliver_next(worker)
        or retention.prune_next(worker)
        or chain_verification.verify_next(worker)
    )
