"""The progress line: on a terminal, in a log file, with and without the callback."""

import io
import os
import re
import shutil
import sys
import types

import pytest

import hornbeam as keras
from hornbeam.callbacks import _progress
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
    monkeypatch.setenv("TERM", "xterm")
    return screen


@pytest.fixture
def clock(monkeypatch):
    """Make time stand still; the list's one element is the time in seconds."""
    now = [0.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    return now


def plain(text):
    return re.sub(r"\x1b\[\d*m", "", text)


@pytest.mark.parametrize("verbose", [1, 2])
def test_one_line_an_epoch_in_a_log_file(verbose, capsys):
    fit(small("mae"), epochs=2, batch_size=2, verbose=verbose, validation_data=(X, Y))
    lines = capsys.readouterr().out.splitlines()
    number = r"[\d.e+-]+"
    values = " - ".join(rf"{name}: {number}" for name in ("loss", "mae", "val_loss", "val_mae"))
    assert len(lines) == 2
    for i, line in enumerate(lines):
        assert re.fullmatch(rf"Epoch {i + 1}/2 - 3/3 - \d+s \d+(us|ms|s)/step - {values}", line), line


@pytest.mark.usefixtures("clock")
def test_a_line_on_a_terminal_is_redrawn_and_never_wraps(monkeypatch):
    screen = terminal(monkeypatch)
    line = Progress(200, 1, title="Epoch 1/1")
    for step in (1, 100):
        line.update(step, {"loss": 0.5, "a_long_name_of_a_metric": 1.0, "another": 2.0})
    line.finish(200, {"loss": 0.25})
    title, rest = screen.getvalue().split("\n", 1)
    first, second, last = plain(rest).split("\r")[1:]
    assert title == "Epoch 1/1"
    assert first.startswith("  1/200 ──────────")
    assert second.startswith("100/200 ━━━━━───── 0s left - loss: 0.5…")
    assert max(len(first), len(second)) == 39
    assert re.fullmatch(r"200/200 ━{10} 0s \d+us/step - loss: 0.2500 *\n", last)


def test_times_leave_out_the_compilation_and_the_validation(monkeypatch, clock):
    screen = terminal(monkeypatch)
    line = Progress(100, 1)
    clock[0] = 50  # compiled
    line.update(1, {})
    clock[0] = 51
    line.update(51, {})
    clock[0] = 52
    line.validating(99, {})  # the data ended one step early
    clock[0] = 70
    line.finish(99, {})
    shown = [text.strip() for text in plain(screen.getvalue()).split("\r")[1:]]
    assert shown[0].endswith("─ 50s")  # what is left cannot be known
    assert shown[1].endswith("─ 1s left")
    assert shown[2:] == ["99/99 ━━━━━━━━━━ 52s 20ms/step", "99/99 ━━━━━━━━━━ 1:10 20ms/step"]


def test_a_single_step_has_all_the_time(monkeypatch, clock, capsys):
    line = Progress(1, 1)
    clock[0] = 2
    assert not line.due(1)
    clock[0] = 3
    line.finish(1, {})
    assert capsys.readouterr().out == "1/1 - 3s 3s/step\n"


def test_an_error_ends_an_open_line(monkeypatch):
    screen = terminal(monkeypatch)

    def train(*, finish):
        with Progress(3, 1) as line:
            line.update(1, {})
            if finish:
                line.finish(3, {})
            raise KeyboardInterrupt

    for finish, ends in ((False, 1), (True, 2)):
        with pytest.raises(KeyboardInterrupt):
            train(finish=finish)
        assert screen.getvalue().count("\n") == ends


@pytest.mark.parametrize(("term", "out"), [("dumb", "Epoch 1/1 - 2/2 - 0s "), ("xterm", "Epoch 1/1\n\r2/2 ")])
@pytest.mark.usefixtures("clock")
def test_a_terminal_that_cannot_redraw(monkeypatch, term, out):
    screen = terminal(monkeypatch)
    monkeypatch.setenv("TERM", term)
    Progress(2, 1, title="Epoch 1/1").finish(2, {})
    assert screen.getvalue().startswith(out)


@pytest.mark.usefixtures("clock")
def test_an_output_that_knows_no_unicode(monkeypatch):
    data = io.BytesIO()
    screen = io.TextIOWrapper(data, encoding="ascii", newline="\n")
    screen.isatty = lambda: True
    terminal(monkeypatch)
    monkeypatch.setattr(sys, "stdout", screen)
    line = Progress(4, 1)
    line.update(2, {"précision": 1.0, "a_name_that_is_long": 1.0})
    line.finish(4, {"précision": 1.0})
    shown = data.getvalue().decode("ascii").split("\r")[1:]
    assert re.fullmatch(r"2/4 =====\.\.\.\.\. 0s left - pr\?cision: 1\.~", shown[0])
    assert re.fullmatch(r"4/4 ={10} 0s \d+us/step - pr\?cision: 1.0000 *\n", shown[1])


def test_no_output_at_all(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)  # as in a program of Windows without a console
    line = Progress(4, 1, title="Epoch 1/1")
    assert not line.due(1)
    line.finish(4, {})


def test_a_notebook_keeps_the_last_state_only(monkeypatch, clock):
    kind = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream", "flush": None})
    stream, drawn = kind(), []

    class Handle:
        def update(self, data, raw):
            assert raw
            drawn.append(data["text/plain"])

    def display(data, raw, display_id):
        assert raw
        assert display_id
        drawn.append(data["text/plain"])
        return Handle()

    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.delitem(sys.modules, "spyder_kernels", raising=False)
    monkeypatch.setattr(_progress, "display", types.SimpleNamespace(display=display))
    for begin, title in ((0, "Epoch 1/2"), (10, "Epoch 2/2")):
        clock[0] = begin
        line = Progress(100, 1, title=title)
        for step in (10, 60, 100):
            clock[0] = begin + step / 1000 * (10 if begin == 0 else 1)  # the second epoch is too quick to be shown
            if line.due(step):
                line.update(step, {"loss": 0.5})
        line.finish(100, {"loss": 0.25})
    assert drawn == [" 60/100 ━━━━━━━━━━━━──────── 0s left - loss: 0.5000", ""]
    assert stream.getvalue() == (
        "Epoch 1/2\n100/100 ━━━━━━━━━━━━━━━━━━━━ 1s 10ms/step - loss: 0.2500\n"
        "Epoch 2/2\n100/100 ━━━━━━━━━━━━━━━━━━━━ 0s 1ms/step - loss: 0.2500\n"
    )


def test_what_is_said_within_an_epoch_stands_below_the_line(monkeypatch, tmp_path):
    screen = terminal(monkeypatch)
    save = keras.callbacks.ModelCheckpoint(tmp_path / "m.keras", save_freq=2, verbose=1)
    for verbose in (1, 0):
        fit(small(), save, batch_size=2, verbose=verbose)
    bar, quiet = screen.getvalue().split("\n", 1)[1].split("step - loss", 1)
    assert "\nEpoch 1: saving" in bar
    assert "\n\n" not in quiet


@pytest.mark.usefixtures("clock")
def test_a_stream_of_unknown_length(monkeypatch):
    screen = terminal(monkeypatch)
    line = Progress(None, 1)
    line.update(3, {})
    line.finish(5, {})
    assert re.fullmatch(r"\r3/\? 0s \w+/step\r5/5 .*step *\n", screen.getvalue())


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
