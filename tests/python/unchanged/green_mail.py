"""Mail from many greenlets at once, with gevent in the place of threads.

usage: green_mail.py PORT MODE ACTION [CA-FILE]

MODE is plain, starttls or implicit; ACTION is the name of a function below,
whose result is printed as JSON.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import smtplib  # noqa: E402
import socket  # noqa: E402
import ssl  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from email.message import EmailMessage  # noqa: E402

import gevent  # noqa: E402
import gevent.socket  # noqa: E402

PORT, MODE, ACTION = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def session():
    """Connected, under TLS if that was asked for."""
    if MODE == "plain":
        return smtplib.SMTP("localhost", PORT, timeout=10)
    context = ssl.create_default_context(cafile=sys.argv[4])
    if MODE == "implicit":
        return smtplib.SMTP_SSL("localhost", PORT, timeout=10,
                                context=context)
    smtp = smtplib.SMTP("localhost", PORT, timeout=10)
    smtp.starttls(context=context)
    return smtp


def letter(number):
    message = EmailMessage()
    message["From"] = "ann@example.com"
    message["To"] = "bob@example.com, cyd@example.com"
    message["Subject"] = f"No. {number}"
    message.set_content("Hello, Bob.\n" * 200 * (number + 1))
    return message


def send(number):
    with session() as smtp:
        smtp.send_message(letter(number))
        smtp.send_message(letter(number))
    return number


def many():
    """Twenty at once; the sockets are gevent's."""
    with session() as smtp:
        assert isinstance(smtp.sock, gevent.socket.socket), type(smtp.sock)
    jobs = [gevent.spawn(send, number) for number in range(20)]
    gevent.joinall(jobs, raise_error=True)
    return sorted(job.value for job in jobs)


def login():
    """The code of the server's answer."""
    with session() as smtp:
        return smtp.login("ann", "horse 42")[0]


def together():
    """How long ten take of which each waits for a slow server, and how often
    another greenlet gets its turn meanwhile."""
    turns = 0

    def tick():
        nonlocal turns
        while True:
            gevent.sleep(0.01)
            turns += 1

    clock = gevent.spawn(tick)
    begin = time.monotonic()
    gevent.joinall([gevent.spawn(send, 0) for _ in range(10)],
                   raise_error=True)
    clock.kill()
    return [time.monotonic() - begin, turns]


def timeout():
    """gevent's own time limit, in the middle of a delivery."""
    smtp = session()
    try:
        with gevent.Timeout(0.3):
            smtp.sendmail("ann@example.com", ["bob@example.com"], "x\n")
    except gevent.Timeout:
        return "timeout"
    finally:
        smtp.close()


def silence():
    """smtplib's time limit, under gevent."""
    smtp = smtplib.SMTP("localhost", PORT, timeout=0.3)
    try:
        smtp.sendmail("ann@example.com", ["bob@example.com"], "x\n")
    except smtplib.SMTPServerDisconnected as error:
        return ["timed out" in str(error), smtp.sock is None]


def main():
    assert socket.socket is gevent.socket.socket
    print(json.dumps(globals()[ACTION]()))


if __name__ == "__main__":
    main()
