"""The parts of a running gateway that its routes share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from messaging.gateway.courier import Courier
from messaging.gateway.faults import Faults
from messaging.gateway.settings import GatewaySettings
from messaging.gateway.state import State


@dataclass(frozen=True, slots=True)
class Parts:
    """Built once by the application and handed to every route."""

    settings: GatewaySettings
    state: State
    faults: Faults
    courier: Courier

    @property
    def account_sid(self) -> str:
        return self.settings.credentials.account_sid


def parts_of(request: Request) -> Parts:
    """The parts of the gateway that serves this request."""
    parts: Parts = request.app.state.parts
    return parts
