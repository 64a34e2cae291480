"""The site's settings for tests: nothing of the developer's own environment comes in.

DATABASE_URL alone is heeded, so that the same tests run on PostgreSQL.
"""

import os
import tempfile

for _name in [name for name in os.environ if name.startswith(("DASHSCOPE_", "DEMO"))]:
    del os.environ[_name]
os.environ["ENV_FILE"] = ""
os.environ["SECRET_KEY"] = "tests-alone-use-this-key-which-protects-nothing-at-all"

from importer_site.settings import *

# Nothing listens on port 9 of loopback: a test that means to call uses the simulator fixture.
DASHSCOPE_BASE_URL = "http://127.0.0.1:9"
# Static files come from where they are written: nothing has collected them.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

DATABASE_PREFIX = f"import-desk-tests-{os.getpid()}"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in real life: threads that share a database in memory don't wait for each other.
    DATABASES["default"]["TEST"] = {
        "NAME": os.path.join(tempfile.gettempdir(), f"{DATABASE_PREFIX}.sqlite3")
    }
