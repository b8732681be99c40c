"""CPython's own tests of smtplib, and of the part of logging that uses it, run
against pneu.smtplib: they come from Debian's libpython3.11-testsuite, and none
of them is copied or changed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Callable

import pytest
from unchanged.instead import MODULE, STANDARD
from unchanged.running import instead

HERE = Path(__file__).resolve().parent
SUITE = "test.test_smtplib"
AT_LEAST = 80

# Those that do not pass, each with its reason.
NOT_PASSED: dict[str, str] = {}

pytestmark = pytest.mark.skipif(
    find_spec("test") is None or find_spec(SUITE) is None,
    reason="libpython3.11-testsuite is not installed")


@pytest.mark.parametrize("options", [[], ["-X", "dev"]], ids=["", "-X dev"])
def test_suite(note: Callable[[str], None], options: list[str]) -> None:
    run = instead(HERE / "cpython" / "run.py", SUITE, options=options)
    told = run.told
    assert told["module"] == MODULE
    passed = told["count"] - len(told["reasons"]) - len(told["skipped"])
    note(f"CPython's test_smtplib{' '.join(['', *options])}: "
         f"{passed} of {told['count']} passed")
    assert told["skipped"] == {}
    assert passed >= AT_LEAST, told["reasons"]
    assert set(told["reasons"]) == set(NOT_PASSED), told["reasons"]
    assert "smtplib.py" not in run.err, run.err


def test_logging_handler() -> None:
    """CPython's test of logging.handlers.SMTPHandler. Its server does not
    offer 8BITMIME, and still it expects 8-bit octets; pneu.smtplib sends it
    the same text in quoted-printable."""
    told = instead(HERE / "cpython" / "run.py", "test.test_logging",
                   "SMTPHandlerTest").told
    reasons = told.pop("reasons")
    assert told == {"module": MODULE, "count": 1, "skipped": {}}
    if STANDARD:
        assert reasons == {}
    else:
        (name, words), = reasons.items()
        assert name == "SMTPHandlerTest.test_basic"
        assert r"data.endswith('\n\nHello \u2713')" in words
