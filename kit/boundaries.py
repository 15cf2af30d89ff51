"""The boundaries between what is durable and what is not: each commit, publication and acknowledgement says its name.

A process may die at any of them. Nothing listens: `crossed` does nothing, and nothing in production replaces it. The
fault harness (`simulations/faults/`) replaces it in its own process, to die at the boundary that it has chosen.
"""

from enum import StrEnum


class Boundary(StrEnum):
    """Where work stands when it crosses a boundary."""

    COMMITTING = "committing"  # all is written and nothing is durable
    COMMITTED = "committed"  # all is durable and nobody has been told
    PUBLISHING = "publishing"  # rows are taken and nothing is sent
    PUBLISHED = "published"  # the broker has all, and the rows are still there
    FORGOTTEN = "forgotten"  # the broker has all, and the rows are gone
    RECEIVED = "received"  # a batch of messages has come and nothing is handled
    HANDLED = "handled"  # a batch is handled and not acknowledged


def crossed(boundary: Boundary) -> None:
    """Do nothing; the fault harness puts a function of its own here."""
