"""Copies the curves and settings of a run to Weights & Biases, by its own package.

    pip install wandb
    python clients/python/to_wandb.py runs/NAME --project=vigil

`WANDB_MODE=offline` writes them into the folder wandb/, and `wandb sync` sends them later. The same run copied twice is two runs there.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import wandb

from to_mlflow import points_of


def main() -> None:
    flags = argparse.ArgumentParser()
    flags.add_argument("run", type=Path)
    flags.add_argument("--project", default="vigil")
    given = flags.parse_args()
    settings = json.loads((given.run / "config.json").read_text())
    curves: dict[int, dict[str, float]] = defaultdict(dict)
    for line in (given.run / "metrics.jsonl").read_text().splitlines():
        for point in points_of(json.loads(line), 0):
            curves[point["step"]][point["key"]] = point["value"]
    with wandb.init(project=given.project, name=given.run.resolve().name, config=settings) as run:
        for step, values in curves.items():
            run.log(values, step=step)


if __name__ == "__main__":
    main()
