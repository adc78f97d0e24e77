"""The addresses at which apps take people back: what can be one, and when two are the same."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qsl, urlsplit

import idna

from postways.errors import Refused

LONGEST_REDIRECT = 500
MOST_REDIRECTS = 10
PRINTABLE = re.compile(r"[!-~]+")  # ASCII without blanks and controls
UNSAFE = set("\\\"'<>^`{|};,*")  # what browsers read in more than one way, what a policy could not name, a wildcard
OF_A_DOMAIN = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")  # a scheme of an app's own (RFC 8252)
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # one part of a domain
A_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as the last part it makes browsers read an IP address
LONGEST_HOST = 253
OF_ANSWERS = {"code", "state", "iss", "error", "error_description", "error_uri"}  # what we add (RFC 6749, RFC 9207)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def checked(addresses: Sequence[str]) -> list[str]:
    """`addresses`, each once. Raises Refused unless each can be one."""
    found = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    if not found:
        raise Refused("Say to which address the app takes people back.", field="redirect_uris")
    if len(found) > MOST_REDIRECTS:
        raise Refused("An app has at most %(most)d addresses.", field="redirect_uris", most=MOST_REDIRECTS)
    for address in found:
        _check(address)
    return found


def _check(address: str) -> None:
    if len(address) > LONGEST_REDIRECT:
        raise Refused("An address has at most %(most)d characters.", field="redirect_uris", most=LONGEST_REDIRECT)
    parts = _parts(address)
    if parts is None or "#" in address or not PRINTABLE.fullmatch(address) or UNSAFE & set(address):
        raise _unwritable(address, parts)
    if not (_on_the_web(parts) or _on_this_machine(parts) or _of_an_app(parts)):
        message = (
            "“%(address)s” is not safe to come back to. It begins with https://, with http:// and 127.0.0.1 or "
            "localhost, or with a scheme of the app's own domain, such as org.example.app:/"
        )
        raise Refused(message, field="redirect_uris", address=address[:80])
    if not nameable(address):
        message = "“%(address)s” has no host that browsers can be led to: a domain or an IP address, no port 0."
        raise Refused(message, field="redirect_uris", address=address[:80])
    if taken := {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} & OF_ANSWERS:
        message = "“%(address)s” can't have the parameter “%(name)s”: this site itself adds it when people come back."
        raise Refused(message, field="redirect_uris", address=address[:80], name=min(taken))


def _unwritable(address: str, parts: SplitResult | None) -> Refused:
    host = (parts and parts.hostname) or ""
    try:
        plain = idna.encode(host, uts46=True).decode() if not host.isascii() else ""
    except idna.IDNAError:
        plain = ""
    if plain:
        message = "“%(address)s” can't be an address to come back to: write its domain as %(plain)s"
        return Refused(message, field="redirect_uris", address=address[:80], plain=plain)
    message = "“%(address)s” can't be an address to come back to: write it out, without blanks and without “#”."
    return Refused(message, field="redirect_uris", address=address[:80])


def nameable(address: str) -> bool:
    """Whether a policy of browsers can name its host, without which the page that asks leads nowhere."""
    parts = _parts(address)
    if parts is None or parts.scheme not in ("http", "https"):
        return parts is not None
    if parts.port == 0 or parts.netloc.endswith(":") or "%" in parts.netloc:
        return False
    return _ip(parts.hostname or "") is not None or _is_domain(parts.hostname or "")


def _is_domain(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= LONGEST_HOST and all(map(LABEL.fullmatch, labels)) and not A_NUMBER.fullmatch(labels[-1])


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 reading it judges it
    except ValueError:
        return None
    return parts


def _on_the_web(parts: SplitResult) -> bool:
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _on_this_machine(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in LOOPBACK and "@" not in parts.netloc


def _of_an_app(parts: SplitResult) -> bool:
    return bool(OF_A_DOMAIN.fullmatch(parts.scheme)) and "@" not in parts.netloc and bool(parts.netloc or parts.path)


def place(address: str) -> str:
    """Where that is, in words for people: the host with its port, or the scheme of an app."""
    parts = urlsplit(address)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def source(address: str) -> str:
    """That place as a policy of browsers names it (`form-action`)."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or _ipv6(parts.hostname or ""):
        return f"{parts.scheme}:"  # a policy can't name a host in brackets
    return f"{parts.scheme}://{parts.netloc}"


def _ipv6(host: str) -> bool:
    return isinstance(_ip(host), ipaddress.IPv6Address)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
