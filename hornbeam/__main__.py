"""`python -m hornbeam`: the command."""

import sys

from hornbeam.cli import main

sys.exit(main())
