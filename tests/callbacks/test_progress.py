"""The progress line: on a terminal, in a log file, with and without the callback."""

import io
import os
import re
import shutil
import sys

import pytest

import hornbeam as keras
from hornbeam.callbacks._progress import Progress
from tests.callbacks._models import X, Y, fit, small


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch):
    """Make the standard output a terminal of 40 columns, and return it."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((40, 24)))
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    return screen


@pytest.mark.parametrize("verbose", [1, 2])
def test_one_line_an_epoch_in_a_log_file(verbose, capsys):
    fit(small("mae"), epochs=2, batch_size=2, verbose=verbose, validation_data=(X, Y))
    lines = capsys.readouterr().out.splitlines()
    number = r"[\d.e+-]+"
    values = " - ".join(rf"{name}: {number}" for name in ("loss", "mae", "val_loss", "val_mae"))
    assert len(lines) == 2
    for i, line in enumerate(lines):
        assert re.fullmatch(rf"Epoch {i + 1}/2 - 3/3 - \d+s \d+(us|ms|s)/step - {values}", line), line


def test_a_line_on_a_terminal_is_redrawn_and_never_wraps(monkeypatch):
    screen = terminal(monkeypatch)
    line = Progress(200, 1, title="Epoch 1/1")
    for step in (1, 100):
        line.update(step, {"loss": 0.5, "a_long_name_of_a_metric": 1.0, "another": 2.0})
    line.finish(200, {"loss": 0.25})
    title, rest = screen.getvalue().split("\n", 1)
    first, second, last = re.sub(r"\x1b\[\d*m", "", rest).split("\r")[1:]
    assert title == "Epoch 1/1"
    assert first.startswith("  1/200 ─")
    assert second.startswith("100/200 ━━━━━━━━━━────────── 0s left -…")
    assert max(len(first), len(second)) == 39
    assert re.fullmatch(r"200/200 ━{20} 0s \d+us/step - loss: 0.2500 *\n", last)


def test_a_stream_of_unknown_length(monkeypatch):
    screen = terminal(monkeypatch)
    line = Progress(None, 1)
    line.update(3, {})
    line.finish(5, {})
    assert re.fullmatch(r"\r3/\?  0s \w+/step\r5/5 .*step *\n", screen.getvalue())


def test_colours_can_be_switched_off(monkeypatch):
    screen = terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    Progress(2, 1).finish(2, {})
    assert "\x1b" not in screen.getvalue()


def test_the_callback_takes_the_place_of_the_line(capsys):
    model = small()
    bar = keras.callbacks.ProgbarLogger()
    fit(model, bar, batch_size=2, verbose=2, validation_data=(X, Y))
    model.evaluate(X, Y, verbose=2, callbacks=[bar])
    model.predict(X, verbose=2, callbacks=[bar])
    shown = [re.sub(r"\d+s \d+(us|ms|s)/", "t/", line) for line in capsys.readouterr().out.splitlines()]
    loss = r"loss: [\d.e+-]+"
    expected = [rf"Epoch 1/1 - 3/3 - t/step - {loss} - val_{loss}", rf"1/1 - t/step - {loss}", "1/1 - t/step"]
    assert len(shown) == len(expected)
    assert all(re.fullmatch(want, line) for want, line in zip(expected, shown, strict=True)), shown


def test_the_list_adds_one():
    callbacks = keras.callbacks.CallbackList(add_progbar=True, add_history=True)
    assert [type(c).__name__ for c in callbacks.callbacks] == ["History", "ProgbarLogger"]
