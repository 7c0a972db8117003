"""
MLflow's own scoring server on loopback, with a model that answers what it was given.

    mlflow_server.py <file>

Prints its port. What the model understood is a line of the file for each request, as JSON in which whole
numbers and fractions stay apart.
"""

import asyncio
import json
import re
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import uvicorn
from mlflow.models import ModelSignature
from mlflow.pyfunc import PythonModel, load_model, save_model, scoring_server
from mlflow.types.schema import DataType, ParamSchema, ParamSpec


def plain(value: Any) -> Any:
    """What JSON can say of a value; a missing one is null."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is pd.NA or value != value else value


def describe(data: Any) -> dict[str, Any]:
    match data:
        case pd.DataFrame():
            rows = [[plain(cell) for cell in row] for row in data.itertuples(index=False, name=None)]
            return {"frame": [list(data.columns), *rows]}
        case np.ndarray():
            return {"tensor": plain(data)}
        case dict():
            return {"columns": plain(data)}
    return {"other": repr(data)}


class Echo(PythonModel):
    """Answers what MLflow made of the body."""

    def __init__(self, file: str, describe: Any):
        self._file = file
        self._describe = describe

    # Without types, which MLflow would take for a signature.
    def predict(self, context, model_input, params=None):
        understood = self._describe(model_input)
        # The default is of no interest.
        if params and params["top"] != 0:
            understood["params"] = params
        with open(self._file, "a", encoding="utf-8") as log:
            log.write(json.dumps(understood, ensure_ascii=False, separators=(",", ":")) + "\n")
        return [understood]


def serve(file: str, folder: str) -> None:
    params = ParamSchema([ParamSpec("top", DataType.long, 0)])
    path = Path(folder, "model")
    save_model(
        path,
        python_model=Echo(file, describe),
        signature=ModelSignature(params=params),
        pip_requirements=[],
    )
    app = scoring_server.init(load_model(str(path)))

    async def as_container(scope: dict[str, Any], receive: Any, send: Any) -> None:
        """SageMaker hands a container what came for its endpoint."""
        if "path" in scope:
            scope = scope | {"path": re.sub(r"^/endpoints/[^/]+", "", scope["path"])}
        await app(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    server = uvicorn.Server(uvicorn.Config(as_container, log_level="warning"))
    asyncio.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        serve(sys.argv[1], folder)
