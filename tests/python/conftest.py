"""For all tests of the Python module: the package of the build under test,
the servers of tests/integration, an end by the clock for each test, and what
tests have to say at the end of a run.

What a test file may use: every fixture of tests/integration/conftest.py,
every module beside it, the mark `seconds` and the fixture `note`.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import os
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Callable, Iterator

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BUILD = REPOSITORY / os.environ.get("PNEU_BUILD", "build")
PACKAGES = BUILD / "python"
TEST_SECONDS = 60
NOTES = pytest.StashKey[list[str]]()

# Children find the package under test too.
sys.path[:0] = [str(PACKAGES), str(REPOSITORY / "tests/integration")]
os.environ["PNEU_BUILD"] = str(BUILD)
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])])


def integration() -> ModuleType:
    """tests/integration/conftest.py, which has this file's name."""
    spec = importlib.util.spec_from_file_location(
        "integration_fixtures", REPOSITORY / "tests/integration/conftest.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Its fixtures, not its hooks.
globals().update({name: value for name, value in vars(integration()).items()
                  if hasattr(value, "_pytestfixturefunction")})


class Overdue(BaseException):
    """A test took too long; not an Exception, so that nothing catches it."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOTES] = []
    config.addinivalue_line(
        "markers", f"seconds(n): a test may take n seconds, instead of "
        f"{TEST_SECONDS}, its fixtures included")
    if not list(PACKAGES.glob("pneu/_pneu.*.so")):
        pytest.exit(f"{PACKAGES}/pneu has no extension: build first (with "
                    "python3-dev there), or say where by PNEU_BUILD", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Ends a test by SIGALRM, and the whole run if even that does not help."""
    mark = item.get_closest_marker("seconds")
    seconds = int(mark.args[0]) if mark else TEST_SECONDS

    def overdue(*_: object) -> None:
        raise Overdue(f"{item.nodeid}: more than {seconds} s")

    earlier = signal.signal(signal.SIGALRM, overdue)
    signal.alarm(seconds)
    faulthandler.dump_traceback_later(2 * seconds, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    signal.alarm(0)
    signal.signal(signal.SIGALRM, earlier)


@pytest.fixture
def note(request: pytest.FixtureRequest,
         record_testsuite_property: Callable[[str, object], None]
         ) -> Callable[[str], None]:
    """note("82 of 82 passed"): a line at the end of the run, and one that
    ./check shows."""
    def write(line: str) -> None:
        request.config.stash[NOTES].append(line)
        record_testsuite_property("note", line)

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter,
                            config: pytest.Config) -> None:
    for line in config.stash[NOTES]:
        terminalreporter.write_line(line)
