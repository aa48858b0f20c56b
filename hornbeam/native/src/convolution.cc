// Convolutions of (batch, rows, columns, channels) by a kernel (rows, columns, channels, filters), and their gradients,
// without patches in memory: each tile of results stays in registers while the kernel's taps and channels go by. Windows
// of 3x3 with enough channels go another way (winograd.h).
#include "winograd.h"

namespace hornbeam {
namespace {

constexpr int64_t kNear = 256 << 10;  // bytes of a part of an image, to stay in the second cache

// One axis: where the window lies. `source` is the axis of what is read, `out` that of what is made.
struct Axis {
  int64_t window, stride, dilation, before, source, out;
};

// The places that a result at `o` reads. Forward all taps are read; the gradient of the inputs reads those outputs
// that the input at `o` went into.
template <bool gradient>
int64_t TapsOf(const Axis& axis, int64_t o, Tap* taps) {
  int64_t count = 0;
  for (int64_t k = 0; k < axis.window; ++k) {
    int64_t place = gradient ? o + axis.before - k * axis.dilation : o * axis.stride - axis.before + k * axis.dilation;
    if (gradient) {
      if (place % axis.stride) continue;
      place /= axis.stride;
    }
    taps[count++] = {place, k};
  }
  return count;
}

// Rows [first, last) of an image, widened by zeros on both sides if `before` or `after` is not 0.
const float* Widened(const float* image, int64_t first, int64_t last, int64_t columns, int64_t channels, int64_t before,
                     int64_t after, float* scratch) {
  if (!before && !after) return image + first * columns * channels;
  float* to = scratch;
  for (int64_t row = first; row < last; ++row) {
    std::memset(to, 0, before * channels * 4);
    to += before * channels;
    std::memcpy(to, image + row * columns * channels, columns * channels * 4);
    to += columns * channels;
    std::memset(to, 0, after * channels * 4);
    to += after * channels;
  }
  return scratch;
}

// Columns of results that read the same taps: all of them, or every stride-th in the gradient of the inputs.
struct Phase {
  int64_t first, count;
  std::vector<Tap> taps;  // of the first, by rising sources; the next column's lie `step` further
};

// Where a column of the kernel lies in the packed one: so that taps rise there as their sources do.
template <bool gradient>
int64_t PlaceOf(const Axis& across, int64_t k) {
  return gradient ? across.window - 1 - k : k;
}

template <bool gradient>
std::vector<Phase> PhasesOf(const Axis& across) {
  std::vector<Phase> phases(gradient ? across.stride : 1);
  const int64_t many = phases.size();
  for (int64_t q = 0; q < many; ++q) {
    phases[q] = {q, std::max<int64_t>(0, (across.out - q + many - 1) / many), std::vector<Tap>(across.window)};
    auto& taps = phases[q].taps;
    taps.resize(TapsOf<gradient>(across, q, taps.data()));
    if (gradient) std::reverse(taps.begin(), taps.end());
    for (Tap& tap : taps) tap.kernel = PlaceOf<gradient>(across, tap.kernel);
  }
  return phases;
}

// The kernel as blocks of a pair of vectors, each (tap, channel, filter of the block). The gradient of the inputs takes
// channels for filters.
template <bool gradient>
void Pack(const Pool& pool, const float* kernel, const Axis& down, const Axis& across, int64_t channels,
          int64_t filters, float* packed) {
  const int64_t from = gradient ? filters : channels, to = gradient ? channels : filters;
  const int64_t taps = down.window * across.window;
  constexpr int64_t block = kPair * kWidth;
  InParallel(pool, (to + block - 1) / block, [&](int64_t b) {
    const int64_t width = RoundUp(std::min(block, to - b * block), kWidth);
    for (int64_t t = 0; t < taps; ++t) {
      const int64_t row = t / across.window, place = row * across.window + PlaceOf<gradient>(across, t % across.window);
      PackBlock(kernel + t * channels * filters, filters, gradient, from, to, b,
                packed + b * block * (taps - 1) * from + place * from * width);
    }
  });
}

// How many rows of results make a task: few enough to stay near, and few enough for all threads to have some.
int64_t RowsOf(int64_t rows, int64_t row_bytes, int64_t batch, int64_t threads) {
  const int64_t parts = std::min(rows, (4 * threads + batch - 1) / batch);  // of an image
  return std::clamp<int64_t>(kNear / std::max<int64_t>(row_bytes, 1), 1, (rows + parts - 1) / parts);
}

bool OfThree(const Axis& down, const Axis& across) {
  const auto is = [](const Axis& axis) { return axis.window == 3 && axis.stride == 1 && axis.dilation == 1; };
  return is(down) && is(across);
}

// `y` (batch, out, out, to) from `x` (batch, source, source, from); `bias`, if there is, ends in relu(y + bias).
template <bool gradient>
void Correlate(const Pool& pool, const float* x, const float* kernel, float* y, int64_t batch, int64_t channels,
               int64_t filters, const Axis& down, const Axis& across, const float* bias = nullptr) {
  const int64_t from = gradient ? filters : channels, to = gradient ? channels : filters;
  const int64_t taps = down.window * across.window;
  const auto before = [](const Axis& axis) { return gradient ? 2 - axis.before : axis.before; };
  const Plane plane = {batch, down.source, across.source, from, down.out, across.out, to, before(down), before(across)};
  if (OfThree(down, across) && plane.IsWorthIt()) return Winograd<gradient>(pool, x, kernel, y, plane, bias);
  const int64_t whole = RoundUp(to, kWidth);
  float *packed = Scratch<0>((taps * from + 1) * whole), *starts = packed + taps * from * whole;
  Pack<gradient>(pool, kernel, down, across, channels, filters, packed);
  if (bias) std::fill_n(std::copy_n(bias, to, starts), whole - to, 0.0f);

  const std::vector<Phase> phases = PhasesOf<gradient>(across);
  const int64_t step = gradient ? 1 : across.stride, apart = phases.size();
  // Taps side by side, of neighbours in the packed kernel, are one tap with the channels of all.
  const bool joined = apart == 1 && across.dilation == 1;
  const int64_t depth = joined ? across.window * from : from;
  int64_t low = 0, high = across.source;  // the columns that are read, those beyond the image being 0
  for (const Phase& phase : phases)
    for (const Tap& tap : phase.taps) {
      low = std::min(low, tap.source);
      high = std::max(high, tap.source + (phase.count - 1) * step + 1);
    }
  const int64_t width = high - low, reach = (down.window - 1) * down.dilation + 1;
  const int64_t row_bytes = (width * from * (gradient ? 1 : down.stride) + across.out * to) * 4;
  const int64_t rows = RowsOf(down.out, row_bytes, batch, pool.Threads());
  const int64_t parts = (down.out + rows - 1) / rows;
  // A block of the packed kernel that is not near is worth more places that share it.
  const int64_t longest = taps * from * kPair * kWidth * 4 > kNear ? kRows : kPlaces;

  InParallel(pool, batch * parts, [&](int64_t task) {
    const int64_t n = task / parts, begin = task % parts * rows, end = std::min(begin + rows, down.out);
    int64_t first, last;
    if (gradient) {
      first = (begin + down.before - (reach - 1)) / down.stride;
      last = (end - 1 + down.before) / down.stride + 1;
    } else {
      first = begin * down.stride - down.before;
      last = (end - 1) * down.stride - down.before + reach;
    }
    first = std::max<int64_t>(first, 0);
    last = std::min(last, down.source);
    float* scratch = Scratch<1>(std::max<int64_t>(last - first, 1) * width * from);
    const float* source = Widened(x + n * down.source * across.source * from, first, last, across.source, from, -low,
                                  high - across.source, scratch);
    std::vector<Tap> lines(down.window), all(taps), packed_at(taps);
    for (int64_t row = begin; row < end; ++row) {
      const int64_t count = TapsOf<gradient>(down, row, lines.data());
      for (const Phase& phase : phases) {
        int64_t used = 0;
        for (int64_t i = 0; i < count; ++i) {
          const int64_t line = lines[i].source;
          if (line < first || line >= last) continue;
          for (const Tap& tap : phase.taps) {
            all[used++] = {((line - first) * width + tap.source - low) * from,
                           (lines[i].kernel * across.window + tap.kernel) * from};
            if (joined) break;
          }
        }
        const int64_t tiles = (phase.count + longest - 1) / longest;
        for (int64_t f = 0; f < to; f += kPair * kWidth) {
          const int64_t left = to - f, line = left > kWidth ? kPair * kWidth : kWidth;
          for (int64_t i = 0; i < used; ++i) packed_at[i] = {all[i].source, all[i].kernel * line};
          const Finish finish = bias ? Finish{starts + f, 0, true} : Finish();
          for (int64_t i = 0; i < tiles; ++i) {
            const int64_t p = phase.count * i / tiles, next = phase.count * (i + 1) / tiles;
            float* at = y + ((n * down.out + row) * across.out + phase.first + p * apart) * to + f;
            kTiles[left > kWidth][next - p - 1](source + p * step * from, step * from, packed_at.data(), used, depth,
                                                packed + f * taps * from, line, at, apart * to, left, finish);
          }
        }
      }
    }
  });
}

// The gradient of the kernel: each thread adds up its part of the batch.
void SumOfKernel(const Pool& pool, const float* x, const float* g, float* kernel, int64_t batch, int64_t channels,
                 int64_t filters, const Axis& down, const Axis& across) {
  const Plane plane = {batch,      down.source, across.source, channels,     down.out,
                       across.out, filters,     down.before,   across.before};
  if (OfThree(down, across) && plane.IsWorthIt() && channels * filters <= kMostTotals)
    return WinogradOfKernel(pool, x, g, kernel, plane);
  const int64_t padded = RoundUp(filters, kWidth), lines = down.window * across.window * channels;
  const int64_t shares = std::min(pool.Threads(), batch);
  float* totals = Scratch<0>(shares * lines * padded);
  const int64_t low = std::min<int64_t>(0, -across.before);
  const int64_t high = std::max(across.source, (across.out - 1) * across.stride - across.before +
                                                   (across.window - 1) * across.dilation + 1);
  const int64_t width = high - low;
  const int64_t row_bytes = (width * channels * down.stride + across.out * padded) * 4;
  const int64_t near = std::max<int64_t>(1, 2 * kNear / row_bytes);
  const bool joined = across.dilation == 1;  // taps side by side are one line of numbers
  const bool threes = joined && across.window == 3 && across.stride == 1 && padded == kWidth;
  const int64_t span = joined ? across.window * channels : channels, spans = joined ? 1 : across.window;

  InParallel(pool, shares, [&](int64_t share) {
    float* total = totals + share * lines * padded;
    std::memset(total, 0, lines * padded * 4);
    for (int64_t n = batch * share / shares; n < batch * (share + 1) / shares; ++n) {
      for (int64_t begin = 0; begin < down.out; begin += near) {
        const int64_t end = std::min(begin + near, down.out);
        const int64_t first = std::max<int64_t>(0, begin * down.stride - down.before);
        const int64_t last = std::min(
            down.source, (end - 1) * down.stride - down.before + (down.window - 1) * down.dilation + 1);
        float* scratch = Scratch<1>(std::max<int64_t>(last - first, 1) * width * channels);
        const float* source = Widened(x + n * down.source * across.source * channels, first, last, across.source,
                                      channels, -low, high - across.source, scratch);
        const float* part = g + (n * down.out + begin) * across.out * filters;
        if (padded != filters) {
          float* wide = Scratch<2>((end - begin) * across.out * padded);
          for (int64_t i = 0; i < (end - begin) * across.out; ++i) {
            std::memcpy(wide + i * padded, part + i * filters, filters * 4);
            std::memset(wide + i * padded + filters, 0, (padded - filters) * 4);
          }
          part = wide;
        }
        for (int64_t k = 0; k < down.window; ++k) {
          // The rows of this part whose tap lies within the image.
          const int64_t shift = k * down.dilation - down.before;
          int64_t from = begin, to = end;
          while (from < to && from * down.stride + shift < 0) ++from;
          while (from < to && (to - 1) * down.stride + shift >= down.source) --to;
          if (from == to) continue;
          for (int64_t s = 0; s < spans; ++s) {
            const float* at = source + ((from * down.stride + shift - first) * width + s * across.dilation -
                                        across.before - low) * channels;
            float* line = total + (k * across.window + s) * channels * padded;
            if (threes) {
              for (int64_t c = 0; c < channels; c += kThird) {
                const int64_t next = std::min<int64_t>(channels, c + kThird);
                kThreeOuters[next - c - 1](at + c, width * channels * down.stride, channels,
                                           part + (from - begin) * across.out * padded, across.out * padded, padded,
                                           to - from, across.out, line + c * padded, padded, channels);
              }
              continue;
            }
            const int64_t tiles = (span + kRows - 1) / kRows;
            for (int64_t f = 0; f < padded; f += kPair * kWidth) {
              const auto& outer_of = kOuters[padded - f > kWidth];
              for (int64_t i = 0; i < tiles; ++i) {
                const int64_t r = span * i / tiles, next = span * (i + 1) / tiles;
                outer_of[next - r - 1](at + r, down.stride * width * channels, across.stride * channels,
                                       part + (from - begin) * across.out * padded + f, across.out * padded, padded,
                                       to - from, across.out, line + r * padded + f, padded);
              }
            }
          }
        }
      }
    }
  });
  for (int64_t i = 0; i < lines; ++i)
    for (int64_t f = 0; f < filters; ++f) {
      float sum = 0;
      for (int64_t share = 0; share < shares; ++share) sum += totals[(share * lines + i) * padded + f];
      kernel[i * filters + f] = sum;
    }
}

Axis AxisOf(int i, Numbers strides, Numbers dilation, Numbers pads, int64_t window, int64_t source, int64_t out) {
  return {window, strides[i], dilation[i], pads[2 * i], source, out};
}

void Forward(Pool pool, Numbers strides, Numbers dilation, Numbers pads, Floats x, Floats kernel, FloatsOut y) {
  const auto a = x.shape, k = kernel.shape, b = y.shape;
  Correlate<false>(pool, x.data, kernel.data, y.data, a[0], k[2], k[3],
                   AxisOf(0, strides, dilation, pads, k[0], a[1], b[1]),
                   AxisOf(1, strides, dilation, pads, k[1], a[2], b[2]));
}

void ForwardRelu(Pool pool, Numbers strides, Numbers dilation, Numbers pads, Floats x, Floats kernel, Floats bias,
                 FloatsOut y) {
  const auto a = x.shape, k = kernel.shape, b = y.shape;
  Correlate<false>(pool, x.data, kernel.data, y.data, a[0], k[2], k[3],
                   AxisOf(0, strides, dilation, pads, k[0], a[1], b[1]),
                   AxisOf(1, strides, dilation, pads, k[1], a[2], b[2]), bias.data);
}

void OfInputs(Pool pool, Numbers strides, Numbers dilation, Numbers pads, Floats g, Floats kernel, FloatsOut x) {
  const auto a = g.shape, k = kernel.shape, b = x.shape;
  Correlate<true>(pool, g.data, kernel.data, x.data, a[0], k[2], k[3],
                  AxisOf(0, strides, dilation, pads, k[0], a[1], b[1]),
                  AxisOf(1, strides, dilation, pads, k[1], a[2], b[2]));
}

void OfKernel(Pool pool, Numbers strides, Numbers dilation, Numbers pads, Floats x, Floats g, FloatsOut kernel) {
  const auto a = x.shape, b = g.shape, k = kernel.shape;
  SumOfKernel(pool, x.data, g.data, kernel.data, a[0], k[2], k[3], AxisOf(0, strides, dilation, pads, k[0], a[1], b[1]),
              AxisOf(1, strides, dilation, pads, k[1], a[2], b[2]));
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(convolution, Forward, "strides dilation pads")
HORNBEAM_KERNEL(convolution_relu, ForwardRelu, "strides dilation pads")
HORNBEAM_KERNEL(convolution_of_inputs, OfInputs, "strides dilation pads")
HORNBEAM_KERNEL(convolution_of_kernel, OfKernel, "strides dilation pads")
