"""smtplib, the module: names, subclasses, audit events, as a program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract import (ME, MESSAGE, NAME, SECONDS, STANDARD, Connect, Serve,
                      audited, smtplib)

pytest_plugins = ["contract_fixtures"]
HERE = Path(__file__).parent

EXCEPTIONS = ["SMTPException", "SMTPNotSupportedError",
              "SMTPServerDisconnected", "SMTPResponseException",
              "SMTPSenderRefused", "SMTPRecipientsRefused", "SMTPDataError",
              "SMTPConnectError", "SMTPHeloError", "SMTPAuthenticationError"]


def test_ports_and_line_end() -> None:
    # smtplib A1
    assert smtplib.SMTP_PORT == 25
    assert smtplib.SMTP_SSL_PORT == 465
    assert smtplib.LMTP_PORT == 2003
    assert smtplib.CRLF == "\r\n"
    assert smtplib.bCRLF == b"\r\n"


def test_all() -> None:
    # smtplib A2
    wanted = {*EXCEPTIONS, "quoteaddr", "quotedata", "SMTP", "SMTP_SSL"}
    assert wanted <= set(smtplib.__all__)
    assert "LMTP" not in smtplib.__all__
    if STANDARD:
        assert wanted == set(smtplib.__all__)
    assert issubclass(smtplib.LMTP, smtplib.SMTP)
    for name in smtplib.__all__:
        assert hasattr(smtplib, name)


def test_private_limits() -> None:
    # smtplib A3
    assert smtplib._MAXLINE == 8192
    assert smtplib._MAXCHALLENGE == 5


@pytest.mark.parametrize("name", ["SMTP", "SMTP_SSL", "LMTP"])
def test_classes_are_plain_classes(name: str) -> None:
    # smtplib A4
    kind = getattr(smtplib, name)
    sub = type("Sub", (kind,), {"noop": lambda self: "subclass"})
    client = sub()
    client.anything = 1
    assert client.anything == 1
    assert client.noop() == "subclass"
    client.noop = lambda: "instance"
    assert client.noop() == "instance"


def test_methods_reach_each_other_through_the_instance(
        serve_both: Serve, connect: Connect) -> None:
    # smtplib A5
    calls: list[str] = []

    def noting(name: str):
        def method(self, *arguments, **more):
            calls.append(name)
            return getattr(smtplib.SMTP, name)(self, *arguments, **more)
        return method

    names = ["putcmd", "getreply", "docmd", "send", "ehlo", "mail", "rcpt",
             "data", "rset", "has_extn", "ehlo_or_helo_if_needed"]
    kind = type("Noting", (smtplib.SMTP,), {n: noting(n) for n in names})
    server = serve_both(["SIZE 1000"])
    client = connect(server, kind)
    assert client.sendmail("a@x.example", ["b@x.example"], MESSAGE) == {}
    assert [n for n in calls if n not in ("putcmd", "getreply", "send",
                                          "has_extn", "docmd")] == [
        "ehlo_or_helo_if_needed", "ehlo", "mail", "rcpt", "data"]
    for name in ["putcmd", "getreply", "send", "has_extn"]:
        assert name in calls
    calls.clear()
    client.rset()
    assert calls == ["rset", "docmd", "putcmd", "send", "getreply"]
    client.noop()
    assert calls[-4:] == ["docmd", "putcmd", "send", "getreply"]


@pytest.mark.parametrize("name", ["putcmd", "getreply", "docmd", "mail",
                                  "rcpt", "data", "send", "rset", "_rset",
                                  "close", "has_extn"])
@pytest.mark.parametrize("where", ["subclass", "instance"])
def test_every_override_is_honoured(name: str, where: str, serve_both: Serve,
                                    connect: Connect) -> None:
    # smtplib A4, A5: a message refused at its end, so that each of these
    # methods has something to do
    calls: list[str] = []
    whole = getattr(smtplib.SMTP, name)

    def method(self, *arguments, **more):
        calls.append(name)
        return whole(self, *arguments, **more)

    end = "421 4.3.2 off" if name == "close" else "554 5.6.0 no"
    server = serve_both(["SIZE 1000"], answers={".": end})
    kind = smtplib.SMTP
    if where == "subclass":
        kind = type("Sub", (kind,), {name: method})
    client = connect(server, kind)
    if where == "instance":
        setattr(client, name, method.__get__(client))
    calls.clear()
    with pytest.raises(smtplib.SMTPDataError):
        client.sendmail("a@x.example", ["b@x.example"], MESSAGE)
    assert name in calls


def test_send_message_goes_through_sendmail(serve_both: Serve,
                                            connect: Connect) -> None:
    # smtplib A5: mail_options is sendmail's fourth positional argument
    import email.message
    seen: list[object] = []

    class Noting(smtplib.SMTP):
        def sendmail(self, *arguments, **more):
            seen.append((arguments, more))
            return {"marked": (1, b"")}

        def ehlo_or_helo_if_needed(self):
            seen.append("greeted")
            return super().ehlo_or_helo_if_needed()

        def has_extn(self, opt):
            seen.append(opt)
            return True

    message = email.message.EmailMessage()
    message["From"] = "a@x.example"
    message["To"] = "bö@x.example"
    client = connect(serve_both(), Noting)
    result = client.send_message(message, mail_options=["RET=HDRS"],
                                 rcpt_options=["NOTIFY=NEVER"])
    assert result == {"marked": (1, b"")}
    assert seen[0] == "greeted"
    assert "smtputf8" in seen
    arguments, more = seen[-1]
    assert more == {}
    assert arguments[0] == "a@x.example"
    assert list(arguments[1]) == ["bö@x.example"]
    assert isinstance(arguments[2], bytes)
    assert tuple(arguments[3]) == ("RET=HDRS", "SMTPUTF8", "BODY=8BITMIME")
    assert list(arguments[4]) == ["NOTIFY=NEVER"]


def test_class_attributes_of_a_subclass(serve: Serve, capsys) -> None:
    # smtplib A6
    server = serve(lmtp=True)

    class Own(smtplib.SMTP):
        default_port = server.port
        ehlo_msg = "lhlo"
        debuglevel = 1

    client = Own("127.0.0.1", local_hostname=ME, timeout=SECONDS)
    client.ehlo()
    client.close()
    assert server.commands == [f"LHLO {ME}"]
    assert "reply:" in capsys.readouterr().err


PROGRAM = """
import os, subprocess, sys
sys.path.insert(0, {here!r})
from scripted import Server
server = Server(host="127.0.0.1", port=25, pipelining=True)
ran = subprocess.run([sys.executable, "-m", {name!r}], capture_output=True,
                     timeout=20, input=b"a@x.example\\nb@x.example,"
                     b"c@x.example\\nSubject: s\\n\\n.dot\\n")
server.stop()
sys.stderr.buffer.write(ran.stderr)
sys.stdout.buffer.write(ran.stdout)
print("--", ran.returncode)
for each in server.envelopes:
    print(each.sender, *each.recipients, each.content)
"""


def test_as_a_program(tmp_path: Path) -> None:
    # smtplib A7: in a network of its own, where port 25 is free
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(here=str(HERE), name=NAME))
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    alone = ["unshare", *user, "--net", "sh", "-c",
             'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("no network of its own to be had here")
    path = os.pathsep.join(each for each in sys.path if each)
    ran = subprocess.run([*alone, sys.executable, script], timeout=30,
                         capture_output=True, text=True,
                         env={**os.environ, "PYTHONPATH": path})
    assert ran.returncode == 0, ran.stderr
    printed, _, seen = ran.stdout.partition("-- 0\n")
    assert printed == ("From: To: Enter message, end with ^D:\n"
                       "Message length is 17\n"), ran.stderr
    assert seen == ("a@x.example b@x.example c@x.example "
                    r"b'Subject: s\r\n\r\n.dot\r\n'" "\n")
    assert "send: 'mail FROM:<a@x.example>\\r\\n'" in ran.stderr


def test_audit_events(serve_both: Serve) -> None:
    # smtplib A8
    server = serve_both()
    with audited() as events:
        client = smtplib.SMTP(*server.address, local_hostname=ME,
                              timeout=SECONDS)
        client.sendmail("a@x.example", ["b@x.example"], MESSAGE)
        client.quit()
    assert events[0] == ("smtplib.connect",
                         (client, "127.0.0.1", server.port))
    assert {name for name, _ in events[1:]} == {"smtplib.send"}
    assert all(arguments[0] is client for _, arguments in events)
    written = [arguments[1] for _, arguments in events[1:]]
    assert all(isinstance(each, bytes) for each in written)
    assert server.last.ended()
    assert b"".join(written) == bytes(server.last.octets)


def test_an_audit_hook_comes_before_the_socket(serve: Serve) -> None:
    # smtplib A8: the connection is announced before it is opened
    code = ("import sys, importlib\n"
            f"smtplib = importlib.import_module({NAME!r})\n"
            "def hook(event, arguments):\n"
            "    if event in ('smtplib.connect', 'socket.connect'):\n"
            "        print(event)\n"
            "    if event == 'smtplib.connect': raise RuntimeError('no')\n"
            "sys.addaudithook(hook)\n"
            "try: smtplib.SMTP('127.0.0.1', 1, 'me')\n"
            "except RuntimeError as error: print(error)\n")
    path = os.pathsep.join(each for each in sys.path if each)
    ran = subprocess.run([sys.executable, "-c", code], timeout=20, text=True,
                         capture_output=True,
                         env={**os.environ, "PYTHONPATH": path})
    assert (ran.stdout, ran.stderr) == ("smtplib.connect\nno\n", "")
