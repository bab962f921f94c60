"""Response codes (TPM Library, part 2, 6.6): what a TPM said no to, by its name."""

from typing import Final

from ichor.errors import IchorError

# RC_FMT1, bits 0..5
_OF_ARGUMENT: Final = {
    0x01: "ASYMMETRIC",
    0x02: "ATTRIBUTES",
    0x03: "HASH",
    0x04: "VALUE",
    0x05: "HIERARCHY",
    0x07: "KEY_SIZE",
    0x08: "MGF",
    0x09: "MODE",
    0x0A: "TYPE",
    0x0B: "HANDLE",
    0x0C: "KDF",
    0x0D: "RANGE",
    0x0E: "AUTH_FAIL",
    0x0F: "NONCE",
    0x10: "PP",
    0x12: "SCHEME",
    0x15: "SIZE",
    0x16: "SYMMETRIC",
    0x17: "TAG",
    0x18: "SELECTOR",
    0x1A: "INSUFFICIENT",
    0x1B: "SIGNATURE",
    0x1C: "KEY",
    0x1D: "POLICY_FAIL",
    0x1F: "INTEGRITY",
    0x20: "TICKET",
    0x21: "RESERVED_BITS",
    0x22: "BAD_AUTH",
    0x23: "EXPIRED",
    0x24: "POLICY_CC",
    0x25: "BINDING",
    0x26: "CURVE",
    0x27: "ECC_POINT",
}
# RC_VER1 and RC_WARN, whole
_WHOLE: Final = {
    0x100: "INITIALIZE",
    0x101: "FAILURE",
    0x103: "SEQUENCE",
    0x120: "DISABLED",
    0x121: "EXCLUSIVE",
    0x124: "AUTH_TYPE",
    0x125: "AUTH_MISSING",
    0x126: "POLICY",
    0x127: "PCR",
    0x128: "PCR_CHANGED",
    0x12D: "UPGRADE",
    0x12E: "TOO_MANY_CONTEXTS",
    0x12F: "AUTH_UNAVAILABLE",
    0x130: "REBOOT",
    0x131: "UNBALANCED",
    0x142: "COMMAND_SIZE",
    0x143: "COMMAND_CODE",
    0x144: "AUTHSIZE",
    0x145: "AUTH_CONTEXT",
    0x146: "NV_RANGE",
    0x147: "NV_SIZE",
    0x148: "NV_LOCKED",
    0x149: "NV_AUTHORIZATION",
    0x14A: "NV_UNINITIALIZED",
    0x14B: "NV_SPACE",
    0x14C: "NV_DEFINED",
    0x150: "BAD_CONTEXT",
    0x151: "CPHASH",
    0x152: "PARENT",
    0x153: "NEEDS_TEST",
    0x154: "NO_RESULT",
    0x155: "SENSITIVE",
    0x901: "CONTEXT_GAP",
    0x902: "OBJECT_MEMORY",
    0x903: "SESSION_MEMORY",
    0x904: "MEMORY",
    0x905: "SESSION_HANDLES",
    0x906: "OBJECT_HANDLES",
    0x907: "LOCALITY",
    0x908: "YIELDED",
    0x909: "CANCELED",
    0x90A: "TESTING",
    0x920: "NV_RATE",
    0x921: "LOCKOUT",
    0x922: "RETRY",
    0x923: "NV_UNAVAILABLE",
}
_FORMAT_ONE, _PARAMETER, _LAYER = 0x080, 0x040, 0xFFFFF000


class Refused(IchorError):  # noqa: N818 - an outcome, named as the field names it
    """The TPM did not do it. name: of the response code, as `RC_POLICY_FAIL`; command: its name."""

    def __init__(self, command: str, code: int) -> None:
        self.command, self.code, self.name = command, code, name_of(code)
        super().__init__(f"the TPM refuses {command}: {self.name} (0x{code:03x}){_where(code)}")


def name_of(code: int) -> str:
    """Give a response code's name, as TPM_RC has it; its number where it has none."""
    if code & _LAYER:  # a driver or resource manager speaks, not the TPM
        return f"RC_0x{code:x}"
    known = _OF_ARGUMENT.get(code & 0x3F) if code & _FORMAT_ONE else _WHOLE.get(code)
    return f"RC_{known}" if known else f"RC_0x{code:03x}"


def _where(code: int) -> str:
    """Say which argument a code of format one is about."""
    if code & _LAYER or not code & _FORMAT_ONE:
        return ""
    number = code >> 8 & 0xF
    if code & _PARAMETER:
        return f", parameter {number}"
    kind = "session" if number & 8 else "handle"
    return f", {kind} {number & 7}" if number & 7 else ""
