"""`ichor graph`: who reads and writes what, of the product's own wiring; no machine is asked.

It is here because the wiring is, and the command line may not import that: its table names us.
"""

import click


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "dot"]),
    default="text",
    show_default=True,
    help="A list, or input for Graphviz.",
)
def graph(output: str) -> None:
    """Show the controllers of a node and the resources between them."""
    from ichor.apps.machined.offline import offline
    from ichor.cosi.graph import dot, text

    controllers = offline()
    click.echo((dot if output == "dot" else text)(controllers), nl=False)
