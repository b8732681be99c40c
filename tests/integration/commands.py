"""What the tests of the command have in common."""

from __future__ import annotations

import base64
import subprocess
from typing import Callable

from servers.certificates import Certificate
from servers.scripted import Scripted

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
LETTER = b"Subject: a test\n\nHello.\n"
SECRET = "s3cret-Sesame"
Start = Callable[..., Scripted]

EVERYTHING = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000", "DSN",
              "AUTH PLAIN", "DELIVERBY 10",
              "FUTURERELEASE 86400 2030-01-01T00:00:00Z", "MT-PRIORITY",
              "REQUIRETLS"]

LOGIN = ["--user", "ann", "--password-env", "PNEU_TEST_PASSWORD"]


def command(server: Scripted, verb: str) -> list[str]:
    """The lines with this verb that were sent to the server."""
    return [line for line in server.lines() if line.upper().startswith(verb)]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def name_of(value: list[str] | str) -> str:
    """Of a case, for pytest."""
    return " ".join(value) if isinstance(value, list) else value


def pin_of(certificate: Certificate) -> str:
    key = subprocess.run(
        ["openssl", "x509", "-in", certificate.chain, "-noout", "-pubkey"],
        check=True, capture_output=True, timeout=30).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"],
                         input=key, check=True, capture_output=True,
                         timeout=30).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"],
                            input=der, check=True, capture_output=True,
                            timeout=30).stdout
    return "sha256//" + base64.b64encode(digest).decode()
