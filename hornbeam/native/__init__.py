"""Kernels in C++ for what XLA is slow at on a CPU, compiled where they run; without a compiler XLA does it all."""

from hornbeam.native._attention import attention as attention
from hornbeam.native._convolution import convolution as convolution
from hornbeam.native._library import is_native as is_native
