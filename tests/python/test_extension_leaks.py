"""Nothing of pneu._pneu is lost and nothing is kept: references, memory,
cycles, interpreters."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import weakref

import pytest

from extension import (ENDINGS, MESSAGE, OFFERED, OFFERS, SAID, Base, begin,
                       result_of, take_all, talk)
from pneu import _pneu, smtplib


def rounds() -> None:
    """Everything once, the failing paths included."""
    for arguments in ({"message": b"a\0"}, {"recipients": ["a b"]},
                      {"mail": ["\r"]}, {"features": {"size": "1"}}):
        try:
            begin(**arguments)
        except (ValueError, smtplib.SMTPException):
            pass
    for count, said, _ in ENDINGS:
        delivery = begin([f"r{i}@x" for i in range(count)],
                         message=bytearray(MESSAGE))
        talk(delivery, said)
        try:
            delivery.input_end(_pneu.END_RESET, "reset")
            result_of(delivery)
        except smtplib.SMTPException:
            pass
        delivery.outcomes()
    for octets, _ in SAID:
        replies = _pneu.Replies()
        replies.keep_lines = True
        replies.feed(octets)
        take_all(replies)
        replies.lines()
    for reply, _ in OFFERED:
        _pneu.features(reply)
    for name in ("PLAIN", "CRAM-MD5", "SCRAM-SHA-1"):
        exchange = _pneu.Exchange(name, "u", "p", "h", b"x")
        exchange.step()
        try:
            exchange.step(b"x")
        except smtplib.SMTPException:
            pass
    _pneu.Untouched(Base, ["one"])(Base())
    _pneu.mechanisms("PLAIN LOGIN", True)
    _pneu.content(b"x\n.y")
    _pneu.is_plain_address("a@b")
    _pneu.command_line("x", "y")


def resident() -> int:
    """Octets of memory in use."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_references() -> None:
    sender, recipient, message = "s" + "@x", "r" + "@x", bytes(MESSAGE + b"x")
    features, value = dict(OFFERS), "v" * 2
    features["limits"] = value
    watched = [sender, recipient, message, features, value, None, True, b"",
               "pipelining", type(begin()), smtplib.SMTPDataError]

    def once() -> None:
        delivery = begin([recipient], message, features, sender, ["A"], ["B"])
        talk(delivery, [b"250 a\r\n550 b\r\n554 c\r\n"])
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            result_of(delivery)
        delivery.outcomes()
        with pytest.raises(ValueError):
            begin(["a b"], message, features, sender)

    for _ in range(50):
        once()
    gc.collect()
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(500):
        once()
    gc.collect()
    after = [sys.getrefcount(each) for each in watched]
    assert all(abs(b - a) < 50 for a, b in zip(before, after)), (before, after)


@pytest.mark.seconds(120)
def test_memory() -> None:
    for _ in range(200):
        rounds()
    gc.collect()
    objects, used = len(gc.get_objects()), resident()
    for _ in range(1500):
        rounds()
    gc.collect()
    assert len(gc.get_objects()) - objects < 100
    assert resident() - used < 2 * 1024 * 1024


def test_memory_of_a_result_that_is_kept() -> None:
    """Of a program that keeps its results."""
    def one() -> _pneu.Delivery:
        delivery = begin(("b@x", "c@x"))
        talk(delivery, [b"250 a\r\n250 b\r\n550 c\r\n354 d\r\n", b"250 e\r\n"])
        result_of(delivery)
        return delivery
    count = 5000
    kept = [one() for _ in range(10)]
    before = resident()
    kept.extend(one() for _ in range(count))
    assert (resident() - before) / count < 2048
    assert kept[-1].outcomes() == kept[0].outcomes()


def test_cycles_are_collected() -> None:
    class Owned(bytearray):
        pass

    class Fake:
        def one(self) -> None:
            pass

    message = Owned(MESSAGE)
    message.delivery = begin(message=message)
    address = type("Address", (str,), {})("b@x")
    address.delivery = begin([address])
    Fake.untouched = _pneu.Untouched(Fake, ["one"])
    dead = [weakref.ref(message), weakref.ref(address), weakref.ref(Fake)]
    del message, address, Fake
    gc.collect()
    assert [each() for each in dead] == [None, None, None]


def run(program: str, *options: str) -> str:
    done = subprocess.run([sys.executable, *options, "-c", program], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


DELIVER = """
import json
from pneu import _pneu, smtplib
delivery = _pneu.Delivery("a@x", ["b@x", "c@x"], b"x", {"pipelining": ""}, (),
                          (), False, True)
delivery.step(None)
delivery.step(b"250 a\\r\\n550 no\\r\\n250 c\\r\\n354 d\\r\\n")
delivery.step(b"250 queued\\r\\n")
refused = {}
delivery.result(refused)
assert refused == {"b@x": (550, b"no")}
replies = _pneu.Replies()
replies.feed(b"x" * 9000)
try:
    replies.next()
except smtplib.SMTPResponseException as error:
    print(json.dumps(error.args))
"""


def test_subinterpreters() -> None:
    """Each has its own module, and leaves nothing to the others."""
    said = run(f"""
import _xxsubinterpreters as interpreters
for _ in range(5):
    one = interpreters.create()
    interpreters.run_string(one, {DELIVER!r})
    interpreters.destroy(one)
exec({DELIVER!r})
""")
    assert [json.loads(line) for line in said.splitlines()] == [
        [500, "Line too long."]] * 6


def test_development_mode() -> None:
    assert json.loads(run(DELIVER, "-X", "dev", "-W", "error")) == [
        500, "Line too long."]


def test_module_made_anew() -> None:
    """A second module of the same name, and the first one gone."""
    assert run(f"""
import gc, sys
for _ in range(20):
    exec({DELIVER!r})
    del sys.modules["pneu._pneu"], _pneu, delivery, replies
    for name in [name for name in sys.modules if name.startswith("pneu")]:
        del sys.modules[name]
    gc.collect()
""").count("too long") == 20
