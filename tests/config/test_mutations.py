"""A configuration, patch or secrets file with pieces changed: a result, or an InputError."""

import contextlib
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.config import samples

from ichor.config import bundle, diff, patch
from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.config.validate import validate
from ichor.errors import InputError

PLANE = encode(samples.control_plane())
BASE = decode(PLANE)
SECRETS = bundle.write(samples.secrets())
PIECES = [
    "\n", "  ", "- ", ": ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "null", "~", "0x", "'", '"',
    "|", "#", "---\n", "<<: ", "$patch: delete", "{$patch: delete}", "é", "\x07", "1e999", "-", "%",
    "99999999999999999999", "::", "name: ", "kind: ",
]  # fmt: skip


def mutated(text: str, seed: int) -> str:
    chance = random.Random(seed)
    for _ in range(chance.randrange(1, 6)):
        at, other = chance.randrange(len(text)), chance.randrange(len(text))
        text = chance.choice(
            [
                text[:at] + chance.choice(PIECES) + text[at:],
                text[:at] + text[at + chance.randrange(1, 30) :],
                text[:at] + text[other : other + chance.randrange(60)] + text[at:],
                text[:at] + chr(chance.randrange(32, 127)) + text[at + 1 :],
            ]
        )
    return text


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_a_changed_configuration_is_read_or_refused(seed: int) -> None:
    text = mutated(PLANE, seed)
    with contextlib.suppress(InputError):
        config = decode(text)
        validate(config, "container")
        diff.unified(BASE, config)
        again = decode(encode(config))
        assert sorted(map(repr, again.documents)) == sorted(map(repr, config.documents))
        assert decode(patch.apply(text, [])) == config


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_a_changed_patch_or_secrets_file_is_read_or_refused(seed: int) -> None:
    with contextlib.suppress(InputError):
        patch.read(mutated(PLANE[-3000:], seed))
    with contextlib.suppress(InputError):
        bundle.read(mutated(SECRETS, seed))


def test_a_secret_that_is_not_ascii_is_an_error_of_input() -> None:
    for read, text in ((decode, PLANE), (bundle.read, SECRETS)):
        with contextlib.suppress(InputError):
            read(text.replace("=", "é"))
