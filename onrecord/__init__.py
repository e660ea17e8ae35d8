"""onrecord: every report of child sexual exploitation, on record and followed to its outcome.

The verbs of :mod:`onrecord.actions` are offered here (the stub beside this file names them) and loaded only when one is
first used, so that ``import onrecord`` opens no engine.
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
