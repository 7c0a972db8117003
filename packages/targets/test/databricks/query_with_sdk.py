"""
Queries a serving endpoint with Databricks' own SDK, which reads the variables of the environment: where
requests go, with which token, and how it is got is the SDK's business.

    query_with_sdk.py <endpoint name> <how often> <over the data plane or the workspace>

Prints the predictions as JSON, a list for each query.
"""

import json
import sys

from databricks.sdk import WorkspaceClient


def main() -> None:
    name, times, plane = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    client = WorkspaceClient()
    api = client.serving_endpoints_data_plane if plane == "data" else client.serving_endpoints
    rows = [{"a": 1, "b": 2.5}, {"a": 3}]
    print(json.dumps([api.query(name, dataframe_records=rows).predictions for _ in range(times)]))


if __name__ == "__main__":
    main()
