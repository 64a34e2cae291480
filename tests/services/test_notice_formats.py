"""What each service is sent. The signatures were worked out with openssl, not with our code."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from jobs.choices import NoticeKind
from jobs.services import notice_formats
from jobs.services.notice_formats import Message, Post
from jobs.services.outbound import Answer

AT = datetime.fromtimestamp(1700000000.123, UTC)
SECRET = "SECabc123def456"
MESSAGE = Message('Failed: <at user_id="all"> & <!channel>', ["a", "b"], "https://d/1", {"x": 1})


def post(kind: NoticeKind, target: str, secret: str = "") -> Post:
    return notice_formats.post_for(kind, target, secret, MESSAGE, identifier="msg_7", at=AT)


def test_dingtalk_is_signed_in_its_address() -> None:
    made = post(NoticeKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=t", SECRET)

    query = parse_qs(urlsplit(made.url).query)
    assert query == {
        "access_token": ["t"],
        "timestamp": ["1700000000123"],
        "sign": ["5KoHmeVmqdyQk4kOmSLomc8QeflB3j6JXaf5eECCn3Q="],
    }
    assert json.loads(made.body)["text"]["content"] == MESSAGE.text


def test_feishu_is_signed_in_its_body_and_calls_nobody() -> None:
    made = post(NoticeKind.FEISHU, "https://open.feishu.cn/hook", SECRET)

    body = json.loads(made.body)
    assert (body["timestamp"], body["msg_type"]) == ("1700000000", "text")
    assert body["sign"] == "8utLQWFyQkBwMzFxV+JUKnXPdIttTVDbAgSkX+0pQRs="
    assert "<" not in body["content"]["text"]


def test_a_webhook_is_signed_as_standard_webhooks_say() -> None:
    # The vector of the specification itself.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    identifier, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'

    signature = notice_formats.webhook_sign(secret, identifier, 1614265330, body)

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    made = post(NoticeKind.WEBHOOK, "https://hooks.example.com/", secret)
    assert made.headers["webhook-id"] == "msg_7"
    assert made.headers["webhook-timestamp"] == "1700000000"
    assert made.headers["webhook-signature"] == notice_formats.webhook_sign(
        secret, "msg_7", 1700000000, made.body
    )
    assert made.headers["Content-Type"] == "application/json"


def test_wecom_and_slack_know_the_sender_by_the_address() -> None:
    wecom = post(NoticeKind.WECOM, "https://qyapi.weixin.qq.com/send?key=k")
    slack = post(NoticeKind.SLACK, "https://hooks.slack.com/services/x")

    assert json.loads(wecom.body) == {"msgtype": "text", "text": {"content": MESSAGE.text}}
    text = json.loads(slack.body)["text"]
    assert "&lt;!channel&gt;" in text
    assert "<" not in text


def test_without_a_secret_nothing_is_signed() -> None:
    dingtalk = post(NoticeKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=t")
    feishu = post(NoticeKind.FEISHU, "https://open.feishu.cn/hook")

    assert "sign" not in dingtalk.url
    assert "sign" not in json.loads(feishu.body)


@pytest.mark.parametrize(
    ("kind", "status", "body", "taken"),
    [
        (NoticeKind.DINGTALK, 200, '{"errcode":0,"errmsg":"ok"}', True),
        (NoticeKind.DINGTALK, 200, '{"errcode":310000,"errmsg":"sign not match"}', False),
        (NoticeKind.FEISHU, 200, '{"code":0}', True),
        (NoticeKind.FEISHU, 200, '{"StatusCode":0,"StatusMessage":"success"}', True),
        (NoticeKind.FEISHU, 200, '{"code":19021}', False),
        (NoticeKind.WECOM, 200, '{"errcode":0}', True),
        (NoticeKind.WECOM, 200, '{"errcode":93000}', False),
        (NoticeKind.WECOM, 200, "<html>", False),
        (NoticeKind.WECOM, 200, "[]", False),
        (NoticeKind.SLACK, 200, "ok", True),
        (NoticeKind.SLACK, 404, "no_service", False),
        (NoticeKind.WEBHOOK, 204, "", True),
        (NoticeKind.WEBHOOK, 302, "", False),
        (NoticeKind.WEBHOOK, 500, "", False),
    ],
)
def test_it_knows_when_a_service_did_not_take_it(
    kind: NoticeKind, status: int, body: str, taken: bool
) -> None:
    refusal = notice_formats.refusal(kind, Answer(status, body))

    assert (refusal == "") is taken
    assert "sign not match" not in refusal
