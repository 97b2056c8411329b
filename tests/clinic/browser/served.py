"""A demo clinic served by a process of its own, whose clock the tests can move.

Run as a program it serves the clinic of a folder, which it makes where there is none, and obeys
its standard input: `forward SECONDS` moves the server's time.
"""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic.browser.tablet import Tablet

START = datetime.fromisoformat("2026-11-02T10:00:00+00:00")


class Served:
    """The other end: a running server and its address."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "clinic.browser.served", str(folder)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("http://"):
            raise RuntimeError(f"the server did not start: {line!r}")
        self.address = line.strip()
        self._since = time.monotonic()
        self._moved = timedelta()
        self.tablets: list[Tablet] = []

    @property
    def now(self) -> datetime:
        """The server's time, to a second or so."""
        return START + self._moved + timedelta(seconds=time.monotonic() - self._since)

    def forward(self, seconds: float) -> None:
        """Move the server's clock, and with it the clock of every tablet that is in use."""
        self._moved += timedelta(seconds=seconds)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"forward {seconds}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "ok"
        for tablet in self.tablets:
            tablet.context.clock.fast_forward(round(seconds * 1000))

    def close(self) -> None:
        """Stop the process that this object started."""
        self.process.kill()
        self.process.wait()


def main(folder: Path) -> None:
    """Make where nothing is made, serve, obey."""
    import time_machine

    from reprieve.clinic import running

    new = not folder.exists()
    running.prepare(folder, "demo")
    with time_machine.travel(START, tick=True) as traveller:
        if new:
            _make()
        server = _serve()
        print(f"http://localhost:{server.server_address[1]}", flush=True)
        for line in sys.stdin:
            with suppress(ValueError):
                traveller.shift(float(line.split()[1]))
            print("ok", flush=True)


def _make() -> None:
    from rich.console import Console

    from reprieve.clinic.simulator.running import make

    make(Console(file=sys.stderr, quiet=True), few=True)


def _serve():  # type: ignore[no-untyped-def]
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from reprieve.clinic.wsgi import application

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    main(Path(sys.argv[1]))
