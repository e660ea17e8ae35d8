"""What happened to a report: its lines, the events that fall on them, and where it stands at a date.

Pseudonymous rows pass through this room; nothing here opens a store or names an engine.
"""
