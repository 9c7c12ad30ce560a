"""Copies curves, settings and results of a run to a tracking server of MLflow, by its REST API and Python's standard library alone.

    python clients/python/to_mlflow.py runs/NAME http://127.0.0.1:5000 --experiment=vigil

Prints the run's number on the server. The same run copied twice is two runs there.
"""

import argparse
import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

METRICS_MAX, PARAMS_MAX, TEXT_MAX = 1000, 100, 6000  # of one request, and of a parameter's value
ARTIFACTS = ("config.json", "run.json", "metrics.jsonl", "evaluation.json", "report.html")


def main() -> None:
    flags = argparse.ArgumentParser()
    flags.add_argument("run", type=Path)
    flags.add_argument("server")
    flags.add_argument("--experiment", default="vigil")
    given = flags.parse_args()
    now = int(time.time() * 1000)
    settings = [
        {"key": key, "value": (value if isinstance(value, str) else json.dumps(value))[:TEXT_MAX]}
        for key, value in json.loads((given.run / "config.json").read_text()).items()
    ]
    lines = (given.run / "metrics.jsonl").read_text().splitlines()
    points = [point for line in lines for point in points_of(json.loads(line), now)]

    def send(path: str, body: bytes, method: str, kind: str) -> dict:
        request = urllib.request.Request(f"{given.server.rstrip('/')}/api/2.0/{path}", body, method=method)
        request.add_header("Content-Type", kind)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def ask(path: str, body: dict) -> dict:
        return send(f"mlflow/{path}", json.dumps(body).encode(), "POST", "application/json")

    name = given.run.resolve().name
    experiment = experiment_of(ask, given.experiment)
    info = ask("runs/create", {"experiment_id": experiment, "run_name": name, "start_time": now})["run"]["info"]
    run, place = info["run_id"], urllib.parse.urlparse(info["artifact_uri"])
    for first in range(0, len(settings), PARAMS_MAX):
        ask("runs/log-batch", {"run_id": run, "params": settings[first : first + PARAMS_MAX]})
    for first in range(0, len(points), METRICS_MAX):
        ask("runs/log-batch", {"run_id": run, "metrics": points[first : first + METRICS_MAX]})
    # Of other schemes the files go to a store directly, whose client and keys the server's are not.
    if place.scheme == "mlflow-artifacts":
        for file in (given.run / artifact for artifact in ARTIFACTS):
            if file.exists():
                path = f"mlflow-artifacts/artifacts{urllib.parse.quote(place.path)}/{file.name}"
                send(path, file.read_bytes(), "PUT", "application/octet-stream")
    ask("runs/update", {"run_id": run, "status": "FINISHED", "end_time": now})
    print(run)


def experiment_of(ask, name: str) -> str:
    """The experiment of a name, which is made where there is none."""
    try:
        return ask("experiments/create", {"name": name})["experiment_id"]
    except urllib.error.HTTPError as error:
        if json.load(error).get("error_code") != "RESOURCE_ALREADY_EXISTS":
            raise
    found = ask("experiments/search", {"filter": f"name = '{name}'", "max_results": 1})
    return found["experiments"][0]["experiment_id"]


def points_of(line: dict, now: int) -> list[dict]:
    """The numbers of an iteration under the names that TensorBoard shows (docs/tensorboard.md), but for specifications."""
    groups = {"train": line, "actions": line["actions"], "validation": line["validation"] or {}}
    return [
        {"key": f"{group}/{name}", "value": value, "timestamp": now, "step": line["iteration"]}
        for group, values in groups.items()
        for name, value in values.items()
        if type(value) in (int, float) and math.isfinite(value) and (group, name) != ("train", "iteration")
    ]


if __name__ == "__main__":
    main()
