"""Kernels in C++ for what XLA is slow at on a CPU, compiled where they run; without a compiler XLA does it all."""

from hornbeam.native._convolution import convolution as convolution
from hornbeam.native._gradient import with_gradient as with_gradient
from hornbeam.native._library import is_native as is_native
