"""The programs of two documents on smtplib, a PyMOTW article and the Python
reference, in Python 3: they run as they stand there but for their import
line, at a terminal, against a server that says what the document's server
says, and the terminal shows the dialogue that the document shows.

What Python 3 writes in another way than the article's Python 2: a reply's
text is bytes, so that its lines have "\\n" between them in place of a new
line; as_string() has no "From nobody" line (and the size is without it); the
address of VRFY has no brackets. What pneu.smtplib writes in another way than
smtplib: the answer to a challenge of AUTH is not shown.
"""

from __future__ import annotations

import hmac
import json
import os
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from servers.certificates import Authority
from unchanged.instead import STANDARD

PROGRAMS = Path(__file__).resolve().parent / "seeds"
HOSTS = ("127.0.0.1 localhost.local localhost\n"
         "127.0.0.1 mail smtpauth.isp.net\n")

# RFC 2195's use: what the article's server asks, and what its user answers.
CHALLENGE = ("PDExNjkyLjEyMjI2MTI1NzlAZWxhc210cC1tZWFseS5hdGwuc2EuZWFydGhsaW5r"
             "Lm5ldD4=")
USER, PASSWORD = "user@isp.net", "correct horse battery"
ANSWER = b64encode(f"{USER} ".encode() + hmac.new(
    PASSWORD.encode(), b64decode(CHALLENGE), "md5").hexdigest().encode()
    ).decode()
SHOWN_ANSWER = ANSWER if STANDARD else "[hidden]"


# What the terminal shows, from the documents. A line that ends in @ goes on in
# the next; one that ends in @@ ends in a blank.

SENDMAIL = r"""
send: 'ehlo localhost.local\r\n'
reply: b'250-mail.example.com Hello [192.168.1.17], pleased to meet you\r\n'
reply: b'250-ENHANCEDSTATUSCODES\r\n'
reply: b'250-PIPELINING\r\n'
reply: b'250-8BITMIME\r\n'
reply: b'250-SIZE\r\n'
reply: b'250-DSN\r\n'
reply: b'250-ETRN\r\n'
reply: b'250-AUTH GSSAPI DIGEST-MD5 CRAM-MD5\r\n'
reply: b'250-DELIVERBY\r\n'
reply: b'250 HELP\r\n'
reply: retcode (250); Msg: b'mail.example.com Hello [192.168.1.17], @
pleased to meet you\nENHANCEDSTATUSCODES\nPIPELINING\n8BITMIME\nSIZE\nDSN\n@
ETRN\nAUTH GSSAPI DIGEST-MD5 CRAM-MD5\nDELIVERBY\nHELP'
send: 'mail FROM:<author@example.com> size=236\r\n'
reply: b'250 2.1.0 <author@example.com>... Sender ok\r\n'
reply: retcode (250); Msg: b'2.1.0 <author@example.com>... Sender ok'
send: 'rcpt TO:<recipient@example.com>\r\n'
reply: b'250 2.1.5 <recipient@example.com>... Recipient ok\r\n'
reply: retcode (250); Msg: b'2.1.5 <recipient@example.com>... Recipient ok'
send: 'data\r\n'
reply: b'354 Enter mail, end with "." on a line by itself\r\n'
reply: retcode (354); Msg: b'Enter mail, end with "." on a line by itself'
data: (354, b'Enter mail, end with "." on a line by itself')
send: b'Content-Type: text/plain; charset="us-ascii"\r\nMIME-Version: 1.0\r\n@
Content-Transfer-Encoding: 7bit\r\nTo: Recipient <recipient@example.com>\r\n@
From: Author <author@example.com>\r\nSubject: Simple test message\r\n\r\n@
This is the body of the message.\r\n.\r\n'
reply: b'250 2.0.0 m8SE2mpc015614 Message accepted for delivery\r\n'
reply: retcode (250); Msg: b'2.0.0 m8SE2mpc015614 Message accepted for @
delivery'
data: (250, b'2.0.0 m8SE2mpc015614 Message accepted for delivery')
send: 'quit\r\n'
reply: b'221 2.0.0 mail.example.com closing connection\r\n'
reply: retcode (221); Msg: b'2.0.0 mail.example.com closing connection'
"""

AUTHENTICATED = r"""
Recipient: recipient@example.com
Mail server name: smtpauth.isp.net
Mail user name: user@isp.net
user@isp.net's password: @@
send: 'ehlo localhost.local\r\n'
reply: b'250-elasmtp-isp.net Hello localhost.local [<your IP here>]\r\n'
reply: b'250-SIZE 14680064\r\n'
reply: b'250-PIPELINING\r\n'
reply: b'250-AUTH PLAIN LOGIN CRAM-MD5\r\n'
reply: b'250-STARTTLS\r\n'
reply: b'250 HELP\r\n'
reply: retcode (250); Msg: b'elasmtp-isp.net Hello localhost.local @
[<your IP here>]\nSIZE 14680064\nPIPELINING\nAUTH PLAIN LOGIN CRAM-MD5\n@
STARTTLS\nHELP'
send: 'STARTTLS\r\n'
reply: b'220 TLS go ahead\r\n'
reply: retcode (220); Msg: b'TLS go ahead'
send: 'ehlo localhost.local\r\n'
reply: b'250-elasmtp-isp.net Hello localhost.local [<your IP here>]\r\n'
reply: b'250-SIZE 14680064\r\n'
reply: b'250-PIPELINING\r\n'
reply: b'250-AUTH PLAIN LOGIN CRAM-MD5\r\n'
reply: b'250 HELP\r\n'
reply: retcode (250); Msg: b'elasmtp-isp.net Hello localhost.local @
[<your IP here>]\nSIZE 14680064\nPIPELINING\nAUTH PLAIN LOGIN CRAM-MD5\nHELP'
send: 'AUTH CRAM-MD5\r\n'
reply: b'334 CHALLENGE\r\n'
reply: retcode (334); Msg: b'CHALLENGE'
send: 'ANSWER\r\n'
reply: b'235 Authentication succeeded\r\n'
reply: retcode (235); Msg: b'Authentication succeeded'
send: 'mail FROM:<author@example.com> size=226\r\n'
reply: b'250 OK\r\n'
reply: retcode (250); Msg: b'OK'
send: 'rcpt TO:<recipient@example.com>\r\n'
reply: b'250 Accepted\r\n'
reply: retcode (250); Msg: b'Accepted'
send: 'data\r\n'
reply: b'354 Enter message, ending with "." on a line by itself\r\n'
reply: retcode (354); Msg: b'Enter message, ending with "." on a line by @
itself'
data: (354, b'Enter message, ending with "." on a line by itself')
send: b'Content-Type: text/plain; charset="us-ascii"\r\nMIME-Version: 1.0\r\n@
Content-Transfer-Encoding: 7bit\r\nTo: Recipient <recipient@example.com>\r\n@
From: Author <author@example.com>\r\nSubject: Test from PyMOTW\r\n\r\n@
Test message from PyMOTW.\r\n.\r\n'
reply: b'250 OK id=1KjxNj-00032a-Ux\r\n'
reply: retcode (250); Msg: b'OK id=1KjxNj-00032a-Ux'
data: (250, b'OK id=1KjxNj-00032a-Ux')
send: 'quit\r\n'
reply: b'221 elasmtp-isp.net closing connection\r\n'
reply: retcode (221); Msg: b'elasmtp-isp.net closing connection'
"""

VERIFY = r"""
send: 'vrfy dhellmann\r\n'
reply: b'250 2.1.5 Doug Hellmann <dhellmann@mail.example.com>\r\n'
reply: retcode (250); Msg: b'2.1.5 Doug Hellmann <dhellmann@mail.example.com>'
send: 'vrfy notthere\r\n'
reply: b'550 5.1.1 <notthere>... User unknown\r\n'
reply: retcode (550); Msg: b'5.1.1 <notthere>... User unknown'
send: 'quit\r\n'
reply: b'221 2.0.0 mail.example.com closing connection\r\n'
reply: retcode (221); Msg: b'2.0.0 mail.example.com closing connection'
dhellmann: (250, b'2.1.5 Doug Hellmann <dhellmann@mail.example.com>')
notthere : (550, b'5.1.1 <notthere>... User unknown')
"""

EXAMPLE = r"""
From: ann@example.com @@
To: bob@example.com  cyd@example.com
Enter message, end with ^D (Unix) or ^Z (Windows):
Hello,
you.
Message length is 73
send: 'ehlo localhost.local\r\n'
reply: b'250-localhost\r\n'
reply: b'250-SIZE 1000000\r\n'
reply: b'250 HELP\r\n'
reply: retcode (250); Msg: b'localhost\nSIZE 1000000\nHELP'
send: 'mail FROM:<ann@example.com> size=73\r\n'
reply: b'250 OK\r\n'
reply: retcode (250); Msg: b'OK'
send: 'rcpt TO:<bob@example.com>\r\n'
reply: b'250 Accepted\r\n'
reply: retcode (250); Msg: b'Accepted'
send: 'rcpt TO:<cyd@example.com>\r\n'
reply: b'550 No such user\r\n'
reply: retcode (550); Msg: b'No such user'
send: 'data\r\n'
reply: b'354 Go ahead\r\n'
reply: retcode (354); Msg: b'Go ahead'
data: (354, b'Go ahead')
send: b'From: ann@example.com\r\nTo: bob@example.com, cyd@example.com\r\n\r\n@
Hello,you.\r\n.\r\n'
reply: b'250 Queued as 4711\r\n'
reply: retcode (250); Msg: b'Queued as 4711'
data: (250, b'Queued as 4711')
send: 'quit\r\n'
reply: b'221 Bye\r\n'
reply: retcode (221); Msg: b'Bye'
"""


def lines(text: str) -> list[str]:
    """One of the texts above."""
    text = text.replace("@@\n", "\n").replace("@\n", "")
    return text.replace("CHALLENGE", CHALLENGE).replace(
        "ANSWER", SHOWN_ANSWER).splitlines()[1:]


def in_namespaces() -> list[str]:
    """The beginning of a command that has a network of its own."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--net", "--uts"]


@pytest.fixture(scope="module", autouse=True)
def allowed() -> None:
    tried = subprocess.run([*in_namespaces(), "true"], capture_output=True)
    if tried.returncode:
        pytest.skip("a network of its own is not to be had here: "
                    + tried.stderr.decode().strip())


def run(program: str, turns: list[tuple[str, str]],
        typed: list[tuple[str, str]], folder: Path,
        authority: Authority | None = None) -> list[str]:
    """What the terminal shows, line by line."""
    text = (PROGRAMS / program).read_text()
    if STANDARD:
        text = text.replace("import pneu.smtplib as smtplib",
                            "import smtplib")
    (folder / program).write_text(text)
    scene = {"program": str(folder / program), "hosts": HOSTS,
             "host_name": "localhost.local", "turns": turns, "typed": typed,
             "chain": "", "key": ""}
    environment = dict(os.environ)
    environment["PYTHONPATH"] += f":{PROGRAMS.parent.parent / 'integration'}"
    if authority:
        issued = authority.issue("isp", "DNS:smtpauth.isp.net")
        scene |= {"chain": str(issued.chain), "key": str(issued.key)}
        environment["SSL_CERT_FILE"] = str(authority.file)
    done = subprocess.run(
        [*in_namespaces(), "/usr/bin/python3", "-B",
         str(PROGRAMS / "stage.py"), json.dumps(scene)],
        env=environment, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["status"] == 0, told["shown"]
    return told["shown"].replace("\r\n", "\n").splitlines()


def reply(*lines: str) -> str:
    """A reply as it goes over the line."""
    return "\n".join(lines)


def test_article_sendmail(tmp_path: Path) -> None:
    """smtplib_sendmail.py"""
    turns = [
        ("", "220 mail.example.com ESMTP"),
        ("ehlo localhost.local", reply(
            "250-mail.example.com Hello [192.168.1.17], pleased to meet you",
            "250-ENHANCEDSTATUSCODES", "250-PIPELINING", "250-8BITMIME",
            "250-SIZE", "250-DSN", "250-ETRN",
            "250-AUTH GSSAPI DIGEST-MD5 CRAM-MD5", "250-DELIVERBY",
            "250 HELP")),
        ("mail FROM:<author@example.com> size=236",
         "250 2.1.0 <author@example.com>... Sender ok"),
        ("rcpt TO:<recipient@example.com>",
         "250 2.1.5 <recipient@example.com>... Recipient ok"),
        ("data", '354 Enter mail, end with "." on a line by itself'),
        (".", "250 2.0.0 m8SE2mpc015614 Message accepted for delivery"),
        ("quit", "221 2.0.0 mail.example.com closing connection"),
    ]
    assert run("smtplib_sendmail.py", turns, [], tmp_path) == lines(SENDMAIL)


def test_article_authenticated(tmp_path: Path, authority: Authority) -> None:
    """smtplib_authenticated.py. In the article somebody has put other names
    in place of the true ones: its server calls the client farnsworth.local
    once, its user answers under another name than the typed one, and the size
    is not that of the message."""
    hello = "250-elasmtp-isp.net Hello localhost.local [<your IP here>]"
    turns = [
        ("", "220 elasmtp-isp.net ESMTP"),
        ("ehlo localhost.local", reply(
            hello, "250-SIZE 14680064", "250-PIPELINING",
            "250-AUTH PLAIN LOGIN CRAM-MD5", "250-STARTTLS", "250 HELP")),
        ("STARTTLS", "220 TLS go ahead"),
        ("ehlo localhost.local", reply(
            hello, "250-SIZE 14680064", "250-PIPELINING",
            "250-AUTH PLAIN LOGIN CRAM-MD5", "250 HELP")),
        ("AUTH CRAM-MD5", f"334 {CHALLENGE}"),
        (ANSWER, "235 Authentication succeeded"),
        ("mail FROM:<author@example.com> size=226", "250 OK"),
        ("rcpt TO:<recipient@example.com>", "250 Accepted"),
        ("data", '354 Enter message, ending with "." on a line by itself'),
        (".", "250 OK id=1KjxNj-00032a-Ux"),
        ("quit", "221 elasmtp-isp.net closing connection"),
    ]
    typed = [("Recipient: ", "recipient@example.com\n"),
             ("Mail server name: ", "smtpauth.isp.net\n"),
             ("Mail user name: ", f"{USER}\n"),
             (f"{USER}'s password: ", f"{PASSWORD}\n")]
    shown = run("smtplib_authenticated.py", turns, typed, tmp_path, authority)
    assert shown == lines(AUTHENTICATED)


def test_article_verify(tmp_path: Path) -> None:
    """smtplib_verify.py"""
    turns = [
        ("", "220 mail.example.com ESMTP"),
        ("vrfy dhellmann",
         "250 2.1.5 Doug Hellmann <dhellmann@mail.example.com>"),
        ("vrfy notthere", "550 5.1.1 <notthere>... User unknown"),
        ("quit", "221 2.0.0 mail.example.com closing connection"),
    ]
    assert run("smtplib_verify.py", turns, [], tmp_path) == lines(VERIFY)


def test_reference_example(tmp_path: Path) -> None:
    """The reference's SMTP Example. It shows no dialogue, so this server says
    what it likes. The program leaves the line ends of what is typed out, and
    ends at an empty line."""
    turns = [
        ("", "220 localhost ESMTP"),
        ("ehlo localhost.local", reply("250-localhost", "250-SIZE 1000000",
                                       "250 HELP")),
        ("mail FROM:<ann@example.com> size=73", "250 OK"),
        ("rcpt TO:<bob@example.com>", "250 Accepted"),
        ("rcpt TO:<cyd@example.com>", "550 No such user"),
        ("data", "354 Go ahead"),
        (".", "250 Queued as 4711"),
        ("quit", "221 Bye"),
    ]
    typed = [("From: ", "ann@example.com \n"),
             ("To: ", "bob@example.com  cyd@example.com\n"),
             ("(Windows):\r\n", "Hello,\n"), ("Hello,\r\n", "you.\n"),
             ("you.\r\n", "\x04")]
    assert run("reference_example.py", turns, typed, tmp_path) == lines(
        EXAMPLE)
