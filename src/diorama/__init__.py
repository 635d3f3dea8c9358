"""Diorama: physics scenes with domain randomization, photographed with exact labels."""

__version__ = "0.1.0"
