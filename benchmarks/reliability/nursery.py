"""Servers that start in a moment and are killed with everything they started.

A parent process imports the whole program once, holds no connection to the database, and makes
each server by fork: gunicorn's arbiter and its worker, in a process group of their own, as
`reprieve clinic serve` runs them. A cold start takes seconds of imports, which are no part of
what is asked here.

`python -m benchmarks.reliability.nursery FOLDER PORT` is the parent: a line on its standard input
makes a server and answers with the id of its process group.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.reliability import postgres
from benchmarks.tablet import GONE, Tablet

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0


class Server:
    """The server of a clinic, from start to kill to start."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.group = port, 0
        # what servers say as their database goes away is no result
        self.log = (folder.parent / "server.log").open("a")
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reliability.nursery", str(folder), str(port)],
            cwd=ROOT,
            env=os.environ | {"PGAPPNAME": postgres.NAME},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def start(self) -> float:
        """Start, wait until it answers; seconds that this took."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        began = time.perf_counter()
        self.parent.stdin.write("start\n")
        self.parent.stdin.flush()
        self.group = int(self.parent.stdout.readline())
        probe = Tablet(self.port, "nobody", timeout_s=5.0)
        while time.perf_counter() - began < WAIT_S:
            try:
                if probe.get("/health/live/").status == 200:
                    probe.close()
                    return time.perf_counter() - began
            except GONE:
                time.sleep(0.01)
        raise TimeoutError(f"The server did not answer within {WAIT_S:.0f} s.")

    def kill(self) -> float:
        """SIGKILL to the whole group, and wait until nothing of it is left; when it was sent."""
        sent = time.time()
        os.killpg(self.group, signal.SIGKILL)
        with suppress(ProcessLookupError):
            while True:  # until the parent has collected the last of them
                os.killpg(self.group, 0)
                time.sleep(0.002)
        return sent

    def close(self) -> None:
        """Kill what runs and end the parent."""
        with suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        assert self.parent.stdin is not None
        self.parent.stdin.close()
        try:
            self.parent.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.parent.kill()
            self.parent.wait()
        self.log.close()


def main(folder: Path, port: int) -> None:
    """Answer each line with a new server until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects the killed
    from reprieve.clinic import running

    running.begin(folder)
    from django.urls import get_resolver

    from reprieve.clinic.wsgi import application

    assert application is not None
    get_resolver().reverse_dict  # noqa: B018  imports every view
    group = 0
    for _ in sys.stdin:
        group = os.fork()
        if group == 0:
            _serve(port)
        with suppress(PermissionError):  # the child has done it already
            os.setpgid(group, group)
        print(group, flush=True)
    if group:  # whoever asked is gone: nothing is left behind
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _serve(port: int) -> None:
    from reprieve.clinic import running

    with suppress(PermissionError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # whatever the server prints is not an answer to a line
    running.serve(port)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
