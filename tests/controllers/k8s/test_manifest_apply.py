from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from ichor.controllers.k8s.manifest_apply import plan
from ichor.formats.jsonvalue import Object, text
from ichor.models.manifests import model
from ichor.peers.kube_inventory import from_data, to_data
from ichor.ports.manifests import Create, ObjectId, Observed, SaveInventory, object_id


def item(kind: str, name: str, namespace: str = "") -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}}


NOTHING = Observed(present=frozenset(), inventory=frozenset())
ITEMS = [
    item("ConfigMap", "c", "n"),
    item("CustomResourceDefinition", "d"),
    item("Namespace", "n"),
    item("Secret", "s", "n"),
]


def applied(observed: Observed, wanted: list[Object]) -> Observed:
    return reduce(model, plan(wanted, observed), observed)


def test_namespaces_go_first_then_definitions_then_the_rest_and_the_inventory_last() -> None:
    actions = list(plan(ITEMS, NOTHING))
    created = [text(a.item, "kind") for a in actions if isinstance(a, Create)]
    assert created == ["Namespace", "CustomResourceDefinition", "ConfigMap", "Secret"]
    assert actions[-1] == SaveInventory(frozenset(object_id(one) for one in ITEMS))


def test_what_was_deleted_on_purpose_stays_deleted() -> None:
    after = applied(NOTHING, ITEMS)
    deleted = Observed(present=after.present - {object_id(ITEMS[0])}, inventory=after.inventory)
    assert list(plan(ITEMS, deleted)) == []


def test_what_is_there_without_us_is_left_as_it_is_but_remembered() -> None:
    there = Observed(present=frozenset({object_id(ITEMS[3])}), inventory=frozenset())
    created = [a.item for a in plan(ITEMS, there) if isinstance(a, Create)]
    assert ITEMS[3] not in created
    assert object_id(ITEMS[3]) in applied(there, ITEMS).inventory


names = st.text(alphabet="abc-:.", min_size=1, max_size=6)
objects = st.builds(
    item, st.sampled_from(["Namespace", "ConfigMap", "Secret"]), names, st.sampled_from(["", "n"])
)


@given(st.lists(objects), st.lists(objects), st.lists(objects))
def test_after_applying_there_is_nothing_left_to_do(
    wanted: list[Object], present: list[Object], inventory: list[Object]
) -> None:
    seen = Observed(
        present=frozenset(map(object_id, present)), inventory=frozenset(map(object_id, inventory))
    )
    assert list(plan(wanted, applied(seen, wanted))) == []


ids = st.builds(
    ObjectId,
    st.sampled_from(["", "apps", "rbac.authorization.k8s.io"]),
    st.sampled_from(["Pod", "ClusterRole"]),
    st.sampled_from(["", "kube-system"]),
    st.text(alphabet="abc-:.", min_size=1),
)


@given(st.frozensets(ids))
def test_an_inventory_is_read_back_as_it_was_written(inventory: frozenset[ObjectId]) -> None:
    assert from_data(to_data(inventory)) == inventory


def test_a_key_that_is_no_objects_is_passed_over() -> None:
    assert from_data(["x", "a_b", "__", "a__g_k"]) == frozenset()
