"""ApplyConfiguration: a configuration that decodes and holds together becomes a new generation.

| mode | reach of the generation |
|---|---|
| AUTO, NO_REBOOT | now, and from now on |
| STAGED | from the next boot on |
| TRY | now, until the timeout or the next boot |
| REBOOT | gone from the interface; NO_REBOOT in maintenance mode |

Nothing is stored on a dry run, or when anything is wrong. The reply comes when the generation is
on the disk.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ichor.api.access import ADMIN
from ichor.api.authorize import Grant
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.diff import NO_CHANGES, summary, unified
from ichor.config.validate import Mode, validate
from ichor.cosi.resource import resource
from ichor.cosi.state import State, find, find_all
from ichor.errors import Conflict, InputError
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.config.generation import ConfigGeneration, Reach, generation_id
from ichor.resources.config.source import PLATFORM, ConfigSource, is_sought
from ichor.resources.runtime.boot import BootID
from ichor.resources.runtime.ids import BOOT_ID_ID
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError

KEPT = 10
TRIAL = timedelta(minutes=1)
_REQUEST = pb.ApplyConfigurationRequest
_REACH: Mapping[int, Reach] = {
    _REQUEST.AUTO: Reach.NOW,
    _REQUEST.NO_REBOOT: Reach.NOW,
    _REQUEST.STAGED: Reach.NEXT_BOOT,
    _REQUEST.TRY: Reach.TRIAL,
}


class ConfigurationService:
    def __init__(self, state: State, grant: Grant, now: Callable[[], datetime], mode: Mode) -> None:
        self._state = state
        self._grant = grant
        self._now = now
        self._mode: Mode = mode

    def handlers(self) -> Mapping[str, Handler]:
        apply = method(
            pb, "MachineService", "ApplyConfiguration", _REQUEST, pb.ApplyConfigurationResponse
        )
        return {apply.path: unary_unary(apply, self.apply)}

    async def apply(
        self, request: pb.ApplyConfigurationRequest, context: Context
    ) -> pb.ApplyConfigurationResponse:
        is_maintained = not self._is_configured()
        if not is_maintained and ADMIN not in self._grant(context):
            raise RpcError(Code.PERMISSION_DENIED, "not authorized")
        if is_maintained:
            self._check_turn()
        reach = _reach(request.mode, is_maintained=is_maintained)
        text = request.data.decode(errors="replace")
        config = decode(request.data, file="request")
        warnings = self._check(config, is_maintained=is_maintained)
        reply = pb.ApplyConfiguration(
            warnings=warnings,
            mode=_REQUEST.NO_REBOOT if reach is Reach.NOW else request.mode,
            mode_details=self._details(config, reach, is_dry=request.dry_run),
        )
        if not request.dry_run:
            timeout = request.try_mode_timeout.ToTimedelta() or TRIAL
            self._store(text, reach, self._now() + timeout)
        return pb.ApplyConfigurationResponse(messages=[reply])

    def _is_configured(self) -> bool:
        active = find(self._state, ActiveConfig, ID)
        return active is not None and active.spec.value.is_complete

    def _check_turn(self) -> None:
        """Raises RpcError while a server is asked: who said where it is wants it from there."""
        found = find(self._state, ConfigSource, PLATFORM)
        if found is not None and is_sought((found.spec,)):
            told = f"the configuration is asked for elsewhere: {found.spec.state.value}"
            raise RpcError(Code.FAILED_PRECONDITION, f"{told}, {found.spec.detail}")

    def _check(self, config: Config, *, is_maintained: bool) -> list[str]:
        if not config.is_complete and not is_maintained:
            raise InputError(
                "the configuration has no main document",
                hint="send the whole set of documents; a patch is merged by the client",
            )
        if not config.is_complete:
            return []  # a part, as anybody in maintenance may give
        findings = validate(config, self._mode)
        if findings.errors:
            raise InputError("; ".join(findings.errors))
        return [*findings.warnings, *findings.notes]

    def _details(self, config: Config, reach: Reach, *, is_dry: bool) -> str:
        if not is_dry:
            return f"Applied configuration, in force: {reach.value}."
        active = find(self._state, ActiveConfig, ID)
        before = active.spec.value if active else Config()
        told = [f"Dry run, in force would be: {reach.value}.", summary(before, config)]
        if told[-1] != NO_CHANGES:
            told.append(unified(before, config))
        return "\n".join(told)

    def _store(self, text: str, reach: Reach, until: datetime) -> None:
        known = find_all(self._state, ConfigGeneration)
        boot = find(self._state, BootID, BOOT_ID_ID)
        if boot is None:
            raise Conflict("the machine has not begun to boot")
        number = int(known[-1].id) + 1 if known else 1
        generation = ConfigGeneration(
            text=text,
            applied=self._now(),
            reach=reach,
            boot=boot.spec.boot_id,
            until=until if reach is Reach.TRIAL else self._now(),
        )
        self._state.create(resource(generation, generation_id(number)))
        for old in known[: -KEPT + 1]:
            if self._state.teardown(old.key):
                self._state.destroy(old.key)


def _reach(mode: int, *, is_maintained: bool) -> Reach:
    if mode == _REQUEST.REBOOT:
        if is_maintained:
            return Reach.NOW
        raise RpcError(Code.UNIMPLEMENTED, "mode REBOOT is gone: apply, then reboot")
    reach = _REACH.get(mode)
    if reach is None:
        raise InputError(f"mode {mode}: expected AUTO, NO_REBOOT, STAGED or TRY", path="mode")
    return reach
