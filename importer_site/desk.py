"""What `make run` runs: the web server, the worker and, without a key, the simulator.

Each is a process with no more of the environment than it needs: DashScope's keys and the one
that signs checkpoints go to the worker alone, the first administrator's password to the set-up
alone.
"""

import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress

from importer_site import secret_key
from importer_site.environment import (
    HOST,
    PORT,
    SECRET_KEY_PATH,
    VAR_DIR,
    shown_host,
)
from importer_site.processes import AskedToStopError, Child, Processes, manage, say
from jobs.simulator import SIMULATOR_KEY
from jobs.simulator.process import command as simulator_command

KEY_SETTING = "DASHSCOPE_API_KEY"
SIGNING_KEY_SETTING = "AUDIT_SIGNING_KEY"
FIRST_ADMINISTRATOR = "DJANGO_SUPERUSER_"
SINGLE_SIGN_ON = "SSO_"
# Where the simulator listened last: jobs and history name it, so it stays the same if it can.
SIMULATOR_PORT_PATH = VAR_DIR / "simulator_port"
SIMULATOR_STATE_PATH = VAR_DIR / "simulator.json"
FIRST_ANSWER_SECONDS = 30.0


def main() -> int:
    """Run until told to stop (0) or until a part fails (1)."""
    # Everything this makes under var/ is for its owner alone.
    os.umask(0o077)
    try:
        listener = _listener()
    except OSError as error:
        say(f"Cannot listen on {HOST}:{PORT}: {error.strerror}. Stop what does, or set PORT.")
        return 1
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("SECRET_KEY") and not os.environ.get("SECRET_KEY_FILE"):
        secret_key.make_once(SECRET_KEY_PATH)
    with Processes() as processes, suppress(AskedToStopError):
        if not _start(processes, listener):
            return 1
        say(processes.watch())
        return 1
    return 0


def _start(processes: Processes, listener: socket.socket) -> bool:
    port = listener.getsockname()[1]  # with PORT=0 any free one was taken
    everything = {
        **os.environ,
        "ENV_FILE": "",
        "VAR_DIR": str(VAR_DIR),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",  # so that lines reach a log when they are written
    }
    keyless = _without(_without(everything, KEY_SETTING), SIGNING_KEY_SETTING)
    common = _without(keyless, FIRST_ADMINISTRATOR)
    # People sign in at the web server, so nothing else needs the providers' secrets.
    backstage = _without(common, SINGLE_SIGN_ON)
    keys = _only(everything, KEY_SETTING)
    signing = _only(everything, SIGNING_KEY_SETTING)
    demo: dict[str, str] = {"DEMO": "false"}
    if not keys.get(KEY_SETTING) and not keys.get(f"{KEY_SETTING}_FILE"):
        simulator = str(_free_port())
        demo = {"DEMO": "true", "DASHSCOPE_BASE_URL": f"http://127.0.0.1:{simulator}"}
        # No other key either: what the pages say of a demonstration holds of all of it.
        keys = {KEY_SETTING: SIMULATOR_KEY}
        options = ["--port", simulator, "--state-file", str(SIMULATOR_STATE_PATH)]
        processes.start(Child("simulator", simulator_command(*options), backstage))
    code, sign_in = processes.run(Child("set-up", manage("set_up"), keyless | demo))
    if code:
        say("Import Desk was not started, because its set-up failed.")
        return False
    with listener:
        number = listener.fileno()
        gunicorn = [sys.executable, "-m", "gunicorn", "importer_site.wsgi"]
        options = ["--config", "python:importer_site.gunicorn_conf", "--bind", f"fd://{number}"]
        web = Child("web server", [*gunicorn, *options], common | demo, pass_fds=(number,))
        processes.start(web)
    worker = Child("worker", manage("run_worker"), backstage | demo | keys | signing, restarts=True)
    processes.start(worker)
    _wait_for_an_answer(processes, port)
    if demo["DEMO"] == "true":
        say("This is a demonstration with a simulator: nothing reaches Alibaba Cloud.")
    elif SIMULATOR_STATE_PATH.exists():
        say(f"{VAR_DIR} holds jobs of a demonstration too; set VAR_DIR to begin anew.")
    say(f"Import Desk answers at http://{shown_host(HOST)}:{port}/")
    say(sign_in.rstrip())
    return True


def _listener() -> socket.socket:
    """The socket that gunicorn gets. It listens before anything else is done, so that a taken
    port is known at once and nobody else can take it meanwhile."""
    family, kind, _, _, address = socket.getaddrinfo(HOST, PORT, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(512)
    return listener


def _free_port() -> int:
    preferred = 0
    with suppress(OSError, ValueError):
        preferred = int(SIMULATOR_PORT_PATH.read_text(encoding="ascii"))
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            preferred = int(probe.getsockname()[1])
            break
    SIMULATOR_PORT_PATH.write_text(str(preferred), encoding="ascii")
    return preferred


def _wait_for_an_answer(processes: Processes, port: int) -> None:
    with socket.create_connection((shown_host(HOST).strip("[]"), port)) as connection:
        request = f"GET /accounts/login/ HTTP/1.0\r\nHost: {shown_host(HOST)}\r\n\r\n"
        connection.sendall(request.encode())
        processes.wait_for(connection, FIRST_ANSWER_SECONDS)


def _without(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(prefix)}


def _only(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(prefix)}


if __name__ == "__main__":
    sys.exit(main())
