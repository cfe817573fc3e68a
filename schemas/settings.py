"""What the environment may say about a Limber process, in one table; secrets may come from files.

Every variable ``NAME`` can be given as ``NAME_FILE``: the path of a file that holds the value, the way
container secrets arrive.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from schemas.encryption_keys import EncryptionKey, parse_encryption_keys
from schemas.secret_files import SecretFiles, SettingsError, variable_of

__all__ = [
    "EncryptionKey",
    "Environment",
    "LogFormat",
    "Settings",
    "SettingsError",
    "load_settings",
    "settings_table",
]

_DRIVER = "postgresql+psycopg://"
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")


class Environment(StrEnum):
    """Where the process runs. ``production`` refuses to start without what safety needs."""

    LOCAL = "local"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    """How log lines look. ``auto`` is the coloured console on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


def _from(name: str) -> Any:
    return AliasChoices(name)


class Settings(BaseSettings):
    """The environment of one process. Read it with ``load_settings`` so that errors are readable."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    environment: Environment = Field(
        Environment.LOCAL,
        validation_alias=_from("LIMBER_ENV"),
        description="`local` or `production`. Production refuses to start without a database, Temporal, "
        "encryption keys and a public URL.",
    )
    database_url: str | None = Field(
        None,
        validation_alias=_from("DATABASE_URL"),
        repr=False,
        description="PostgreSQL 15 or newer, such as `postgresql://user:password@host/limber`. "
        "Unset: `limber up` runs its own server.",
    )
    temporal_address: str | None = Field(
        None,
        validation_alias=_from("TEMPORAL_ADDRESS"),
        description="`host:port` of the Temporal frontend. Unset: `limber up` runs its own server.",
    )
    temporal_namespace: str = Field(
        "default",
        validation_alias=_from("TEMPORAL_NAMESPACE"),
        description="The Temporal namespace that holds the plans.",
    )
    twilio_account_sid: str | None = Field(
        None,
        validation_alias=_from("TWILIO_ACCOUNT_SID"),
        description="The Twilio account, `AC` and 32 hex digits. Unset: `limber up` runs its own gateway.",
    )
    twilio_auth_token: SecretStr | None = Field(
        None,
        validation_alias=_from("TWILIO_AUTH_TOKEN"),
        description="The account's token: it authorises sends and proves that webhooks are Twilio's.",
    )
    twilio_from: str | None = Field(
        None,
        validation_alias=_from("TWILIO_FROM"),
        description="The number that texts come from, in E.164 form. This or a messaging service.",
    )
    twilio_messaging_service_sid: str | None = Field(
        None,
        validation_alias=_from("TWILIO_MESSAGING_SERVICE_SID"),
        description="The Twilio messaging service (`MG…`) that texts are sent through.",
    )
    twilio_api_url: str | None = Field(
        None,
        validation_alias=_from("LIMBER_TWILIO_API_URL"),
        description="Base URL of a Twilio-compatible gateway in Twilio's place. "
        "Not together with `TWILIO_EDGE` or `TWILIO_REGION`.",
    )
    twilio_edge: str | None = Field(
        None, validation_alias=_from("TWILIO_EDGE"), description="The Twilio edge location to go through."
    )
    twilio_region: str | None = Field(
        None,
        validation_alias=_from("TWILIO_REGION"),
        description="The Twilio region where messages are processed and stored.",
    )
    segment_price: float = Field(
        0.04,
        ge=0,
        validation_alias=_from("LIMBER_SEGMENT_PRICE"),
        description="What one segment of a text costs, in the clinic's currency, for previews.",
    )
    undo_seconds: int = Field(
        10,
        ge=0,
        le=300,
        validation_alias=_from("LIMBER_UNDO_SECONDS"),
        description="How long a text waits that staff caused, so that it can be taken back. `0`: not at all.",
    )
    stop_word_list: str | None = Field(
        None,
        pattern=r"^\s*[A-Za-z]+(\s*,\s*[A-Za-z]+)*\s*$",
        validation_alias=_from("LIMBER_STOP_WORDS_REMOVED"),
        description="Stop words that you had removed at Twilio, such as `CANCEL`: alone they opt nobody out. "
        "Several are parted by commas.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        validation_alias=_from("LIMBER_SMTP_URL"),
        description="The mail server for texts that did not arrive and for what staff are told, such as "
        "`smtps://user:password@host`. "
        "Unset: no e-mail is sent; `limber up` has a mail server of its own, whose mail the phone page shows.",
    )
    email_from: str = Field(
        "clinic@localhost",
        validation_alias=_from("LIMBER_EMAIL_FROM"),
        description="The address that e-mails come from.",
    )
    public_url: str | None = Field(
        None,
        validation_alias=_from("LIMBER_PUBLIC_URL"),
        description="Where the outside reaches the API. Twilio signs this URL: it must match to the letter.",
    )
    encryption_key_list: SecretStr | None = Field(
        None,
        validation_alias=_from("LIMBER_ENCRYPTION_KEYS"),
        description="`keyid:base64,keyid2:base64`, each key 32 bytes. The first one encrypts, all decrypt: "
        "rotate by putting a new key in front.",
    )
    api_token: SecretStr | None = Field(
        None,
        validation_alias=_from("LIMBER_API_TOKEN"),
        description="A bearer token that the staff API accepts beside those issued to people.",
    )
    oidc_issuer: str | None = Field(
        None,
        validation_alias=_from("LIMBER_OIDC_ISSUER"),
        description="The identity provider staff may sign in through (OpenID Connect), such as "
        "`https://login.example`. Needs the extra `limber[oidc]`. Unset: passwords only.",
    )
    oidc_client_id: str | None = Field(
        None,
        validation_alias=_from("LIMBER_OIDC_CLIENT_ID"),
        description="What the identity provider knows Limber as.",
    )
    oidc_client_secret: SecretStr | None = Field(
        None,
        validation_alias=_from("LIMBER_OIDC_CLIENT_SECRET"),
        description="The secret that goes with it; unset for a public client.",
    )
    api_host: str = Field(
        "127.0.0.1",
        validation_alias=_from("LIMBER_API_HOST"),
        description="Where API and console listen. `0.0.0.0` in a container, whose network decides who "
        "reaches it.",
    )
    api_port: int = Field(
        8000,
        ge=1,
        le=65535,
        validation_alias=_from("LIMBER_API_PORT"),
        description="Port of API and console.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        validation_alias=_from("LIMBER_METRICS_PORT"),
        description="Port where the worker shows `/metrics` and `/healthz`. Unset: nowhere.",
    )
    texts_per_second: float = Field(
        10,
        ge=0.01,
        validation_alias=_from("LIMBER_TEXTS_PER_SECOND"),
        description="Texts a second that all workers together may hand to the provider; Temporal keeps to it.",
    )
    grace_seconds: float = Field(
        30,
        ge=0,
        validation_alias=_from("LIMBER_GRACE_SECONDS"),
        description="How long a worker's running work may finish at a stop.",
    )
    cached_plans: int = Field(
        500,
        ge=0,
        validation_alias=_from("LIMBER_CACHED_PLANS"),
        description="Plans a worker keeps in memory between their steps, about 130 KiB each.",
    )
    log_format: LogFormat = Field(
        LogFormat.AUTO,
        validation_alias=_from("LIMBER_LOG_FORMAT"),
        description="`auto` (console on a terminal, else JSON), `json` or `console`.",
    )
    data_dir: Path = Field(
        Path(".limber"),
        validation_alias=_from("LIMBER_DATA_DIR"),
        description="Where `limber up` keeps the embedded servers' data, keys and logs.",
    )

    demo_clock: Path | None = Field(
        None,
        validation_alias=_from("LIMBER_DEMO_CLOCK"),
        description="Where the demo clinic's clock is kept, which visitors may move ahead. `limber up --demo` "
        "sets it; production refuses it.",
    )

    @field_validator("database_url")
    @classmethod
    def _one_dialect(cls, url: str | None) -> str | None:
        if url is None or url.startswith(_DRIVER):
            return url
        scheme, _, rest = url.partition("://")
        if scheme not in ("postgres", "postgresql"):
            raise ValueError(f"`{scheme}` is no PostgreSQL URL; begin it with postgresql://")
        return _DRIVER + rest

    @field_validator("twilio_account_sid")
    @classmethod
    def _account_shape(cls, sid: str | None) -> str | None:
        if sid is not None and not _ACCOUNT_SID.fullmatch(sid):
            raise ValueError("it must be AC followed by 32 hex digits; copy it from Twilio's console")
        return sid

    @field_validator("encryption_key_list")
    @classmethod
    def _keys_parse(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            parse_encryption_keys(keys.get_secret_value())
        return keys

    @model_validator(mode="after")
    def _twilio_is_whole(self) -> Self:
        if self.twilio_api_url and (self.twilio_edge or self.twilio_region):
            raise ValueError(
                "LIMBER_TWILIO_API_URL: with TWILIO_EDGE or TWILIO_REGION set, the SDK changes the host "
                "and texts meant for the gateway leave for Twilio; unset TWILIO_EDGE and TWILIO_REGION, "
                "or unset LIMBER_TWILIO_API_URL"
            )
        if (self.twilio_account_sid is None) != (self.twilio_auth_token is None):
            raise ValueError(
                "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN: one is set without the other; set both or neither"
            )
        if self.twilio_account_sid and not (self.twilio_from or self.twilio_messaging_service_sid):
            raise ValueError(
                "TWILIO_FROM: there is an account and no sender; set it or TWILIO_MESSAGING_SERVICE_SID"
            )
        return self

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        if self.oidc_issuer is None:
            return self
        if not self.oidc_client_id:
            raise ValueError(
                "LIMBER_OIDC_CLIENT_ID: there is an identity provider and no name to it; "
                "register Limber there and set what it gives, or unset LIMBER_OIDC_ISSUER"
            )
        if not self.oidc_issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError(
                "LIMBER_OIDC_ISSUER: over http anybody on the way could say who signs in; use https://"
            )
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        if self.environment is Environment.PRODUCTION:
            missing = [name for name, value in self._needed_in_production().items() if not value]
            if missing:
                raise ValueError(
                    f"{', '.join(missing)}: needed when LIMBER_ENV=production and not set; "
                    "set each (or NAME_FILE), or use LIMBER_ENV=local on your own machine"
                )
            if self.demo_clock is not None:
                raise ValueError(
                    "LIMBER_DEMO_CLOCK: set when LIMBER_ENV=production, where nobody may move time; unset it"
                )
        return self

    def _needed_in_production(self) -> Mapping[str, object]:
        return {
            "DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": self.temporal_address,
            "LIMBER_ENCRYPTION_KEYS": self.encryption_key_list,
            "LIMBER_PUBLIC_URL": self.public_url,
        }

    @property
    def stop_words_removed(self) -> frozenset[str]:
        """The words that are no stop words for this clinic, in lower case."""
        return frozenset(
            word.strip().lower() for word in (self.stop_word_list or "").split(",") if word.strip()
        )

    @property
    def encryption_keys(self) -> tuple[EncryptionKey, ...]:
        """The keys in order, the active one first; empty if none are set."""
        return (
            parse_encryption_keys(self.encryption_key_list.get_secret_value())
            if self.encryption_key_list
            else ()
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 — the base class fixes the names
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the files that ``NAME_FILE`` variables name."""
        return init_settings, env_settings, SecretFiles(settings_cls)


def load_settings() -> Settings:
    """The settings of this process; raises ``SettingsError`` with one readable line for each fault."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [_fault(fault["loc"], fault["msg"]) for fault in error.errors(include_input=False)]
        raise SettingsError("\n".join(lines)) from None


def _fault(location: tuple[int | str, ...], message: str) -> str:
    reason = message.removeprefix("Value error, ")
    return f"{location[0]}: {reason}" if location else reason


def settings_table() -> str:
    """Markdown rows, one a variable: name, default, meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for info in Settings.model_fields.values():
        default = "" if info.default is None else f"`{info.default}`"
        rows.append(f"| `{variable_of(info)}` | {default} | {info.description} |")
    return "\n".join(rows)
