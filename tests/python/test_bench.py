"""bench/run works, and the round trips are what they should be. Times are
none of this test's business."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BUILD = REPOSITORY / os.environ.get("PNEU_BUILD", "build")
sys.path.insert(0, str(REPOSITORY / "bench"))

from harness import calls, runs  # noqa: E402
from harness.plan import (PIPELINING, TLS, WORKLOADS,  # noqa: E402
                          message)

CLIENTS = ("smtplib", "pneu.smtplib", "pneu.aio", "bare socket")
GROUPING = CLIENTS[1:]
PYTHONS_NOISE = 0.5  # a call to get memory, in 50 messages

# RFC 2920 3.1: MAIL, RCPT and DATA in one group, and then the message.
GROUPED = 2.0
ROUND_TRIPS = {PIPELINING.name: GROUPED, TLS.name: GROUPED}


def one_at_a_time(recipients: int) -> float:
    """MAIL, each RCPT, DATA, and the message."""
    return recipients + 3.0


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """All that bench/run --quick found."""
    file = tmp_path_factory.mktemp("bench") / "results.json"
    done = subprocess.run(
        [sys.executable, "-B", str(REPOSITORY / "bench/run"), "--quick",
         "--build", str(BUILD), "--json", str(file),
         *(f"--client={name}" for name in CLIENTS)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for work in WORKLOADS:
        assert f"### {work.title}\n" in done.stdout
    return json.loads(file.read_text("utf-8"))


@pytest.mark.seconds(180)
def test_every_client_sends(results: list[Any]) -> None:
    assert len(results) == len(WORKLOADS)
    for result in results:
        rows = {row["peer"]: row for row in result["rows"]}
        assert rows.keys() == set(CLIENTS)
        assert all(cost["client"] > 0 and cost["server"] > 0
                   for row in rows.values() for cost in row["rounds"])


@pytest.mark.skipif(not runs.can_trace(), reason="no strace, or not allowed")
@pytest.mark.seconds(180)
def test_round_trips(results: list[Any]) -> None:
    for result in results:
        server = result["workload"]["server"]["name"]
        simple = one_at_a_time(result["workload"]["recipients"])
        for row in result["rows"]:
            due = (ROUND_TRIPS.get(server, simple)
                   if row["peer"] in GROUPING else simple)
            assert row["counts"][1] == due, (server, row["peer"])


@pytest.mark.skipif(not runs.can_trace(), reason="no strace, or not allowed")
@pytest.mark.seconds(180)
def test_system_calls(results: list[Any]) -> None:
    """pneu.smtplib makes two calls a round trip; smtplib never fewer."""
    for result in results:
        rows = {row["peer"]: row["counts"] for row in result["rows"]}
        ours, smtplibs = rows["pneu.smtplib"], rows["smtplib"]
        assert ours[0] < smtplibs[0] + PYTHONS_NOISE
        if not result["workload"]["server"]["tls"]:
            assert ours[0] <= 2 * ours[1] + PYTHONS_NOISE


def test_counting_round_trips(tmp_path: Path) -> None:
    log = tmp_path / "strace"
    log.write_text(
        '7 connect(4, {sa_family=AF_INET, sin_port=htons(25)}, 16) = 0\n'
        '7 recvfrom(4, "220 a\\r\\n", 99, 0, NULL, NULL) = 7\n'
        '7 sendto(4, "EHLO a\\r\\n", 8, 0, NULL, 0) = 8\n'
        '7 recvfrom(4, 0x55, 99, 0, 0, 0) = -1 EAGAIN (Resource '
        'temporarily unavailable)\n'
        '8 write(5, "=", 1) = 1\n'
        '7 recvfrom(4,  <unfinished ...>\n'
        '8 read(5, "=", 1) = 1\n'
        '7 <... recvfrom resumed>"250-a\\r\\n", 99, 0, NULL, NULL) = 7\n'
        '7 recvfrom(4, "250 b\\r\\n", 99, 0, NULL, NULL) = 7\n'
        '7 --- SIGCHLD {si_signo=SIGCHLD} ---\n'
        '7 close(4) = 0\n'
        '7 +++ exited with 0 +++\n', "utf-8")
    assert calls.count(log) == calls.Counts(calls=9, round_trips=1)


@pytest.mark.parametrize("octets", [256, 1024, 65536])
def test_the_message(octets: int) -> None:
    made = message(octets)
    assert len(made) == octets
    assert made.endswith(b"\r\n")
    assert max(map(len, made.split(b"\r\n"))) <= 78
    assert b"\r" not in made.replace(b"\r\n", b"")
