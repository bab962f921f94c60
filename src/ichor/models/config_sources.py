"""Asking has begun; what the platform answers only it can say."""

from msgspec.structs import replace

from ichor.ports.config_sources import Action, Ask, Progress, Refuse, Rest, Settle, Sources, Take
from ichor.resources.config.source import SourceState


def model(sources: Sources, action: Action) -> Sources:
    progress = sources.platform
    match action:
        case Ask(platform=platform, online=online):
            state = SourceState.ASKING if online else SourceState.WAITING
            return replace(
                sources, platform=Progress(asked=platform, state=state, answer=progress.answer)
            )
        case Rest():
            return replace(sources, platform=Progress(answer=progress.answer))
        case Refuse(why=why):
            failed = replace(progress, state=SourceState.FAILED, detail=why)
            return replace(sources, platform=failed)
        case Settle():
            return replace(sources, settled=True)
        case Take(source=source, state=state, generation=generation, text=text):
            taken = (*sources.taken, (source, state))
            return replace(sources, taken=taken, generation=generation, text=text)
