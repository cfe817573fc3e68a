"""What the person at the terminal sees while the clinic starts, runs and stops."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Terminal:
    """Progress with elapsed seconds: a spinner on a terminal, one line a step anywhere else."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show ``name`` as under way, then with the seconds it took, or as failed."""
        began = time.monotonic()
        try:
            with self._spinner(name):
                yield
        except BaseException:
            self._line("[red]✗[/red]", name, began)
            raise
        self._line("[green]✓[/green]", name, began)

    @contextmanager
    def _spinner(self, name: str) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            progress.add_task(f"{name} …", total=None)
            yield

    def say(self, text: str, style: str = "") -> None:
        """One line."""
        self.console.print(text, style=style, soft_wrap=True)

    def _line(self, mark: str, name: str, began: float) -> None:
        self.console.print(f" {mark} {name:<28} {time.monotonic() - began:5.1f} s")
