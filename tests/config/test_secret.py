"""Secret values appear in no repr, no error and no log line, whatever goes wrong around them."""

import copy
import logging
import pickle
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.config import samples

from ichor.config import bundle, patch
from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.config.secret import Object, Secret
from ichor.config.validate import validate
from ichor.errors import IchorError
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump_all
from ichor.log import LineFormatter, fields

TEXT = encode(samples.control_plane())
SECRET_PATHS = [
    ("machine", "token"),
    ("machine", "ca", "key"),
    ("cluster", "token"),
    ("cluster", "etcd", "ca", "key"),
    ("clusterSecret",),
    ("issuingCA", "key"),
    ("issuer", "privateKey"),
    ("config", "resources"),
]


def secret_texts() -> list[str]:
    held = samples.secrets()
    certs = held.certs
    keys = [certs.os.key, certs.etcd.key, certs.kubernetes.key, certs.aggregator.key]
    lines = [line for key in keys for line in key.reveal().splitlines() if "-----" not in line]
    tokens = [held.trustd.token, held.secrets.bootstrap, held.cluster.secret]
    assert held.secrets.secretbox is not None
    return [*lines, *(token.reveal() for token in (*tokens, held.secrets.secretbox))]


def test_the_repr_of_a_configuration_shows_no_secret() -> None:
    config = samples.control_plane()
    for shown in (repr(config), str(config), f"{config}", repr(samples.secrets())):
        assert [text for text in secret_texts() if text in shown] == []
    # and they are there to be found: written out they appear
    assert [text for text in secret_texts()[-4:] if text not in TEXT] == []


def test_a_log_line_shows_no_secret() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "applied %s", (Secret("s3cret"),), None)
    record.__dict__.update(fields(config=samples.control_plane(), token=Secret("s3cret")))
    line = LineFormatter().format(record)
    assert [text for text in (*secret_texts(), "s3cret") if text in line] == []


def test_a_secret_is_hidden_from_every_form_of_printing() -> None:
    secret = Secret("s3cret")
    holder = Object({"password": "s3cret"})
    for shown in (repr(secret), str(secret), f"{secret:>20}", "%s" % secret, repr(holder)):  # noqa: UP031
        assert "s3cret" not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_secrets_are_equal_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert not Secret("")


def below(value: Value, path: tuple[str, ...]) -> dict[str, Value] | None:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value if isinstance(value, dict) else None


def planted(marker: str, shape: int) -> Iterator[tuple[str, str]]:
    """Yield configurations with the marker as, in or before a secret field's value."""
    shapes: list[Value] = [marker, [marker], {"x": marker}, {marker[:9]: marker}, [[marker]]]
    for path in SECRET_PATHS:
        documents = load(TEXT)
        for document in documents:
            holder = below(document, path[:-1])
            if holder is not None and path[-1] in holder:
                holder[path[-1]] = copy.deepcopy(shapes[shape % len(shapes)])
        yield "/".join(path), dump_all(documents)


@settings(max_examples=15)
@given(
    st.integers(0, 4), st.integers(0, 2**32), st.sampled_from(["", "-", "&", "*", "!", "{", '"'])
)
def test_an_error_shows_no_secret(shape: int, seed: int, prefix: str) -> None:
    marker = random.Random(seed).randbytes(12).hex()
    for path, text in planted(marker, shape):
        broken = text.replace(marker, prefix + marker, 1)
        for read in (text, broken, broken[: broken.find(marker) + 24]):
            assert marker not in errors_of(read), path


def errors_of(text: str) -> str:
    shown = ""
    for read in (lambda text: validate(decode(text), "metal"), patch.read):
        try:
            shown += str(read(text))
        except IchorError as err:
            shown += f"{err} {err!r} {err.args!r} {err.__cause__!r}"
    return shown


def test_a_fault_in_the_secrets_file_shows_no_secret() -> None:
    text = bundle.write(samples.secrets())
    for token in (samples.secrets().trustd.token, samples.secrets().secrets.bootstrap):
        broken = text.replace(token.reveal(), f"[{token.reveal()}]")
        with pytest.raises(IchorError) as caught:
            bundle.read(broken)
        assert token.reveal() not in f"{caught.value} {caught.value!r}"
