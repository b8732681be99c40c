"""What arrived in a Maildir, and what the server added to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from servers.ports import wait_until

FIELD = re.compile(rb"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)\n")


@dataclass(frozen=True)
class Letter:
    """One message: the fields a server put on top, and the rest as it is."""
    added: list[tuple[str, str]]
    content: bytes

    def field(self, name: str) -> str:
        """The first added field of that name."""
        return self.fields(name)[0]

    def fields(self, name: str) -> list[str]:
        return [value for key, value in self.added
                if key.lower() == name.lower()]


def split_added(octets: bytes, names: set[str]) -> Letter:
    """Takes off the fields on top whose names (in lower case) are given."""
    added = []
    position = 0
    while match := FIELD.match(octets, position):
        name = match.group(1).decode("ascii")
        if name.lower() not in names:
            break
        added.append((name, match.group(2).decode("utf-8", "replace")))
        position = match.end()
    return Letter(added, octets[position:])


class Maildir:
    """The folder of one mailbox; added: what its server puts on top."""

    def __init__(self, path: Path, added: set[str]) -> None:
        self.path = path
        self._added = added

    def files(self) -> list[Path]:
        return sorted(file for part in ("new", "cur")
                      for file in (self.path / part).glob("*"))

    def letters(self) -> list[Letter]:
        """All that is there now."""
        return [split_added(file.read_bytes(), self._added)
                for file in self.files()]

    def wait(self, count: int = 1, seconds: float = 15.0) -> list[Letter]:
        """The letters, once there are as many as said."""
        wait_until(lambda: len(self.files()) >= count,
                   f"{count} messages in {self.path}", seconds)
        return self.letters()

    def empty(self) -> None:
        for file in self.files():
            file.unlink()


def as_stored(message: bytes) -> bytes:
    """A message as a Maildir has it: LF line ends, the last line ended."""
    stored = message.replace(b"\r\n", b"\n")
    return stored if not stored or stored.endswith(b"\n") else stored + b"\n"
