"""What `gen config` writes is, leaf for leaf, what existing tools write."""

from collections.abc import Callable, Iterator

import pytest
from tests.config import samples
from tests.config.facts import rows

from ichor.config import generate
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.document import identity
from ichor.config.encode import encode, to_value
from ichor.config.registry import MAIN
from ichor.config.validate import MODES, validate
from ichor.formats.yaml.values import Value

DISCOVERY = "https://discovery.talos.dev/"
GENERATED = "<generated>"
Leaf = tuple[str, str, str]


def leaves(value: Value, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    elif isinstance(value, bool):
        yield path, str(value).lower()
    else:
        yield path, str(value)


def written(config: Config) -> list[Leaf]:
    found: list[Leaf] = []
    for document in config.documents:
        for path, value in leaves(to_value(document), ""):
            if path != "kind":
                kind = "(v1alpha1 main config)" if document.KIND == MAIN else document.KIND
                found.append((kind, path, value))
    return found


def expected(machine_type: str) -> list[Leaf]:
    found: list[Leaf] = []
    for row in rows("generated_config.tsv"):
        if row["machine_type"] == machine_type:
            value = "false" if row["path"] == "workloadIsolation" else row["value"]
            found.append((row["kind"], row["path"], value))
    return found


def masked(ours: list[Leaf], theirs: list[Leaf]) -> list[Leaf]:
    secret = {(kind, path) for kind, path, value in theirs if value == GENERATED}
    return [(k, p, GENERATED if (k, p) in secret and v else v) for k, p, v in ours]


@pytest.mark.parametrize(
    ("machine_type", "config"),
    [
        pytest.param("controlplane", samples.control_plane(DISCOVERY), id="controlplane"),
        pytest.param("worker", samples.worker(DISCOVERY), id="worker"),
    ],
)
def test_every_leaf_is_that_of_existing_tools(machine_type: str, config: Config) -> None:
    theirs = expected(machine_type)
    ours = masked(written(config), theirs)
    assert sorted(ours) == sorted((k, p, v) for k, p, v in theirs)


@pytest.mark.parametrize("config", [samples.control_plane(), samples.worker()])
def test_no_discovery_service_is_named_unless_asked_for(config: Config) -> None:
    assert config.discovery_endpoints == ()
    assert "discovery.talos.dev" not in encode(config)


@pytest.mark.parametrize("make", [samples.control_plane, samples.worker])
def test_what_is_generated_is_read_back_and_valid(make: Callable[[], Config]) -> None:
    config = make()
    again = decode(encode(config))
    assert len(again.documents) == len(config.documents)
    assert {identity(d): d for d in again.documents} == {identity(d): d for d in config.documents}
    for mode in MODES:
        found = validate(config, mode)
        assert (found.errors, found.warnings) == ((), ())


def test_a_worker_gets_no_key_of_any_authority() -> None:
    text = encode(samples.worker())
    certs = samples.secrets().certs
    for held in (certs.etcd, certs.kubernetes, certs.aggregator, certs.os, certs.service_account):
        assert held.key.reveal() not in text
    assert "PRIVATE" not in text


def test_the_same_seed_gives_the_same_secrets() -> None:
    samples.secrets.cache_clear()
    one = samples.secrets(7)
    samples.secrets.cache_clear()
    assert samples.secrets(7) == one
    assert samples.secrets(8) != one


def test_additional_names_go_into_both_certificates() -> None:
    request = generate.Request(
        cluster_name="c", endpoint="https://a:6443", additional_sans=("x.y", "10.0.0.1")
    )
    text = encode(generate.control_plane(request, samples.secrets()))
    assert text.count("- x.y\n") == 2
