"""`python -m realtime` is `ventral`."""

from scripts.__main__ import main

main()
