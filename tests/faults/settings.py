"""The site's settings for the processes of the campaign: SQLite whose writes can be refused."""

from importer_site.settings import *

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "tests.faults.database"
    # 20 s, unless a scenario wants the error itself, which then has to come soon.
    DATABASES["default"]["OPTIONS"]["timeout"] = env.float("FAULTS_BUSY_SECONDS", default=20.0)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
