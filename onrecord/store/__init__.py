"""What was received, for good: returns are added, accepted and never altered. Only ``actions`` opens it."""
