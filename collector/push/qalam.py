"""Parameters in, metrics out, for a trial written in Python. One file, standard library only: copy it beside your script.

    import qalam

    p = qalam.params(lr=0.01, opt="adam")        # this trial's values, or these defaults when run by hand
    for epoch in range(10):
        loss = train(p.lr)
        if qalam.report(loss=loss, step=epoch):  # True: please stop early
            break

Where a metric goes, first that applies: the server (QALAM_SERVER_URL and QALAM_TOKEN_FILE), the file QALAM_METRICS_FILE,
standard output as `loss=0.5 step=3`, which Katib's collector and ours both read. Nothing here ever raises because nobody
listens; it says so once on standard error.
"""

import datetime
import json
import os
import ssl
import sys
import types
import urllib.error
import urllib.parse
import urllib.request

_TIMEOUT_SECONDS = 10
_warned = set()


def params(**defaults):
    """This trial's parameters as attributes; each takes the type of its default. Without a trial, the defaults."""
    values = dict(defaults)
    values.update(_parameters())
    for name, default in defaults.items():
        values[name] = _like(default, values[name])
    return types.SimpleNamespace(**values)


def report(metrics=None, *, step=None, **named):
    """Reports metrics, `report(loss=0.1, step=3)` or `report({"val/loss": 0.1})`. True: stopping early is advised."""
    values = {name: float(value) for name, value in {**(metrics or {}), **named}.items()}
    if not values:
        return False
    time = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    url = _metrics_url()
    if url is not None:
        answer = _post(url, values, step, time)
        if answer is not None:
            return bool(answer.get("shouldStop"))
    line = _line(values, step)
    path = os.environ.get("QALAM_METRICS_FILE")
    if path is not None and _append(path, f"{line} time={time}\n"):
        return False
    print(line, flush=True)
    return False


def report_metrics(metrics, step=None):
    """Katib's name for `report`."""
    return report(metrics, step=step)


def _parameters():
    try:
        found = json.loads(os.environ.get("QALAM_PARAMETERS", "{}"))
        return found if isinstance(found, dict) else {}
    except ValueError:
        _warn("QALAM_PARAMETERS is no JSON object; the defaults are used")
        return {}


def _like(default, value):
    if isinstance(default, bool):
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes")
    if isinstance(default, (int, float)) and isinstance(value, (int, float, str)):
        return type(default)(float(value)) if isinstance(default, int) else float(value)
    return str(value) if isinstance(default, str) else value


def _metrics_url():
    server = os.environ.get("QALAM_SERVER_URL")
    trial = os.environ.get("QALAM_TRIAL_NAME") or os.environ.get("KATIB_TRIAL_NAME")
    namespace = os.environ.get("QALAM_NAMESPACE", "default")
    if not server or not trial:
        return None
    quote = lambda text: urllib.parse.quote(text, safe="")
    return f"{server.rstrip('/')}/api/v1/namespaces/{quote(namespace)}/trials/{quote(trial)}/metrics"


def _post(url, values, step, time):
    place = {"time": time} if step is None else {"time": time, "step": int(step)}
    metrics = [{"name": name, "value": _json_number(value), **place} for name, value in values.items()]
    attempt = os.environ.get("QALAM_ATTEMPT", "0")
    body = {"metrics": metrics, "attempt": int(attempt) if attempt.isdigit() else 0}
    headers = {"Content-Type": "application/json", **_authorization()}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *_authority())
    for is_last in (False, True):
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if is_last or error.code < 500:
                _warn(f"metrics were refused: {error.code} {error.read(500).decode(errors='replace')}")
                return None
        except (OSError, ValueError) as error:
            if is_last:
                _warn(f"metrics could not be sent to {url}: {error}")
    return None


def _authorization():
    try:
        with open(os.environ["QALAM_TOKEN_FILE"], encoding="utf-8") as file:
            return {"Authorization": f"Bearer {file.read().strip()}"}
    except (KeyError, OSError):
        return {}


def _authority():
    """On a cluster the server's certificate is of an authority that QALAM_SERVER_CA holds, as PEM."""
    pem = os.environ.get("QALAM_SERVER_CA")
    return [urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=pem))] if pem else []


def _json_number(value):
    if value != value:
        return "NaN"
    return value if value not in (float("inf"), float("-inf")) else ("Infinity" if value > 0 else "-Infinity")


def _line(values, step):
    words = [f'{_quoted(name)}={value!r}' for name, value in values.items()]
    return " ".join(words if step is None else [*words, f"step={int(step)}"])


def _quoted(name):
    return f'"{name}"' if any(letter in name for letter in ' \t="') else name


def _append(path, text):
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
        return True
    except OSError as error:
        _warn(f"metrics could not be written to {path}: {error}")
        return False


def _warn(message):
    if message not in _warned:
        _warned.add(message)
        print(f"qalam: {message}", file=sys.stderr, flush=True)
