"""Sending the values of epochs to a server."""

from __future__ import annotations

import json
import urllib.parse
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from hornbeam._core.lazy import lazy
from hornbeam.callbacks._callback import Callback

requests = lazy("urllib.request")

TIMEOUT = 10  # seconds that training waits for the server


class RemoteMonitor(Callback):
    """Posts `epoch` and the values of each epoch, as JSON, to a server; one that cannot be reached is warned of.

    Args:
        root: the server's address, which begins with http:// or https://.
        path: what follows it.
        field: the field of the form that holds the JSON.
        headers: HTTP headers to send with it.
        send_as_json: whether the JSON is sent as it is, with the type application/json, and not in a form.

    Raises ValueError when made for another kind of address. Training waits 10 seconds for an answer at most.

    >>> import hornbeam as keras
    >>> monitor = keras.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        if not root.startswith(("http://", "https://")):
            message = f"RemoteMonitor expects an address that begins with http:// or https:// as root; got {root!r}."
            raise ValueError(message)
        self.root, self.path, self.field, self.headers, self.send_as_json = root, path, field, headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Send the values."""
        values = {k: np.asarray(v).tolist() if hasattr(v, "dtype") else v for k, v in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **values})
        body = text if self.send_as_json else urllib.parse.urlencode({self.field: text})
        headers = {"Content-Type": "application/json"} if self.send_as_json else {}
        request = requests.Request(self.root + self.path, body.encode(), headers | dict(self.headers or {}))
        try:
            with requests.urlopen(request, timeout=TIMEOUT):
                pass
        except OSError as error:
            warnings.warn(f"RemoteMonitor could not send epoch {epoch} to {self.root!r}: {error}.", stacklevel=2)
