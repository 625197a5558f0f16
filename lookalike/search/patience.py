"""Connections that end: one that neither asks nor reads on is let go, so that it keeps no place from others."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Patience"]

SECONDS = 35  # that a head may take to come, or an answer to be read; a little more than the guard gives a request
LOOKED_EVERY = 5


class Patience(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to each phase of a connection."""

    _since = 0.0
    _watching: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to watch."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Begin to count anew where a request is whole."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._since = self.loop.time()

    def on_response_complete(self) -> None:
        """Begin to count anew."""
        self._since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, error: Exception | None) -> None:
        """End to watch."""
        if self._watching:
            self._watching.cancel()
        super().connection_lost(error)

    def _watch(self) -> None:
        if self.loop.time() - self._since > SECONDS:
            self.transport.abort()  # closing would wait until what is written has been read
        else:
            self._watching = self.loop.call_later(LOOKED_EVERY, self._watch)
