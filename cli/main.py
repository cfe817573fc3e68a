"""The `limber` command: it finds the command asked for, runs it, and leaves with its exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.commands import COMMANDS, GROUPS, Entry


class _Listed(TyperCommand):
    """A command as `--help` lists it: known by name, not imported yet."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name=name, callback=None, help=entry.summary)
        self.entry = entry


class _Commands(TyperGroup):
    """A group whose commands are imported when one is chosen."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command as usual, then put the real one in its listed place."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(command) if isinstance(command, _Listed) else command, rest


def _load(listed: _Listed) -> Any:
    entry = listed.entry
    if entry.joins:
        from cli.embedded.running import join_running_stack

        join_running_stack()
    module, _, function = entry.target.partition(":")
    application = typer.Typer(add_completion=False)
    application.command(name=listed.name)(getattr(import_module(module), function))
    return typer.main.get_command(application)


def _group(name: str, summary: str, entries: Iterable[Entry]) -> _Commands:
    group = _Commands(name=name, help=summary, no_args_is_help=True)
    for entry in entries:
        word, _, _ = entry.name.partition(" ")
        if word not in GROUPS:
            group.add_command(_Listed(word, entry))
        elif word not in group.commands:
            group.add_command(_group(word, GROUPS[word], _within(word)))
    return group


def _within(group: str) -> list[Entry]:
    return [
        Entry(name, entry.target, entry.summary, entry.joins)
        for entry in COMMANDS
        for word, _, name in [entry.name.partition(" ")]
        if word == group
    ]


def application() -> TyperGroup:
    """The command line as one object; commands are loaded as they are chosen."""
    return _group("limber", "Care plans that keep their promises, for physiotherapy clinics.", COMMANDS)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code: 0 done, 1 a fault it explained, 2 wrong usage."""
    try:
        application().main(args=arguments, prog_name="limber")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _explain(error)
    return 0


def _explain(error: Exception) -> int:
    from care.pack_text import PackError
    from cli.embedded.errors import StackError
    from cli.pack_file import FileError
    from schemas.settings import SettingsError

    if isinstance(error, (StackError, SettingsError, FileError)):
        print(f"limber: {error}", file=sys.stderr)
    elif isinstance(error, PackError):
        print(f"limber: the rule pack in force is refused; nothing was started.\n{error}", file=sys.stderr)
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        print(f"limber: the disk is full ({error.strerror}); what was printed is not whole", file=sys.stderr)
    else:
        traceback.print_exception(error)
    return 1


def main() -> None:
    """The console script. Leaves with ``os._exit``: the Temporal SDK may abort an interpreter's shutdown."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the reader of a pipe has left
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
