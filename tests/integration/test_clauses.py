"""What the RFCs ask for, and no test of a feature shows: a test a clause."""

from __future__ import annotations

import base64
import email
import email.policy
import os
import re
import smtplib
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Pneu
from servers.ports import free_port, wait_until
from servers.process import end
from servers.scripted import Scripted, Talk
from servers.sink import Sink

HERE = Path(__file__).resolve().parent
ANN = "ann@example.com"
BOB = "bob@example.com"
StartSink = Callable[..., Sink]
Start = Callable[..., Scripted]


# The command


def composed(pneu: Pneu, server: Sink | Scripted, *words: str) -> list[str]:
    return ["send", "--host", server.host, "--port", str(server.port),
            "--from", ANN, "--to", BOB, "--text", "x", *words]


def test_252_is_explained(pneu: Pneu, scripted: Start) -> None:
    """RFC 5321 3.5.3: 252 is neither yes nor no."""
    server = scripted(Talk(answers={"VRFY": "252 2.1.5 try"}))
    result = pneu.run("verify", "--host", server.host, "--port", server.port,
                      BOB)
    assert "252 means that the server does not tell" in result.err


def test_name_between_quotes(pneu: Pneu, sink: StartSink) -> None:
    """RFC 5322 3.2.4: quotes and backslashes are no part of a name."""
    server = sink()
    result = pneu.run(
        "send", "--host", server.host, "--port", server.port, "--from",
        rf'"Ann \"A.\" B, \\C" <{ANN}>', "--to", BOB, "--text", "x")
    assert result.status == 0, result.err
    message = email.message_from_bytes(server.letter().content,
                                       policy=email.policy.default)
    address, = message["From"].addresses
    assert (address.display_name, address.addr_spec) == ('Ann "A." B, \\C',
                                                         ANN)


@pytest.mark.parametrize("line, is_good", [
    ("X-Note: 1", True), ("X!~'{}: 1", True), ("X Note: 1", False),
    (": 1", False), ("X-Nöte: 1", False), ("X\x7f: 1", False),
    ("no colon", False)])
def test_name_of_a_field(pneu: Pneu, sink: StartSink, line: str,
                         is_good: bool) -> None:
    """RFC 5322 3.6.8: printable ASCII without the colon."""
    server = sink()
    result = pneu.run(*composed(pneu, server, "--header", line))
    assert (result.status == 0) == is_good, result.err
    arrived = server.letters()
    assert len(arrived) == is_good
    if is_good:
        assert line.encode() in arrived[0].content.splitlines()


def test_domain_that_is_too_long(pneu: Pneu, sink: StartSink) -> None:
    """RFC 5321 4.5.3.1.2: 255 octets."""
    server = sink()
    domain = ".".join(["x" * 63] * 4)
    result = pneu.run(*composed(pneu, server, "--cc", f"a@{domain}x"))
    assert result.status == 65, result.err
    assert server.letters() == []


# Which address is tried, and when


FAMILIES = """\
import socket, subprocess, sys, select
port = int(sys.argv[1])
lines = {}
for family, host in [(socket.AF_INET6, "2001:db8::2"),
                     (socket.AF_INET, "192.0.2.1")]:
    line = socket.create_server((host, port), family=family)
    lines[line] = host
run = subprocess.Popen([*sys.argv[2:], "--host", "several.example", "--port",
                        str(port), "--timeout", "2", "x@example.com"],
                       stdout=sys.stderr)
ready = select.select(list(lines), [], [], 20)[0]
print(lines[ready[0]])
ready[0].accept()[0].close()
run.wait(20)
"""


def test_families_alternate(pneu: Pneu, tmp_path: Path) -> None:
    """RFC 8305 4: of two addresses of one family and two of the other the
    second to be tried is the other family's first. In a network of its
    own, in which nothing leads out."""
    addresses = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"]
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{address} several.example\n"
                             for address in addresses))
    add = "".join(f" && ip address add {address} dev lo"
                  for address in addresses)
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    prefix = ["unshare", *user, "--mount", "--net", "sh", "-c",
              f"ip link set lo up{add} && mount --bind '{hosts}' /etc/hosts "
              "&& exec \"$@\"", "sh"]
    order = subprocess.run([*prefix, "getent", "ahosts", "several.example"],
                           capture_output=True, text=True, timeout=20)
    found = list(dict.fromkeys(line.split()[0]
                               for line in order.stdout.splitlines()))
    if found != addresses:
        pytest.skip(f"no network of its own here: {found} {order.stderr}")
    done = subprocess.run(
        [*prefix, sys.executable, "-c", FAMILIES, str(free_port()),
         pneu.program, "verify"], capture_output=True, text=True, timeout=50)
    assert done.stdout == "192.0.2.1\n", done.stderr


# The sink


def test_user_acts_for_nobody_else(sink: StartSink) -> None:
    """RFC 4422 2: the authorization identity."""
    server = sink("--allow-cleartext-auth", "--mechanisms", "PLAIN",
                  users={ANN: PASSWORD, BOB: "other"})
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.ehlo()
        for who, code in ((BOB, 535), (ANN, 235)):
            said = base64.b64encode(f"{who}\0{ANN}\0{PASSWORD}".encode())
            assert line.docmd("AUTH PLAIN", said.decode())[0] == code


def test_json_of_odd_addresses(sink: StartSink) -> None:
    r"""RFC 8259 7: a quotation mark, a backslash, and what is not ASCII."""
    server = sink("--json")
    odd = ['"a\\"b\\\\c"@example.com', "jörg@example.com"]
    with socket.create_connection(("127.0.0.1", server.port), 10) as line:
        file = line.makefile("rwb")

        def say(text: str) -> None:
            file.write(text.encode() + b"\r\n")
            file.flush()
            while (answer := file.readline())[3:4] == b"-":
                pass
            assert answer[:1] in b"23", (text, answer)

        file.readline()
        say("EHLO client.example")
        say(f"MAIL FROM:<{ANN}> SMTPUTF8")
        for address in odd:
            say(f"RCPT TO:<{address}>")
        say("DATA")
        say("Subject: x\r\n\r\nx\r\n.")
        say("QUIT")
    assert server.report()["recipients"] == odd


def test_serial_numbers_are_positive(sink: StartSink) -> None:
    """RFC 5280 4.1.2.2, of the certificate and of its CA, four times."""
    numbers = []
    for _ in range(4):
        server = sink(tls="implicit")
        context = ssl.create_default_context(cafile=str(server.ca_file))
        with socket.create_connection(("127.0.0.1", server.port), 10) as line:
            with context.wrap_socket(line, server_hostname="localhost") as tls:
                numbers.append(tls.getpeercert()["serialNumber"])
        shown = subprocess.run(
            ["openssl", "x509", "-in", server.ca_file, "-noout", "-serial"],
            check=True, capture_output=True, text=True, timeout=30).stdout
        numbers.append(shown.strip().removeprefix("serial="))
    assert len(set(numbers)) == 8
    assert all(re.fullmatch("[0-9A-F]+", number) and int(number, 16) > 0
               for number in numbers), numbers


@pytest.fixture
def later(tmp_path: Path, build: Path) -> Path:
    """A library that makes a program later; see programs/later.c."""
    linked = subprocess.run(["ldd", build / "pneu"], capture_output=True,
                            text=True, timeout=30).stdout
    if "asan" in linked or "__asan_init" in subprocess.run(
            ["nm", "-D", build / "pneu"], capture_output=True, text=True,
            timeout=30).stdout:
        pytest.skip("a sanitized program lets nothing be loaded before it")
    library = tmp_path / "later.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-Wall", "-Werror",
                    HERE / "programs" / "later.c", "-o", library],
                   check=True, timeout=60)
    return library


def test_silent_client_has_five_minutes(pneu: Pneu, later: Path,
                                        tmp_path: Path) -> None:
    """RFC 5321 4.5.3.2.7: a server waits five minutes for a command."""
    clock, port = tmp_path / "clock", free_port()
    clock.write_text("0")
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(
            [pneu.program, "sink", "--maildir", tmp_path / "mail", "--port",
             str(port)], stdout=log, stderr=log,
            env={**os.environ, "LD_PRELOAD": str(later),
                 "PNEU_TEST_LATER": str(clock)})

    def greeted() -> socket.socket | None:
        try:
            line = socket.create_connection(("127.0.0.1", port), 5)
        except OSError:
            return None
        assert line.recv(4) == b"220 "
        return line

    try:
        lines: list[socket.socket] = []
        wait_until(lambda: bool(line := greeted())
                   and lines.append(line) is None, "a greeting")
        silent = lines[0]
        while b"\n" not in silent.recv(1000):
            pass
        for seconds, is_over in ((290, False), (310, True)):
            clock.write_text(str(seconds))
            greeted()  # wakes it, so that it looks at the clock
            silent.settimeout(0.5 if not is_over else 10)
            try:
                said = silent.recv(1000)
            except TimeoutError:
                said = None
            assert (said is not None) == is_over, (seconds, said)
    finally:
        end(server)
