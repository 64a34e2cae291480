"""How each service wants to be told, signed as it says, and how it says that it was not.

Signatures: DingTalk's page "custom robot security settings", Feishu's "custom bot guide",
Standard Webhooks 1.0 for our own JSON. WeCom and Slack know the sender by the address alone.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jobs.choices import NoticeKind
from jobs.services.outbound import Answer

HOSTS = {
    NoticeKind.DINGTALK: ("oapi.dingtalk.com",),
    NoticeKind.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
    NoticeKind.WECOM: ("qyapi.weixin.qq.com",),
    NoticeKind.SLACK: ("hooks.slack.com",),
}
WEBHOOK_PREFIX = "whsec_"


@dataclass(frozen=True)
class Message:
    """What is said: a line that stands alone, more lines, a link, and the same as data."""

    title: str
    lines: list[str]
    url: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        """All of it as text."""
        return "\n".join([self.title, *self.lines, self.url])


@dataclass(frozen=True)
class Post:
    """A request that is ready to leave."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def post_for(
    kind: NoticeKind, target: str, secret: str, message: Message, *, identifier: str, at: datetime
) -> Post:
    """The request that tells the service of the message, signed if there is a secret."""
    post = _FORMATS[kind](target, secret, message, identifier, int(at.timestamp() * 1000))
    return Post(post.url, post.body, {"Content-Type": "application/json"} | post.headers)


def refusal(kind: NoticeKind, answer: Answer) -> str:
    """Why the service did not take it, or "" if it did. Chat services say so behind a 200."""
    if 300 <= answer.status < 400:
        return "it answered with a redirect, which is not followed"
    if not 200 <= answer.status < 300:
        return f"HTTP {answer.status}"
    if kind in (NoticeKind.SLACK, NoticeKind.WEBHOOK):
        return ""
    try:
        said = json.loads(answer.body)
        code = said.get("errcode", said.get("code", said.get("StatusCode")))
    except (ValueError, AttributeError):
        return "its answer cannot be read"
    return "" if code == 0 else f"code {code}"


def dingtalk_sign(secret: str, timestamp_ms: int) -> str:
    """HMAC-SHA256 of the time in milliseconds and the secret, under the secret."""
    return _hmac(secret.encode(), f"{timestamp_ms}\n{secret}".encode())


def feishu_sign(secret: str, timestamp: int) -> str:
    """HMAC-SHA256 of nothing, under the time in seconds and the secret."""
    return _hmac(f"{timestamp}\n{secret}".encode(), b"")


def webhook_sign(secret: str, identifier: str, timestamp: int, body: bytes) -> str:
    """Standard Webhooks: HMAC-SHA256 of id, time in seconds and body, joined by dots."""
    key = base64.b64decode(secret.removeprefix(WEBHOOK_PREFIX))
    return "v1," + _hmac(key, f"{identifier}.{timestamp}.".encode() + body)


def _hmac(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _dingtalk(target: str, secret: str, message: Message, _identifier: str, at_ms: int) -> Post:
    url = target
    if secret:
        url += f"&timestamp={at_ms}&sign={quote(dingtalk_sign(secret, at_ms), safe='')}"
    return Post(url, _json({"msgtype": "text", "text": {"content": message.text}}))


def _feishu(target: str, secret: str, message: Message, _identifier: str, at_ms: int) -> Post:
    # Feishu takes <at user_id="all"> in a text for a call to everybody.
    text = message.text.replace("<", "＜")
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        at = at_ms // 1000
        body = {"timestamp": str(at), "sign": feishu_sign(secret, at)} | body
    return Post(target, _json(body))


def _wecom(target: str, _secret: str, message: Message, _identifier: str, _at_ms: int) -> Post:
    return Post(target, _json({"msgtype": "text", "text": {"content": message.text}}))


def _slack(target: str, _secret: str, message: Message, _identifier: str, _at_ms: int) -> Post:
    # Slack takes <!channel> in a text for a call to everybody, until it is escaped.
    text = message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Post(target, _json({"text": text}))


def _webhook(target: str, secret: str, message: Message, identifier: str, at_ms: int) -> Post:
    at = at_ms // 1000
    body = _json(message.data)
    headers = {
        "webhook-id": identifier,
        "webhook-timestamp": str(at),
        "webhook-signature": webhook_sign(secret, identifier, at, body),
    }
    return Post(target, body, headers)


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


_FORMATS: dict[NoticeKind, Callable[[str, str, Message, str, int], Post]] = {
    NoticeKind.DINGTALK: _dingtalk,
    NoticeKind.FEISHU: _feishu,
    NoticeKind.WECOM: _wecom,
    NoticeKind.SLACK: _slack,
    NoticeKind.WEBHOOK: _webhook,
}
