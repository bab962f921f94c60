"""`ichor build`: make what clusters and images are made of."""

import sys
from pathlib import Path
from stat import S_ISREG

import click

from ichor.units import format_size


@click.command()
@click.argument("what", nargs=-1)
@click.option("--list", "listed", is_flag=True, help="Show what there is, what is built, its cost.")
@click.option("--level", default=3, show_default=True, help="zstd level of the root, 1 to 22.")
def build(what: tuple[str, ...], listed: bool, level: int) -> None:
    """Build the root, the images and the content store, or just WHAT.

    `cloud/PLATFORM` is a disk as a platform imports it, `installer/PLATFORM` its installer image.

    Results are kept in ICHOR_CACHE (~/.cache/ichor) under a hash of all that went into them.
    """
    from ichor.image.build import DEFAULT, targets
    from ichor.image.build import build as make
    from ichor.image.cache import Cache, default_root
    from ichor.image.process import niceness
    from ichor.image.progress import Bar, Lines

    cache = Cache(default_root())
    if listed:
        _show(cache.costs(), {n: (s.name, cache.has(s)) for n, s in targets(cache, level).items()})
        return
    niceness()
    if sys.stderr.isatty():
        with Bar() as bar:
            steps = make(cache, what, bar, level)
    else:
        steps = make(cache, what, Lines(), level)
    for name in what or DEFAULT:
        path = cache.path(steps[name])
        click.echo(f"{name:<10} {format_size(_size(path)):>8}  {path}")


def _size(path: Path) -> int:
    """Sum the files of a tree, those with several names once."""
    status = (each.lstat() for each in path.rglob("*"))
    return sum({s.st_ino: s.st_size for s in status if S_ISREG(s.st_mode)}.values())


def _show(costs: dict[str, dict[str, float]], rows: dict[str, tuple[str, bool]]) -> None:
    click.echo(f"{'TARGET':<30} {'BUILT':<6} {'SECONDS':>8} {'CPU':>8}")
    for target, (step, done) in rows.items():
        cost = costs.get(step, {})
        seconds, cpu = (f"{cost[k]:.1f}" if k in cost else "-" for k in ("seconds", "cpu"))
        click.echo(f"{target:<30} {'yes' if done else 'no':<6} {seconds:>8} {cpu:>8}")
