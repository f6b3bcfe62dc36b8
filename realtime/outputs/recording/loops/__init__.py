"""Recordings that play in a loop: forwards and backwards, or cut where the end flows into the beginning."""
