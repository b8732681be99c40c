"""One run of a driver against a server: by itself for the CPU time, under
strace for the counts."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import calls
from harness.plan import ROOT, Peer, Workload

sys.path.insert(0, str(ROOT / "tools"))
from sink import Sink  # noqa: E402

PATIENCE_SECONDS = 300
WARM_UP = 50
FEW, MORE = 10, 60  # messages under strace; the difference is counted


@dataclass(frozen=True)
class Pins:
    """The cores of the client and of the server; None: any."""
    client: int | None
    server: int | None


@dataclass(frozen=True)
class Place:
    """Where a workload is run: its server, and the files it needs."""
    sink: Sink
    message: Path
    ca_file: Path | None
    pins: Pins
    environment: dict[str, str]


@dataclass(frozen=True)
class Cost:
    """Of one message, in microseconds."""
    client: float
    server: float
    wall: float


def pin(process: int, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(process, {core})


def server_of(sink: Sink) -> int:
    """Its process, inside the `with` block."""
    assert sink.process
    return sink.process.pid


def cpu_us(process: int) -> float:
    """What a process has used: exactly where the kernel counts so, else in
    its ticks."""
    try:
        tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e3
    except OSError:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")")[1]
        ticks = sum(map(int, fields.split()[11:13]))
        return 1e6 * ticks / os.sysconf("SC_CLK_TCK")


def command(peer: Peer, work: Workload, place: Place, messages: int,
            warm_up: int) -> list[str]:
    words = [*peer.driver, "--host", "127.0.0.1",
             "--port", str(place.sink.port), "--messages", str(messages),
             "--warm-up", str(warm_up), "--message", str(place.message),
             "--recipients", str(work.recipients)]
    return words + (["--ca-file", str(place.ca_file)] if place.ca_file
                    else [])


def run(words: list[str], place: Place) -> dict[str, float]:
    """The driver's own counts."""
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        env=place.environment, timeout=PATIENCE_SECONDS, check=False,
        preexec_fn=lambda: pin(0, place.pins.client))
    if done.returncode != 0:
        raise SystemExit(f"bench: `{' '.join(words)}` failed")
    said: dict[str, float] = json.loads(done.stdout)
    return said


def cost(peer: Peer, work: Workload, place: Place, messages: int) -> Cost:
    server = server_of(place.sink)
    before = cpu_us(server)
    said = run(command(peer, work, place, messages, WARM_UP), place)
    spent = cpu_us(server) - before
    return Cost((said["user_us"] + said["system_us"]) / messages,
                spent / (messages + WARM_UP), said["wall_us"] / messages)


def traced(peer: Peer, work: Workload, place: Place, messages: int,
           log: Path) -> calls.Counts:
    words = command(peer, work, place, messages, 0)
    run(["strace", "-f", "-o", str(log), *words], place)
    return calls.count(log)


def counts(peer: Peer, work: Workload, place: Place,
           folder: Path) -> tuple[float, float]:
    """System calls and round trips of a message: what a longer run has more
    than a shorter one, so that the start-up is not in it."""
    logs = [traced(peer, work, place, messages, folder / "strace")
            for messages in (FEW, MORE)]
    return logs[1].beyond(logs[0], MORE - FEW)


def can_trace() -> bool:
    """Whether strace is there, and allowed to do its work."""
    return shutil.which("strace") is not None and subprocess.run(
        ["strace", "-o", "/dev/null", "true"], check=False,
        stderr=subprocess.DEVNULL).returncode == 0
