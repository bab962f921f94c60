"""A file written is bound; removed, the image's own is seen and ours forgotten."""

from collections.abc import Mapping

from ichor.ports.etc import Action, EtcFile, RemoveEtc, WriteEtc


def model(files: Mapping[str, EtcFile], action: Action) -> Mapping[str, EtcFile]:
    match action:
        case WriteEtc(name=name, content=content, mode=mode):
            return {**files, name: EtcFile(content=content, mode=mode)}
        case RemoveEtc(name=name):
            return {each: file for each, file in files.items() if each != name}
