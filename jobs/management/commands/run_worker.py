"""The worker: sends, settles, follows, discovers and deletes. The only process with API keys."""

import logging
import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections, connections

from jobs.errors import LeaseLost
from jobs.services import workers
from jobs.services.steps import STEPS, Step

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 2.0
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = "Send, settle, follow, discover and delete import jobs until stopped by SIGTERM."
    requires_system_checks = ["jobs"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do all due work, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        name = workers.new_name()
        if options["once"]:
            self._once(name)
            return
        # Waited for and not handled: a handler that sets an Event on which this very thread waits
        # may find the Event's lock taken, by itself, and never come back.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        stopping = threading.Event()
        threads = [
            threading.Thread(
                target=_repeat, args=(step, name, stopping), name=f"{step.label} {hand}"
            )
            for step in STEPS
            for hand in range(step.hands)
        ]
        for thread in threads:
            thread.start()
        self.stdout.write(f"Worker {name} is at work.")
        _safely(workers.beat, name)
        while signal.sigtimedwait(ENDING_SIGNALS, workers.BEAT_SECONDS) is None:
            _safely(workers.beat, name)
        stopping.set()
        self.stdout.write("Finishing the steps in hand.")
        for thread in threads:
            thread.join()
        _safely(workers.part, name)

    def _once(self, name: str) -> None:
        workers.beat(name)
        busy = True
        while busy:
            busy = False
            for step in STEPS:
                while step.run(name):
                    busy = True
        workers.part(name)


def _repeat(step: Step, name: str, stopping: threading.Event) -> None:
    """Do the step again and again; SIGTERM lets the one in hand end."""
    try:
        while not stopping.is_set():
            pause = step.idle_seconds
            try:
                close_old_connections()
                structlog.contextvars.clear_contextvars()
                structlog.contextvars.bind_contextvars(worker=name)
                if step.run(name):
                    continue
            except LeaseLost as lost:
                log.warning("%s was taken over by another worker", lost)
            except Exception:
                # The one place that catches everything: one bad row must not end the worker.
                log.exception("a step failed and is tried again")
                pause = TROUBLE_SECONDS
            stopping.wait(pause)
    finally:
        connections.close_all()


def _safely(report: Any, name: str) -> None:
    try:
        close_old_connections()
        report(name)
    except Exception:
        log.exception("the heartbeat could not be written")
