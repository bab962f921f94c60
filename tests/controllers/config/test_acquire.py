"""Where a configuration is looked for, in which order, and what becomes of it."""

import base64
from collections.abc import Mapping

import pytest
from backports import zstd
from msgspec.structs import replace
from tests.config import samples

from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.controllers.config.acquire import plan, report
from ichor.controllers.config.search import Said, platform
from ichor.controllers.config.sources import Inputs
from ichor.errors import InputError, TransientError
from ichor.formats.platform import Answer, Instance
from ichor.models.config_sources import model
from ichor.ports.config_sources import (
    Action,
    Ask,
    Platform,
    Progress,
    Refuse,
    Rest,
    Settle,
    Sources,
    Take,
)
from ichor.resources.config.active import ActiveConfig
from ichor.resources.config.source import (
    EARLY,
    EMBEDDED,
    INLINE,
    PLATFORM,
    ConfigSource,
    HandedConfig,
    SourceState,
)
from ichor.resources.hardware.system import SystemInformation
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.kinds import Scope
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.meta import MetaKey
from ichor.resources.runtime.platform import PlatformAnswer

WHOLE = encode(samples.worker())
OTHER = encode(samples.control_plane())
PART = "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: one\n"
PART2 = "apiVersion: v1alpha1\nkind: ResolverConfig\nnameservers:\n  - address: 192.0.2.53\n"
METAL = Platform(name="metal")
ABSENT = Sources(platform=Progress(asked=METAL, state=SourceState.ABSENT))


def carried(text: str) -> str:
    return base64.b64encode(zstd.compress(text.encode())).decode()


def line(**arguments: str) -> str:
    return " ".join(f"talos.config.{name}={carried(text)}" for name, text in arguments.items())


def inputs(
    cmdline: str = "", embedded: str = "", arguments: Mapping[str, str] | None = None
) -> Inputs:
    handed = HandedConfig(embedded=embedded.encode(), arguments=arguments or {})
    return Inputs(line=KernelCmdline(cmdline=cmdline), handed=handed)


def found(config: str, asked: Platform = METAL) -> Sources:
    answer = Answer(config=config.encode())
    return Sources(platform=Progress(asked=asked, state=SourceState.FOUND, answer=answer))


def run(given: Inputs, before: Sources = ABSENT) -> tuple[list[Action], Sources]:
    """Plan and apply until there is nothing to do, as the engine does, over the model."""
    done: list[Action] = []
    while actions := list(plan(given, before)):
        for action in actions:
            before = model(before, action)
        done += actions
        assert len(done) < 9
    return done, before


def takes(given: Inputs, before: Sources = ABSENT) -> list[str]:
    return [one.source for one in run(given, before)[0] if isinstance(one, Take)]


ALL = line(early=WHOLE, inline=WHOLE)


@pytest.mark.parametrize(
    ("given", "before", "expected"),
    [
        (inputs(ALL, WHOLE), found(WHOLE), [EMBEDDED]),
        (inputs(ALL), found(WHOLE), [EARLY]),
        (inputs(line(inline=WHOLE)), found(WHOLE), [PLATFORM]),
        (inputs(line(inline=WHOLE)), ABSENT, [INLINE]),
        (inputs(), ABSENT, []),
        # Parts are laid over one another until it is whole.
        (inputs(line(early=PART2, inline=OTHER), PART), found(WHOLE), [EMBEDDED, EARLY, PLATFORM]),
        (inputs(line(early=PART), PART2), ABSENT, [EMBEDDED, EARLY]),
        # Nonsense in the line holds nobody up, for nobody can mend it now.
        (inputs("talos.config.early=nonsense"), found(WHOLE), [PLATFORM]),
        (inputs(line(early="machine: {}")), found(WHOLE), [PLATFORM]),
        # STATE has the last word, whatever else there is; also where nobody can read it now.
        (inputs(ALL, WHOLE), replace(found(WHOLE), text=OTHER, generation=1), []),
        (inputs(ALL, WHOLE), replace(found(WHOLE), text="machine: {old: 1}", generation=1), []),
        # A part on STATE does not.
        (inputs(line(early=WHOLE)), replace(ABSENT, text=PART, generation=4), [EARLY]),
    ],
)
def test_the_order_of_the_sources(given: Inputs, before: Sources, expected: list[str]) -> None:
    assert takes(given, before) == expected


@pytest.mark.parametrize(
    "state", [SourceState.WAITING, SourceState.ASKING, SourceState.FAILED, SourceState.UNREAD]
)
def test_who_may_still_answer_holds_up_those_behind(state: SourceState) -> None:
    before = Sources(platform=Progress(asked=METAL, state=state))
    assert takes(inputs(line(inline=WHOLE)), before) == []
    assert takes(inputs(line(early=PART, inline=WHOLE)), before) == [EARLY]


def test_parts_become_one_text_and_each_step_a_generation() -> None:
    done, after = run(inputs(line(early=PART2), PART), found(WHOLE))
    assert [one.generation for one in done if isinstance(one, Take)] == [1, 2, 3]
    config = decode(after.text)
    assert config.is_complete
    assert {"HostnameConfig", "ResolverConfig"} <= {one.KIND for one in config.documents}
    states = [state for _, state in after.taken]
    assert states == [SourceState.PARTIAL, SourceState.PARTIAL, SourceState.COMPLETE]


def test_what_the_platform_gives_and_does_not_decode_is_refused_and_asked_for_again() -> None:
    done, after = run(inputs(line(inline=WHOLE)), found("machine: {typ: worker}"))
    (refused,) = done
    assert isinstance(refused, Refuse)
    assert "typ" in refused.why
    assert after.platform.state is SourceState.FAILED
    assert status(inputs(), after, PLATFORM).detail == refused.why


def test_what_no_client_could_apply_is_refused_too() -> None:
    other = next(
        one for one in samples.control_plane().documents if one.KIND == "KubeAPIServerConfig"
    )
    text = encode(Config(documents=(*samples.worker().documents, other)))
    done, _ = run(inputs(), found(text))
    (refused,) = done
    assert isinstance(refused, Refuse)
    assert "KubeAPIServerConfig" in refused.why


def status(given: Inputs, observed: Sources, source: str) -> ConfigSource:
    made = (one for one in report(given, observed) if isinstance(one, tuple))
    return {id: spec for id, spec in made if isinstance(spec, ConfigSource)}[source]


def test_each_source_is_shown_as_it_is() -> None:
    given = inputs(f"talos.config.early=nonsense {line(inline='machine: {}')}", PART)
    _, after = run(given)
    shown = {name: status(given, after, name) for name in (EMBEDDED, EARLY, PLATFORM, INLINE)}
    assert shown[EMBEDDED].state is SourceState.PARTIAL
    assert (shown[EARLY].state, "base64" in shown[EARLY].detail) == (SourceState.FAILED, True)
    assert shown[PLATFORM].state is SourceState.ABSENT
    assert (shown[INLINE].state, "$.cluster" in shown[INLINE].detail) == (SourceState.FAILED, True)


def test_what_was_not_needed_is_shown_as_found() -> None:
    given = replace(inputs(line(inline=WHOLE)), active=ActiveConfig(value=samples.worker()))
    assert status(given, ABSENT, INLINE).state is SourceState.FOUND
    assert run(given)[0] == [Rest()]


ADDRESS = AddressStatus(address="192.0.2.9/24", link_name="eth0")
AWS = Platform(name="aws")


def test_a_platform_is_asked_once_and_again_when_there_is_an_address() -> None:
    given = inputs("talos.platform=aws")
    done, waiting = run(given, Sources())
    assert done == [Ask(platform=AWS, online=False)]
    assert waiting.platform.state is SourceState.WAITING
    local = AddressStatus(address="169.254.1.1/16", scope=Scope.LINK)
    loopback = AddressStatus(address="127.0.0.1/8")
    assert run(replace(given, addresses=(local, loopback)), waiting)[0] == []
    done, asking = run(replace(given, addresses=(ADDRESS,)), waiting)
    assert done == [Ask(platform=AWS, online=True)]
    assert run(replace(given, addresses=(ADDRESS,)), asking)[0] == []


def test_a_node_asks_its_platform_at_every_boot_but_metal_has_nothing_to_say() -> None:
    active = ActiveConfig(value=samples.worker())
    asked = [Ask(platform=AWS, online=False), Settle()]
    for name, expected in (("aws", asked), ("metal", [])):
        given = replace(inputs(f"talos.platform={name}"), active=active)
        assert run(given, Sources())[0] == expected


def test_the_search_is_settled_once_there_is_a_configuration() -> None:
    given, nocloud = inputs("talos.platform=nocloud"), Platform(name="nocloud")
    absent = Sources(platform=Progress(asked=nocloud, state=SourceState.ABSENT))
    assert run(given, absent)[0] == []
    given = replace(given, active=ActiveConfig(value=samples.worker()))
    done, after = run(given, absent)
    assert (done, after.settled) == ([Settle()], True)


def test_what_the_platform_says_is_told_on_and_that_of_an_earlier_boot_until_then() -> None:
    answer = Answer(instance=Instance(hostname="seven"))
    given = inputs("talos.platform=aws")
    for value, progress in ((answer, Progress(answer=answer)), (Answer(), Progress())):
        made = [one for one in report(given, Sources(platform=progress)) if isinstance(one, tuple)]
        assert PlatformAnswer(platform="aws", value=value) in [spec for _, spec in made]


VARIABLES = {"uuid": "U", "serial": "rack 7", "mac": "", "hostname": "seven", "code": ""}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(), METAL),
        (Said(line="talos.platform=metal talos.config=metal-iso"), METAL),
        (Said(line="talos.platform=aws talos.platform=gcp"), Platform(name="gcp")),
        (
            Said(line="talos.platform=nocloud", serial="ds=x"),
            Platform(name="nocloud", serial="ds=x"),
        ),
        (Said(line="talos.platform=aws", serial="ds=x"), AWS),
        (
            Said(line="talos.config=http://x/${uuid}?s=${serial}", variables=VARIABLES),
            Platform(name="metal", url="http://x/U?s=rack%207"),
        ),
        # Firmware says what the line leaves open.
        (Said(carried={"talos.config": "https://x"}), Platform(name="metal", url="https://x")),
        (
            Said(line="talos.config=http://l", carried={"talos.config": "http://f"}),
            Platform(name="metal", url="http://l"),
        ),
        (Said(line="talos.platform=metal", carried={"talos.platform": "aws"}), AWS),
        (Said(line="talos.platform=aws", carried={"talos.platform": "gcp"}), AWS),
        # A repeated argument is one long value.
        (
            Said(line="talos.config=http://x talos.config=/y"),
            Platform(name="metal", url="http://x/y"),
        ),
    ],
)
def test_whom_to_ask(said: Said, expected: Platform) -> None:
    assert platform(said) == expected


@pytest.mark.parametrize(
    ("argument", "kind", "message"),
    [
        ("talos.config=ftp://x", InputError, "no URL that is supported"),
        ("talos.config=http://x/${name}", InputError, r"unknown variable \$\{name\}"),
        ("talos.config=http://x talos.config.oauth.client_id=i", InputError, "OAuth2 is known"),
        ("talos.config=http://x/${code}", TransientError, r"\$\{code\} has no value yet"),
    ],
)
def test_whom_nobody_can_ask(argument: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        platform(Said(line=argument, variables=VARIABLES))


def test_what_is_not_supported_is_shown_and_holds_nobody_up() -> None:
    given = inputs(f"talos.config=ftp://x {line(inline=WHOLE)}")
    assert takes(given, Sources()) == [INLINE]
    assert status(given, Sources(), PLATFORM).state is SourceState.FAILED


def test_a_variable_without_a_value_is_waited_for() -> None:
    given = inputs(f"talos.config=http://x/${{code}} {line(inline=WHOLE)}")
    assert takes(given, Sources()) == []
    assert status(given, Sources(), PLATFORM).state is SourceState.WAITING
    told = replace(given, meta={"0x0b": MetaKey(value="1 2")})
    assert run(told, Sources())[0] == [
        Ask(platform=Platform(name="metal", url="http://x/1%202"), online=False)
    ]


def test_whose_values_variables_have() -> None:
    card = LinkStatus(type="ether", hardware_addr="52:54:00:00:00:01")
    given = replace(
        inputs(),
        system=SystemInformation(uuid="U", serialnumber="S"),
        hostname=HostnameStatus(hostname="seven"),
        links={
            "bond0": replace(card, kind="bond", hardware_addr="52:54:00:00:00:00"),
            "eth1": replace(card, hardware_addr="52:54:00:00:00:02"),
            "eth0": card,
        },
    )
    assert given.said.variables == {
        "uuid": "U",
        "serial": "S",
        "mac": "52:54:00:00:00:01",
        "hostname": "seven",
        "code": "",
    }
    other = replace(given, meta={"0x0f": MetaKey(value="V")})
    assert other.said.variables["uuid"] == "V"


def test_the_secrets_of_a_url_are_not_shown() -> None:
    given = inputs("talos.config=ftp://u:secret@x/?key=secret")
    assert "secret" not in status(given, Sources(), PLATFORM).detail
