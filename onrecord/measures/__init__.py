"""From rows to counts: the only bridge. What goes in are pseudonymous rows; what comes out are Figures."""
