"""How many end how, and when: cumulative incidence of outcomes that exclude each other, and tests between groups.

Counts in, numbers out: no row about anybody passes through here. ``counts`` holds who entered, ended and is still
open, by group and time; ``curves`` is the Aalen-Johansen estimate of all groups at once; ``estimates`` reads it at
given times, with intervals or the reason why there is none; ``gray`` compares groups; ``periods`` sets the period
ratio beside it.
"""
