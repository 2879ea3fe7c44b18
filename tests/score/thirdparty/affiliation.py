"""Affiliation as telemeval has it. Reads lists of [alarmed, anomalous] from stdin, each with a 0 or
a 1 for each second, and writes the [precision, recall] of each."""

import json
import sys

import pandas as pd
from telemeval.metrics import score_affiliation


def score(alarmed: list[int], anomalous: list[int]) -> list[float | None]:
    grid = pd.date_range("2026-01-01", periods=len(alarmed), freq="s")
    at = [moment for moment, is_one in zip(grid, anomalous, strict=True) if is_one]
    labels = pd.DataFrame({"ID": "all", "StartTime": at, "EndTime": at})
    predictions = pd.DataFrame({"Timestamp": grid, "Score": alarmed})
    scored = score_affiliation({"global_labels": labels, "global_predictions": predictions})
    return [scored["affiliation_precision"], scored["affiliation_recall"]]


json.dump([score(*case) for case in json.load(sys.stdin)], sys.stdout)
