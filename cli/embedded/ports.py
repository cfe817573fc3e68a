"""Loopback ports: which are free, and who holds one that is not."""

import random
import socket

from cli.embedded.errors import StackError

LOOPBACK = "127.0.0.1"

# Below the range from which outgoing connections take theirs: a port chosen here is still free when used.
_LOWEST, _HIGHEST = 20_000, 32_000
_TRIES = 200


def free_ports(count: int) -> list[int]:
    """``count`` different free loopback ports, held together while choosing so that none repeats."""
    held: list[socket.socket] = []
    try:
        for _ in range(count):
            held.append(_any_free())
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def require_free(port: int, part: str, option: str) -> None:
    """Raise ``StackError`` naming the port, its holder and ``option`` (such as ``--port``) if it is taken."""
    try:
        _bound(port).close()
    except OSError as error:
        raise StackError(
            part,
            f"port {port} on {LOOPBACK} is not free ({error.strerror}); {_holder(port)}",
            f"stop that program, or choose another port with {option} {port + 1}",
        ) from error


def preferred_or_free(port: int) -> int:
    """``port`` if it is free, so that addresses stay the same from day to day; else any free one."""
    try:
        _bound(port).close()
    except OSError:
        return free_ports(1)[0]
    return port


def accepts(port: int, timeout: float = 0.5) -> bool:
    """Whether something listens on the loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout).close()
    except OSError:
        return False
    return True


def _any_free() -> socket.socket:
    for _ in range(_TRIES):
        try:
            return _bound(random.randint(_LOWEST, _HIGHEST))  # noqa: S311 — a port is no secret
        except OSError:
            continue
    return _bound(0)


def _bound(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((LOOPBACK, port))
    except OSError:
        one.close()
        raise
    return one


def _holder(port: int) -> str:
    try:
        import psutil  # type: ignore[import-untyped]
    except ImportError:  # it comes with the embedded stack, which a production image leaves out
        return "another program of this machine holds it"
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return "who holds it cannot be seen from this account"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            try:
                process = psutil.Process(connection.pid)
                return f"process {process.pid} ({process.name()}) holds it"
            except (psutil.Error, TypeError, ValueError):
                break
    return "another program of this machine holds it"
