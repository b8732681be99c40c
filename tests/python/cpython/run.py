"""Runs one of CPython's own test modules, or one class of it, and says what
became of each test.

usage: instead.py run.py MODULE [CLASS]

Prints one line of JSON: how many tests there are, the reasons of those that
did not pass, by name, and those that were skipped.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import unittest


class Tally(unittest.TextTestResult):
    """Keeps what a test that did not pass said last."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)  # type: ignore[arg-type]
        self.reasons: dict[str, str] = {}

    def addError(self, test: unittest.TestCase, err) -> None:  # type: ignore
        super().addError(test, err)
        self._note(test, self.errors[-1][1])

    def addFailure(self, test: unittest.TestCase, err) -> None:  # type: ignore
        super().addFailure(test, err)
        self._note(test, self.failures[-1][1])

    def addSubTest(self, test, subtest, err) -> None:  # type: ignore
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, repr(err[1]))

    def _note(self, test: unittest.TestCase, words: str) -> None:
        self.reasons[short(test)] = words


def short(test: unittest.TestCase) -> str:
    """Its class and its method."""
    return ".".join(test.id().split(".")[-2:])


def main() -> None:
    module = importlib.import_module(sys.argv[1])
    loader = unittest.defaultTestLoader
    suite = (loader.loadTestsFromName(sys.argv[2], module)
             if len(sys.argv) > 2 else loader.loadTestsFromModule(module))
    runner = unittest.TextTestRunner(io.StringIO(), resultclass=Tally)
    result = runner.run(suite)
    print(json.dumps({
        "module": sys.modules["smtplib"].__name__,
        "count": result.testsRun,
        "reasons": result.reasons,
        "skipped": {short(test): why for test, why in result.skipped},
    }))


if __name__ == "__main__":
    main()
