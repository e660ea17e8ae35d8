"""Speed, measured as ratios against a named peer in one run. Never a test: machines differ, ratios less so."""
