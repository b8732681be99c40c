"""Fixtures of the contract's tests: servers and clients that end with them."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract import ME, SECONDS, Connect, Serve, smtplib
from scripted import Certificate, Server


@pytest.fixture(scope="session")
def throwaway(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For localhost and 127.0.0.1; nobody trusts it unasked."""
    return Certificate.make(tmp_path_factory.mktemp("throwaway"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers: serve(["SIZE 1000"], answers={"MAIL": "550 no"});
    they end with the test."""
    started: list[Server] = []

    def start(*arguments: Any, **more: Any) -> Server:
        started.append(Server(*arguments, **more))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=[True, False], ids=["pipelining", "lockstep"])
def serve_both(request: pytest.FixtureRequest, serve: Serve) -> Serve:
    """Starts servers that offer PIPELINING, and again such as do not."""
    def start(*arguments: Any, **more: Any) -> Server:
        return serve(*arguments, pipelining=request.param, **more)

    return start


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects clients: connect(server); they are closed after the test."""
    clients: list[Any] = []

    def make(server: Server, kind: Any = None, **more: Any) -> Any:
        kind = kind or (smtplib.LMTP if server.lmtp else smtplib.SMTP)
        more = {"local_hostname": ME, "timeout": SECONDS, **more}
        clients.append(kind(*server.address, **more))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def idle() -> Any:
    """A client that is not connected."""
    return smtplib.SMTP(local_hostname=ME, timeout=SECONDS)


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Where a Unix socket may be; its path is short."""
    with tempfile.TemporaryDirectory(prefix="pneu", dir="/tmp") as folder:
        yield Path(folder) / "s"


@pytest.fixture
def refused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]
