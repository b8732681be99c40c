"""System calls and round trips, counted in what strace wrote."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

# "123 sendto(3, ...) = 52", "123 <... read resumed>...) = 4"
CALL = re.compile(r"(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)$")
UNFINISHED = " <unfinished ...>"
RESULT = re.compile(r"\) += (-?\d+)[^=]*$")
DESCRIPTOR = re.compile(r"(\d+)")

WRITES = {"write", "writev", "send", "sendto", "sendmsg", "sendfile"}
READS = {"read", "readv", "recv", "recvfrom", "recvmsg"}


@dataclass
class Counts:
    calls: int = 0
    round_trips: int = 0

    def beyond(self, other: Counts, messages: int) -> tuple[float, float]:
        """What these have more than the others, for each message more."""
        return ((self.calls - other.calls) / messages,
                (self.round_trips - other.round_trips) / messages)


@dataclass
class Reader:
    """A round trip is a read that had octets, from a socket that was written
    to since it was last read."""
    counts: Counts = field(default_factory=Counts)
    lines_out: dict[str, bool] = field(default_factory=dict)
    unfinished: dict[str, str] = field(default_factory=dict)

    def line(self, line: str) -> None:
        if resumed := RESUMED.match(line):
            process, rest = resumed.groups()
            line = self.unfinished.pop(process, "") + rest
        elif CALL.match(line):
            self.counts.calls += 1
            if line.endswith(UNFINISHED):
                self.unfinished[line.split()[0]] = line[:-len(UNFINISHED)]
                return
        if found := CALL.match(line):
            self._call(found.group(2), found.group(3))

    def _call(self, name: str, rest: str) -> None:
        descriptor, result = DESCRIPTOR.match(rest), RESULT.search(rest)
        if not descriptor or not result:
            return
        line, octets = descriptor.group(1), int(result.group(1))
        if name == "connect" and "sa_family=AF_INET" in rest:
            self.lines_out[line] = False
        elif name == "close":
            self.lines_out.pop(line, None)
        elif line in self.lines_out and octets > 0:
            self._octets(name, line)

    def _octets(self, name: str, line: str) -> None:
        if name in WRITES:
            self.lines_out[line] = True
        elif name in READS and self.lines_out[line]:
            self.lines_out[line] = False
            self.counts.round_trips += 1


def count(log: Path) -> Counts:
    reader = Reader()
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            reader.line(line.rstrip("\n"))
    return reader.counts
