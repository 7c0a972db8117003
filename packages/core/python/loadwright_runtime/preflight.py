"""``python -m loadwright_runtime.preflight [/path]`` in a bundle's folder: one request, no load.

Prints one JSON document: the request as the load sends it, without its secrets, and what came of it. With a
path that path of the host is asked for with GET.
"""

import os
import sys
from pathlib import Path

from locust.main import main

from .locust.preflight_run import ORDINARY, VARIABLE

if __name__ == "__main__":
    os.environ[VARIABLE] = sys.argv[1] if len(sys.argv) > 1 else ORDINARY
    # Locust itself reads the Locust file, so that all is as it is for a load.
    sys.argv = ["locust", "-f", str(Path(__file__).resolve().parent.parent / "locustfile.py"), "--headless"]
    main()
