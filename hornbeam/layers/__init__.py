"""Layers: `keras.layers`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core import registry
from hornbeam.layers._activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from hornbeam.layers._adaptive import (
    AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D, AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D, AdaptiveMaxPooling3D,
)
from hornbeam.layers._attention import AdditiveAttention, Attention
from hornbeam.layers._cells import GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from hornbeam.layers._conv import Conv1D, Conv2D, Conv3D
from hornbeam.layers._conv import Conv1D as Convolution1D
from hornbeam.layers._conv import Conv2D as Convolution2D
from hornbeam.layers._conv import Conv3D as Convolution3D
from hornbeam.layers._conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from hornbeam.layers._conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from hornbeam.layers._conv_transpose import Conv1DTranspose as Convolution1DTranspose
from hornbeam.layers._conv_transpose import Conv2DTranspose as Convolution2DTranspose
from hornbeam.layers._conv_transpose import Conv3DTranspose as Convolution3DTranspose
from hornbeam.layers._core import Identity, Lambda, Masking
from hornbeam.layers._dense import Dense
from hornbeam.layers._depthwise import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from hornbeam.layers._depthwise import SeparableConv1D as SeparableConvolution1D
from hornbeam.layers._depthwise import SeparableConv2D as SeparableConvolution2D
from hornbeam.layers._einsum import EinsumDense
from hornbeam.layers._embed import Embedding, ReversibleEmbedding
from hornbeam.layers._get import deserialize, serialize
from hornbeam.layers._input import Input, InputLayer
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._jax import FlaxLayer, JaxLayer, TFSMLayer, TorchModuleWrapper
from hornbeam.layers._layer import Layer
from hornbeam.layers._merge import (
    Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract, add, average, concatenate, dot, maximum,
    minimum, multiply, subtract,
)
from hornbeam.layers._multi_head import GroupQueryAttention, MultiHeadAttention
from hornbeam.layers._norm import (
    BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization,
)
from hornbeam.layers._pad import (
    Cropping1D, Cropping2D, Cropping3D, UpSampling1D, UpSampling2D, UpSampling3D, ZeroPadding1D, ZeroPadding2D,
    ZeroPadding3D,
)
from hornbeam.layers._pool import (
    AveragePooling1D, AveragePooling2D, AveragePooling3D, GlobalAveragePooling1D, GlobalAveragePooling2D,
    GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D, MaxPooling1D, MaxPooling2D,
    MaxPooling3D,
)
from hornbeam.layers._pool import AveragePooling1D as AvgPool1D
from hornbeam.layers._pool import AveragePooling2D as AvgPool2D
from hornbeam.layers._pool import AveragePooling3D as AvgPool3D
from hornbeam.layers._pool import GlobalAveragePooling1D as GlobalAvgPool1D
from hornbeam.layers._pool import GlobalAveragePooling2D as GlobalAvgPool2D
from hornbeam.layers._pool import GlobalAveragePooling3D as GlobalAvgPool3D
from hornbeam.layers._pool import GlobalMaxPooling1D as GlobalMaxPool1D
from hornbeam.layers._pool import GlobalMaxPooling2D as GlobalMaxPool2D
from hornbeam.layers._pool import GlobalMaxPooling3D as GlobalMaxPool3D
from hornbeam.layers._pool import MaxPooling1D as MaxPool1D
from hornbeam.layers._pool import MaxPooling2D as MaxPool2D
from hornbeam.layers._pool import MaxPooling3D as MaxPool3D
from hornbeam.layers._regularize import (
    ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D,
    SpatialDropout3D,
)
from hornbeam.layers._reshape import Flatten, Permute, RepeatVector, Reshape
from hornbeam.layers._rnn import GRU, LSTM, RNN, SimpleRNN
from hornbeam.layers._wrappers import Bidirectional, SpectralNormalization, TimeDistributed, Wrapper

__all__ = [
    "ELU", "GRU", "LSTM", "RNN", "Activation", "ActivityRegularization", "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D", "Add", "AdditiveAttention", "AlphaDropout", "Attention", "Average", "AveragePooling1D",
    "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D", "AvgPool3D", "BatchNormalization",
    "Bidirectional", "Concatenate", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D",
    "Conv3DTranspose", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Convolution1D", "Convolution1DTranspose",
    "Convolution2D", "Convolution2DTranspose", "Convolution3D", "Convolution3DTranspose", "Cropping1D", "Cropping2D",
    "Cropping3D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "Dropout", "EinsumDense", "Embedding",
    "Flatten", "FlaxLayer", "GRUCell", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D",
    "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    "GlobalMaxPooling3D", "GroupNormalization", "GroupQueryAttention", "Identity", "Input", "InputLayer", "InputSpec",
    "JaxLayer", "LSTMCell", "Lambda", "Layer", "LayerNormalization", "LeakyReLU", "Masking", "MaxPool1D", "MaxPool2D",
    "MaxPool3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum", "Minimum", "MultiHeadAttention", "Multiply",
    "PReLU", "Permute", "RMSNormalization", "ReLU", "RepeatVector", "Reshape", "ReversibleEmbedding", "SeparableConv1D",
    "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D", "SimpleRNN", "SimpleRNNCell", "Softmax",
    "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "SpectralNormalization", "StackedRNNCells", "Subtract",
    "TFSMLayer", "TimeDistributed", "TorchModuleWrapper", "UnitNormalization", "UpSampling1D", "UpSampling2D",
    "UpSampling3D", "Wrapper", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "add", "average", "concatenate",
    "deserialize", "dot", "maximum", "minimum", "multiply", "serialize", "subtract",
]

registry.public("keras.layers", **{name: globals()[name] for name in __all__})
