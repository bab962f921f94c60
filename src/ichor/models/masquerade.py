"""The rules held are those set last."""

from ichor.ports.masquerade import SetMasquerades, digest


def model(held: str, action: SetMasquerades) -> str:
    return digest(action.rules)
