"""Reads a dashboard's JSON from standard input with Grafana's own types, and names every field that they do not know.

They skip what they do not know, as Grafana does: so what was read is written again, and what is missing there was a field
that Grafana would not have seen, mostly one that is misspelt.
"""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# The types leave these to the data source: https://grafana.com/docs/grafana/v11.5/datasources/prometheus/
OF_A_PROMETHEUS_ANNOTATION = {"titleFormat", "textFormat", "tagKeys", "step"}


def unknown(written, read, path):
    """The paths of what is in `written` and not, or otherwise, in `read`."""
    if isinstance(written, dict) and isinstance(read, dict):
        for name, value in written.items():
            here = f"{path}.{name}"
            if path.startswith(".annotations.list[") and name in OF_A_PROMETHEUS_ANNOTATION:
                continue
            if name not in read:
                yield f"{here}: Grafana knows no such field"
            else:
                yield from unknown(value, read[name], here)
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for index, (one, other) in enumerate(zip(written, read)):
            yield from unknown(one, other, f"{path}[{index}]")
    elif written != read:
        yield f"{path}: {written!r} is read as {read!r}"


register_default_plugins()
dashboard = json.load(sys.stdin)
try:
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
except (AttributeError, KeyError, TypeError, ValueError) as error:
    sys.exit(f"Grafana's types cannot read it: {error!r}")
found = list(unknown(dashboard, again, ""))
print("\n".join(found))
sys.exit(bool(found))
