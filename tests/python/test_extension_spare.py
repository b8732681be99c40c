"""pneu._pneu.Delivery: what one leaves to the next is memory, and nothing
else."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extension import GO, MESSAGE, QUEUED, begin, result_of, talk
from pneu import _pneu, smtplib

HERE = Path(__file__).parent
WORDS = [b"250 ok\r\n", b"250-a\r\n250 b\r\n", b"354 go\r\n", b"550 no\r\n",
         b"452 5.2.2 full\r\n", b"252 maybe\r\n", b"500 what\r\n"]


def history(arguments: dict[str, Any], said: list[bytes]) -> list[Any]:
    """All that can be seen of a delivery."""
    try:
        delivery = begin(**arguments)
    except (ValueError, smtplib.SMTPException) as error:
        return [type(error), error.args]
    seen: list[Any] = talk(delivery, said)
    if not delivery.done:
        delivery.input_end(_pneu.END_TIMEOUT, "timed out")
    seen.append(delivery.ending())
    try:
        seen.append(result_of(delivery))
    except smtplib.SMTPException as error:
        seen += [type(error), error.args]
    return [delivery.outcomes(), delivery.reply, *seen]


def chosen(chance: random.Random) -> tuple[dict[str, Any], list[bytes]]:
    """A delivery, and what the server says of it: most often as it should."""
    count = chance.choice([1, 1, 2, 5])
    features = {"pipelining": "", "size": "1000", "8bitmime": "",
                "limits": "RCPTMAX=2"}
    arguments = {
        "recipients": [f"r{i}.{chance.randrange(9)}@x" for i in range(count)],
        "message": chance.choice([MESSAGE, b"\xe9\n", b".\n.\n", b"", "a\nb",
                                  b"x" * 2000, b"a\0"]),
        "features": {name: features[name] for name in features
                     if chance.random() < 0.6},
        "mail": chance.choice([(), ("A=1",), ("BODY=8BITMIME", "B")]),
        "rcpt": chance.choice([(), ("NOTIFY=NEVER",)]),
        "lmtp": chance.random() < 0.3,
        "pipelining": chance.random() < 0.7}
    said = [b"".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 5)))
            for _ in range(chance.randrange(6))]
    if chance.random() < 0.6:
        said = [b"250 a\r\n" + b"".join(
            chance.choice([b"250 fine\r\n", b"551 not here\r\n"])
            for _ in range(count)) + b"354 go\r\n",
            b"".join([QUEUED, *[b"250 and you\r\n"] * (count - 1)][:count])]
    return arguments, said


def test_nothing_shows_through() -> None:
    """The same delivery in memory that was used, and in new memory."""
    chance = random.Random(7)
    ends: set[int] = set()
    for _ in range(1500):
        history(*chosen(chance))
        arguments, said = chosen(chance)
        used = history(arguments, said)
        first, second = begin(), begin()  # whatever is spare is theirs
        assert history(arguments, said) == used
        ends |= {each for each in used if isinstance(each, int)}
        del first, second
    assert {0, _pneu.CLOSE, _pneu.RESET} <= ends


def test_refusals_and_8_bit_do_not_show_through() -> None:
    delivery = begin(["b@x", "c@x", "d@x"], message=b"\xe9\n",
                     mail=["A=1"], rcpt=["NOTIFY=NEVER"])
    talk(delivery, [b"250 a\r\n550 b\r\n252 c\r\n250 d\r\n354 e\r\n", QUEUED])
    assert result_of(delivery) == {"b@x": (550, b"b"), "c@x": (252, b"c")}
    del delivery
    delivery = begin(["e@x", "f@x", "g@x"])
    assert delivery.reply is None
    assert talk(delivery, [b"250 a\r\n250 b\r\n250 c\r\n250 d\r\n354 e\r\n",
                           b"250 other\r\n"]) == [
        b"MAIL FROM:<a@x> size=21\r\nRCPT TO:<e@x>\r\nRCPT TO:<f@x>\r\n"
        b"RCPT TO:<g@x>\r\nDATA\r\n", MESSAGE + b".\r\n", b""]
    assert delivery.ending() == 0 and result_of(delivery) == {}
    assert [row[1:] for row in delivery.outcomes()] == [
        ("accepted", "end of message", 250, "", b"other")] * 3


@pytest.mark.parametrize("count", [3, 1500])
def test_side_by_side(count: int) -> None:
    """Each has memory of its own, however they take turns."""
    chance = random.Random(11)
    going: list[tuple[_pneu.Delivery, list[str]]] = []
    for turn in range(60):
        names = [f"r{turn}.{i}@x" for i in range(chance.randrange(1, count))]
        delivery = begin(names, sender=f"s{turn}@x", features={})
        assert delivery.step(None) == b"MAIL FROM:<s%d@x>\r\n" % turn
        going.append((delivery, names))
        if len(going) == 3:
            delivery, names = going.pop(chance.randrange(3))
            wrong = chance.randrange(len(names))
            for i, name in enumerate(names):
                assert delivery.step(b"550 no\r\n" if i == wrong + 1 else
                                     b"250 ok\r\n") == (
                    b"RCPT TO:<%s>\r\n" % name.encode())
            delivery.step(b"250 last\r\n")
            if not delivery.done:
                assert delivery.step(b"354 go\r\n") == MESSAGE + b".\r\n"
                delivery.step(b"250 %d\r\n" % turn)
                assert delivery.reply == (250, b"%d" % turn)
            refused = {names[wrong]: (550, b"no")} if (
                wrong + 1 < len(names)) else {}
            assert result_of(delivery) == refused
            assert [row[0] for row in delivery.outcomes()] == names


def test_what_a_result_tells_stays() -> None:
    """The next delivery has other memory while somebody may still ask."""
    told = begin(["b@x"])
    talk(told, [GO, b"250 2.0.0 first\r\n"])
    other = begin(["c@x", "d@x"])
    talk(other, [b"250 a\r\n250 b\r\n550 c\r\n354 d\r\n", b"250 second\r\n"])
    assert told.outcomes() == [("b@x", "accepted", "end of message", 250,
                                "2.0.0", b"2.0.0 first")]
    assert told.reply == (250, b"2.0.0 first")
    assert [row[1] for row in other.outcomes()] == ["accepted",
                                                    "refused for good"]


COUNTING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_malloc(size_t);
unsigned long count;

static void see(void *caller)
{
    Dl_info info;
    if (dladdr(caller, &info) != 0 && strstr(info.dli_fname, "_pneu.") != NULL)
        count++;
}

void *calloc(size_t number, size_t size)
{
    see(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *malloc(size_t size)
{
    see(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *realloc(void *memory, size_t size)
{
    see(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}
"""

STEADY = """
import ctypes, sys
sys.path[:0] = {path!r}
from extension import GO, QUEUED, begin, result_of, talk
counted = ctypes.c_ulong.in_dll(ctypes.CDLL(None), "count")
CASES = [
    (dict(), [GO, QUEUED]),
    (dict(recipients=["b@x", "c@x"]),
     [b"250 a\\r\\n550 b\\r\\n250 c\\r\\n354 d\\r\\n", QUEUED]),
    (dict(message=b"\\xe9\\n.\\n", mail=["A=1"]), [GO, QUEUED]),
    (dict(recipients=["r%d@x" % i for i in range(90)], features={{}}),
     [b"250 x\\r\\n"] * 91 + [b"354 go\\r\\n", QUEUED]),
    (dict(), [b"250 a\\r\\n550 b\\r\\n503 c\\r\\n"]),
]
for arguments, said in CASES:
    for turn in range(30):
        if turn == 10:
            before = counted.value
        delivery = begin(**arguments)
        talk(delivery, said)
        delivery.outcomes()
        assert delivery.done
        del delivery
    print(counted.value - before)
names = ["r%d@x" % i for i in range(1500)]
for turn in range(3):
    before = counted.value
    delivery = begin(names, features={{}})
    talk(delivery, [b"250 x\\r\\n"] * 1501 + [b"354 go\\r\\n", QUEUED])
    assert delivery.done
    del delivery
print(counted.value > before)
"""


@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="somebody else counts")
def test_nothing_is_allocated_in_the_long_run(tmp_path: Path) -> None:
    source, library = tmp_path / "counting.c", tmp_path / "counting.so"
    source.write_text(COUNTING, "utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source],
                   check=True)
    path = [str(HERE), *(each for each in sys.path if each)]
    said = subprocess.run(
        [sys.executable, "-c", STEADY.format(path=path)], check=True,
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "LD_PRELOAD": str(library)}).stdout
    assert said.split() == ["0", "0", "0", "0", "0", "True"]  # huge: given up
