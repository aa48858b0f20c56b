"""The command as a user runs it: each case is a process of its own, as `python -m hornbeam ...`."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import hornbeam


def command(*arguments, cwd=None, code=None, **environment):
    """Run the command and return what the process gave."""
    how = ["-c", code] if code else ["-m", "hornbeam"]
    path = os.pathsep.join([str(hornbeam.__path__[0] + "/.."), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(  # noqa: S603  # this very Python
        [sys.executable, *how, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )


@pytest.fixture
def program(tmp_path):
    """Return a function that writes a program and returns its path."""

    def write(text, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--help"], 0, "run a program written for Keras 1, 2 or 3, unchanged"),
        (["--version"], 0, f"hornbeam {hornbeam.__version__}"),
        (["run", "--help"], 0, "the main version of the Keras it was written for"),
        ([], 2, "required: command"),
        (["run"], 2, "required: script"),
        (["run", "--era", "4", "x.py"], 2, "invalid choice: '4'"),
        (["run", "absent.py"], 2, "can't open file 'absent.py': No such file or directory"),
    ],
)
def test_usage(arguments, status, said, tmp_path):
    done = command(*arguments, cwd=tmp_path)
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done


def test_help_needs_no_jax():
    code = (
        "import sys, hornbeam.cli\ntry: hornbeam.cli.main(['--help'])\nexcept SystemExit: print('jax' in sys.modules)"
    )
    assert command(code=code).stdout.splitlines()[-1] == "False"


def test_program_sees_what_python_gives(program):
    path = program(
        """
        import sys, os
        import beside
        print(__name__, sys.argv[1:], beside.value, os.path.basename(__file__), __doc__, __spec__)
        print(sys.modules["__main__"].__dict__ is globals(), sys.path[0] == os.path.dirname(os.path.abspath(__file__)))
        """
    )
    program("value = 7", "beside.py")
    done = command("run", path, "--era", "1", "-x")
    assert done.stdout.splitlines() == ["__main__ ['--era', '1', '-x'] 7 program.py None None", "True True"], (
        done.stderr
    )


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ("", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('bye')", 1, "bye\n"),
        ("raise SystemExit", 0, ""),
    ],
)
def test_exit_status(program, text, status, error):
    done = command("run", program(text))
    assert (done.returncode, done.stderr) == (status, error)


def test_traceback_is_the_programs_own(program):
    path = program("def f():\n    return 1 / 0\n\nf()\n")
    ours, pythons = (
        command("run", path),
        subprocess.run(  # noqa: S603  # this very Python
            [sys.executable, path], capture_output=True, text=True, check=False
        ),
    )
    assert (ours.returncode, ours.stderr) == (pythons.returncode, pythons.stderr)


def test_syntax_error_reads_as_pythons(program):
    path = program("x = = 1\n")
    ours, pythons = (
        command("run", path),
        subprocess.run(  # noqa: S603  # this very Python
            [sys.executable, path], capture_output=True, text=True, check=False
        ),
    )
    assert (ours.returncode, ours.stderr) == (pythons.returncode, pythons.stderr)


def test_interrupt_ends_as_pythons(program):
    done = command("run", program("raise KeyboardInterrupt"))
    assert done.returncode == -signal.SIGINT
    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"


def test_lines_for_notebooks_are_skipped_with_a_notice(program):
    done = command("run", program("print('before')\n%matplotlib inline\nprint('after')\n"))
    assert (done.returncode, done.stdout) == (0, "before\nafter\n")
    assert done.stderr.endswith("program.py, line 2: skipped '%matplotlib inline', which is for notebooks.\n")


def test_module(program, tmp_path):
    program("import sys\nfrom package import value\nprint(__name__, sys.argv[1:], value)", "package/__main__.py")
    program("value = 5", "package/__init__.py")
    done = command("run", "-m", "package", "a", "-b", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "__main__ ['a', '-b'] 5\n"), done.stderr


def test_module_traceback_is_the_programs_own(program, tmp_path):
    program("1 / 0", "wrong.py")
    done = command("run", "-m", "wrong", cwd=tmp_path)
    assert done.returncode == 1
    assert "runpy" not in done.stderr
    assert "compat" not in done.stderr


@pytest.mark.parametrize(
    ("text", "era"),
    [
        ("import keras", 3),
        ("import keras\nkeras.layers", 3),
        ("from tensorflow.keras import layers\nimport keras", 2),
        ("from keras.utils import np_utils\nimport keras", 2),
        ("import keras\nif False: model.fit(x, y, nb_epoch=1)", 1),
    ],
)
def test_auto_era_reads_the_program(program, text, era):
    path = program(f"import os\nos.chdir('/')\n{text}\nprint(keras.__doc__)")
    done = command("run", path.name, cwd=path.parent)
    assert done.stdout == f"Hornbeam, as `keras` of era {era}.\n", done.stderr


def test_auto_era_reads_the_module_that_imports(program):
    program("import keras\nif False: model.fit(x, y, nb_epoch=1)", "network.py")
    done = command("run", program("import network\nprint(network.keras.__doc__)"))
    assert done.stdout == "Hornbeam, as `keras` of era 1.\n", done.stderr
