"""How gunicorn serves the pages; `make run` hands it a socket that already listens."""

import os

from importer_site import logs

worker_class = "gthread"
# Two processes, one a core of a small machine, so that a slow page holds up no other; four
# threads in each, because a page waits for the database and never for DashScope. More would
# queue at SQLite, which lets one writer in at a time. With PostgreSQL and more cores set
# WEB_CONCURRENCY. No max_requests: a gthread process that reaches it drops what it has in hand.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
graceful_timeout = 10  # seconds for requests in hand when stopping; none waits for DashScope
# The application is loaded once, before the processes fork: half the work of a start.
preload_app = True
control_socket_disable = True  # it would write into the home directory
logconfig_dict = logs.configuration(
    os.environ.get("LOG_FORMAT", "line"), os.environ.get("LOG_LEVEL", "INFO")
)
