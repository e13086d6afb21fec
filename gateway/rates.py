"""Counts what one browser and one network send, so that a flood of them harms nobody else."""

from __future__ import annotations

import ipaddress
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

SESSION: Final = (RateLimitItemPerMinute(20), RateLimitItemPerHour(300))
"""What one browser may send; a person who tells all that happened stays far below."""

NETWORK: Final = (RateLimitItemPerMinute(240),)
"""What one network may send: a school or an office behind one address is many people."""

_PREFIX: Final = {4: 24, 6: 56}
"""How many bits of an address are one network's."""


class Rates:
    """Counts of one process, in memory; behind several gateways each counts its own share."""

    def __init__(self) -> None:
        self._counted = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, session: str, network: str | None) -> bool:
        """Count one message; False when it is one too many. `network` is None where unknown."""
        limits: list[tuple[RateLimitItem, str]] = [(one, f"session:{session}") for one in SESSION]
        if network is not None:
            limits += [(one, f"network:{network}") for one in NETWORK]
        if not all(self._counted.test(one, key) for one, key in limits):
            return False
        for one, key in limits:
            self._counted.hit(one, key)
        return True


def network_of(request: Request) -> str | None:
    """The network that a request comes from: the first bits of its address.

    Behind a reverse proxy, which then is who calls, it is the address that the proxy itself saw:
    the last one in X-Forwarded-For. Only a private or loopback caller is taken for a proxy, and
    what a client wrote into that header stands before the last address. None where only the proxy
    is known: then all residents would be one.
    """
    caller = _address(request.client.host if request.client else "")
    if caller is not None and (caller.is_private or caller.is_loopback):
        told = request.headers.getlist("x-forwarded-for")
        caller = _address(",".join(told).rpartition(",")[2])
    if caller is None or caller.is_loopback:
        return None
    bits = _PREFIX[caller.version]
    return str(ipaddress.ip_network((caller, bits), strict=False))


def _address(written: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(written.strip())
    except ValueError:
        return None
