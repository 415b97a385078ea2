"""Starts SecantusDB, which stands in for MongoDB where no mongod is to be had.

It remembers the outcomes of 10,000 writes, for drivers that repeat one, and looks through all of them at each write: from
then on each takes ten times as long. Drivers repeat a write at once or never, so a thousand do.
"""

import sys

from secantus import cli, transactions

transactions._RETRYABLE_RECORD_MAX = 1_000
sys.exit(cli.main())
