"""The examples of examples/python/, and the code in docs/python.md and
README.md, run as they stand against `pneu sink`."""

from __future__ import annotations

import email.policy
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from servers.maildir import Letter
from servers.process import short_folder
from servers.sink import Sink

REPOSITORY = Path(__file__).resolve().parent.parent.parent
EXAMPLES = REPOSITORY / "examples/python"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?",
                   re.M | re.S)
ANN, BOB, CYD = "ann@example.com", "bob@example.com", "cyd@example.com"
NOBODY = "nobody@example.org"
PASSWORD = "Correct horse 42 bätterie"
StartSink = Callable[..., Sink]


@dataclass(frozen=True)
class Block:
    """A block of Python in a document, and what it is said to print."""
    name: str
    code: str
    output: str


def blocks(document: str) -> list[Block]:
    text = (REPOSITORY / document).read_text("utf-8")
    return [Block(f"{document}-{number}", code, output) for
            number, (code, output) in enumerate(BLOCK.findall(text), 1)]


BLOCKS = blocks("docs/python.md") + blocks("README.md")


def run(program: Path, *arguments: str | int,
        **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in Python to its end, in its own folder."""
    return subprocess.run(
        [sys.executable, "-B", "-X", "dev", "-W", "error", str(program),
         *map(str, arguments)], capture_output=True, text=True, timeout=30,
        stdin=subprocess.DEVNULL, cwd=program.parent,
        env={**os.environ, **environment}, check=False)


def example(name: str, server: Sink, *arguments: str | int,
            **environment: str) -> subprocess.CompletedProcess[str]:
    assert server.port
    return run(EXAMPLES / name, "localhost", server.port, *arguments,
               **environment)


def fields(letter: Letter) -> EmailMessage:
    made = message_from_bytes(letter.content, policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


def envelopes(server: Sink) -> set[str]:
    return {recipient for letter in server.letters()
            for recipient in letter.fields("X-Pneu-Recipient")}


def test_send(sink: StartSink) -> None:
    server = sink()
    done = example("send.py", server, ANN, BOB)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert f"send: 'rcpt TO:<{BOB}>\\r\\n'\n" in done.stderr
    assert b"This is the body of the message.\n" in server.letter().content


def test_send_message(sink: StartSink, tmp_path: Path) -> None:
    server = sink()
    picture = tmp_path / "tête-à-tête.png"
    picture.write_bytes(bytes(range(256)))
    done = example("send_message.py", server, ANN, str(picture), BOB, CYD)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the server said: 250 2.0.0 ")
    letter = fields(server.letter())
    assert letter["Bcc"] is None
    attached = next(letter.iter_attachments())
    assert attached.get_filename() == picture.name
    assert attached.get_content_type() == "image/png"
    assert attached.get_content() == picture.read_bytes()
    assert envelopes(server) == {f"<{name}>" for name in (ANN, BOB, CYD)}


def test_outcomes(sink: StartSink) -> None:
    server = sink("--refuse", f"{CYD}=550 5.1.1 No such mailbox",
                  "--defer", "dan@example.com")
    done = example("outcomes.py", server, ANN, BOB, CYD, "dan@example.com")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{BOB}: accepted; nothing to do"
    assert lines[2:4] == [
        f"{CYD}: refused for good; correct the address, or give up",
        "    550 5.1.1 No such mailbox"]
    assert lines[4] == "dan@example.com: refused for now; send again later"
    assert envelopes(server) == {f"<{BOB}>"}


def test_outcomes_where_nobody_has_it(sink: StartSink) -> None:
    server = sink("--refuse", "*@example.com")
    done = example("outcomes.py", server, ANN, BOB, CYD)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("refused for good") == 2
    assert not server.letters()


def test_aio_many(sink: StartSink) -> None:
    server = sink("--refuse", NOBODY)
    people = [f"bob{number}@example.com" for number in range(20)]
    done = example("aio_many.py", server, ANN, *people, NOBODY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "20 of 21 sent"
    assert f"{NOBODY}: " in done.stdout
    assert envelopes(server) == {f"<{name}>" for name in people}


@pytest.fixture
def guarded(sink: StartSink) -> Sink:
    """A server that wants a login, under TLS."""
    return sink("--require-auth", tls="starttls", users={"ann": PASSWORD})


def test_login_tls(guarded: Sink) -> None:
    done = example("login_tls.py", guarded, "ann", ANN, BOB,
                   SMTP_PASSWORD=PASSWORD, SSL_CERT_FILE=str(guarded.ca_file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert b"And under TLS.\n" in guarded.letter().content


def test_login_tls_with_a_wrong_password(guarded: Sink) -> None:
    done = example("login_tls.py", guarded, "ann", ANN, BOB,
                   SMTP_PASSWORD="wrong", SSL_CERT_FILE=str(guarded.ca_file))
    assert done.returncode == 1
    assert done.stdout.startswith("no login as ann: 535 ")
    assert not guarded.letters()


def test_login_tls_with_a_certificate_that_nobody_knows(guarded: Sink
                                                        ) -> None:
    done = example("login_tls.py", guarded, "ann", ANN, BOB,
                   SMTP_PASSWORD=PASSWORD)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("localhost is not who it says: ")
    assert not guarded.letters()


def test_every_example_is_run_here() -> None:
    here = Path(__file__).read_text("utf-8")
    for program in EXAMPLES.glob("*.py"):
        assert f'example("{program.name}"' in here
        document = (REPOSITORY / "docs/python.md").read_text("utf-8")
        assert f"(../examples/python/{program.name})" in document


@dataclass(frozen=True)
class Servers:
    """Those that the documents speak of."""
    plain: Sink
    starttls: Sink
    implicit: Sink
    lmtp: Path
    folder: Path

    def here(self, code: str) -> str:
        """The code with the names and ports of these servers."""
        for said, done in (
                ('"localhost", 2525', f'"localhost", {self.plain.port}'),
                ('"mail.example.org", 587',
                 f'"localhost", {self.starttls.port}'),
                ('"mail.example.org", 465',
                 f'"localhost", {self.implicit.port}'),
                ("/run/lmtp.sock", str(self.lmtp)),
                ('"ca.pem"', f'"{self.implicit.ca_file}"')):
            code = code.replace(said, done)
        return code


@pytest.fixture
def servers(sink: StartSink) -> Iterator[Servers]:
    folder = short_folder("doc")
    users = {"marie": PASSWORD}
    lmtp = folder / "lmtp.sock"
    sink("--lmtp", unix=lmtp)
    yield Servers(sink("--refuse", NOBODY),
                  sink(tls="starttls", users=users),
                  sink(tls="implicit", users=users), lmtp, folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_documents(servers: Servers, block: Block) -> None:
    """What the documents show runs, and prints what they say it prints."""
    program = servers.folder / "program.py"
    program.write_text(servers.here(block.code), "utf-8")
    done = run(program, SMTP_PASSWORD=PASSWORD,
               SSL_CERT_FILE=str(servers.starttls.ca_file))
    assert done.returncode == 0, done.stderr
    if block.output:
        assert done.stdout == block.output


def test_the_documents_have_code() -> None:
    names = [block.name for block in BLOCKS]
    assert "README.md-1" in names
    assert len([name for name in names if "python.md" in name]) >= 10


@pytest.mark.parametrize("program", sorted(EXAMPLES.glob("*.py")),
                         ids=lambda path: path.name)
def test_usage(program: Path) -> None:
    done = run(program, "localhost")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: ") and done.stderr.count("\n") == 1
