"""What the embedded servers have alike: one child process, started once, and left in order at the end of a block."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

from cli.embedded.child import Child
from cli.embedded.errors import StackError


class EmbeddedServer(ABC):
    """A server of others that runs as our child. Start it from a thread that lives as long as the stack."""

    name: ClassVar[str]
    """What people call it."""

    _child: Child | None = None

    @abstractmethod
    def start(self) -> str:
        """Start it and return how to reach it, once it is ready."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it in good order, with patience, then kill. Safe to call twice."""

    @property
    def pid(self) -> int:
        """The server's process id; raises ``StackError`` if it was not started."""
        return self._started().pid

    def running(self) -> bool:
        """Whether the server process is alive now."""
        return self._child is not None and self._child.running()

    def kill(self) -> None:
        """End it at once; the next start finds what was committed."""
        if self._child is not None:
            self._child.kill()

    def _started(self) -> Child:
        if self._child is None:
            raise StackError(self.name, "it was not started", "call start() first")
        return self._child

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
