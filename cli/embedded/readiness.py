"""Is a part ready? Ask its own address."""

import http.client
from urllib.parse import urlsplit


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether a GET of the loopback ``url`` gives 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
