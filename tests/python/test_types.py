"""The types that the package states: its own code agrees with them, users'
code can rely on them, and the stub of the extension tells the truth."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = Path(os.environ["PNEU_BUILD"]) / "python"

GOOD = """
import ssl
from email.message import EmailMessage
from typing import Any

import pneu.smtplib as smtplib


class Logged(smtplib.SMTP):
    def putcmd(self, cmd: str, args: str = "") -> None:
        print(cmd)
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        return super().getreply()


def deliver(host: str, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
    with Logged(host, 587, timeout=5.0) as smtp:
        smtp.starttls(context=ssl.create_default_context())
        code, text = smtp.login("marie", "secret")
        assert code == 235, text.decode()
        return smtp.send_message(message, to_addrs=["paul@example.org"])


def deliver_bytes(smtp: smtplib.SMTP, message: bytes) -> list[str]:
    try:
        refused = smtp.sendmail("marie@example.org", {"paul@example.org"},
                                message, mail_options=["SIZE=100"])
    except smtplib.SMTPRecipientsRefused as error:
        return [str(code) for code, _ in error.recipients.values()]
    except smtplib.SMTPResponseException as error:
        return [str(error.smtp_code)]
    return [each.recipient for each in refused.outcomes]
"""

ASYNC = """
import pneu.aio


async def deliver(host: str) -> dict[str, tuple[int, bytes]]:
    async with pneu.aio.SMTP(host, 25) as smtp:
        await smtp.ehlo()
        return await smtp.sendmail("marie@example.org", "paul@example.org",
                                   b"Subject: Hello")
"""

# One mistake a line, each of which mypy has to see.
BAD = {
    "smtp.sendmail(1, 'paul@example.org', b'')": "arg-type",
    "smtp.sendmail('marie@example.org', 'paul@example.org')": "call-arg",
    "smtp.getreply()[0].upper()": "attr-defined",
    "code: str = smtp.noop()": "assignment",
    "smtp.starttls(context='tls')": "arg-type",
    "smtplib.SMTP('localhost', port=[25])": "arg-type",
    "smtp.sendmails()": "attr-defined",
}


def mypy(folder: Path, *words: str | Path, tool: str = "mypy"
         ) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", tool, *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env={**os.environ, "MYPYPATH": str(PACKAGES)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mypy keeps what it has read, for all tests."""
    return tmp_path_factory.mktemp("types")


pytestmark = pytest.mark.seconds(300)


def test_package_is_strict(folder: Path) -> None:
    done = mypy(folder, "--strict", "--package", "pneu")
    assert done.returncode == 0, done.stdout
    assert "Success: no issues found in" in done.stdout


@pytest.mark.parametrize("program", [GOOD, ASYNC], ids=["smtplib", "aio"])
def test_typed_programs(folder: Path, program: str) -> None:
    path = folder / "program.py"
    path.write_text(program, "utf-8")
    done = mypy(folder, "--strict", path)
    assert done.returncode == 0, done.stdout


def test_mistakes_are_seen(folder: Path) -> None:
    """Were anything untyped, they would pass."""
    path = folder / "mistakes.py"
    head = ["import pneu.smtplib as smtplib",
            "def mistakes(smtp: smtplib.SMTP) -> None:"]
    path.write_text("\n".join(head + [f"    {line}" for line in BAD]) + "\n",
                    "utf-8")
    said = mypy(folder, "--strict", "--show-error-codes", path).stdout
    for number, (line, kind) in enumerate(BAD.items(), len(head) + 1):
        assert any(row.startswith(f"mistakes.py:{number}: ")
                   and row.endswith(f"[{kind}]")
                   for row in said.splitlines()), f"{line}\n{said}"


def test_stub_is_true(folder: Path) -> None:
    done = mypy(folder, "pneu._pneu", tool="mypy.stubtest")
    assert done.returncode == 0, done.stdout
    assert "Success: no issues found in 1 module" in done.stdout
