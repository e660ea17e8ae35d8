"""SafeFigures in, files out: the site and its open data. Counts alone pass through this room."""
