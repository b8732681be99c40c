"""Threads and subinterpreters: one object is for one thread at a time, and
each interpreter has a module of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from contract import ME, SECONDS, Connect, Serve, only_pneu, smtplib

pytest_plugins = ["contract_fixtures"]
HERE = Path(__file__).parent
SENDER, B, C = "a@x.example", "b@x.example", "c@x.example"


def test_threads_with_an_object_each(serve_both: Serve) -> None:
    """They do not disturb each other."""
    server = serve_both(answers={f"RCPT TO:<{C}>": "550 no"})
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            with smtplib.SMTP(*server.address, ME, SECONDS) as client:
                for n in range(25):
                    result = client.sendmail(
                        f"{number}.{n}@x.example", [B, C],
                        f"Subject: {number}.{n}\r\n\r\n" + 2000 * "x")
                    assert result == {C: (550, b"no")}
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(server.envelopes) == 100
    for envelope in server.envelopes:
        name = envelope.sender.removesuffix("@x.example")
        assert envelope.content.startswith(f"Subject: {name}\r\n".encode())
    assert len({each.sender for each in server.envelopes}) == 100


INTRUSIONS: dict[str, Any] = {
    "sendmail": lambda client: client.sendmail(SENDER, [B], "two"),
    "noop": lambda client: client.noop(),
    "getreply": lambda client: client.getreply(),
    "putcmd": lambda client: client.putcmd("NOOP"),
    "send": lambda client: client.send("NOOP\r\n"),
    "quit": lambda client: client.quit(),
    "connect": lambda client: client.connect("127.0.0.1", 1),
}


@only_pneu
@pytest.mark.parametrize("name", INTRUSIONS)
def test_a_second_thread_is_kept_out(name: str, serve_both: Serve,
                                     connect: Connect) -> None:
    """During a delivery, which goes on undisturbed."""
    asked, go_on = threading.Event(), threading.Event()

    def slow(*_: Any) -> str:
        asked.set()
        go_on.wait(SECONDS)
        return "250 fine"

    server = serve_both(answers={"RCPT": slow})
    client = connect(server)
    client.ehlo()
    results: list[Any] = []
    thread = threading.Thread(
        target=lambda: results.append(client.sendmail(SENDER, [B], "one")))
    thread.start()
    try:
        assert asked.wait(SECONDS)
        with pytest.raises(smtplib.SMTPException, match="delivery"):
            INTRUSIONS[name](client)
    finally:
        go_on.set()
        thread.join()
    assert results == [{}]
    assert [each.content for each in server.envelopes] == [b"one\r\n"]
    assert client.noop()[0] == 250


@only_pneu
def test_close_from_a_second_thread(serve_both: Serve,
                                    connect: Connect) -> None:
    """It ends the delivery with an exception, or waits; it never crashes."""
    asked = threading.Event()

    def slow(connection: Any, _: str) -> str:
        asked.set()
        try:
            connection.ended_early = connection.line.recv(1)
        except OSError:
            pass  # the test is over, and the server with it
        return "250 fine"

    client = connect(serve_both(answers={".": slow}), timeout=1)
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(client.sendmail(SENDER, [B], "one"))
        except (OSError, smtplib.SMTPException) as error:
            results.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert asked.wait(SECONDS)
    try:
        client.close()
    except smtplib.SMTPException:
        pass
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert results and results != [{}]


PROGRAM = """
import sys
sys.path[:0] = {path!r}
import importlib
smtplib = importlib.import_module({name!r})
with smtplib.SMTP("127.0.0.1", {port}, "me.example", 10) as client:
    result = client.sendmail("{number}@x.example",
                             ["b@x.example", "c@x.example"], "x")
    assert result == {{"c@x.example": (550, b"no")}}, result
    client.login("ann", "secret")
    try:
        client.sendmail("a@x.example", ["c@x.example"], "x")
    except smtplib.SMTPRecipientsRefused as error:
        assert isinstance(error, smtplib.SMTPException)
    else:
        raise AssertionError
    try:
        client.putcmd("a\\nb")
    except ValueError:
        pass
"""

MAIN = """
import sys, threading
import _xxsubinterpreters as interpreters
from scripted import Server
server = Server(["AUTH PLAIN", "PIPELINING"],
                answers={{"RCPT TO:<c@x.example>": "550 no"}})
if {main}:
    exec({program!r}.replace("PORT", str(server.port)).replace("NUMBER", "m"))

def run(number):
    made = interpreters.create()
    interpreters.run_string(made, {program!r}.replace(
        "PORT", str(server.port)).replace("NUMBER", str(number)))
    interpreters.destroy(made)

for number in range(3):
    run(number)
threads = [threading.Thread(target=run, args=(n,)) for n in range(3, 6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if {main}:
    exec({program!r}.replace("PORT", str(server.port)).replace("NUMBER", "e"))
print(*sorted(each.sender[0] for each in server.envelopes))
server.stop()
"""


@pytest.mark.parametrize("main", [True, False])
def test_subinterpreters(main: bool) -> None:
    """Each with a module of its own, one after the other and side by side,
    with and without one in the main interpreter."""
    path = [str(HERE), *(each for each in sys.path if each)]
    program = PROGRAM.format(path=path, name=smtplib.__name__, port="PORT",
                             number="NUMBER")
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-c",
         MAIN.format(main=main, program=program)],
        capture_output=True, text=True, timeout=50,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == list("012345em" if main else "012345")


@only_pneu
def test_classes_are_not_shared() -> None:
    """What one interpreter does to a class does not show in another."""
    path = [str(HERE), *(each for each in sys.path if each)]
    inner = (f"import sys; sys.path[:0] = {path!r}\n"
             "from pneu import _pneu, smtplib\n"
             "assert not hasattr(smtplib.SMTP, 'mark')\n"
             "try: _pneu.Replies.mark = 1\n"
             "except TypeError: pass\n"
             "smtplib.SMTP.mark = 2\n"
             "r = _pneu.Replies(); r.feed(b'x' * 9000)\n"
             "try: r.next()\n"
             "except smtplib.SMTPException as e: assert e.smtp_code == 500\n")
    main = ("import _xxsubinterpreters as interpreters\n"
            "from pneu import _pneu, smtplib\n"
            "for _ in range(2):\n"
            "    made = interpreters.create()\n"
            f"    interpreters.run_string(made, {inner!r})\n"
            "    interpreters.destroy(made)\n"
            "assert not hasattr(smtplib.SMTP, 'mark')\n"
            "r = _pneu.Replies(); r.feed(b'x' * 9000)\n"
            "try: r.next()\n"
            "except smtplib.SMTPResponseException as e: print(e.smtp_code)\n")
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-c", main], capture_output=True,
        text=True, timeout=50,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)})
    assert (ran.stdout, ran.stderr, ran.returncode) == ("500\n", "", 0)
