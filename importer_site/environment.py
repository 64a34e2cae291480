"""Where settings come from: the process's environment, and the file that ENV_FILE names.

Apart from settings.py, which needs a SECRET_KEY, because `make run` comes here before there is
one. docs/configuration.md lists every setting.
"""

import ipaddress
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

# FileAwareEnv reads NAME from the file that NAME_FILE names, so each secret can be a mounted file.
env = environ.FileAwareEnv()

# The file may hold the key, which is the worker's alone: `make run` reads it once, and starts
# its processes with ENV_FILE empty and with their own part of it.
ENV_FILE = env.str("ENV_FILE", default=str(BASE_DIR / ".env"))
if ENV_FILE and Path(ENV_FILE).is_file():
    env.read_env(ENV_FILE)

# Where the database, the secret key and the collected static files are.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
SECRET_KEY_PATH = VAR_DIR / "secret_key"

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)


def shown_host(host: str) -> str:
    """The host as an address has it; one that means every interface is reached by loopback."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"
