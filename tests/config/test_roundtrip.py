"""decode(encode(config)) == config, for documents of every kind, made from their own shape."""

import base64
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.config import codec, field
from ichor.config.codec import Codec
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.document import Document
from ichor.config.encode import encode, to_value
from ichor.config.registry import KINDS
from ichor.config.secret import Object, Secret
from ichor.config.shape import StructOf, struct_of
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=20)
CERT = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"
WIREGUARD = base64.b64encode(bytes(32)).decode()
KEY = "-----BEGIN EC PRIVATE KEY-----\nYQ==\n-----END EC PRIVATE KEY-----\n"
EXAMPLES: dict[object, list[str]] = {
    field.HTTPS: ["https://a.b:6443", "https://[::1]:1/"],
    field.HTTP: ["http://a", "https://a/b"],
    field.DISCOVERY: ["grpc://a", "https://d.example/"],
    field.CIDR: ["10.0.0.0/8", "fd00::/64"],
    field.IP: ["10.0.0.1", "::1"],
    field.DNS: ["a", "a-b.c"],
    field.SAN: ["a.b", "1.2.3.4", "*.x.y"],
    field.IMAGE: ["a/b:c", "x@sha256:00"],
    field.CERTS: [CERT],
    field.PUBLIC_KEY: [CERT],
    field.PRIVATE_KEY: [KEY],
    field.KEY_OR_EMPTY: [KEY, ""],
    field.TOKEN: ["abcdef.0123456789abcdef"],
    "base64 of an AES key": [base64.b64encode(bytes(32)).decode()],
    "a quantity such as 200m or 1Gi": ["200m", "1Gi", "1.5"],
    "a label value: at most 63 letters, digits, - _ .": ["", "a", "a.b_c"],
    "value:Effect or Effect, of NoSchedule, PreferNoSchedule, NoExecute": ["a:NoExecute"],
    "a network, or !network": ["!10.0.0.0/8"],
    "a size such as 10GiB": ["4GiB", "5000000000"],
    "a size such as 10GiB, a share such as 80%, or -10GiB to leave": ["6GB", "80%", "-1GiB"],
    field.INTERFACE: ["192.0.2.1/24", "2001:db8::1/64"],
    field.MAC: ["02:00:5e:00:53:01"],
    field.DUID: ["00:03:00:01:02"],
    field.TABLE: ["main", "42"],
    field.LINK: ["eth0", "a.b"],
    field.WIREGUARD_KEY: [WIREGUARD],
    field.WIREGUARD_SECRET: [WIREGUARD],
    field.ENDPOINT: ["192.0.2.1:51820", "[2001:db8::1]:1"],
    "a device such as /dev/ptp0": ["/dev/ptp1"],
}
ATOMS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXT
FREE: st.SearchStrategy[Value] = st.recursive(
    ATOMS, lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3)
)


def texts(made: Codec) -> st.SearchStrategy[str]:
    """Give texts that satisfy the checks around a text or a secret."""
    if isinstance(made, codec.Checked) and not isinstance(made.check, field.Range):
        known = EXAMPLES.get(made.check) or EXAMPLES.get(made.check.expectation)
        if known:
            return st.sampled_from(known)
        return TEXT.filter(made.check.test)
    return TEXT


def inner(made: Codec) -> Codec:
    while isinstance(made, codec.Checked | codec.Base64):
        made = made.inner
    return made


def values(made: Codec) -> st.SearchStrategy[object]:
    core = inner(made)
    if isinstance(core, codec.SecretText):
        return texts(made).map(Secret)
    if isinstance(core, codec.Int) and isinstance(made, codec.Checked):
        limits = cast("field.Range", made.check)
        return st.integers(limits.low, limits.high)
    if isinstance(core, codec.Text):
        return texts(made)
    if isinstance(core, codec.ListOf):
        return st.lists(values(core.inner), max_size=2).map(tuple)
    if isinstance(core, codec.MapOf):
        return st.dictionaries(st.sampled_from(["a.b/c", "x"]), values(core.inner), max_size=2)
    return structs(core) if isinstance(core, StructOf) else simple(core)


def simple(core: Codec) -> st.SearchStrategy[object]:
    if isinstance(core, codec.Bool):
        return st.booleans()
    if isinstance(core, codec.Duration):
        return st.timedeltas(timedelta(microseconds=1), timedelta(days=4000))
    if isinstance(core, codec.Choice):
        return st.sampled_from(core.options)
    if isinstance(core, codec.TextOrList):
        return TEXT | st.lists(TEXT, max_size=2).map(tuple)
    assert isinstance(core, codec.FreeForm)
    return st.dictionaries(TEXT, FREE, max_size=3).map(Object)


def structs(shape: StructOf) -> st.SearchStrategy[object]:
    fields = {member.attribute: values(member.codec) for member in shape.members.values()}
    return st.fixed_dictionaries({}, optional=fields).flatmap(
        lambda given: st.fixed_dictionaries(
            {name: st.just(value) for name, value in given.items()}
            | {
                member.attribute: values(member.codec)
                for member in shape.members.values()
                if member.attribute not in given and is_required(member.default)
            }
        ).map(lambda all_of_them: shape.cls(**all_of_them))
    )


def is_required(default: object) -> bool:
    from msgspec import NODEFAULT

    return default is NODEFAULT


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_read_back_as_it_was(kind: str) -> None:
    @settings(max_examples=25)
    @given(structs(struct_of(KINDS[kind])))
    def law(document: object) -> None:
        made = cast("Document", document)
        if list(_all_faults(made)):
            return  # not a document that could be read
        config = Config(documents=(made,))
        assert decode(encode(config)) == config
        assert load(dump(to_value(made))) == [to_value(made)]

    law()


def _all_faults(part: object) -> list[object]:
    found: list[object] = list(part.faults()) if isinstance(part, Document) else []
    from ichor.config.document import Part
    from ichor.config.shape import members

    if isinstance(part, Part):
        found = list(part.faults())
        for member in members(type(part)):
            below: object = getattr(part, member.attribute)
            for item in below if isinstance(below, tuple) else (below,):
                found += _all_faults(item)
    return found
