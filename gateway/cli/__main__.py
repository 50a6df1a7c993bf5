"""``python -m gateway.cli``: the command line without its entry point."""

from gateway.cli.program import main

main()
