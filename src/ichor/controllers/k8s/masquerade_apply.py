"""MasqueradeApply: pods talk to the world with the node's address.

pod_network_inputs, digest of the rules held ─► plan ─► SetMasquerades

Inside the cluster a pod keeps its own address: network policies and logs go by it.
"""

from collections.abc import Iterator
from datetime import timedelta

from ichor.controllers.k8s.pod_network_inputs import Inputs, is_of_others, wanted
from ichor.cosi.controller import Actuator
from ichor.ports.masquerade import Masquerade, Masquerading, SetMasquerades, digest

_RESYNC = timedelta(minutes=10)  # somebody may flush all rules, and nothing tells us


def plan(inputs: Inputs, held: str) -> Iterator[SetMasquerades]:
    network = wanted(inputs)
    if network is None and not is_of_others(inputs):
        return  # not known yet, so what is held stays
    found = network.masquerades if network else ()
    rules = tuple(Masquerade(one.source, one.inside) for one in found)
    if digest(rules) != held:
        yield SetMasquerades(rules=rules)


def masquerade_apply(port: Masquerading) -> Actuator[Inputs, str, SetMasquerades]:
    return Actuator(
        name="k8s.MasqueradeApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        resync=_RESYNC,
    )
