"""The results as tables in Markdown."""
from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Callable

from harness.plan import BASE, ROOT, Workload
from harness.runs import Cost, Pins

UNKNOWN = "no strace"
COLUMNS = ("client", "CPU, least", "CPU, median", f"of {BASE}",
           "system calls", "round trips", "server's CPU", "messages/s")


@dataclass
class Row:
    """A peer's results with one workload."""
    peer: str
    rounds: list[Cost]
    counts: tuple[float, float] | None  # system calls, round trips

    def values(self, take: Callable[[Cost], float]) -> list[float]:
        return [take(cost) for cost in self.rounds]

    @property
    def least(self) -> float:
        return min(self.values(lambda cost: cost.client))

    def cells(self, base: Row | None) -> list[str]:
        client = self.values(lambda cost: cost.client)
        calls, trips = (f"{count:.2f}" for count in self.counts) \
            if self.counts else (UNKNOWN, UNKNOWN)
        wall = median(self.values(lambda cost: cost.wall))
        return [self.peer, f"{min(client):.1f}", f"{median(client):.1f}",
                f"{self.least / base.least:.2f}" if base else "",
                calls, trips,
                f"{median(self.values(lambda cost: cost.server)):.1f}",
                f"{1e6 / wall:.0f}"]


def table(work: Workload, rows: list[Row]) -> str:
    base = next((row for row in rows if row.peer == BASE), None)
    lines = [f"### {work.title}", "",
             "| " + " | ".join(COLUMNS) + " |",
             "|---" + "|---:" * (len(COLUMNS) - 1) + "|"]
    lines += ["| " + " | ".join(row.cells(base)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def heading(versions: dict[str, str | None], pins: Pins,
            rounds: int) -> str:
    there = ", ".join(f"{name} ({said})" for name, said in versions.items()
                      if said is not None)
    lines = [f"- command: `{' '.join(map(shlex.quote, sys.argv))}`",
             f"- machine: {processor()}, {os.cpu_count()} cores, "
             f"Linux {platform.release()}; {cores(pins)}",
             f"- clients: {there}",
             f"- server: `pneu sink` of {commit()}",
             f"- {rounds} rounds, the clients in turn; per message, in "
             "microseconds"]
    lines += [f"- not there: {name}" for name, said in versions.items()
              if said is None]
    return "\n".join(lines) + "\n"


def cores(pins: Pins) -> str:
    if pins.client is None or pins.server is None:
        return "not pinned"
    if pins.client == pins.server:
        return f"client and server on core {pins.client}"
    return f"client on core {pins.client}, server on core {pins.server}"


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines
             if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str:
    asked = subprocess.run(["git", "-C", str(ROOT), "describe", "--always",
                            "--dirty"], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=False)
    return asked.stdout.strip() or "this tree"


def record(work: Workload, rows: list[Row]) -> dict[str, Any]:
    """All of it, for programs."""
    return {"workload": asdict(work), "rows": [asdict(row) for row in rows]}
