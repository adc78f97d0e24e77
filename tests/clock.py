"""What time it is for a test."""

from datetime import timedelta

import time_machine

from postways.db import now


def in_(**ahead: float) -> time_machine.travel:
    """A while later, from where time goes on: `in_(days=8)`."""
    return time_machine.travel(now() + timedelta(**ahead), tick=True)
