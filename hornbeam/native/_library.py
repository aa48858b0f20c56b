"""The kernels' sources made into a library of this machine, once, and made known to XLA.

The machine's own compiler, or that of the package ziglang, is run at the first need, for some seconds. The library is
kept in the cache folder under a name that says what it was made of: sources, compiler, processor, XLA's headers.
Without a compiler, a cache folder or a CPU there are no kernels; `HORNBEAM_NATIVE=0` switches them off.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import jax

from hornbeam._core.cache import cache_folder
from hornbeam._core.state import HERE

SOURCES = Path(__file__).parent / "src"
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fPIC", "-w")
KERNELS = """
    convolution convolution_relu convolution_of_inputs convolution_of_kernel largest largest_change largest_gradient
    moments column_products recurrence recurrence_back attention attention_gradient layer_normalization
    layer_normalization_gradient product_relu turned_product adam
""".split()
MANY = 1 << 16  # elements, beyond which a kernel is called that goes over them once or twice
ONE_AT_A_TIME = threading.Lock()
LONGEST = 300.0  # seconds that the compiler may take


def is_native() -> bool:
    """Return whether a computation that is traced now may use the kernels: on one CPU, where they can be had."""
    return HERE.kernels and jax.default_backend() == "cpu" and len(jax.devices()) == 1 and _registered() is not None


def serves(x: jax.Array) -> bool:
    """Return whether kernels may take `x`, and are worth it: many elements of float32, of a known shape."""
    known = all(isinstance(n, int) for n in x.shape)
    return known and x.dtype == "float32" and x.size >= MANY and is_native()


def target(name: str) -> str:
    """Return the name under which XLA knows a kernel; one of other sources has another."""
    digest = _registered()
    assert digest is not None  # noqa: S101 - asked for where is_native()
    return f"hornbeam_{name}_{digest}"


def _registered() -> str | None:
    """Make the kernels known to XLA, once, and return what is special to their names; None where there are none."""
    with ONE_AT_A_TIME:
        return _made_known()


@functools.cache
def _made_known() -> str | None:
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
        message = (
            f"Hornbeam's kernels for the CPU could not be compiled with {' '.join(compiler)}, so XLA does their work. "
            f"HORNBEAM_NATIVE=0 keeps from trying. What went wrong: {getattr(error, 'stderr', None) or error}"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None
    for name in KERNELS:
        capsule = jax.ffi.pycapsule(getattr(library, name))
        jax.ffi.register_ffi_target(f"hornbeam_{name}_{digest}", capsule, platform="cpu")
    return digest


def _compiler() -> tuple[str, ...] | None:
    """Return the command of the C++ compiler: `$CXX`, the machine's, or that of the package ziglang."""
    if platform.system() not in ("Linux", "Darwin"):
        return None
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        found = shutil.which(name) if name else None
        if found:
            return (found,)
    return (sys.executable, "-m", "ziglang", "c++") if importlib.util.find_spec("ziglang") else None


def _digest(compiler: tuple[str, ...]) -> str:
    """Return letters that stand for all that the library depends on."""
    parts = [_run([*compiler, "--version"]), *FLAGS, _processor(), metadata.version("jaxlib")]
    parts += [path.read_text(encoding="utf-8") for path in sorted(SOURCES.iterdir())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


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


def _compile(compiler: tuple[str, ...], path: Path) -> None:
    """Compile all sources at once into a library, which appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent) as work, ThreadPoolExecutor() as pool:
        sources = sorted(SOURCES.glob("*.cc"))
        objects = [f"{work}/{source.stem}.o" for source in sources]
        command = [*compiler, *FLAGS, "-I", jax.ffi.include_dir(), "-c"]
        list(pool.map(_run, ([*command, str(source), "-o", to] for source, to in zip(sources, objects, strict=True))))
        _run([*compiler, *FLAGS, "-shared", *objects, "-o", f"{work}/kernels.so"])
        Path(work, "kernels.so").replace(path)


def _run(command: Sequence[str]) -> str:
    """Return what a command says."""
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=LONGEST).stdout  # noqa: S603
