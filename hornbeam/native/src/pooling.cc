// The largest element of each window of (batch, rows, columns, channels), and its gradient.
#include "vector.h"

namespace hornbeam {
namespace {

// One axis: windows of `window` places, `stride` apart, over `source` places with `before` more in front.
struct Axis {
  int64_t window, stride, before, source, out;
  int64_t First(int64_t o) const { return std::max<int64_t>(0, o * stride - before); }
  int64_t Last(int64_t o) const { return std::min(source, o * stride - before + window); }
};

struct Windows {
  Axis down, across;
  int64_t channels;

  Windows(Numbers window, Numbers strides, Numbers pads, Numbers x, Numbers y)
      : down{window[0], strides[0], pads[0], x[1], y[1]},
        across{window[1], strides[1], pads[2], x[2], y[2]},
        channels(x[3]) {}

  int64_t Inputs() const { return down.source * across.source * channels; }
  int64_t Outputs() const { return down.out * across.out * channels; }

  // Calls visit(result, element) for all elements of all windows of a row of results: where both lie in a sample.
  // begin(result) comes before those of a window.
  template <typename Begin, typename Visit>
  void Row(int64_t row, const Begin& begin, const Visit& visit) const {
    for (int64_t o = 0; o < across.out; ++o) {
      const int64_t result = (row * across.out + o) * channels;
      begin(result);
      for (int64_t i = down.First(row); i < down.Last(row); ++i)
        for (int64_t j = across.First(o); j < across.Last(o); ++j)
          visit(result, (i * across.source + j) * channels);
    }
  }
};

void Forward(Pool pool, Numbers window, Numbers strides, Numbers pads, Floats x, FloatsOut y) {
  const Windows w(window, strides, pads, x.shape, y.shape);
  InParallel(pool, x.shape[0] * w.down.out, [&](int64_t task) {
    const int64_t n = task / w.down.out, channels = w.channels;
    const float* inputs = x.data + n * w.Inputs();
    float* outputs = y.data + n * w.Outputs();
    w.Row(
        task % w.down.out,
        [&](int64_t result) { std::fill_n(outputs + result, channels, -std::numeric_limits<float>::infinity()); },
        [&](int64_t result, int64_t element) {
          const float* __restrict from = inputs + element;
          float* __restrict best = outputs + result;
          for (int64_t c = 0; c < channels; ++c)
            best[c] = (from[c] > best[c]) | (from[c] != from[c]) ? from[c] : best[c];
        });
  });
}

// Calls visit(result, element, channel, whether the result is this element) for all of a sample.
template <typename Visit>
void EachTaken(const Windows& w, const float* inputs, const float* outputs, const Visit& visit) {
  const int64_t channels = w.channels;
  float* left = Scratch<0>(channels);
  for (int64_t row = 0; row < w.down.out; ++row)
    w.Row(
        row, [&](int64_t) { std::fill_n(left, channels, 1.0f); },
        [&](int64_t result, int64_t element) {
          const float *__restrict in = inputs + element, *__restrict best = outputs + result;
          float* __restrict rest = left;
          for (int64_t c = 0; c < channels; ++c) {
            const bool equal = (in[c] == best[c]) | ((in[c] != in[c]) & (best[c] != best[c]));
            const bool takes = equal & (rest[c] != 0.0f);
            rest[c] = equal ? 0.0f : rest[c];
            visit(result + c, element + c, takes);
          }
        });
}

// The change of each result is that of the first element of its window that is equal to it, or NaN where it is.
void Change(Pool pool, Numbers window, Numbers strides, Numbers pads, Floats x, Floats y, Floats change,
            FloatsOut of_y) {
  const Windows w(window, strides, pads, x.shape, y.shape);
  InParallel(pool, x.shape[0], [&](int64_t n) {
    const float* __restrict from = change.data + n * w.Inputs();
    float* __restrict to = of_y.data + n * w.Outputs();
    std::fill_n(to, w.Outputs(), 0.0f);
    EachTaken(w, x.data + n * w.Inputs(), y.data + n * w.Outputs(),
              [&](int64_t result, int64_t element, bool takes) { to[result] = takes ? from[element] : to[result]; });
  });
}

// The other way round: the gradient of a result goes to that element.
void Gradient(Pool pool, Numbers window, Numbers strides, Numbers pads, Floats x, Floats y, Floats g, FloatsOut of_x) {
  const Windows w(window, strides, pads, x.shape, y.shape);
  InParallel(pool, x.shape[0], [&](int64_t n) {
    const float* __restrict from = g.data + n * w.Outputs();
    float* __restrict to = of_x.data + n * w.Inputs();
    std::fill_n(to, w.Inputs(), 0.0f);
    EachTaken(w, x.data + n * w.Inputs(), y.data + n * w.Outputs(),
              [&](int64_t result, int64_t element, bool takes) { to[element] += takes ? from[result] : 0.0f; });
  });
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(largest, Forward, "window strides pads")
HORNBEAM_KERNEL(largest_change, Change, "window strides pads")
HORNBEAM_KERNEL(largest_gradient, Gradient, "window strides pads")
