"""The one error of the embedded stack: what failed, why, and the way out."""

from pathlib import Path


class StackError(RuntimeError):
    """A part of the clinic's stack cannot run here.

    ``str()`` of it is meant for a person: it names the part, the reason and what to do next.
    """

    def __init__(self, part: str, reason: str, way_out: str) -> None:
        super().__init__(f"{part}: {reason}\n  → {way_out}")
        self.part = part
        self.reason = reason
        self.way_out = way_out

    @property
    def port_was_taken(self) -> bool:
        """Whether the part found another program on its port: every server's log says so in the same words."""
        return "address already in use" in self.reason.lower()


def log_tail(log: Path, lines: int = 12) -> str:
    """The last lines of a part's log, indented, to stand inside an error message."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return "    (no log was written)"
    kept = text.splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in kept) or "    (the log is empty)"
