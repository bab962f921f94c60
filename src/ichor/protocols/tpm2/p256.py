"""ECDH over P-256 (FIPS 186-5, NIST SP 800-186), to agree with a TPM on a salt.

For keys that are used once and then forgotten: it does not take equally long for all of them.
"""

from typing import Final, NamedTuple

from ichor.errors import FormatError

SIZE: Final = 32
_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class Point(NamedTuple):
    x: int
    y: int

    @property
    def parts(self) -> tuple[bytes, bytes]:
        return self.x.to_bytes(SIZE, "big"), self.y.to_bytes(SIZE, "big")


BASE: Final = Point(
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Jacobian = tuple[int, int, int]
_NOWHERE: Final = (1, 1, 0)


def point(x: bytes, y: bytes) -> Point:
    """Raises FormatError where there is no such point of the curve."""
    found = Point(int.from_bytes(x, "big"), int.from_bytes(y, "big"))
    on_curve = (found.y**2 - found.x**3 + 3 * found.x - _B) % _P == 0
    if not on_curve or max(found) >= _P:
        raise FormatError("a point of P-256")
    return found


def scalar(entropy: bytes) -> int:
    """Make a private key of 40 bytes or more (FIPS 186-5, A.2.1). Raises FormatError."""
    if len(entropy) < SIZE + 8:
        raise FormatError(f"at least {SIZE + 8} random bytes")
    return int.from_bytes(entropy, "big") % (_ORDER - 1) + 1


def multiply(times: int, of: Point) -> Point:
    """Give the multiple; times: from 1 to the order less 1."""
    sum_, step = _NOWHERE, (of.x, of.y, 1)
    while times:
        if times & 1:
            sum_ = _add(sum_, step)
        step = _double(step)
        times >>= 1
    x, y, z = sum_
    inverse = pow(z, -1, _P)
    return Point(x * inverse**2 % _P, y * inverse**3 % _P)


def _double(one: _Jacobian) -> _Jacobian:
    x, y, z = one
    slope = 3 * (x - z * z) * (x + z * z) % _P
    four = 4 * x * y * y % _P
    twice_x = (slope * slope - 2 * four) % _P
    return twice_x, (slope * (four - twice_x) - 8 * pow(y, 4, _P)) % _P, 2 * y * z % _P


def _add(one: _Jacobian, other: _Jacobian) -> _Jacobian:
    if not one[2]:
        return other
    if not other[2]:
        return one
    (x1, y1, z1), (x2, y2, z2) = one, other
    zz1, zz2 = z1 * z1 % _P, z2 * z2 % _P
    u1, s1 = x1 * zz2 % _P, y1 * z2 * zz2 % _P
    h, r = (x2 * zz1 - u1) % _P, (y2 * z1 * zz1 - s1) % _P
    if not h:
        return _double(one) if not r else _NOWHERE
    hh = h * h % _P
    v, hhh = u1 * hh % _P, h * hh % _P
    x = (r * r - hhh - 2 * v) % _P
    return x, (r * (v - x) - s1 * hhh) % _P, h * z1 * z2 % _P
