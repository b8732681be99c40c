"""What a sink that was started with --verbose has heard."""

from __future__ import annotations

from servers.sink import Sink


def heard(server: Sink) -> list[str]:
    """The lines that clients sent, those of messages left out."""
    lines = server.log.read_text("utf-8", "replace").splitlines()
    return [line.partition(" C: ")[2] for line in lines if " C: " in line]


def verbs(server: Sink) -> list[str]:
    """The first word of each, in upper case; "(N" begins a message."""
    return [line.split(" ")[0].upper() for line in heard(server)]


def connections(server: Sink) -> int:
    lines = server.log.read_text("utf-8", "replace").splitlines()
    return sum(line.endswith("] connected") for line in lines)
