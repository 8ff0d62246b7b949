"""Makes `python -m districtloss` the same as the `districtloss` command."""

import sys

if __name__ == "__main__":  # and not in the processes that a build starts, which import this module too
    try:
        from districtloss.cli import main
    except KeyboardInterrupt:  # stopped before it began
        sys.exit(130)
    main()
