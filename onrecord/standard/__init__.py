"""The standard: what a record is, and the words that all share.

This is a ground: identifiable rows, pseudonymous rows and counts all lean on it, and it leans on nothing
but errors and settings.
"""

STANDARD_VERSION = "1.0.0"
