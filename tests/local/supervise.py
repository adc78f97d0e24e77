"""Runs a supervisor over the fake children that the tests describe as JSON: [[name, python code, last], …]."""

import json
import os
import runpy
import signal
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[2] / "postways/local/__main__.py"))["without_the_application"]()

from postways.local.supervisor import Child, Ended, Supervisor  # noqa: E402 after the path was told

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that run under nohup do not mean this one
description, patience = json.loads(sys.argv[1]), float(sys.argv[2])
with Supervisor(os.environ, patience=patience, pause=0.05) as supervisor:
    try:
        for name, code, last in description:
            supervisor.add(Child(name, [sys.executable, "-c", code], last=last))
        supervisor.say("all started")
        supervisor.until(lambda: False, pause=1.0)
    except Ended as end:
        print(end, file=sys.stderr)
        code = end.code
sys.exit(code)
