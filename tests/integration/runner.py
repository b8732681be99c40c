"""Runs the programs under test, with a timeout each, and reads what they
say. Whatever depends on how pneu writes its answers stands here alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SENT = re.compile(r"^-> (.*)$")
RECEIVED = re.compile(r"^<- (.*)$")


@dataclass(frozen=True)
class Result:
    """How a run of the command ended."""
    arguments: list[str]
    status: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def outcomes(self) -> dict[str, dict[str, Any]]:
        """From --json: what became of each recipient."""
        return {row["address"]: row for row in self.json["recipients"]}

    def kinds(self) -> dict[str, str]:
        return {who: row["outcome"] for who, row in self.outcomes.items()}

    @property
    def sentence(self) -> str:
        """Why it failed, and the hint of what to do, for people or in the
        result for programs."""
        said = [line for line in self.err.splitlines()
                if line.startswith(("pneu", "  hint: "))]
        if self.out.startswith("{") and (error := self.json["error"]):
            said += [error["message"], error["hint"] or ""]
        return "\n".join(said)

    @property
    def everything(self) -> str:
        return self.out + self.err

    def sent(self) -> list[str]:
        """From -v: the lines that the client sent."""
        return [found.group(1) for line in self.err.splitlines()
                if (found := SENT.match(line))]

    def dialogue(self) -> list[tuple[str, str]]:
        """From -v: ("C" or "S", line), in the order shown."""
        rows = []
        for line in self.err.splitlines():
            if found := SENT.match(line):
                rows.append(("C", found.group(1)))
            elif found := RECEIVED.match(line):
                rows.append(("S", found.group(1)))
        return rows


class Pneu:
    """The command `pneu` of one build."""

    def __init__(self, build: Path) -> None:
        self.program = build / "pneu"

    def run(self, *arguments: str | Path | int, stdin: bytes = b"",
            timeout: float = 30, environment: dict[str, str] | None = None
            ) -> Result:
        """Any sub-command; arguments of any kind are made strings."""
        words = [str(argument) for argument in arguments]
        begin = time.monotonic()
        done = subprocess.run([self.program, *words], input=stdin,
                              capture_output=True, timeout=timeout,
                              env={**os.environ, **(environment or {})})
        return Result(words, done.returncode,
                      done.stdout.decode("utf-8", "replace"),
                      done.stderr.decode("utf-8", "replace"),
                      time.monotonic() - begin)

    def send(self, server: Any, *arguments: str | Path | int,
             message: bytes = b"Subject: a test\n\nHello.\n",
             sender: str = "ann@example.com", to: list[str] | None = None,
             **how: Any) -> Result:
        """`pneu send` with --json to anything with a host and a port (a Unix
        socket: port None). The message goes in on standard input."""
        line = ["--host", server.host]
        if server.port is not None:
            line += ["--port", server.port]
        recipients = ["bob@example.com"] if to is None else to
        for recipient in recipients:
            line += ["--to", recipient]
        return self.run("send", *line, "--from", sender, "--message", "-",
                        "--json", *arguments, stdin=message, **how)


@dataclass(frozen=True)
class Row:
    """One answer of the program that makes library calls."""
    name: str
    status: str
    code: int
    text: str


def statuses(rows: list[Row]) -> list[str]:
    return [row.status for row in rows]


def named(rows: list[Row], name: str) -> list[Row]:
    return [row for row in rows if row.name == name]


class Calls:
    """programs/calls.c: the blocking client, a call a line."""

    def __init__(self, program: Path, build: Path) -> None:
        self._program = program
        self._build = build
        self.prefix: list[str] = []
        self.err = ""
        self.outcomes: list[list[str]] = []

    def sanitizer(self) -> str:
        """The library that a sanitized program wants to be loaded first; ""
        if the program is a plain one."""
        linked = subprocess.run(["ldd", self._program], capture_output=True,
                                text=True, timeout=30).stdout
        found = [line.split()[2] for line in linked.splitlines()
                 if line.strip().startswith("libasan")]
        return found[0] if found else ""

    def run(self, calls: list[list[str]], timeout: float = 30,
            **options: str | int | Path) -> list[Row]:
        """Makes the calls and gives what each returned, outcomes apart."""
        script = "".join(
            "\t".join(word.replace("\n", "\\n").replace("\r", "\\r")
                      for word in call) + "\n" for call in calls)
        done = subprocess.run(
            [*self.prefix, self._program,
             *(f"{name}={value}" for name, value in options.items())],
            input=script.encode(), capture_output=True, timeout=timeout,
            env={**os.environ, "LD_LIBRARY_PATH": str(self._build)})
        self.err = done.stderr.decode("utf-8", "replace")
        assert done.returncode in (0, 1), (done.returncode, self.err)
        lines = [line.split("\t") for line in
                 done.stdout.decode("utf-8", "replace").splitlines()]
        self.outcomes = [words[1:] for words in lines if words[0] == "outcome"]
        return [Row(words[0], words[1].removeprefix("PNEU_"), int(words[2]),
                    words[3]) for words in lines if words[0] != "outcome"]
