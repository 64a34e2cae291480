"""The site's settings for the processes of the campaign: SQLite whose writes can be refused."""

from importer_site.settings import *

DATABASES["default"]["ENGINE"] = "tests.faults.database"
# A worker waits 20 s for a lock; here it gives up soon, so that the error is met in a short round.
DATABASES["default"]["OPTIONS"]["timeout"] = env.float("FAULTS_BUSY_SECONDS", default=20.0)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
