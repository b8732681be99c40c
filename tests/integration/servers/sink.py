"""`pneu sink`, started for a test, and what arrived in its Maildir."""

from __future__ import annotations

import json
import re
import select
import subprocess
import time
from pathlib import Path
from typing import Any

from servers.maildir import Letter, Maildir
from servers.process import end, tail

ADDED = {"return-path", "x-pneu-recipient", "x-pneu-mail-parameters",
         "x-pneu-recipient-parameters"}
LISTENING = re.compile(r"listening on (\S+) port (\d+)")
LISTENING_UNIX = re.compile(r"listening on (/\S+)")


class Sink:
    """One sink; host and port (None for a Unix socket) once it has started."""

    def __init__(self, program: Path, folder: Path,
                 *options: str | Path | int, tls: str | None = None,
                 users: dict[str, str] | None = None,
                 unix: Path | None = None) -> None:
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self.log = folder / "sink.log"
        self.host = ""
        self.port: int | None = None
        self._maildir = Maildir(folder / "mail", ADDED)
        self._words = [str(program), "sink", "--maildir",
                       str(folder / "mail"), *map(str, options)]
        self._words += ["--unix", str(unix)] if unix else ["--port", "0"]
        if tls:
            self._words += ["--tls", tls, "--ca-file-out", str(self.ca_file)]
        if users:
            self._words += ["--user-file", str(self._write_users(users))]

    def start(self) -> Sink:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log)
        self._read_address(time.monotonic() + 10)
        return self

    def stop(self) -> None:
        """Ends it by SIGTERM; does nothing when it has ended."""
        end(self._process)
        self._process.stdout.close()

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        return self._process.pid

    def report(self) -> dict[str, Any]:
        """What --json says of the next message, once it was accepted."""
        return json.loads(self._process.stdout.readline())

    def letters(self) -> list[Letter]:
        return self._maildir.letters()

    def letter(self) -> Letter:
        """The only one that arrived."""
        letters = self.letters()
        assert len(letters) == 1, f"{len(letters)} messages arrived"
        return letters[0]

    def _write_users(self, users: dict[str, str]) -> Path:
        path = self.folder / "users"
        path.write_text("".join(f"{user}:{password}\n" for user, password
                                in users.items()), "utf-8")
        path.chmod(0o600)
        return path

    def _read_address(self, until: float) -> None:
        """Reads standard output to the line that names the address."""
        out = self._process.stdout
        seen = b""
        while time.monotonic() < until:
            if not select.select([out], [], [], 0.1)[0]:
                continue
            octets = out.read1(4096)
            seen += octets
            if self._take_address(seen.decode("utf-8", "replace")):
                return
            if not octets:
                break
        self.stop()
        raise RuntimeError(f"{' '.join(self._words)}: did not say where it "
                           f"listens\n{seen!r}\n{tail(self.log)}")

    def _take_address(self, text: str) -> bool:
        lines = text.splitlines(keepends=True)
        for line in (each for each in lines if each.endswith("\n")):
            if found := LISTENING.search(line):
                self.host = found.group(1)
                self.port = int(found.group(2))
                return True
            if found := LISTENING_UNIX.search(line):
                self.host = found.group(1)
                return True
        return False
