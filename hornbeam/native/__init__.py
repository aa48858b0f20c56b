"""Kernels in C++ for what XLA is slow at on a CPU, compiled where they run; without a compiler XLA does it all."""

from hornbeam.native._convolution import convolution as convolution
from hornbeam.native._convolution import convolution_relu as convolution_relu
from hornbeam.native._gradient import with_gradient as with_gradient
from hornbeam.native._library import is_native as is_native
from hornbeam.native._library import serves as serves
from hornbeam.native._matrix import is_large_product as is_large_product
from hornbeam.native._matrix import product as product
from hornbeam.native._matrix import product_relu as product_relu
from hornbeam.native._operation import nested_operation as nested_operation
from hornbeam.native._pooling import largest as largest
from hornbeam.native._statistics import moments_of_columns as moments_of_columns
from hornbeam.native._statistics import scaled as scaled
