"""Settings from files: the variable ``NAME_FILE`` names a file that holds the value of ``NAME``."""

import os
from pathlib import Path
from typing import Any

from pydantic_settings import PydanticBaseSettingsSource


class SettingsError(ValueError):
    """The environment is unusable; ``str()`` names each variable, the reason and the way out, no values."""


class SecretFiles(PydanticBaseSettingsSource):
    """The ``NAME_FILE`` variables."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        name = variable_of(field)
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, name, False
        if os.environ.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set; keep one of them")
        try:
            return Path(path).read_text().strip(), name, False
        except OSError as error:
            raise SettingsError(
                f"{name}_FILE: {path} cannot be read ({error.strerror}); mount the secret or correct the path"
            ) from error

    def __call__(self) -> dict[str, Any]:
        found = (self.get_field_value(info, name) for name, info in self.settings_cls.model_fields.items())
        return {name: value for value, name, _ in found if value is not None}


def variable_of(field: Any) -> str:
    """The name of the variable that a setting is read from."""
    return str(field.validation_alias.choices[0])
