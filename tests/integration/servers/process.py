"""A server as a child process: started, watched, ended by its own pid."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path


def short_folder(name: str) -> Path:
    """A fresh folder with a short path, open to the users that servers
    change to; short because a Unix socket's path has 108 octets."""
    folder = Path(tempfile.mkdtemp(prefix=f"pneu-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def start(arguments: list[str], log: Path,
          environment: dict[str, str] | None = None,
          user: tuple[int, int] | None = None) -> subprocess.Popen[bytes]:
    """Starts a server whose own words go to a file; user: the numbers of a
    user and a group to start it as, if this is root."""
    other = {} if user is None or not is_root() else {
        "user": user[0], "group": user[1], "extra_groups": []}
    with open(log, "ab") as out:
        return subprocess.Popen(arguments, stdin=subprocess.DEVNULL,
                                stdout=out, stderr=out, env=environment,
                                start_new_session=True, **other)


def end(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """Asks a server to end; if it does not, ends it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)


def tail(log: Path, lines: int = 30) -> str:
    """The end of a log, for an error message."""
    if not log.exists():
        return f"({log} is not there)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def is_root() -> bool:
    return os.geteuid() == 0


def ordinary_user() -> tuple[int, int]:
    """The numbers of a user and a group without rights: nobody, or whoever
    runs the tests."""
    return (65534, 65534) if is_root() else (os.geteuid(), os.getegid())
