"""DingTalk and Feishu on loopback, as far as signing in goes, written from their own pages.

Both take JSON and nothing else. `spoils` maps a path to what is answered there instead.
"""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

DINGTALK_TOKEN = "/v1.0/oauth2/userAccessToken"
DINGTALK_PERSON = "/v1.0/contact/users/me"
FEISHU_APP = "/open-apis/auth/v3/app_access_token/internal"
FEISHU_TOKEN = "/open-apis/authen/v1/access_token"
FEISHU_PERSON = "/open-apis/authen/v1/user_info"
Answer = tuple[int, Any]


class Chats(ThreadingHTTPServer):
    """`organisation` is what the person at the browser belongs to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.organisation = "acme-org"
        self.spoils: dict[str, Answer] = {}
        self.codes: set[str] = set()
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path: str, given: dict[str, Any], headers: Any) -> Answer:
        """What the two say; a refusal is a 400 at DingTalk and a code in a 200 at Feishu."""
        self.asked.append(path)
        if path in self.spoils:
            return self.spoils[path]
        if path == DINGTALK_TOKEN:
            wanted = {
                "clientId": "ding-desk",
                "clientSecret": "the-secret-of-ding",
                "grantType": "authorization_code",
            }
            if not wanted.items() <= given.items() or not self._use(given):
                return 400, {"code": "invalidParameter", "message": f"not {given}"}
            token = {"accessToken": "of-the-person", "refreshToken": "r", "expireIn": 7200}
            return 200, token | {"corpId": self.organisation}
        if path == DINGTALK_PERSON:
            if headers["x-acs-dingtalk-access-token"] != "of-the-person":
                return 400, {"code": "InvalidAuthentication", "message": "token"}
            return 200, {"nick": "李雷", "unionId": "u-1", "openId": "o-1", "mobile": "13800000000"}
        if path == FEISHU_APP:
            if given != {"app_id": "feishu-desk", "app_secret": "the-secret-of-feishu"}:
                return 200, {"code": 10003, "msg": f"invalid param {given}"}
            return 200, {"code": 0, "msg": "ok", "app_access_token": "of-the-app", "expire": 7200}
        if path == FEISHU_TOKEN:
            own = headers["Authorization"] == "Bearer of-the-app"
            if not own or given.get("grant_type") != "authorization_code" or not self._use(given):
                return 200, {"code": 20014, "msg": f"not {given}"}
            return 200, {"code": 0, "msg": "success", "data": {"access_token": "of-the-person"}}
        if path == FEISHU_PERSON:
            if headers["Authorization"] != "Bearer of-the-person":
                return 200, {"code": 20005, "msg": "token"}
            person = {"name": "韩梅梅", "open_id": "o-2", "union_id": "u-2", "email": "h@acme.com"}
            return 200, {"code": 0, "data": person | {"tenant_key": self.organisation}}
        return 404, {}

    def _use(self, given: dict[str, Any]) -> bool:
        """A code counts once."""
        known = given.get("code") in self.codes
        self.codes.discard(str(given.get("code")))
        return known


class Handler(BaseHTTPRequestHandler):
    server: Chats

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path not in ("/oauth2/auth", "/open-apis/authen/v1/index"):
            self._send(*self.server.answer(address.path, {}, self.headers))
            return
        code = secrets.token_urlsafe()
        self.server.codes.add(code)
        # DingTalk gives its code under two names.
        name = "authCode" if address.path == "/oauth2/auth" else "code"
        answer = urlencode({name: code, "state": asked["state"]})
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{answer}")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_json = self.headers["Content-Type"].startswith("application/json")
        given = json.loads(body) if is_json else {}
        self._send(*self.server.answer(self.path, given, self.headers))

    def _send(self, status: int, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests' output is theirs."""
