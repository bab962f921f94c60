"""`ichor image inspect`: look into what was built."""

import click

from ichor.units import format_size


@click.command()
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def inspect(output: str) -> None:
    """Show what each piece weighs, the programs inside, setuid files and shells."""
    from ichor.image import tools
    from ichor.image.build import artifacts
    from ichor.image.cache import Cache, default_root
    from ichor.image.inspect import Report
    from ichor.image.inspect import inspect as look

    report: Report = look(artifacts(), tools.unsquashfs(Cache(default_root())))
    if output == "json":
        click.echo(report.json())
        return
    click.echo(f"root.squashfs {format_size(report.squashfs)} ({report.squashfs} bytes)")
    click.echo(f"{'PART':<26} {'FILES':>6} {'RAW':>9} {'PACKED':>9}")
    for part, weight in report.parts.items():
        raw, packed = format_size(weight.raw), format_size(weight.packed)
        click.echo(f"{part:<26} {weight.files:>6} {raw:>9} {packed:>9}")
    _list("executables", report.executables)
    _list("setuid or setgid files", report.setuid)
    _list("shells", report.shells)
    _list("package databases", report.package_databases)
    click.echo(f"images {format_size(report.images_total)} in sum, shared layers once")
    for name, size in report.images.items():
        click.echo(f"  {name:<48} {format_size(size):>9}")


def _list(title: str, paths: tuple[str, ...]) -> None:
    click.echo(f"{title}: {len(paths)}" + "".join(f"\n  /{path}" for path in paths))
