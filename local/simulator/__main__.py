"""``python -m local.simulator``."""

import sys

from local.simulator.command import main

sys.exit(main())
