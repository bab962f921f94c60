"""Reading a screen without knowing its font."""

from ichor.testing.screen import COLUMN, ROW, cells, learn

GROUND, INK = bytes(3), b"\xaa\xaa\xaa"


def picture(*rows: str, inverse: bool = False) -> bytes:
    """Draw rows; a letter's cell has as its first pixels the bits of its number."""
    ink, ground = (GROUND, INK) if inverse else (INK, GROUND)
    width = COLUMN * len(rows[0])
    lines: list[bytes] = []
    for row in rows:
        bits = (f"{ord(letter) - 32:08b}" for letter in row)
        first = "".join(bits)
        lines.append(b"".join(ink if bit == "1" else ground for bit in first))
        lines += [ground * width] * (ROW - 1)
    head = f"P6\n{width} {ROW * len(rows)}\n255\n".encode()
    return head + b"".join(lines)


def test_what_is_known_teaches_the_letters_by_which_the_rest_is_read() -> None:
    head, rest = cells(picture("abc 123", "b1 a2c3"))
    known = learn(head, "abc 123", {})
    assert known is not None
    assert learn(rest, "b1 a2c3", known) is not None
    assert learn(rest, "b1 a2c4", known) is None  # 4 would look like 3
    assert learn(rest, "b1 a2b3", known) is None


def test_a_letter_is_the_same_in_all_colours() -> None:
    plain, inverse = picture("abc"), picture("abc", inverse=True)
    assert cells(plain) == cells(inverse)


def test_an_empty_screen_reads_as_no_text() -> None:
    (row,) = cells(picture("       "))
    assert learn(row, "abc", {}) is None
    assert learn(row, "12345678", {}) is None
