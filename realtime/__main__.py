"""`python -m realtime` is `ventral`."""

from scripts.cli import main

main()
