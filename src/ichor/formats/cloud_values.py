"""Values of NoCloud's documents, each as what it has to be. All raise FormatError."""

from ipaddress import ip_address, ip_interface

from ichor.errors import FormatError
from ichor.formats.yaml.values import Value


def fields(value: Value, what: str) -> dict[str, Value]:
    """Raises FormatError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FormatError(f"{what} to be a map")
    return value


def items(value: Value, what: str) -> list[Value]:
    """Give a list; of one value, that alone. Raises FormatError."""
    if value is None:
        return []
    if isinstance(value, dict):
        raise FormatError(f"{what} to be a list")
    return value if isinstance(value, list) else [value]


def texts(value: Value, what: str) -> tuple[str, ...]:
    return tuple(text(one, what) for one in items(value, what))


def text(value: Value, what: str) -> str:
    """Give a text, empty for none. Raises FormatError."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FormatError(f"{what} to be text")
    return value


def whole(value: Value, what: str) -> int:
    """Give a number, 0 for none. Raises FormatError."""
    if value is None:
        return 0
    try:
        if isinstance(value, int | str) and not isinstance(value, bool):
            return int(value)
    except ValueError:
        pass
    raise FormatError(f"{what} to be a number")


def truth(value: Value, what: str) -> bool:
    """Give a truth; YAML 1.1's words for it count, too. Raises FormatError."""
    words: dict[Value, bool] = {None: False, "yes": True, "no": False, "on": True, "off": False}
    if isinstance(value, bool):
        return value
    if value is None or (isinstance(value, str) and value.lower() in words):
        return words[value.lower() if value else None]
    raise FormatError(f"{what} to be true or false")


def prefixed(address: str, netmask: str = "") -> str:
    """Give an address with its prefix. Raises FormatError."""
    try:
        one = ip_interface(f"{address}/{netmask}" if netmask and "/" not in address else address)
    except ValueError:
        raise FormatError(f"an address with its prefix, not {address!r}") from None
    return one.with_prefixlen


def plain(address: str) -> str:
    """Give an address without a prefix. Raises FormatError."""
    try:
        return str(ip_address(address))
    except ValueError:
        raise FormatError(f"an address, not {address!r}") from None


def destination(network: str, netmask: str = "") -> str:
    """Give a route's destination: its network, empty for the default. Raises FormatError."""
    if network in ("", "default"):
        return ""
    try:
        found = ip_interface(f"{network}/{netmask}" if netmask and "/" not in network else network)
    except ValueError:
        raise FormatError(f"a network, not {network!r}") from None
    return "" if found.network.prefixlen == 0 else str(found.network)
