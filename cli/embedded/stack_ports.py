"""On which loopback ports the stack's parts listen: those a person asked for, else the usual ones, else any."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cli.embedded.ports import require_free


@dataclass(frozen=True)
class StackPorts:
    """The ports a person asked for. None means the usual one if it is free, else any.

    Without ``usual`` it means any at once: for a clinic that nobody knows by its address.
    """

    api: int | None = None
    gateway: int | None = None
    temporal: int | None = None
    temporal_ui: int | None = None
    metrics: int | None = None
    mail: int | None = None
    usual: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class ChosenPorts:
    """The ports the parts are told to take."""

    api: int
    gateway: int
    temporal: int
    temporal_ui: int
    metrics: int
    mail: int


_USUAL = ChosenPorts(api=8000, gateway=8090, temporal=7233, temporal_ui=8233, metrics=9464, mail=8025)


def chosen_ports(asked: StackPorts, instead_of: Callable[[int], int]) -> ChosenPorts:
    """What was asked for, and for the rest what ``instead_of`` makes of the usual port.

    Raises ``StackError`` naming the port, its holder and the option to change it if one asked for is taken.
    """

    def chosen(port: int | None, usual: int, part: str, option: str) -> int:
        if port is None:
            return instead_of(usual)
        require_free(port, part, option)
        return port

    return ChosenPorts(
        api=chosen(asked.api, _USUAL.api, "the API", "--port"),
        gateway=chosen(asked.gateway, _USUAL.gateway, "the SMS gateway", "--gateway-port"),
        temporal=chosen(asked.temporal, _USUAL.temporal, "Temporal", "--temporal-port"),
        temporal_ui=chosen(asked.temporal_ui, _USUAL.temporal_ui, "Temporal's UI", "--temporal-ui-port"),
        metrics=asked.metrics or instead_of(_USUAL.metrics),
        mail=asked.mail or instead_of(_USUAL.mail),
    )
