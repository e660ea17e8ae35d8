"""Published aggregates become Figures here, and only here may figures be marked as already public."""
