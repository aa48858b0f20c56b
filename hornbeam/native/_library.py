"""The kernels' sources made into a library of this machine, once, and made known to XLA.

The machine's own compiler is run at the first need, for some seconds, and the library is kept in the cache folder under
a name that says what it was made of: sources, compiler, processor, XLA's headers. Without a compiler, a cache folder or
a CPU there are no kernels; `HORNBEAM_NATIVE=0` switches them off.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import tempfile
import warnings
from pathlib import Path

import jax

from hornbeam._core.cache import cache_folder

SOURCES = Path(__file__).parent / "src"
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fPIC", "-w")
KERNELS = (
    *("convolution", "convolution_of_inputs", "convolution_of_kernel"),
    *("attention", "attention_gradient"),
    *("layer_normalization", "layer_normalization_gradient"),
)
LONGEST = 120.0  # seconds that the compiler may take


def is_native() -> bool:
    """Return whether a computation that is traced now may use the kernels: on one CPU, where they can be had."""
    return jax.default_backend() == "cpu" and len(jax.devices()) == 1 and _registered() is not None


def target(name: str) -> str:
    """Return the name under which XLA knows a kernel; one of other sources has another."""
    digest = _registered()
    assert digest is not None  # noqa: S101 - asked for where is_native()
    return f"hornbeam_{name}_{digest}"


@functools.cache
def _registered() -> str | None:
    """Make the kernels known to XLA, and return what is special to their names; None where there are none."""
    folder, compiler = cache_folder("native"), _compiler()
    if os.environ.get("HORNBEAM_NATIVE", "1") == "0" or folder is None or compiler is None:
        return None
    try:
        digest = _digest(compiler)
        path = folder / f"kernels-{digest}.so"
        _make_private(folder)
        if not path.exists():
            _compile(compiler, path)
        library = ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", None) or error
        message = f"Hornbeam's kernels for the CPU could not be compiled with {compiler}; XLA does their work: {why}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None
    for name in KERNELS:
        capsule = jax.ffi.pycapsule(getattr(library, name))
        jax.ffi.register_ffi_target(f"hornbeam_{name}_{digest}", capsule, platform="cpu")
    return digest


def _compiler() -> str | None:
    """Return the C++ compiler, `$CXX` before all others."""
    if platform.system() not in ("Linux", "Darwin"):
        return None
    return next(filter(None, map(shutil.which, filter(None, (os.environ.get("CXX"), "c++", "g++", "clang++")))), None)


def _digest(compiler: str) -> str:
    """Return letters that stand for all that the library depends on."""
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True, timeout=LONGEST).stdout  # noqa: S603
    parts = [version, " ".join(FLAGS).encode(), _processor().encode(), jax.lib.__version__.encode()]
    parts += [path.read_bytes() for path in sorted(SOURCES.iterdir())]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _processor() -> str:
    """Return what the processor can do: a home folder may be shared by machines that differ."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    kinds = ("model name", "flags", "CPU part", "Features")
    return "\n".join([platform.machine(), *sorted({line for line in lines if line.startswith(kinds)})])


def _make_private(folder: Path) -> None:
    """Make the folder, and refuse one where others could put a library for this user to load."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{folder} can be written by others; its owner alone may"
        raise PermissionError(message)


def _compile(compiler: str, path: Path) -> None:
    """Compile all sources at once into a library, which appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        commands = {
            source: [compiler, *FLAGS, "-I", jax.ffi.include_dir(), "-c", str(source), "-o", f"{work}/{source.stem}.o"]
            for source in sorted(SOURCES.glob("*.cc"))
        }
        running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands.values()]  # noqa: S603
        for process in running:
            _, said = process.communicate(timeout=LONGEST)
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, compiler, stderr=said)
        made = [f"{work}/{source.stem}.o" for source in commands]
        link = [compiler, *FLAGS, "-shared", *made, "-o", f"{work}/kernels.so"]
        subprocess.run(link, capture_output=True, check=True, text=True, timeout=LONGEST)  # noqa: S603
        os.replace(f"{work}/kernels.so", path)  # noqa: PTH105
