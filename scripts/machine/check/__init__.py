"""Compares a provider with the CPU: every kind of graph, its pictures, its speed, and what it leaves to the CPU."""
