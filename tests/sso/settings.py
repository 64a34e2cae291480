"""The site's settings with single sign-on and a second factor: what
tests/security/test_single_sign_on.py runs with.

The identity provider listens where it finds a port, so it is named while the tests run.
"""

import os

os.environ |= {
    "SSO_PROVIDERS": "oidc,dingtalk,feishu",
    "SSO_OIDC_NAME": "Acme",
    "SSO_OIDC_SERVER_URL": "http://127.0.0.1:9",
    "SSO_OIDC_CLIENT_ID": "desk",
    "SSO_OIDC_CLIENT_SECRET": "the-secret-of-the-desk",
    "SSO_DINGTALK_CLIENT_ID": "ding-desk",
    "SSO_DINGTALK_CLIENT_SECRET": "the-secret-of-ding",
    "SSO_FEISHU_CLIENT_ID": "feishu-desk",
    "SSO_FEISHU_CLIENT_SECRET": "the-secret-of-feishu",
    "SECOND_FACTOR": "optional",
    "SSO_ROLES": "domain:acme.com=submitter,group:ml-leads=admin@research",
}

from tests.settings import *

# Apart from the database of the tests that run these; a file of SQLite has the process's number.
if DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": f"test_sso_{os.getpid()}"}
