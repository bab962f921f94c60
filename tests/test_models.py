"""Laws of the ports' models: asking twice is asking once, and undoing leaves what was before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import NotFound
from ichor.models import cgroup, etc, file, mount, network, service, sysctl, uts
from ichor.ports.cgroup import Group, Make, Place
from ichor.ports.etc import EtcFile, RemoveEtc, WriteEtc
from ichor.ports.file import Directory, File, Remove, Write
from ichor.ports.mount import Attach, Bind, Detach, Mount, Propagation
from ichor.ports.network import Add, Address, CreateLink, Delete, DeleteLink, Link, Network, SetLink
from ichor.ports.network import Bridge as BridgeKind
from ichor.ports.service import Forget, Service, Signal, Start, State, Stop
from ichor.ports.sysctl import SetParameter
from ichor.ports.uts import Names
from ichor.resources.runtime.service_spec import Exec, Resources, ServiceSpec

NAME = st.text(alphabet="abc", min_size=1, max_size=3)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join)
CONTENT = st.binary(max_size=3)


@given(PATH, CONTENT)
def test_a_file_written_twice_is_written_once(path: str, content: bytes) -> None:
    write = Write(path=path, file=File(content=content))
    once = file.model({}, write)
    assert file.model(once, write) == once
    assert once[path] == File(content=content)


@given(PATH, NAME)
def test_a_removed_tree_leaves_its_parents(path: str, name: str) -> None:
    tree = file.model({}, Write(path=f"{path}/{name}", file=File(content=b"")))
    left = file.model(tree, Remove(path=path))
    assert all(not each.startswith(path) for each in left)
    assert all(isinstance(each, Directory) for each in left.values())


def test_a_file_does_not_show_its_content() -> None:
    assert "secret" not in repr(Write(path="x", file=File(content=b"secret")))


@given(NAME, CONTENT)
def test_an_etc_file_is_bound_until_it_is_removed(name: str, content: bytes) -> None:
    written = etc.model({}, WriteEtc(name=name, content=content))
    assert written == {name: EtcFile(content=content)}
    assert etc.model(written, RemoveEtc(name=name)) == {}


ROOT = Mount(target="/", fstype="squashfs", source="/dev/loop0", options=("ro",))


def test_a_bind_shows_the_part_of_the_file_system_it_names() -> None:
    table = mount.model((ROOT,), Attach(target="/var", fstype="ext4", source="/dev/vda"))
    table = mount.model(table, Bind(target="/opt", source="/var/opt", options=("nodev",)))
    assert mount.covering(table, "/opt/cni") == Mount(
        target="/opt", fstype="ext4", source="/dev/vda", root="/opt", options=("nodev",)
    )


def test_what_is_mounted_below_a_shared_mount_is_shared() -> None:
    root = Mount(target="/", fstype="x", source="x", propagation=Propagation.SHARED)
    table = mount.model((root,), Attach(target="/run", fstype="tmpfs", source="tmpfs"))
    assert table[-1].propagation is Propagation.SHARED


@given(NAME)
def test_detaching_undoes_attaching(name: str) -> None:
    table = mount.model((ROOT,), Attach(target=f"/{name}", fstype="tmpfs", source="tmpfs"))
    assert mount.model(table, Detach(target=f"/{name}")) == (ROOT,)


def test_blanks_of_a_parameter_are_single() -> None:
    assert sysctl.model({}, SetParameter(key="a", value="1\t 2\n")) == {"a": "1 2"}


def test_a_name_longer_than_the_kernels_is_refused() -> None:
    with pytest.raises(OSError, match="Invalid"):
        uts.model(Names(host="a"), Names(host="b" * 65))


def test_a_process_is_in_one_group() -> None:
    groups = cgroup.model({}, Make(path="a/b", resources=Resources(pids_max=9)))
    groups = cgroup.model(groups, Make(path="c"))
    groups = cgroup.model(groups, Place(path="a/b", pid=7))
    groups = cgroup.model(groups, Place(path="c", pid=7))
    assert groups == {
        "a": Group(),
        "a/b": Group(resources=Resources(pids_max=9)),
        "c": Group(processes=(7,)),
    }


LINKS = Network(links=(Link(name="lo", index=1, loopback=True, mtu=65536),))


def test_an_address_brings_its_route_while_the_link_is_up() -> None:
    made = network.model(LINKS, CreateLink(name="br0", kind=BridgeKind()))
    address = Address(link="br0", address="10.5.0.2/24")
    down = network.model(made, Add(what=address))
    assert down.routes == ()
    up = network.model(down, SetLink(name="br0", up=True))
    assert [(each.destination, each.source) for each in up.routes] == [("10.5.0.0/24", "10.5.0.2")]
    assert network.model(up, Delete(what=address)).routes == ()
    assert network.model(up, DeleteLink(name="br0")) == LINKS


SPEC = ServiceSpec(id="etcd", program=Exec(argv=("/usr/bin/etcd",)))


def test_a_service_is_started_stopped_and_forgotten() -> None:
    running = service.model({}, Start(spec=SPEC))
    assert running["etcd"].state is State.RUNNING
    assert service.model(running, Start(spec=SPEC)) == running
    assert service.model(running, Forget(id="etcd")) == running
    stopped = service.model(running, Stop(id="etcd"))
    assert stopped["etcd"].state is State.FINISHED
    assert service.model(stopped, Forget(id="etcd")) == {}


def test_a_signal_that_ends_a_service_starts_it_again() -> None:
    running = service.model({}, Start(spec=SPEC))
    assert service.model(running, Signal(id="etcd", number=9))["etcd"].starts == 2
    assert service.model(running, Signal(id="etcd", number=1)) == running


def test_what_is_not_there_is_not_found() -> None:
    none: dict[str, Service] = {}
    for action in (Stop(id="x"), Signal(id="x", number=15)):
        with pytest.raises(NotFound):
            service.model(none, action)
