"""A small OpenID Connect provider on loopback: discovery, authorize, token, keys and userinfo.

It checks what a provider has to check, and can be told to lie.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(ThreadingHTTPServer):
    """`person` is who sits at the browser; `lies` overrides what the id_token says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.person: dict[str, Any] = {}
        self.lies: dict[str, Any] = {}
        self.about: dict[str, Any] = {}  # what userinfo says instead
        self.key = KEY
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def id_token(self, asked: dict[str, str]) -> str:
        claims = {
            "iss": self.address,
            "aud": asked["client_id"],
            "exp": int(time.time()) + 60,
            "iat": int(time.time()),
            "nonce": asked.get("nonce"),
            **self.person,
            **self.lies,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        at = self.server.address
        if path == "/.well-known/openid-configuration":
            ends = ("authorization", "token", "userinfo")
            document = {f"{end}_endpoint": f"{at}/{end}" for end in ends}
            self._answer(document | {"issuer": at, "jwks_uri": f"{at}/keys"})
        elif path == "/keys":
            key = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
            self._answer({"keys": [key | {"kid": "one", "alg": "RS256", "use": "sig"}]})
        elif path == "/authorization":
            asked = {name: values[0] for name, values in query.items()}
            self.server.asked.append(asked)
            code = secrets.token_urlsafe()
            self.server.codes[code] = asked
            answer = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{answer}")
            self.end_headers()
        elif path == "/userinfo" and self.headers["Authorization"] == "Bearer access":
            self._answer(self.server.person | self.server.about)
        else:
            self._answer({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.server.codes.pop(given.get("code", ""), None)
        verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            asked is None
            or given.get("client_secret") != "the-secret-of-the-desk"
            or given.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked.get("code_challenge")
        ):
            # What a careless provider says: it repeats the secret.
            self._answer({"error": "invalid_grant", "given": given}, 400)
            return
        self._answer({"access_token": "access", "id_token": self.server.id_token(asked)})

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests' output is theirs."""
