"""The site's settings with one page more, which is empty."""

from importer_site.settings import *

ROOT_URLCONF = "tests.bench.framed"
