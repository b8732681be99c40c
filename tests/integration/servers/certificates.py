"""A private authority and certificates signed by it, made by openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True)
class Certificate:
    """PEM files of a certificate and its key."""
    chain: Path
    key: Path


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, timeout=30,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Authority:
    """A certificate authority that lives in one folder."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", str(self._key), "-out", str(self.file))

    def issue(self, name: str, subjects: str) -> Certificate:
        """A server certificate; subjects: "DNS:localhost,IP:127.0.0.1"."""
        issued = Certificate(self.folder / f"{name}.pem",
                             self.folder / f"{name}.key")
        openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}",
                "-CA", str(self.file), "-CAkey", str(self._key),
                "-addext", f"subjectAltName={subjects}",
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-keyout", str(issued.key), "-out", str(issued.chain))
        return issued
