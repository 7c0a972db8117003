"""Prints as JSON what Loadwright needs to know about the Python that runs it.

It must run on every Python, also on Python 2: so that one that is too old is distinguished from none.
"""

import json
import sys
import sysconfig

try:
    import ensurepip
    import venv

    can_make_environments = bool(ensurepip and venv)
except ImportError:
    can_make_environments = False

print(
    json.dumps(
        {
            "executable": sys.executable,
            "version": ".".join(map(str, sys.version_info[:3])),
            "platform": sysconfig.get_platform(),
            "canMakeEnvironments": can_make_environments,
        }
    )
)
