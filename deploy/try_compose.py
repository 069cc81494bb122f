"""Runs deploy/compose.yaml without a container engine: `python -m deploy.try_compose`, in what `make setup` made.

Its services are processes on loopback, with their own commands, environments and secrets; only addresses, ports and
folders are other ones. It has to come to a ready server, a healthy store, and a scheduler that has both workers by TLS,
and `reelc doctor` has to find their builds alike.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

DEPLOY = Path(__file__).parent
BIN = Path(sys.executable).parent
PATIENCE = 120


def free_port() -> int:
    """A free port, whose counterpart 10000 above SeaweedFS can use."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 32768 or port + 10000 < 65536:
            return port


class Here:
    """What stands for the names of the compose file on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.secrets = folder, folder / "secrets"
        self.ports = {port: free_port() for port in ("8333", "8786", "8787", "8000")}
        subprocess.run([DEPLOY / "make_secrets.sh", self.secrets], check=True)

    def word(self, text: str, service: str) -> str:
        """A word of the file, with this machine's addresses, ports and folders."""
        text = text.replace("/run/secrets", str(self.secrets)).replace("0.0.0.0", "127.0.0.1")
        text = re.sub(r"(//|=)(?:store|scheduler|localhost)\b", r"\g<1>127.0.0.1", text)
        text = re.sub(r"=/data$", f"={self.folder / service}", text)
        return re.sub(r"(?<=[:=])(8333|8786|8787|8000)\b", lambda match: str(self.ports[match[0]]), text)

    def start(self, name: str, service: dict[str, Any]) -> subprocess.Popen[bytes]:
        """A service as a process, whose log is in the folder."""
        folder = self.folder / name
        folder.mkdir()
        entry = service.get("entrypoint", ["weed"] if name == "store" else ["reelc"])
        words = [self.word(each, name) for each in (*entry, *service.get("command", ["serve"]))]
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(words, env=self.variables(name, service), cwd=folder, stdout=log, stderr=log)

    def variables(self, name: str, service: dict[str, Any]) -> dict[str, str]:
        """The environment of a service."""
        folder = self.folder / name
        given = {key: self.word(value, name) for key, value in service.get("environment", {}).items()}
        ours = {"REELC_DATA": str(folder / "data"), "REELC_PORT": str(self.ports["8000"]), "HOME": str(folder)}
        search = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(DEPLOY.parent)}
        return {**search, **(ours if name != "store" else {}), **given}

    def examine(self, service: dict[str, Any]) -> None:
        """`reelc doctor` with the server's environment: it asks the scheduler for the builds of all workers."""
        environment = self.variables("server", service)
        words = ["reelc", "doctor", "--scheduler", environment["REELC_SCHEDULER"]]
        subprocess.run(words, env=environment, cwd=self.folder, check=True)

    def get(self, port: str, path: str) -> str:
        """The status and the text of the answer there; nothing while there is none."""
        try:
            with urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=5) as answer:
                return f"{answer.status} {answer.read().decode()}"
        except (URLError, OSError):
            return ""

    def ready(self) -> dict[str, bool]:
        """What is as it should be."""
        workers = re.findall(r"^dask_scheduler_workers\{.*\} ([\d.]+)", self.get("8787", "/metrics"), re.MULTILINE)
        return {
            "the store is healthy": self.get("8333", "/healthz").startswith("200 "),
            "the server is ready": self.get("8000", "/readyz").startswith("200 "),
            "the scheduler has two workers": sum(map(float, workers)) == 2,
        }


def main() -> None:
    """Start the services, wait, and stop them; a failure prints their logs."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    with tempfile.TemporaryDirectory(prefix="reelc-compose-") as folder, ExitStack() as ends:
        here = Here(Path(folder))
        for name in sorted(services, key=lambda name: name != "store"):
            process = here.start(name, services[name])
            ends.callback(process.wait)
            ends.callback(process.terminate)
        for _ in range(PATIENCE):
            time.sleep(1)
            if all(here.ready().values()):
                here.examine(services["server"])
                print("; ".join(here.ready()))
                return
        for name in services:
            print(f"--- {name}\n{(Path(folder) / name / 'log').read_text()[-3000:]}", file=sys.stderr)
        sys.exit(f"after {PATIENCE} s: {here.ready()}")


if __name__ == "__main__":
    main()
