"""The standard: what a record is, and the words that all share.

This is a ground: identifiable rows, pseudonymous rows and counts all lean on it, and it leans on nothing
but errors and settings.
"""

# The first is declared in records/; each later one is a list of changes, in versions/.
VERSIONS = ("1.0.0", "1.1.0")
STANDARD_VERSION = VERSIONS[-1]
