#!/usr/bin/python3
"""Sends through a server that wants a login, under TLS; the password comes
from the environment, the CA too if it is not one of the system's:
SMTP_PASSWORD=... [SSL_CERT_FILE=CA.pem] login_tls.py HOST PORT USER FROM TO"""
import os
import ssl
import sys

import pneu.smtplib as smtplib

IMPLICIT_TLS = 465


def connect(host: str, port: int) -> smtplib.SMTP:
    """Under TLS: from the first octet, or by STARTTLS."""
    if port == IMPLICIT_TLS:
        return smtplib.SMTP_SSL(host, port)
    server = smtplib.SMTP(host, port)
    server.starttls()
    return server


def main(host: str, port: str, user: str, sender: str, recipient: str) -> int:
    letter = (f"From: {sender}\nTo: {recipient}\n"
              "Subject: With a password\n\nAnd under TLS.\n")
    try:
        with connect(host, int(port)) as server:
            server.login(user, os.environ["SMTP_PASSWORD"])
            server.sendmail(sender, recipient, letter)
    except ssl.SSLCertVerificationError as error:
        print(f"{host} is not who it says: {error.verify_message}")
        return 1
    except smtplib.SMTPAuthenticationError as error:
        print(f"no login as {user}: {error.smtp_code} {error.smtp_error!r}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 6 or "SMTP_PASSWORD" not in os.environ:
        print("usage: SMTP_PASSWORD=... [SSL_CERT_FILE=CA.pem] "
              "login_tls.py HOST PORT USER FROM TO", file=sys.stderr)
        sys.exit(64)
    sys.exit(main(*sys.argv[1:]))
