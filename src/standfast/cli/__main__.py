"""python -m standfast.cli"""

import sys

from standfast.cli import main

sys.exit(main())
