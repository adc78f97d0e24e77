"""What servers and the command line load."""

import sys

from postways import create_app
from postways.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(str(error))
