import pytest

from hornbeam.utils import Progbar


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, "loss: 3.0000 - rate: 0.3000"),  # (1 + 2 * 4) / 3 steps
        ({"stateful_metrics": ["rate"]}, "loss: 3.0000 - rate: 0.2000"),
        ({"stateless_metrics": ["rate"]}, "loss: 4.0000 - rate: 0.3000"),
    ],
)
def test_values_are_averaged_over_steps(capsys, options, shown):
    bar = Progbar(3, **options)
    bar.update(1, [("loss", 1.0), ("rate", 0.5)])
    bar.add(2, [("loss", 4.0), ("rate", 0.2)])
    out = capsys.readouterr().out
    assert shown in out
    assert "3/3" in out
    assert out.count("\n") == 1


def test_the_bar_is_redrawn_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    bar = Progbar(4, width=8, interval=0, unit_name="file")
    bar.add(1)
    assert "1/4 \x1b[32m━━\x1b[0m──────" in capsys.readouterr().out  # green
    bar.add(3)
    assert "━━━━━━━━" in (out := capsys.readouterr().out)
    assert "/file" in out


def test_it_ends_once_and_can_be_silent(capsys):
    bar = Progbar(None)
    bar.update(5, [("loss", 1.0)])
    assert capsys.readouterr().out == ""
    bar.update(6, finalize=True)
    bar.update(6, finalize=True)
    assert capsys.readouterr().out.count("\n") == 1
    Progbar(1, verbose=0).update(1)
    assert capsys.readouterr().out == ""
