"""Values of epochs, sent to a server of our own."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

import hornbeam as keras
from tests.callbacks._models import fit, small


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.seen.append((self.path, self.headers["Content-Type"], self.headers["X-Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    made.seen = []
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize("as_json", [False, True])
def test_values_arrive(as_json, server):
    root = f"http://127.0.0.1:{server.server_port}"
    monitor = keras.callbacks.RemoteMonitor(root, headers={"X-Key": "k"}, send_as_json=as_json)
    history = fit(small(), monitor, epochs=2).history
    monitor.on_epoch_end(2, {"loss": np.float32(0.5), "confusion": np.eye(2)})
    kind = "application/json" if as_json else "application/x-www-form-urlencoded"
    assert [entry[:3] for entry in server.seen] == [("/publish/epoch/end/", kind, "k")] * 3
    bodies = [entry[3] if as_json else urllib.parse.parse_qs(entry[3])["data"][0] for entry in server.seen]
    values = [json.loads(body) for body in bodies]
    assert values[:2] == [{"epoch": i, "loss": loss} for i, loss in enumerate(history["loss"])]
    assert values[2] == {"epoch": 2, "loss": 0.5, "confusion": [[1, 0], [0, 1]]}


def test_a_server_that_cannot_be_reached_costs_a_warning():
    with pytest.warns(UserWarning, match="RemoteMonitor could not send epoch 0 to 'http://127.0.0.1:9'"):
        keras.callbacks.RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {"loss": 1.0})


def test_other_addresses_are_refused():
    with pytest.raises(ValueError, match="http:// or https:// as root; got 'file:///etc'"):
        keras.callbacks.RemoteMonitor("file:///etc")
