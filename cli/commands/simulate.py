"""``seeder simulate``: run the model simulator."""

from typing import Annotated

import typer

from cli.options import FaultsOption, PortOption


def simulate(
    *,
    port: PortOption = 0,
    seed: Annotated[int, typer.Option(help="Seed of all answers and faults.")] = 7,
    faults: FaultsOption = None,
) -> None:
    """Run the model simulator until Ctrl-C."""
    from model_simulator.command_line import simulate as run_simulator  # noqa: PLC0415 - see cli.commands

    raise typer.Exit(run_simulator(port=port, seed=seed, faults_file=faults))
