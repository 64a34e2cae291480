"""Choosing the explanation: by call, then code, then pattern."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from jobs.explanations.catalogue import CALLS, CLOSINGS, ENTRIES, FALLBACKS, RETRIES, Entry
from jobs.explanations.explanation import Explanation
from jobs.explanations.text import Text

PAGES = Text(
    en="https://www.alibabacloud.com/help/en/model-studio/",
    zh="https://help.aliyun.com/zh/model-studio/",
)
# Messages end in links such as https://help.aliyun.com/zh/model-studio/error-code, whose words
# would pass for words of the message.
URL = re.compile(r"https?://\S+")
SINGAPORE = re.compile(r"singapore|dashscope-intl|ap-southeast-1|新加坡", re.IGNORECASE)
BEIJING = re.compile(r"beijing|\bdashscope\.aliyuncs\.com|北京", re.IGNORECASE)
# No documented text is this long; what lies beyond is not searched, and little of it is quoted.
LONGEST_TEXT = 2000
LONGEST_QUOTE = 200


def explain(
    *,
    call: str,
    code: str = "",
    message: str = "",
    error_code: str = "",
    reason: str = "",
    region: str = "",
) -> Explanation:
    """Explain any error or outcome; one that is not known is said to be unknown. Raises nothing.

    `call` is create, get, list or delete, import for a job that FAILED, or desk for our own
    outcomes. `code` and `message` are DashScope's answer, `error_code` is the text of a FAILED job,
    `reason` is the client's word (jobs/dashscope/errors.py) or the desk's own; a reason may also
    be given as `code`, and a FAILED job's text too. `region` is the region, host or address called.
    """
    if not reason and code.strip() in _REASONS:
        code, reason = "", code
    reason = reason.strip()
    call = _call(call, reason)
    text = _searched(message, error_code, code if call == "import" else "")
    by_reason = _BY_REASON.get((call, reason))
    entry = (
        _by_code(call, code, text, _region(region))
        or by_reason
        or _first_that_fits(_BY_TEXT[call], text)
    )
    if entry is None:
        return _unknown(call, reason, code or error_code or message or reason)
    if by_reason is not None and by_reason.closing == "unknown":
        # The code may read like a refusal; whether the call took effect is open all the same.
        entry = replace(entry, closing=by_reason.closing, retry=by_reason.retry, fix=by_reason.fix)
    return _explanation(entry, call, known=True)


def _call(call: str, reason: str) -> str:
    """Our own outcomes have explanations of their own; a bare client's word is about a create."""
    if ("desk", reason) in _BY_REASON or call not in CALLS:
        return "desk"
    if call in ("import", "desk") and reason in _REASONS:
        return "create"
    return call


def _searched(*texts: str) -> str:
    return URL.sub("", "\n".join(texts)[:LONGEST_TEXT])


def _region(named: str) -> str:
    if SINGAPORE.search(named):
        return "singapore"
    return "beijing" if BEIJING.search(named) else ""


def _normal(code: str) -> str:
    """One spelling for NOT AUTHORIZED and not_authorized, LimitRequests and limit_requests."""
    return re.sub(r"[\s_-]", "", code[:LONGEST_QUOTE]).lower()


def _by_code(call: str, code: str, text: str, region: str) -> Entry | None:
    """The entry of the code, or of its stem: InternalError.Timeout is an InternalError."""
    name = _normal(code)
    while name:
        if entries := _BY_CODE.get((call, name)):
            return _first_that_fits((e for e in entries if e.region in ("", region)), text)
        name = name.rpartition(".")[0]
    return None


def _first_that_fits(entries: Iterable[Entry], text: str) -> Entry | None:
    """By a field's own name, then by pattern, then the entry that asks for no text."""
    entries = list(entries)
    return (
        next((e for e in entries if e.names and e.names.search(text)), None)
        or next((e for e in entries if e.patterns and e.patterns.search(text)), None)
        or next((e for e in entries if not e.names and not e.patterns), None)
    )


def _unknown(call: str, reason: str, words: str) -> Explanation:
    words = " ".join(words[:LONGEST_TEXT].split())
    entry = next(
        e
        for e in FALLBACKS
        if call in e.calls
        and (e.name == "silent") is not bool(words)
        and (not e.reasons or reason in e.reasons)
    )
    quote = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
    cause = Text(
        en=entry.cause.en.replace("{raw}", quote), zh=entry.cause.zh.replace("{raw}", quote)
    )
    return _explanation(replace(entry, cause=cause), call, known=False)


def _explanation(entry: Entry, call: str, *, known: bool) -> Explanation:
    closing = CLOSINGS.get((entry.closing, call))
    retry = RETRIES[entry.retry or (closing.retry if closing else "not_known")]
    return Explanation(
        key=f"{call}.{entry.name}",
        title=entry.title,
        cause=entry.cause.followed_by(closing.text) if closing else entry.cause,
        fix=entry.fix,
        retry=retry.text,
        retry_safe=retry.retry_safe,
        heals_by_waiting=retry.heals_by_waiting,
        links=Text(en=PAGES.en + entry.page, zh=PAGES.zh + entry.page),
        setting=entry.setting,
        known=known,
    )


def _index_by_code() -> Mapping[tuple[str, str], list[Entry]]:
    index = defaultdict(list)
    for entry in ENTRIES:
        for call in entry.calls:
            for code in entry.codes:
                index[call, _normal(code)].append(entry)
    return dict(index)


_BY_CODE = _index_by_code()
_BY_REASON = {
    (call, reason): entry for entry in ENTRIES for call in entry.calls for reason in entry.reasons
}
_REASONS = {reason for _, reason in _BY_REASON}
_BY_TEXT = {
    call: [e for e in ENTRIES if call in e.calls and not e.codes and not e.reasons]
    for call in CALLS
}
