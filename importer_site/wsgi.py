"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "importer_site.settings")

application = get_wsgi_application()
# Every page, loaded once before gunicorn forks: else each of its processes did so, and the first
# visitor of each waited.
resolve("/")
