"""Succeeds when this machine does its part: a master's web UI answers, a worker is connected."""

import json
from pathlib import Path

from web_ui import require_answer

_ESTABLISHED = "01"
"""https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt"""


def main() -> None:
    settings = json.loads(Path(__file__).with_name("settings.json").read_text())
    if settings["role"] == "master":
        require_answer(settings)
    elif not is_connected(settings["masterPort"], Path(__file__).parents[2] / "proc/net"):
        raise SystemExit("no worker is connected to its master")


def is_connected(port: int, tables: Path) -> bool:
    """Whether any process of this machine holds a connection to that port elsewhere."""
    wanted = f":{port:04X}"
    for name in ("tcp", "tcp6"):
        for line in (tables / name).read_text().splitlines()[1:]:
            _, _, remote, state, *_ = line.split()
            if remote.endswith(wanted) and state == _ESTABLISHED:
                return True
    return False


if __name__ == "__main__":
    main()
