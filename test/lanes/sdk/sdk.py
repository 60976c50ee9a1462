"""Katib's SDK as a user has it: one JSON string with a program a line, one JSON answer a line.

Programs share their names, as cells of a notebook do. What one assigns to `answer` comes back, models as their JSON;
what it raises comes back as `TypeOfError: message`. `client` is a KatibClient, `katib` the package.
"""

import contextlib
import json
import sys
import tempfile
import traceback
from pathlib import Path

import kubeflow.katib as katib
from kubeflow.katib import KatibClient

client = KatibClient(config_file=sys.argv[1])
cells = {"katib": katib, "client": client}
# Functions given to tune() are read from their source, which has to be a file.
directory = Path(tempfile.mkdtemp())
replies = sys.stdout

for number, line in enumerate(sys.stdin):
    cell = directory / f"cell{number}.py"
    cell.write_text(json.loads(line))
    cells["answer"] = None
    with contextlib.redirect_stdout(sys.stderr):
        try:
            exec(compile(cell.read_text(), str(cell), "exec"), cells)
            answer = {"answer": client.api_client.sanitize_for_serialization(cells["answer"])}
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
            answer = {"error": f"{type(error).__name__}: {error}"}
    cell.unlink()
    print(json.dumps(answer, default=str), file=replies, flush=True)
directory.rmdir()
