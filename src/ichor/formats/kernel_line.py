"""The kernel's command line (admin-guide/kernel-parameters.rst): words, quoted where they have
spaces, `name=value`.
"""

from collections.abc import Iterator, Sequence


def values(line: str, name: str) -> Sequence[str]:
    """Give all values of a parameter, in their order."""
    return [value for key, found, value in map(_split, words(line)) if found and key == name]


def words(line: str) -> Iterator[str]:
    """Yield the words, without quotes."""
    word, quoted, begun = "", False, False
    for letter in line:
        if letter == '"':
            quoted, begun = not quoted, True
        elif letter.isspace() and not quoted:
            if begun:
                yield word
            word, begun = "", False
        else:
            word, begun = word + letter, True
    if begun:
        yield word


def _split(word: str) -> tuple[str, str, str]:
    return word.partition("=")
