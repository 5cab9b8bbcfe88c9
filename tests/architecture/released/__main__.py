"""Cuts the baseline that later templates are compared with: `python -m tests.architecture.released`.

It writes the translated template beside this file, under the version in `layers/core/pyproject.toml`. That is
done when a version is released. Cutting a released version again hides what its stacks cannot take.
"""

from __future__ import annotations

import json
import sys

from tests.support.released import RELEASED, ROOT, version
from tests.support.translated_template import translated_template

path = RELEASED / f"{version()}.json"
path.write_text(json.dumps(translated_template("production"), indent=1, sort_keys=True) + "\n")
sys.stdout.write(f"{path.relative_to(ROOT)}\n")
