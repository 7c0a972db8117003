"""Which versions of Locust this package was tested with."""

import locust

TESTED_VERSIONS = ("2.46.0", "2.47.0")
"""Of Locust: the oldest and the pinned one. Others may behave otherwise where this package goes deeper than
Locust's own interfaces."""


def version_warning() -> str | None:
    """What to say of the Locust that runs; None when it is a tested one."""
    if locust.__version__ in TESTED_VERSIONS:
        return None
    return f"Locust {locust.__version__} is not among the tested versions: {', '.join(TESTED_VERSIONS)}."
