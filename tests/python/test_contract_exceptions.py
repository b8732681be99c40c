"""smtplib, exceptions."""

from __future__ import annotations

import pytest

from contract import MESSAGE, Connect, Serve, smtplib

pytest_plugins = ["contract_fixtures"]

RESPONSES = ["SMTPSenderRefused", "SMTPDataError", "SMTPConnectError",
             "SMTPHeloError", "SMTPAuthenticationError"]


def test_all_are_oserrors() -> None:
    # smtplib B9
    assert smtplib.SMTPException.__mro__[1] is OSError
    with pytest.raises(OSError):
        raise smtplib.SMTPDataError(550, b"no")


def test_children_of_smtpexception() -> None:
    # smtplib B10
    for name in ["SMTPNotSupportedError", "SMTPServerDisconnected",
                 "SMTPResponseException", "SMTPRecipientsRefused"]:
        kind = getattr(smtplib, name)
        assert kind.__bases__ == (smtplib.SMTPException,)


@pytest.mark.parametrize("name", RESPONSES)
def test_children_of_responseexception(name: str) -> None:
    # smtplib B11
    kind = getattr(smtplib, name)
    assert kind.__bases__ == (smtplib.SMTPResponseException,)


def test_response_exception() -> None:
    # smtplib B12, B16
    error = smtplib.SMTPResponseException(550, b"no")
    assert (error.smtp_code, error.smtp_error) == (550, b"no")
    assert error.args == (550, b"no")
    assert str(error) == "(550, b'no')"
    assert error.errno is None
    with pytest.raises(TypeError):
        smtplib.SMTPResponseException(550)
    with pytest.raises(TypeError):
        smtplib.SMTPResponseException()


def test_words_of_the_server_are_bytes(serve: Serve,
                                       connect: Connect) -> None:
    # smtplib B13
    client = connect(serve(answers={"DATA": "554 no", "NOOP":
                                    b"250 " + b"x" * 9000 + b"\r\n"},
                           loose=True))
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.data("x")
    assert caught.value.smtp_error == b"no"
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        client.noop()
    assert caught.value.args == (500, "Line too long.")


def test_sender_refused() -> None:
    # smtplib B14, B16
    error = smtplib.SMTPSenderRefused(550, b"no", "a@x.example")
    assert (error.smtp_code, error.smtp_error, error.sender) == (
        550, b"no", "a@x.example")
    assert error.args == (550, b"no", "a@x.example")
    assert str(error) == "(550, b'no', 'a@x.example')"
    assert error.errno is None


def test_recipients_refused() -> None:
    # smtplib B15
    refused = {"b@x.example": (550, b"no")}
    error = smtplib.SMTPRecipientsRefused(refused)
    assert error.recipients is refused
    assert error.args == (refused,)
    assert not hasattr(error, "smtp_code")


@pytest.mark.parametrize("name", RESPONSES[1:])
def test_the_others_as_their_base(name: str) -> None:
    # smtplib B12, B16
    error = getattr(smtplib, name)(454, b"later")
    assert error.args == (454, b"later")
    assert str(error) == "(454, b'later')"
    assert error.errno is None


def test_raised_with_these(serve_both: Serve, connect: Connect) -> None:
    # smtplib B14, B15: what is raised is what the constructors make
    server = serve_both(answers={"MAIL": ["550 no\n", "250 fine"],
                                 "RCPT": "551 nobody"})
    server.answers["MAIL"] = ["550 no", "250 fine"]
    client = connect(server)
    with pytest.raises(smtplib.SMTPSenderRefused) as sender:
        client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert sender.value.args == (550, b"no", "a@x.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as recipients:
        client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert recipients.value.args == (
        {"b@x.example": (551, b"nobody")},)
    assert recipients.value.errno is None
