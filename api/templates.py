"""How pages come from templates, the console's and the client form's: all that is shown is escaped."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates_of(package: str, **known: Any) -> Environment:
    """The templates in a package's folder `templates`; `known` are names that each of them may use.

    A name that nobody gave is an error, never an empty place on a page.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(known)
    return environment
