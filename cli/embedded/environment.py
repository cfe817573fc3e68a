"""The environment that the parts of a local clinic share: what the person set, completed by the stack."""

from collections.abc import Mapping
from dataclasses import dataclass

from cli.embedded.credentials import Credentials
from cli.embedded.errors import StackError
from cli.embedded.ports import LOOPBACK
from schemas.settings import Settings


@dataclass(frozen=True)
class Texting:
    """Where texts go: Twilio or a gateway the person named, else our own gateway."""

    account_sid: str
    auth_token: str
    sender: str
    api_url: str | None
    embedded_port: int | None

    def variables(self) -> dict[str, str]:
        """The variables that point a part's Twilio SDK there."""
        variables = {"TWILIO_ACCOUNT_SID": self.account_sid, "TWILIO_AUTH_TOKEN": self.auth_token}
        variables["TWILIO_MESSAGING_SERVICE_SID" if self.sender.startswith("MG") else "TWILIO_FROM"] = (
            self.sender
        )
        if self.api_url:
            variables["LIMBER_TWILIO_API_URL"] = self.api_url
        return variables


def texting(settings: Settings, credentials: Credentials, gateway_port: int) -> Texting:
    """Twilio if its credentials are set, otherwise the gateway on ``gateway_port``.

    Raises ``StackError`` for settings that would send the gateway's texts elsewhere.
    """
    if settings.twilio_account_sid and settings.twilio_auth_token:
        sender = settings.twilio_messaging_service_sid or settings.twilio_from or ""
        token = settings.twilio_auth_token.get_secret_value()
        return Texting(settings.twilio_account_sid, token, sender, settings.twilio_api_url, None)
    for name, value in {
        "LIMBER_TWILIO_API_URL": settings.twilio_api_url,
        "TWILIO_EDGE": settings.twilio_edge,
        "TWILIO_REGION": settings.twilio_region,
    }.items():
        if value:
            raise StackError(
                "the SMS gateway",
                f"{name} is set without TWILIO_ACCOUNT_SID, so it is unclear where texts should go",
                f"unset {name} to use the bundled gateway, or set the account, its token and TWILIO_FROM too",
            )
    return Texting(
        credentials.gateway_account_sid,
        credentials.gateway_auth_token,
        credentials.gateway_from,
        f"http://{LOOPBACK}:{gateway_port}",
        gateway_port,
    )


def without_files(base: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """``base`` overlaid with ``variables``; a ``NAME_FILE`` is dropped where ``NAME`` is now given."""
    kept = {name: value for name, value in base.items() if name.removesuffix("_FILE") not in variables}
    return kept | dict(variables)
