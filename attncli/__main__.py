"""The entry point, small so that Ctrl-C is met even while the rest is still being imported."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from attncli.cli.app import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
