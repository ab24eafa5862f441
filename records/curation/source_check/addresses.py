"""Which addresses may be asked. Statements come from files and forms, so an address may name a
machine inside the network of the server: none of these is ever asked."""

import ipaddress
import socket
from urllib.parse import SplitResult, quote, urlsplit

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses of IPv6 that gateways translate to one of IPv4."""
PORTS = {"http": 80, "https": 443}

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAsked(Exception):
    """The address must not be asked; says why."""


def parsed(address: str) -> SplitResult:
    """Return the parts of an address of the web, or raise NotAsked."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise NotAsked("It cannot be read as an address.") from error
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise NotAsked("It is no address of http or https.")
    if parts.username is not None or parts.password is not None:
        raise NotAsked("It contains a user name or password.")
    return parts


def host_of(parts: SplitResult) -> str:
    """Return the host as DNS has it."""
    host = parts.hostname or ""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise NotAsked("Its host is no name of DNS.") from error


def origin_of(parts: SplitResult) -> str:
    """Return scheme, host and port, for the header Host and for robots.txt."""
    host = host_of(parts)
    host = f"[{host}]" if ":" in host else host
    usual = parts.port in (None, PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")


def target_of(parts: SplitResult) -> str:
    """Return path and query, in ASCII."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]|")
    return path + (f"?{query}" if query else "")


def is_public(ip: IPAddress) -> bool:
    """Whether an address is one of the public internet: neither private, loopback, link-local nor
    reserved, and no form of IPv6 that leads to such an address of IPv4."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def resolve(parts: SplitResult, *, private: bool = False) -> str:
    """Return the numeric address to connect to. All addresses of the host are looked at, and the
    connection is made to the one that was: another look-up could have another answer. Raises
    OSError if there is none."""
    port = parts.port or PORTS[parts.scheme]
    found = socket.getaddrinfo(host_of(parts), port, type=socket.SOCK_STREAM)
    ips = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
    if not private and not all(is_public(ipaddress.ip_address(ip)) for ip in ips):
        raise NotAsked("Its host is inside a network, not on the public internet.")
    return ips[0]
