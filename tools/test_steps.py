"""The counts must not lie: what failed, crashed or never ran is counted."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from steps import (Runner, Step, count_meson_test, count_tap, meson_counter,
                   pytest_counter)


@pytest.mark.parametrize(("text", "passed", "failed", "skipped"), [
    ("1..2\nok 1 - a\nok 2 - b\n", 2, 0, 0),
    ("1..2\nok 1 - a\nnot ok 2 - b\n# why\n", 1, 1, 0),
    ("1..2\nok 1 - a\nok 2 - b # SKIP no root\n", 1, 0, 1),
    ("1..3\nok 1 - a\n", 1, 1, 0),
    ("1..2\nok 1 - a\n1..1\nok 2 - of a second group\n", 2, 0, 0),
    ("ok\nokay is not a result\n", 1, 0, 0),
    ("", 0, 0, 0),
])
def test_tap(text: str, passed: int, failed: int, skipped: int) -> None:
    count = count_tap("x", text)
    assert (count.passed, count.failed, len(count.skipped)) == \
        (passed, failed, skipped)


@pytest.mark.parametrize(("result", "text", "passed", "failed"), [
    ("OK", "1..1\nok 1 - a\n", 1, 0),
    ("OK", "", 1, 0),
    ("ERROR", "1..1\nok 1 - a\n", 1, 1),
    ("TIMEOUT", "", 0, 1),
    ("FAIL", "1..1\nnot ok 1 - a\n", 0, 1),
    ("SKIP", "", 0, 0),
])
def test_meson(result: str, text: str, passed: int, failed: int) -> None:
    count = count_meson_test({"name": "pneu:unit / x", "stdout": text,
                              "result": result, "returncode": 1})
    assert (count.passed, count.failed) == (passed, failed)


def test_nothing_ran_is_a_failure(tmp_path: Path) -> None:
    assert meson_counter(tmp_path)(0).failed == 1
    assert pytest_counter(tmp_path / "none.xml")(0).failed == 1


def test_pytest(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    counter = pytest_counter(report)
    report.write_text(
        '<testsuites><testsuite>'
        '<properties><property name="note" value="all of it"/></properties>'
        '<testcase classname="m" name="good"/>'
        '<testcase classname="m" name="bad"><failure/></testcase>'
        '<testcase classname="m" name="worse"><error/></testcase>'
        '<testcase classname="m" name="not"><skipped message="root"/>'
        '</testcase></testsuite></testsuites>', encoding="utf-8")
    count = counter(1)
    assert (count.passed, count.failed) == (1, 2)
    assert count.skipped == ["m.not: root"]
    assert count.notes == ["all of it"]


def test_runner(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PNEU_TOTALS", str(tmp_path / "totals"))
    runner = Runner(tmp_path / "logs")
    runner.run(Step("good", ["true"]))
    runner.run(Step("bad", ["sh", "-c", "echo because; exit 3"]))
    runner.run(Step("after", ["true"], needs=("bad",)))
    runner.run(Step("slow", ["sleep", "60"], seconds=1))
    assert runner.finish() == 1
    said = capsys.readouterr().out
    assert "because" in said
    assert "failed: after: cannot run without bad" in said
    assert said.endswith("\n1 passed, 3 failed\n")
    assert (tmp_path / "totals").read_text("utf-8") == "1 3\n"


def test_totals_are_not_for_steps(tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PNEU_TOTALS", str(tmp_path / "totals"))
    runner = Runner(tmp_path / "logs")
    runner.run(Step("look", ["sh", "-c", 'test -z "$PNEU_TOTALS"']))
    assert (runner.total.passed, runner.total.failed) == (1, 0)


def test_runner_good(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PNEU_TOTALS", raising=False)
    runner = Runner(tmp_path)
    runner.run(Step("good", [sys.executable, "-c", ""]))
    assert runner.finish() == 0
    assert capsys.readouterr().out.endswith("\n1 passed, 0 failed\n")
