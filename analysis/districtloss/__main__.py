"""Makes `python -m districtloss` the same as the `districtloss` command."""

import sys

try:
    from districtloss.cli import main
except KeyboardInterrupt:  # stopped before it began
    sys.exit(130)

if __name__ == "__main__":
    main()
