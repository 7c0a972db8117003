"""Writes a wheel of a package that is called locust and only prints its version, into the named folder."""

import sys
import zipfile
from pathlib import Path

VERSION = "2.47.0"
FILES = {
    "locust_stand_in.py": f"def main():\n    print('locust {VERSION} from a stand-in')\n",
    f"locust-{VERSION}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: locust\nVersion: {VERSION}\n",
    f"locust-{VERSION}.dist-info/WHEEL": (
        "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    ),
    f"locust-{VERSION}.dist-info/entry_points.txt": "[console_scripts]\nlocust = locust_stand_in:main\n",
}

record = f"locust-{VERSION}.dist-info/RECORD"
with zipfile.ZipFile(Path(sys.argv[1]) / f"locust-{VERSION}-py3-none-any.whl", "w") as wheel:
    for name, text in FILES.items():
        wheel.writestr(name, text)
    wheel.writestr(record, "".join(f"{name},,\n" for name in [*FILES, record]))
