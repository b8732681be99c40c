"""smtplib, quit, close and with."""

from __future__ import annotations

from typing import Any

import pytest

from contract import ME, MESSAGE, SECONDS, Connect, Serve, mute, smtplib
from scripted import CLOSE

pytest_plugins = ["contract_fixtures"]


@pytest.mark.parametrize("reply", ["221 bye", "500 what?", "250 fine"])
def test_quit(reply: str, serve: Serve, connect: Connect) -> None:
    # smtplib O158
    server = serve(["SIZE"], answers={"QUIT": reply})
    client = connect(server)
    client.ehlo()
    client.helo_resp = b"x"
    assert client.quit() == (int(reply[:3]), reply[4:].encode())
    assert client.sock is None
    assert (client.helo_resp, client.ehlo_resp) == (None, None)
    assert client.esmtp_features == {}
    assert client.does_esmtp is False
    assert server.last.ended()
    assert server.last.commands[-1] == "quit"


def test_quit_without_reply(serve: Serve, connect: Connect) -> None:
    # smtplib O159
    client = connect(serve(["SIZE"], answers={"QUIT": CLOSE}))
    client.ehlo()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.quit()
    assert client.sock is None
    assert client.esmtp_features == {"size": ""}


def test_quit_unconnected_or_twice(serve: Serve, idle: Any,
                                   connect: Connect) -> None:
    # smtplib O160
    with pytest.raises(smtplib.SMTPServerDisconnected):
        idle.quit()
    client = connect(serve())
    client.quit()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.quit()


def test_close(serve: Serve, connect: Connect) -> None:
    # smtplib O161
    server = serve(["SIZE"])
    client = connect(server)
    client.ehlo()
    line = client.sock
    client.close()
    assert line.fileno() == -1
    assert client.sock is None
    assert client.file is None
    client.close()
    assert client.esmtp_features == {"size": ""}
    assert client.does_esmtp is True
    assert client.ehlo_resp is not None
    assert server.last.ended()
    assert server.last.verbs == ["EHLO"]


def test_close_unconnected(idle: Any) -> None:
    # smtplib O161
    assert idle.close() is None


def test_close_closes_what_the_program_put_there(idle: Any) -> None:
    # smtplib O161, Q176
    class Thing:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    line, file = Thing(), Thing()
    idle.sock, idle.file = line, file
    idle.close()
    assert (line.closed, file.closed) == (1, 1)
    assert idle.sock is None and idle.file is None


def test_with(serve_both: Serve) -> None:
    # smtplib O162
    server = serve_both()
    with smtplib.SMTP(*server.address, local_hostname=ME,
                      timeout=SECONDS) as client:
        assert isinstance(client, smtplib.SMTP)
        client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert client.sock is None
    assert server.last.ended()
    assert server.last.commands[-1] == "QUIT"


def test_with_passes_an_exception_on(serve: Serve) -> None:
    # smtplib O162
    server = serve()
    with pytest.raises(KeyError, match="mine"):
        with smtplib.SMTP(*server.address) as client:
            raise KeyError("mine")
    assert client.sock is None
    assert server.last.ended()
    assert server.commands == ["QUIT"]


@pytest.mark.parametrize("raised", [None, KeyError("mine")])
def test_with_and_another_answer_to_quit(raised: Any, serve: Serve) -> None:
    # smtplib O163
    server = serve(answers={"QUIT": "500 what?"})
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        with smtplib.SMTP(*server.address) as client:
            if raised:
                raise raised
    assert caught.value.args == (500, b"what?")
    assert type(caught.value) is smtplib.SMTPResponseException
    assert caught.value.__context__ is raised
    assert client.sock is None


@pytest.mark.parametrize("how", ["close", "quit", "server", "write"])
def test_with_and_disconnected_already(how: str, serve: Serve) -> None:
    # smtplib O164
    server = serve(answers={"NOOP": CLOSE, "QUIT": "221 bye"})
    with smtplib.SMTP(*server.address) as client:
        if how == "server":
            with pytest.raises(smtplib.SMTPServerDisconnected):
                client.noop()
        elif how == "write":
            mute(client)
        else:
            getattr(client, how)()
    assert client.sock is None


def test_with_never_connected() -> None:
    # smtplib O164
    with smtplib.SMTP(local_hostname=ME) as client:
        pass
    assert client.sock is None


def test_with_when_the_server_hangs_up_at_quit(serve: Serve) -> None:
    # smtplib O164
    server = serve(answers={"QUIT": CLOSE})
    with smtplib.SMTP(*server.address) as client:
        client.noop()
    assert client.sock is None
    assert server.commands == ["NOOP", "QUIT"]


def test_with_keeps_what_ehlo_said(serve: Serve) -> None:
    # smtplib O165
    with smtplib.SMTP(*serve(["SIZE"]).address) as client:
        client.ehlo()
    assert client.ehlo_resp is not None
    assert client.esmtp_features == {"size": ""}
    assert client.does_esmtp is True


def test_with_goes_through_docmd(serve: Serve) -> None:
    # smtplib O162, A5
    calls: list[Any] = []

    class Own(smtplib.SMTP):
        def docmd(self, cmd, args=""):
            calls.append((cmd, args))
            return super().docmd(cmd, args)

    with Own(*serve().address):
        pass
    assert calls == [("QUIT", "")]
