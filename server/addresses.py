"""Addresses of clients and proxies, in every form in which a proxy or the system writes them."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

_WITH_PORT = re.compile(r"(?:(?P<v4>[0-9.]+)|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")


def address_in(text: str) -> IPv4Address | IPv6Address:
    """An address, which may be followed by a port; ValueError for anything else.

    `::ffff:192.0.2.7`, by which a socket for both kinds names a client of IPv4, is 192.0.2.7.
    """
    found = _WITH_PORT.fullmatch(text.strip())
    address = ip_address((found["v4"] or found["v6"]) if found else text.strip())
    return getattr(address, "ipv4_mapped", None) or address


def network_of(address: str) -> str:
    """The address whose connections and requests are counted together: of IPv6 the network of one site, a /64."""
    try:
        found = address_in(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False) if isinstance(found, IPv6Address) else found)


def check_url(text: str) -> str:
    """The address of a server, or an empty text; ValueError if its host or its port cannot be one."""
    parts = urlsplit(text)
    if text and (parts.port == 0 or not parts.hostname):
        raise ValueError(f"{text} names no host and port")
    return text


@cache
def networks_in(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of a list with commas; ValueError for anything else."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
