"""The conversation of one delivery over asyncio's streams: what it has to say
is written, what comes is fed to it, until it is done."""
from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from pneu import _pneu
from pneu._line import LAST_WORDS, reason_of

if TYPE_CHECKING:
    from pneu._async_line import AsyncLine
    from pneu._stream import Stream


async def converse(smtp: AsyncLine, delivery: _pneu.Delivery) -> None:
    """Runs until the delivery is done.

    What interrupts it after its first octet, a cancellation above all, closes
    the connection; what refuses it before, such as an audit hook, leaves it as
    it is.
    """
    stream, seconds = smtp._connected(), smtp._seconds()
    has_begun = False
    octets = delivery.step(None)
    try:
        while octets is not None:
            if octets:
                sys.audit("smtplib.send", smtp, octets)
                has_begun = True
                try:
                    await stream.write(octets, seconds)
                except OSError as error:
                    delivery.output_failed(str(error))
                    break
            else:  # of the replies a part has come
                stream.acknowledge()
            if len(octets) == _pneu.OUTPUT_MAX:
                octets = delivery.step(None)
            else:
                octets = await _hear(delivery, stream, seconds)
        if not delivery.done:
            await _hear_out(delivery, stream)
    except BaseException:
        if has_begun:
            smtp._drop(stream)
        raise


async def _hear(delivery: _pneu.Delivery, stream: Stream,
                seconds: float | None) -> bytes | None:
    """Feeds what comes next, and gives what is to be written then."""
    try:
        received = await stream.read(seconds)
    except OSError as error:
        delivery.input_end(reason_of(error), str(error))
        return None
    return delivery.step(received)


async def _hear_out(delivery: _pneu.Delivery, stream: Stream) -> None:
    """Reads what a leaving server still says, for a short while."""
    end = time.monotonic() + LAST_WORDS
    while not delivery.done:
        left = end - time.monotonic()
        if left > 0:
            await _hear(delivery, stream, left)
        else:
            delivery.input_end(_pneu.END_TIMEOUT, "timed out")
