"""An authenticator app, written from RFC 6238 alone, and people who have one."""

import base64
import hmac
import re
import struct
import time
from dataclasses import dataclass
from typing import Any

from django.test import Client

from jobs.models import User
from tests.making import PASSWORD
from tests.security.staging import browser_of

SET_UP = "/settings/second-factor/set-up/"


@dataclass
class App:
    """Shows the codes of a secret; `codes` are the recovery codes that were shown along."""

    secret: str
    codes: list[str]

    def code(self, steps: int = 0) -> str:
        """The code of now, or of so many half minutes later."""
        key = base64.b32decode(self.secret)
        counter = struct.pack(">Q", int(time.time()) // 30 + steps)
        digest = hmac.digest(key, counter, "sha1")
        (value,) = struct.unpack_from(">I", digest, digest[-1] & 15)
        return f"{(value & 0x7FFFFFFF) % 10**6:06}"

    def wrong_code(self) -> str:
        """A code that does not count at this time."""
        near = {self.code(steps) for steps in range(-2, 3)}
        return next(code for code in ("111111", "222222", "333333") if code not in near)


def scanned(browser: Client) -> App:
    """The app of somebody who looks at the page that sets it up."""
    return App(browser.get(SET_UP).context["secret"].replace(" ", ""), [])


def switched_on(browser: Client, **data: str) -> tuple[App, Any]:
    """The app that was set up in the browser, and the page that said so."""
    app = scanned(browser)
    answer = browser.post(SET_UP, {"code": app.code(), "password": PASSWORD} | data)
    assert answer.status_code == 200, answer.context["form"].errors
    app.codes = re.findall(r"<li>([\d ]+)", answer.content.decode())
    return app, answer


def app_of(person: User) -> App:
    """The app of somebody who has a second factor from now on."""
    return switched_on(browser_of(person))[0]
