"""What holds for every test.

Property-based tests look for new cases on a developer's machine and repeat the same ones in continuous integration:
there a red run must mean that the change is wrong.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")
