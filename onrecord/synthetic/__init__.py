"""Made-up agencies with a known truth: police forces and councils, what they were told, and what became of it.

Nobody in what this room makes exists. Rows are drawn from a seed, a stream of its own for each agency and purpose, so
that an agency's rows are the same however many others there are. What is true of each report is known from how it
was drawn, never from the code that follows reports: that is what the truth is there to test.
"""

from __future__ import annotations

from onrecord.synthetic.nation import Made, make
from onrecord.synthetic.scenario import WantedNation
from onrecord.synthetic.writing import FORMS

__all__ = ["FORMS", "Made", "WantedNation", "make"]
