"""What a local clinic invents for itself once and keeps: keys, tokens, its account at the gateway."""

import base64
import secrets

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.embedded.data_directory import DataDirectory
from cli.embedded.errors import StackError

_FILE = "credentials.json"

# From Ofcom's range for drama: never a number that somebody owns.
_DRAMA_NUMBER = "+447700900000"


def _encryption_keys() -> str:
    return f"local1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Credentials(BaseModel):
    """The clinic's own secrets. Losing the encryption keys loses every payload they closed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    encryption_keys: str = Field(default_factory=_encryption_keys, repr=False)
    gateway_account_sid: str = Field(default_factory=lambda: f"AC{secrets.token_hex(16)}")
    gateway_auth_token: str = Field(default_factory=lambda: secrets.token_hex(16), repr=False)
    gateway_from: str = _DRAMA_NUMBER
    api_token: str = Field(default_factory=lambda: f"limber_{secrets.token_urlsafe(32)}", repr=False)


def kept_credentials(directory: DataDirectory) -> Credentials:
    """The folder's credentials, invented and written (0600) the first time.

    Raises ``StackError`` if the file is there and unreadable: inventing new keys would close old payloads.
    """
    text = directory.read(_FILE)
    if text is None:
        credentials = Credentials()
        directory.write_private(_FILE, credentials.model_dump_json(indent=2))
        return credentials
    try:
        return Credentials.model_validate_json(text)
    except ValidationError as error:
        raise StackError(
            "the clinic's keys",
            f"{directory.folder / _FILE} cannot be understood ({error.error_count()} faults)",
            "restore it from a backup; without it the encrypted plans cannot be read. "
            "For an empty clinic choose another --data-dir",
        ) from error
