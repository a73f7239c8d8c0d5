"""Run ``python -m model_simulator``."""

import sys

from model_simulator.command_line import main

sys.exit(main())
