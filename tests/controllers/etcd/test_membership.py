from msgspec.structs import replace

from ichor.controllers.etcd.membership import Inputs, plan, report
from ichor.controllers.secrets.etcd import DIRECTORY
from ichor.models.membership import model
from ichor.ports.etcd import Member
from ichor.ports.membership import (
    AddLearner,
    AskAt,
    Cease,
    Decide,
    Discard,
    Leave,
    Membership,
    Promote,
    Remove,
    Start,
)
from ichor.resources.etcd.bootstrap import EtcdBootstrap
from ichor.resources.etcd.member import EtcdSpec
from ichor.resources.files.file import FileStatus
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.runtime.ending import EtcdLeave, EtcdLeaveStatus
from ichor.resources.runtime.service_status import ServiceStatus

OWN = "https://10.5.0.3:2380"
FIRST = Member(id=1, name="cp-1", peer_urls=("https://10.5.0.2:2380",))


def inputs(*, bootstrap: bool = False, files: bool = True) -> Inputs:
    names = ("ca.crt", "admin.crt", "admin.key") if files else ()
    return Inputs(
        spec=EtcdSpec(name="cp-2", advertised_addresses=("10.5.0.3",)),
        bootstrap=EtcdBootstrap() if bootstrap else None,
        endpoints=(Endpoint(addresses=("10.5.0.2", "10.5.0.3")),),
        files={f"{DIRECTORY}/{name}": FileStatus(spec_version=1) for name in names},
    )


def seen(*members: Member, has_data: bool = False) -> Membership:
    return Membership(members=members, has_data=has_data, voters=("10.5.0.2",))


def test_nothing_is_asked_before_the_admin_certificate_is_on_the_disk() -> None:
    assert list(plan(inputs(files=False), Membership())) == []


def test_the_other_control_planes_are_asked_and_not_this_node() -> None:
    assert list(plan(inputs(), Membership())) == [AskAt(hosts=("10.5.0.2",))]


def test_who_bootstraps_begins_alone() -> None:
    start = Start(state="new", members=(("cp-2", OWN),))
    assert list(plan(inputs(bootstrap=True), seen())) == [Decide(start=start)]


def test_who_has_data_begins_with_it() -> None:
    assert list(plan(inputs(), seen(has_data=True))) == [Decide(start=Start())]


def test_nobody_answers_so_nothing_is_done() -> None:
    assert list(plan(inputs(), seen())) == []


def test_a_stale_member_of_our_name_goes_before_we_are_added() -> None:
    stale = Member(id=7, name="cp-2", peer_urls=("https://10.5.0.9:2380",))
    assert list(plan(inputs(), seen(FIRST, stale))) == [Remove(member_id=7)]


def test_joining_leads_step_by_step_to_a_decision_and_then_to_rest() -> None:
    observed = seen(FIRST)
    (added,) = plan(inputs(), observed)
    assert added == AddLearner(peer_urls=(OWN,))
    observed = model(observed, added)
    (decided,) = plan(inputs(), observed)
    members = (("cp-1", "https://10.5.0.2:2380"), ("cp-2", OWN))
    assert decided == Decide(start=Start(state="existing", members=members))
    observed = model(observed, decided)
    (ask,) = plan(inputs(), observed)
    assert ask == AskAt(hosts=("10.5.0.2", "127.0.0.1"))
    assert list(plan(inputs(), model(observed, ask))) == []


def test_a_learner_that_runs_is_promoted() -> None:
    own = Member(id=2, name="cp-2", peer_urls=(OWN,), is_learner=True)
    observed = Membership(
        members=(FIRST, own), voters=("10.5.0.2", "127.0.0.1"), decided=Start(state="existing")
    )
    assert list(plan(inputs(), observed)) == [Promote(member_id=2)]
    assert list(plan(inputs(), model(observed, Promote(member_id=2)))) == []


MINE = Member(id=2, name="cp-2", peer_urls=(OWN,))


def leaving(*, runs: bool = False) -> Inputs:
    service = {"etcd": ServiceStatus(state="Running")} if runs else {}
    return replace(inputs(), leave={"asked": EtcdLeave()}, service=service)


def running(*members: Member) -> Membership:
    voters = ("10.5.0.2", "127.0.0.1")
    return Membership(members=members, voters=voters, has_data=True, decided=Start())


def statuses(inputs: Inputs, observed: Membership) -> list[EtcdLeaveStatus]:
    return [
        one[1]
        for one in report(inputs, observed)
        if isinstance(one, tuple) and isinstance(one[1], EtcdLeaveStatus)
    ]


def test_a_member_leaves_then_ceases_then_its_data_go() -> None:
    observed = running(FIRST, MINE)
    (left,) = plan(leaving(runs=True), observed)
    assert left == Leave(member_id=2, successor=1)
    observed = model(observed, left)
    (ceased,) = plan(leaving(runs=True), observed)
    assert ceased == Cease()
    observed = replace(model(observed, ceased), voters=("10.5.0.2",))
    assert list(plan(leaving(runs=True), observed)) == []  # etcd still uses them
    (discarded,) = plan(leaving(), observed)
    assert discarded == Discard()
    assert statuses(leaving(), observed) == []
    observed = model(observed, discarded)
    assert list(plan(leaving(), observed)) == []
    assert [one.left for one in statuses(leaving(), observed)] == [True]


def test_the_last_voter_cannot_leave() -> None:
    learner = Member(id=3, name="cp-3", peer_urls=("https://x:2380",), is_learner=True)
    assert list(plan(leaving(runs=True), running(MINE, learner))) == []
    assert [one.left for one in statuses(leaving(), running(MINE, learner))] == [False]


def test_nobody_answers_so_leaving_waits() -> None:
    assert list(plan(leaving(runs=True), running())) == []
    assert statuses(leaving(runs=True), running()) == []
    assert list(plan(leaving(), seen(has_data=True))) == []  # they may be the only ones there are
    assert statuses(leaving(), seen(has_data=True)) == []


def test_a_learner_that_never_started_leaves_too() -> None:
    added = Member(id=9, name="", peer_urls=(OWN,), is_learner=True)
    assert list(plan(leaving(), seen(FIRST, added))) == [Leave(member_id=9, successor=1)]
