"""Makes `python -m districtloss` the same as the `districtloss` command."""

from districtloss.cli import main

if __name__ == "__main__":
    main()
