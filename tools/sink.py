"""A `pneu sink` for as long as a `with` block lasts: started on a free port
of the loopback interface, ended by its process id."""
from __future__ import annotations

import re
import selectors
import subprocess
import time
from pathlib import Path
from types import TracebackType

LISTENING = re.compile(rb"listening on \S+ port (\d+)")
PATIENCE_SECONDS = 10.0


class Sink:
    def __init__(self, pneu: Path, *arguments: str,
                 environment: dict[str, str] | None = None) -> None:
        self.command = [str(pneu), "sink", "--port", "0", *arguments]
        self.environment = environment
        self.process: subprocess.Popen | None = None
        self.port = 0

    def __enter__(self) -> Sink:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env=self.environment, start_new_session=True)
        try:
            self.port = self._read_port()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._end()

    def _read_port(self) -> int:
        """Waits for the line that tells the port."""
        assert self.process and self.process.stdout
        deadline = time.monotonic() + PATIENCE_SECONDS
        said = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while selector.select(deadline - time.monotonic()):
                octets = self.process.stdout.read1(4096)
                said += octets
                found = LISTENING.search(said)
                if found and said.endswith(b"\n"):
                    return int(found.group(1))
                if not octets:
                    break
        raise RuntimeError(f"`{' '.join(self.command)}` did not tell its "
                           f"port; it said {said!r}")

    def _end(self) -> None:
        assert self.process and self.process.stdout
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


def arrived(maildir: Path) -> list[Path]:
    """The messages in a Maildir, the oldest first."""
    return sorted((maildir / "new").glob("*"),
                  key=lambda path: (path.stat().st_mtime_ns, path.name))
