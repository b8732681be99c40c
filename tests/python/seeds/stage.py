"""Where a document's program runs: a network, a table of hosts and a host
name of its own, with the document's server on port 25, and a terminal.

usage: unshare --mount --net --uts stage.py SCENE

SCENE is a JSON object: program, hosts, host_name, turns (see Server), typed
(pairs of a prompt and what is typed at it), and for TLS chain and key. Prints
a JSON object: what the terminal shows, and how the program ended.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pty
import socket
import struct
import sys
import tempfile
from pathlib import Path

from servers.certificates import Certificate
from servers.scripted import Peer, Scripted

PYTHON = "/usr/bin/python3"
SIOCSIFFLAGS, IFF_UP, MS_BIND = 0x8914, 1, 4096


def start_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sH14x", b"lo", IFF_UP))


def give_names(hosts: str, host_name: str) -> None:
    socket.sethostname(host_name)
    with tempfile.NamedTemporaryFile("w") as table:
        table.write(hosts)
        table.flush()
        if ctypes.CDLL(None, use_errno=True).mount(
                table.name.encode(), b"/etc/hosts", None, MS_BIND, None):
            raise OSError(ctypes.get_errno(), "mount")


class Server:
    """Says what the document's server says: turns are pairs of the line that
    must come and the reply to it. The first one's line is empty, that of a
    message is "."; another line than the next ends the session."""

    def __init__(self, turns: list[tuple[str, str]],
                 certificate: Certificate | None) -> None:
        self._turns = turns
        self._certificate = certificate

    def __call__(self, peer: Peer) -> None:
        for line, reply in self._turns:
            if line and (came := self._next(peer, line)) != line:
                peer.say(f"421 {came!r} in place of {line!r}")
                return
            peer.say(reply)
            if line == "STARTTLS" and self._certificate:
                peer.encrypt(self._certificate)

    @staticmethod
    def _next(peer: Peer, line: str) -> str:
        if line != ".":
            return peer.line()
        peer.body()
        return "."


class Terminal:
    """A program at a terminal, and somebody who types."""

    def __init__(self, program: str) -> None:
        self.shown = b""
        self._pid, self._line = pty.fork()
        if self._pid == 0:
            os.execv(PYTHON, [PYTHON, program])

    def type(self, prompt: str, text: str) -> None:
        """Types a line once the prompt stands at the end."""
        while not self.shown.endswith(prompt.encode()):
            self._read()
        os.write(self._line, text.encode())

    def end(self) -> int:
        """All that it still says, and how it ends."""
        try:
            while True:
                self._read()
        except OSError:  # nobody is at the other side any more
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self) -> None:
        octets = os.read(self._line, 4096)
        if not octets:
            raise OSError("the terminal was closed")
        self.shown += octets


def main() -> None:
    scene = json.loads(sys.argv[1])
    start_loopback()
    give_names(scene["hosts"], scene["host_name"])
    certificate = (Certificate(Path(scene["chain"]), Path(scene["key"]))
                   if scene["chain"] else None)
    with Scripted(Server(scene["turns"], certificate), port=25):
        terminal = Terminal(scene["program"])
        for prompt, text in scene["typed"]:
            terminal.type(prompt, text)
        status = terminal.end()
    print(json.dumps({"shown": terminal.shown.decode(), "status": status}))


if __name__ == "__main__":
    main()
