"""Closed sets of words about links."""

from ichor.resources.fields import Word


class OperationalState(Word):
    UNKNOWN = "unknown", 0
    NOT_PRESENT = "notPresent", 1
    DOWN = "down", 2
    LOWER_LAYER_DOWN = "lowerLayerDown", 3
    TESTING = "testing", 4
    DORMANT = "dormant", 5
    UP = "up", 6


class Duplex(Word):
    HALF = "Half", 0
    FULL = "Full", 1
    UNKNOWN = "Unknown", 255


class Port(Word):
    TWISTED_PAIR = "TwistedPair", 0
    AUI = "AUI", 1
    MII = "MII", 2
    FIBRE = "", 3
    BNC = "BNC", 4
    DIRECT_ATTACH = "DirectAttach", 5
    NONE = "None", 239
    OTHER = "Other", 255


class VLANProtocol(Word):
    IEEE_802_1Q = "802.1q", 33024
    IEEE_802_1AD = "802.1ad", 34984


class BondMode(Word):
    BALANCE_RR = "balance-rr", 0
    ACTIVE_BACKUP = "active-backup", 1
    BALANCE_XOR = "balance-xor", 2
    BROADCAST = "broadcast", 3
    IEEE_802_3AD = "802.3ad", 4
    BALANCE_TLB = "balance-tlb", 5
    BALANCE_ALB = "balance-alb", 6


class BondXmitHashPolicy(Word):
    LAYER2 = "layer2", 0
    LAYER3_4 = "layer3+4", 1
    LAYER2_3 = "layer2+3", 2
    ENCAP2_3 = "encap2+3", 3
    ENCAP3_4 = "encap3+4", 4


class LACPRate(Word):
    SLOW = "slow", 0
    FAST = "fast", 1


class ADSelect(Word):
    STABLE = "stable", 0
    BANDWIDTH = "bandwidth", 1
    COUNT = "count", 2


class ADLACPActive(Word):
    OFF = "off", 0
    ON = "on", 1


class ARPValidate(Word):
    NONE = "none", 0
    ACTIVE = "active", 1
    BACKUP = "backup", 2
    ALL = "all", 3
    FILTER = "filter", 4
    FILTER_ACTIVE = "filter-active", 5
    FILTER_BACKUP = "filter-backup", 6


class ARPAllTargets(Word):
    ANY = "any", 0
    ALL = "all", 1


class PrimaryReselect(Word):
    ALWAYS = "always", 0
    BETTER = "better", 1
    FAILURE = "failure", 2


class FailOverMAC(Word):
    NONE = "none", 0
    ACTIVE = "active", 1
    FOLLOW = "follow", 2


class WOLMode(Word):
    PHY = "phy", 1
    UNICAST = "unicast", 2
    MULTICAST = "multicast", 4
    BROADCAST = "broadcast", 8
    MAGIC = "magic", 32
    MAGICSECURE = "magicsecure", 64
    FILTER = "filter", 128
