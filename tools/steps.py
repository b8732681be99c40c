"""Runs named steps one after the other, goes on after a failure, and counts
what really ran: a program's own test cases where it reports them, and one
for a step that is a check in itself.
"""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

TAP_LINE = re.compile(r"^(not )?ok\b[ \t]*\d*[ \t]*(?:-[ \t]*)?(.*)$")
TAP_PLAN = re.compile(r"^1\.\.(\d+)")
TAIL_LINES = 60


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.faults += other.faults

    def fail(self, what: str) -> None:
        self.failed += 1
        self.faults.append(what)


Counter = Callable[[int], Count]


@dataclass
class Step:
    """A command and how it is counted. `needs` names the steps without which
    it makes no sense."""
    name: str
    command: list[str]
    count: Counter | None = None
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    seconds: int = 600


def count_one(name: str, status: int) -> Count:
    """A step that is one check: its exit status decides."""
    count = Count()
    if status == 0:
        count.passed = 1
    else:
        count.fail(name)
    return count


def count_tap(name: str, text: str) -> Count:
    """The results in one program's TAP output."""
    count = Count()
    planned = None
    for line in text.splitlines():
        plan = TAP_PLAN.match(line)
        result = TAP_LINE.match(line)
        if plan:
            planned = int(plan.group(1))
        elif result:
            words = result.group(2)
            if "# SKIP" in words.upper():
                count.skipped.append(f"{name}: {words}")
            elif result.group(1):
                count.fail(f"{name}: {words}")
            else:
                count.passed += 1
    ran = count.passed + count.failed + len(count.skipped)
    if planned is not None and ran < planned:
        count.fail(f"{name}: {planned - ran} of {planned} tests never ran")
    return count


def count_meson_test(test: dict) -> Count:
    """One program out of Meson's log: its own count if it has one. A program
    that went wrong in another way than by `not ok` has failed all the same."""
    name = test["name"].split(" / ")[-1].split(":")[-1]
    count = count_tap(name, test.get("stdout", ""))
    ran = count.passed + count.failed + len(count.skipped)
    if test["result"] in ("OK", "EXPECTEDFAIL"):
        if ran == 0:
            count.passed = 1
    elif test["result"] == "SKIP":
        if ran == 0:
            count.skipped.append(name)
    elif count.failed == 0:
        count.fail(f"{name}: {test['result'].lower()}, exit status "
                   f"{test.get('returncode')}")
    return count


def meson_counter(build: Path, log: str = "testlog") -> Counter:
    """Counts a `meson test` by the log that it wrote."""
    path = build / "meson-logs" / f"{log}.json"

    def counter(status: int) -> Count:
        count = Count()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                count.add(count_meson_test(json.loads(line)))
        if count.passed + count.failed == 0:
            count.fail("meson test: no test ran")
        elif status != 0 and count.failed == 0:
            count.fail(f"meson test: exit status {status}")
        return count

    path.unlink(missing_ok=True)
    return counter


def pytest_counter(path: Path) -> Counter:
    """Counts a pytest run by its JUnit file, where tests may leave notes."""

    def counter(status: int) -> Count:
        count = Count()
        root = (ElementTree.parse(path).getroot() if path.exists()
                else ElementTree.Element("none"))
        cases = list(root.iter("testcase"))
        count.notes = [each.get("value", "") for each in
                       root.iterfind("testsuite/properties/property")
                       if each.get("name") == "note"]
        for case in cases:
            name = f"{case.get('classname')}.{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None or \
                    case.find("error") is not None:
                count.fail(name)
            elif skip is not None:
                count.skipped.append(f"{name}: {skip.get('message')}")
            else:
                count.passed += 1
        if not cases:
            count.fail("pytest: no test ran")
        elif status != 0 and count.failed == 0:
            count.fail(f"pytest: exit status {status}")
        return count

    path.unlink(missing_ok=True)
    return counter


def run_command(step: Step, log: Path) -> int:
    """The exit status; 124 after the step's time has passed. Whatever the
    command started goes with it: it has a process group of its own."""
    environment = {**os.environ, **step.environment}
    environment.pop("PNEU_TOTALS", None)  # it is for this program alone
    with log.open("wb") as out:
        process = subprocess.Popen(
            step.command, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
            env=environment)
        try:
            return process.wait(timeout=step.seconds)
        except subprocess.TimeoutExpired:
            return 124
        finally:
            end_group(process)


def end_group(process: subprocess.Popen) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass


def show_failure(step: Step, log: Path, status: int) -> None:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    print("    $", " ".join(step.command))
    for line in lines[-TAIL_LINES:]:
        print("   ", line)
    if status == 124:
        print(f"    (stopped after {step.seconds} s)")
    print(f"    (exit status {status}; all of it is in {log})")


class Runner:
    """Runs steps and holds the sum."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.logs.mkdir(parents=True, exist_ok=True)
        self.total = Count()
        self.bad: set[str] = set()

    def run(self, step: Step) -> None:
        missing = [name for name in step.needs if name in self.bad]
        if missing:
            count = Count()
            count.fail(f"{step.name}: cannot run without {missing[0]}")
            self.report(step, count, 0.0)
            return
        log = self.logs / f"{step.name.replace(' ', '-')}.log"
        begun = time.monotonic()
        status = run_command(step, log)
        count = (step.count(status) if step.count
                 else count_one(step.name, status))
        self.report(step, count, time.monotonic() - begun)
        if count.failed:
            show_failure(step, log, status)

    def report(self, step: Step, count: Count, seconds: float) -> None:
        word = "FAILED" if count.failed else "ok"
        print(f"{word:6}  {step.name:32} {seconds:6.1f} s  "
              f"{count.passed} passed, {count.failed} failed", flush=True)
        for note in count.notes:
            print(f"        {note}", flush=True)
        if count.failed:
            self.bad.add(step.name)
        self.total.add(count)

    def finish(self) -> int:
        """Names what was skipped and what failed; the counts come last."""
        print()
        for name in self.total.skipped:
            print(f"skipped: {name}")
        for name in self.total.faults:
            print(f"failed: {name}")
        self.tell_totals()
        print(f"{self.total.passed} passed, {self.total.failed} failed")
        sys.stdout.flush()
        return 1 if self.total.failed or not self.total.passed else 0

    def tell_totals(self) -> None:
        """For .ci/run, which sums several runs up."""
        path = os.environ.get("PNEU_TOTALS")
        if path:
            with open(path, "a", encoding="utf-8") as out:
                out.write(f"{self.total.passed} {self.total.failed}\n")
