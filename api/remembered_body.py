"""A request's body that can be read once more: what somebody typed is not lost when the one who read it failed."""

from __future__ import annotations

from starlette.types import Message, Receive


class RememberedBody:
    """Passes a body on and remembers it; its length is limited further in (`body_limit`)."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[bytes] = []
        self._whole = False

    async def receive(self) -> Message:
        """What comes next, as the server gives it."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._read.append(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        return message

    def again(self) -> Receive:
        """The body from its beginning, with whatever of it was not read yet."""
        waiting: list[Message] = [
            {"type": "http.request", "body": b"".join(self._read), "more_body": not self._whole}
        ]

        async def receive() -> Message:
            return waiting.pop() if waiting else await self._receive()

        return receive
