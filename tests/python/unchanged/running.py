"""Runs a program in a process of its own, with pneu.smtplib in the place of
smtplib (instead.py) or as it is."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Run:
    """How a program ended, and what it said."""
    status: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The JSON that it has printed."""
        return json.loads(self.out)


def run_program(*words: str | Path | int, stdin: str = "",
                environment: dict[str, str] | None = None,
                options: list[str] | None = None, status: int = 0) -> Run:
    """Runs it with Debian's Python, and sees to its status."""
    done = subprocess.run(
        [PYTHON, *(options or []), *map(str, words)], input=stdin,
        capture_output=True, text=True, timeout=50,
        env={**os.environ, **(environment or {})})
    assert done.returncode == status, done.stderr
    return Run(done.returncode, done.stdout, done.stderr)


def instead(program: str | Path, *arguments: str | Path | int,
            **how: Any) -> Run:
    """Runs a program with MODULE in the place of smtplib; a name is that of a
    program in this folder."""
    return run_program(HERE / "instead.py", HERE / program, *arguments, **how)
