"""`python -m tagraph`."""

from tagraph.cli import main

if __name__ == "__main__":
    main()
