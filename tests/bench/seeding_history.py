"""What the history has of the jobs that seeding.py writes: their events, chained, with the personal
values and the exchanges that these bind."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobs.choices import OPEN_STATUSES, Call, ExchangeOutcome, JobStatus, Origin, Verb
from jobs.models import Exchange
from jobs.services import audit

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


def _verbs(job: dict[str, Any]) -> Iterable[tuple[Verb, str, str]]:
    """What happened to a job: the verb, who did it, and how it came out."""
    if job["origin"] == Origin.DISCOVERED:
        yield Verb.JOB_DISCOVERED, "worker", ""
    else:
        yield Verb.JOB_SUBMITTED, "person", ""
        yield Verb.ATTEMPT_SENDING, "worker", ""
        if job["remote_job_id"]:
            yield Verb.ATTEMPT_CONFIRMED, "worker", "succeeded"
        elif job["status"] == JobStatus.REJECTED:
            yield Verb.ATTEMPT_REJECTED, "worker", "refused"
        else:
            yield Verb.ATTEMPT_NOT_SENT, "worker", "failed"
    if job["remote_job_id"] and job["status"] not in OPEN_STATUSES:
        yield Verb.JOB_STATUS_CHANGED, "worker", str(job["status"])


def _exchange(job: dict[str, Any]) -> dict[str, Any]:
    """The call that made the job, or was refused."""
    made, created = job["remote_job_id"], job["created_at"]
    said = {"job_id": made, "status": "PENDING"} if made else {"code": job["error_code"]}
    response = json.dumps({"request_id": job["content_digest"][:32], "output": said})
    return {
        "id": job["id"],
        "job_id": job["id"],
        "attempt_id": job["id"],
        "call": Call.CREATE,
        "outcome": ExchangeOutcome.ANSWERED if made else ExchangeOutcome.REJECTED,
        "reason": "",
        "host": "dashscope.aliyuncs.com",
        "key_fingerprint": "3f9ac1d2b4e5",
        "method": "POST",
        "path": "/api/v1/custom_models/import",
        "request_body": json.dumps({"display_name": job["display_name"]}, ensure_ascii=False),
        "status_code": 200 if made else 400,
        "response_headers": {"content-type": "application/json", "server": "istio-envoy"},
        "response_body": response,
        "response_bytes": len(response),
        "response_truncated": False,
        "request_id": job["content_digest"][:32],
        "started_at": created,
        "finished_at": created + timedelta(milliseconds=240),
        "duration_ms": 240,
        "bodies_pruned_at": None,
    }


def _told(exchange: dict[str, Any]) -> dict[str, Any]:
    """What an event holds of an exchange."""
    facts = audit.exchange_facts(Exchange(**exchange))
    whole = audit.digest_of(audit.canonical_text(facts))
    return {key: facts[key] for key in ("id", "request", "response")} | {"digest": whole}


def _personal(job: dict[str, Any]) -> dict[str, str]:
    """What the history knows of whoever submitted the job, and can forget."""
    return {"actor": job["submitted_by_label"], "address": "10.1.2.3", "user_agent": AGENT}


@dataclass
class History:
    """Some jobs' events, with what stands beside them."""

    events: list[dict[str, Any]]
    personal: list[dict[str, Any]]
    exchanges: list[dict[str, Any]]


def chained(jobs: list[dict[str, Any]], seq: int, head: str) -> tuple[History, str]:
    """The jobs' events, chained as services/audit.py chains them, and the new head."""
    history = History([], [], [])
    for job in jobs:
        salt = job["content_digest"][:32]
        at = job["created_at"]
        at_text = audit.utc_text(at)
        for verb, kind, outcome in _verbs(job):
            seq += 1
            user = job["submitted_by_id"] if kind == "person" else None
            about = {
                "act": f"{salt[:8]}-{salt[8:12]}-{salt[12:16]}-{salt[16:20]}-{salt[20:]}",
                "at": at_text,
                "job": job["id"],
                "kind": kind,
                "outcome": outcome,
                "seq": seq,
                "token": None,
                "user": user,
                "v": audit.SCHEMA_VERSION,
                "verb": str(verb),
                "workspace": job["workspace_id"],
            }
            called = verb in (Verb.ATTEMPT_CONFIRMED, Verb.ATTEMPT_REJECTED)
            exchanges = [_exchange(job)] if called else []
            personal = _personal(job) if kind == "person" else {}
            text = audit.canonical_text(
                {
                    "about": about,
                    "actor": "",
                    "data": {"base_model": job["base_model"], "object_key": job["object_key"]},
                    "exchanges": [_told(exchange) for exchange in exchanges],
                    "personal": {n: audit.commitment(salt, told) for n, told in personal.items()},
                    "salt": salt,
                    "subject": {"kind": "importjob", "id": job["id"], "label": job["display_name"]},
                }
            )
            digest = audit.digest_of(text)
            hash_ = audit.chain_hash(head, digest)
            history.exchanges += exchanges
            history.personal += [
                {"event_seq": seq, "field": name, "user_id": user, "salt": salt, "value": value}
                for name, value in personal.items()
            ]
            history.events.append(
                {
                    "seq": seq,
                    "canonical": text,
                    "digest": digest,
                    "previous_hash": head,
                    "hash": hash_,
                    "at": at,
                    "verb": str(verb),
                    "workspace_id": job["workspace_id"],
                    "job_id": job["id"],
                    "actor_kind": kind,
                    "actor_user_id": user,
                    "token_id": None,
                    "act_id": about["act"],
                    "outcome": outcome,
                }
            )
            head = hash_
    return history, head
