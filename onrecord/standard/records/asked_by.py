"""Who asks for a field: the sentences that the declarations repeat."""

from __future__ import annotations

IICSA_1 = "IICSA, final report, recommendation 1 (October 2022)"
IICSA_NETWORKS = "IICSA, child sexual exploitation by organised networks (February 2022)"
CASEY_4 = "Casey audit, recommendation 4, accepted 16 June 2025"
NO_STANDARD_METHOD = "Rotherham 2013: reports and results that nothing joined"
LEDGER = "onrecord standard, version 1: the ledger's rules"
STANDARD = "onrecord standard, version 1"
CIN = "DfE CIN census, schema of 2024, as held in SocialFinanceDigitalLabs/liia-tools"
COCAD = "Criteria of the Complex and Organised Child Abuse Dataset, as named by NAPAC (November 2024)"
MISSING_IS_A_VALUE = "IICSA, networks report H.4: suspect ethnicity unknown for 28% to 86% in the areas studied"
