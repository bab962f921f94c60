"""Who may import whom: the contracts of pyproject.toml, and no file that grows out of hand."""

from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]


def test_imports_follow_the_layers(monkeypatch: object) -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if "proto" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
