"""Every setting, read from the environment. docs/configuration.md lists each one with its unit.

Keys for DashScope are not here: only the worker reads them, at the moment of use
(jobs/services/keys.py), so that no settings page or traceback can hold one.
"""

from importlib.util import find_spec
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from importer_site import logs
from importer_site.environment import (
    BASE_DIR,
    HOST,
    PORT,
    SECRET_KEY_PATH,
    VAR_DIR,
    env,
    shown_host,
)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY and SECRET_KEY_PATH.is_file():
    # Made by `make run`, and then used by every command.
    SECRET_KEY = SECRET_KEY_PATH.read_text(encoding="utf-8").strip()
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` makes one and keeps it under var/; elsewhere set "
        "SECRET_KEY, or SECRET_KEY_FILE to a file that holds it."
    )
# Under this key tokens for the API and invitations are kept as digests. Apart from SECRET_KEY, so
# that either can be rotated alone; set it to the old SECRET_KEY before rotating that one, and
# every token stays valid.
TOKEN_DIGEST_KEY = env.str("TOKEN_DIGEST_KEY", default="") or SECRET_KEY
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", shown_host(HOST)]
)
# The address that people use, for links in messages; behind a proxy it is not HOST and PORT.
SITE_URL = env.str("SITE_URL", default=f"http://{shown_host(HOST)}:{PORT}")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The names that SSO_PROVIDERS takes, and allauth's modules for them.
PROVIDER_MODULES = {"oidc": "openid_connect", "dingtalk": "dingtalk", "feishu": "feishu"}

INSTALLED_APPS = [
    "jobs.apps.JobsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "jobs.middleware.RequestLogMiddleware",
    # Around the API's, which makes answers of its own out of pages.
    "jobs.middleware.PageCompressionMiddleware",
    "jobs.api.envelope.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jobs.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "importer_site.urls"
WSGI_APPLICATION = "importer_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jobs.views.chrome.chrome",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------
# The database is also the queue. SQLite unless DATABASE_URL names PostgreSQL.
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'import-desk.sqlite3'}")
}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # IMMEDIATE serialises writers, which is what makes a claim by lease exclusive here.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: an intent must survive a power cut. recursive_triggers: without it, INSERT OR
        # REPLACE deletes rows without firing a delete trigger. secure_delete: what was erased
        # does not stay readable in free pages.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON;",
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    # Nothing here is asked often enough, or takes long enough, to be worth compiling or a second
    # process; guessing otherwise, PostgreSQL took four times as long to check a large history.
    _options = _database.setdefault("OPTIONS", {})
    _options.setdefault("options", "-c jit=off -c max_parallel_workers_per_gather=0")
# Opening SQLite anew costs more than most of the worker's looks for work.
_database.setdefault("CONN_MAX_AGE", 60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "jobs.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"
# In the database, read along with where the history stands.
SESSION_ENGINE = "jobs.session_store"
SESSION_COOKIE_AGE = 12 * 60 * 60
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "jobs.views.accounts.locked_out"

# --- Single sign-on and the second factor, from the extra `sso` -------------------------------
# What is named here while the extra is not installed fails `manage.py check` (jobs/checks.py).
SSO_PROVIDERS = env.list("SSO_PROVIDERS", default=[])
SSO_OIDC_NAME = env.str("SSO_OIDC_NAME", default="OpenID Connect")
SSO_OIDC_SERVER_URL = env.str("SSO_OIDC_SERVER_URL", default="")
SSO_OIDC_CLIENT_ID = env.str("SSO_OIDC_CLIENT_ID", default="")
SSO_OIDC_CLIENT_SECRET = env.str("SSO_OIDC_CLIENT_SECRET", default="")
SSO_OIDC_GROUPS_CLAIM = env.str("SSO_OIDC_GROUPS_CLAIM", default="groups")
SSO_DINGTALK_CLIENT_ID = env.str("SSO_DINGTALK_CLIENT_ID", default="")
SSO_DINGTALK_CLIENT_SECRET = env.str("SSO_DINGTALK_CLIENT_SECRET", default="")
SSO_FEISHU_SERVER_URL = env.str("SSO_FEISHU_SERVER_URL", default="https://open.feishu.cn")
SSO_FEISHU_CLIENT_ID = env.str("SSO_FEISHU_CLIENT_ID", default="")
SSO_FEISHU_CLIENT_SECRET = env.str("SSO_FEISHU_CLIENT_SECRET", default="")
# Who gets which role at their first sign-in: domain:acme.com=submitter, group:leads=admin@research
SSO_ROLES = env.list("SSO_ROLES", default=[])
SSO_INSTALLED = all(find_spec(package) for package in ("allauth", "qrcode"))
SSO_ON = bool(SSO_PROVIDERS) and SSO_INSTALLED
# For those who sign in with name and password; a provider asks for a second factor of its own.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="off")
if SECOND_FACTOR not in ("off", "optional", "required"):
    raise ImproperlyConfigured("SECOND_FACTOR is one of off, optional, required.")
SECOND_FACTOR_ON = SECOND_FACTOR != "off" and SSO_INSTALLED
if SSO_ON or SECOND_FACTOR_ON:
    INSTALLED_APPS += ["allauth", "allauth.account"]
    MIDDLEWARE.insert(-1, "allauth.account.middleware.AccountMiddleware")
if SECOND_FACTOR_ON:
    INSTALLED_APPS += ["allauth.mfa"]
    MIDDLEWARE.insert(-1, "jobs.middleware.SecondFactorMiddleware")
    MFA_ADAPTER = "jobs.services.second_factor_adapter.Adapter"
    MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
    # A code counts half a minute longer, for clocks that are off and people who type slowly.
    MFA_TOTP_TOLERANCE = 1
if SSO_ON:
    INSTALLED_APPS += ["allauth.socialaccount"]
    INSTALLED_APPS += [
        f"allauth.socialaccount.providers.{module}"
        for name, module in PROVIDER_MODULES.items()
        if name in SSO_PROVIDERS
    ]
    SOCIALACCOUNT_ADAPTER = "jobs.views.single_sign_on_adapter.Adapter"
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": SSO_OIDC_NAME,
                    "client_id": SSO_OIDC_CLIENT_ID,
                    "secret": SSO_OIDC_CLIENT_SECRET,
                    "settings": {"server_url": SSO_OIDC_SERVER_URL, "oauth_pkce_enabled": True},
                }
            ]
        },
        "dingtalk": {
            "APP": {"client_id": SSO_DINGTALK_CLIENT_ID, "secret": SSO_DINGTALK_CLIENT_SECRET},
            "AUTH_PARAMS": {"prompt": "consent"},
            "LOGIN_SERVER": "https://login.dingtalk.com",
            "API_SERVER": "https://api.dingtalk.com",
        },
        "feishu": {
            "APP": {"client_id": SSO_FEISHU_CLIENT_ID, "secret": SSO_FEISHU_CLIENT_SECRET},
            "SERVER": SSO_FEISHU_SERVER_URL,
        },
    }

# --- The API --------------------------------------------------------------------------------
# Of each token, and of each address that comes without a valid one.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)

# --- Watching ---------------------------------------------------------------------------------
# Without it /metrics answers on loopback alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Notices --------------------------------------------------------------------------------
# smtp+tls://user:password@mail.example.com:587; without it no e-mail is sent.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_HOST = ""
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="import-desk@localhost")
# Hosts on the own network that notices may be posted to; all other targets have to be public.
NOTICE_PRIVATE_HOSTS = env.list("NOTICE_PRIVATE_HOSTS", default=[])

# --- Behind a proxy, over TLS ---------------------------------------------------------------
# How many proxies in front add to X-Forwarded-For; 0 trusts nothing but the socket's address.
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_IPWARE_PROXY_COUNT = PROXY_COUNT
BEHIND_TLS = env.bool("BEHIND_TLS", default=False)
if BEHIND_TLS:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "jobs.views.faults.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Language and time ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "importer_site" / "locale"]
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# --- Static files ---------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- DashScope and the worker (times in seconds) ----------------------------------------------
DASHSCOPE_BASE_URL = env.str("DASHSCOPE_BASE_URL", default="https://dashscope.aliyuncs.com")
DASHSCOPE_PROXY = env.str("DASHSCOPE_PROXY", default="")
DASHSCOPE_CONNECT_TIMEOUT_SECONDS = env.float("DASHSCOPE_CONNECT_TIMEOUT_SECONDS", default=5.0)
DASHSCOPE_READ_TIMEOUT_SECONDS = env.float("DASHSCOPE_READ_TIMEOUT_SECONDS", default=30.0)
SEND_RETRY_SECONDS = env.float("SEND_RETRY_SECONDS", default=900.0)
# An intent that no worker could send for this long is given up: the weights may have changed.
SUBMISSION_EXPIRES_SECONDS = env.float("SUBMISSION_EXPIRES_SECONDS", default=86400.0)
SETTLE_PERIOD_SECONDS = env.float("SETTLE_PERIOD_SECONDS", default=300.0)
FOLLOW_INTERVAL_SECONDS = env.float("FOLLOW_INTERVAL_SECONDS", default=3.0)
DISCOVER_INTERVAL_SECONDS = env.float("DISCOVER_INTERVAL_SECONDS", default=300.0)
LEASE_SECONDS = env.float("LEASE_SECONDS", default=60.0)

# --- The history (times in seconds) -----------------------------------------------------------
# The key that signs checkpoints, AUDIT_SIGNING_KEY, is not here: only the worker reads it.
AUDIT_CHECKPOINT_SECONDS = env.float("AUDIT_CHECKPOINT_SECONDS", default=3600.0)
AUDIT_CHECKPOINT_FILE = env.str("AUDIT_CHECKPOINT_FILE", default="")
AUDIT_CHECKPOINT_WEBHOOK = env.str("AUDIT_CHECKPOINT_WEBHOOK", default="")
AUDIT_PUBLIC_KEYS = env.list("AUDIT_PUBLIC_KEYS", default=[])
AUDIT_VERIFY_SECONDS = env.float("AUDIT_VERIFY_SECONDS", default=86400.0)
# How long bodies of old exchanges are kept; 0 keeps them all, and less than 180 is refused.
AUDIT_KEEP_BODIES_DAYS = env.int("AUDIT_KEEP_BODIES_DAYS", default=0)

# Set by `make run` when it started the simulator itself: the demo says so on every page and
# offers demo accounts, but only while DASHSCOPE_BASE_URL is on loopback too.
DEMO = env.bool("DEMO", default=False) and urlsplit(DASHSCOPE_BASE_URL).hostname in (
    "127.0.0.1",
    "localhost",
    "::1",
)

# --- Logging --------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
if LOG_FORMAT not in logs.FORMATS:
    raise ImproperlyConfigured(f"LOG_FORMAT is one of {', '.join(logs.FORMATS)}.")
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)
