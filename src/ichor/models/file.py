"""What an action does to a tree of files."""

import errno
from collections.abc import Mapping

from ichor.models.cgroup import ancestors, below
from ichor.ports.file import Action, Directory, File, MakeDirectory, Remove, Write

Tree = Mapping[str, File | Directory]


def model(tree: Tree, action: Action) -> Tree:
    match action:
        case Write(path=path, file=file):
            if isinstance(tree.get(path), Directory):
                raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
            return {**_with_parents(tree, path), path: file}
        case MakeDirectory(path=path, directory=directory):
            if isinstance(tree.get(path), File):
                raise FileExistsError(errno.EEXIST, "File exists", path)
            return {**_with_parents(tree, path), path: directory}
        case Remove(path=path):
            return {name: each for name, each in tree.items() if not below(name, path)}


def _with_parents(tree: Tree, path: str) -> Tree:
    made = {name: tree.get(name, Directory()) for name in ancestors(path)}
    for name, each in made.items():
        if isinstance(each, File):
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", name)
    return {**tree, **made}
