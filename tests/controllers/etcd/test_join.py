from hypothesis import given
from hypothesis import strategies as st

from ichor.controllers.etcd.args import Initial
from ichor.controllers.etcd.join import (
    AddLearner,
    Node,
    Remove,
    Start,
    Step,
    Wait,
    promotes,
    step,
    successor,
)
from ichor.ports.etcd import Member


def url(name: str) -> str:
    return f"https://{name}:2380"


def member(number: int, name: str, *, learner: bool = False, at: str = "") -> Member:
    return Member(id=number, name=name, peer_urls=(url(at or name),), is_learner=learner)


def node(name: str = "n", *, data: bool = False, bootstraps: bool = False) -> Node:
    return Node(name=name, peer_urls=(url(name),), has_data=data, bootstraps=bootstraps)


A, B = member(1, "a"), member(2, "b")


def test_data_is_never_thrown_away() -> None:
    for members in ((), (A, B), (A, member(3, "n"))):
        assert step(node(data=True), members) == Start(None)
        assert step(node(data=True, bootstraps=True), members) == Start(None)


def test_the_first_member_starts_alone() -> None:
    assert step(node(bootstraps=True), ()) == Start(
        Initial(state="new", members=(("n", url("n")),))
    )


def test_without_an_answer_a_joiner_waits() -> None:
    assert isinstance(step(node(), ()), Wait)


def test_a_member_of_our_name_without_its_data_is_removed_first() -> None:
    stale = member(3, "n")
    assert step(node(), (A, stale, B)) == Remove(stale)


def test_an_added_learner_is_resumed_with_all_others_known() -> None:
    ours = member(3, "", learner=True, at="n")
    assert step(node(), (B, ours, A)) == Start(
        Initial(
            state="existing",
            members=(("a", url("a")), ("b", url("b")), ("n", url("n"))),
        )
    )


def test_another_ones_learner_is_waited_for() -> None:
    assert isinstance(step(node(), (A, member(3, "", learner=True, at="x"))), Wait)


def test_a_learner_that_runs_is_to_be_promoted() -> None:
    ours = member(3, "n", learner=True)
    assert promotes(node(), (A, ours)) == ours
    assert promotes(node(), (A, member(3, "n"))) is None
    assert promotes(node(), (A, member(3, "", learner=True, at="n"))) is None


def test_leadership_is_handed_to_a_voter() -> None:
    assert successor(1, (A, B, member(0, "l", learner=True))) == 2
    assert successor(1, (A, member(0, "l", learner=True))) is None
    assert successor(1, (A,)) is None


def model(action: Step, members: tuple[Member, ...]) -> tuple[Member, ...]:
    if isinstance(action, Remove):
        return tuple(one for one in members if one != action.member)
    if isinstance(action, AddLearner):
        new = max((one.id for one in members), default=0) + 1
        return (*members, Member(id=new, name="", peer_urls=action.peer_urls, is_learner=True))
    return members


names = st.sampled_from(["", "a", "b", "c", "n"])
clusters = st.lists(
    st.builds(
        lambda number, name, at, learner: member(number, name, learner=learner, at=at),
        st.integers(1, 99),
        names,
        st.sampled_from(["a", "b", "c", "n"]),
        st.booleans(),
    ),
    min_size=1,
    unique_by=lambda one: one.id,
).map(tuple)


@given(clusters)
def test_joining_ends_in_a_start_that_names_us_or_in_waiting(members: tuple[Member, ...]) -> None:
    others = {one for one in members if one.name != "n" and url("n") not in one.peer_urls}
    action = step(node(), members)
    for _ in range(len(members) + 2):
        if isinstance(action, Start | Wait):
            break
        members = model(action, members)
        action = step(node(), members)
    assert isinstance(action, Start | Wait)
    assert others <= set(members)  # no stranger is ever removed
    if isinstance(action, Start):
        assert action.initial is not None
        assert ("n", url("n")) in action.initial.members
