// A step of Adam: a value and its two running means, read and written once.
#include <cmath>

#include "vector.h"

namespace hornbeam {
namespace {

constexpr int64_t kTask = 1 << 14, kBlock = 256;  // numbers of a task, and of what is copied to be worked on

// `of_mean` and `of_square` are the parts that a gradient has in the means.
void Adam(Pool pool, float of_mean, float of_square, float epsilon, Floats gradient, Floats value, Floats mean,
          Floats square, Floats rate, FloatsOut new_value, FloatsOut new_mean, FloatsOut new_square) {
  const int64_t size = value.Size();
  const float step = *rate.data;
  InParallel(pool, (size + kTask - 1) / kTask, [&](int64_t task) {
    float g[kBlock], w[kBlock], m[kBlock], v[kBlock];
    const int64_t last = std::min(size, (task + 1) * kTask);
    for (int64_t at = task * kTask; at < last; at += kBlock) {
      const int64_t count = std::min(kBlock, last - at);
      std::memcpy(g, gradient.data + at, count * 4);
      std::memcpy(w, value.data + at, count * 4);
      std::memcpy(m, mean.data + at, count * 4);
      std::memcpy(v, square.data + at, count * 4);
      for (int64_t i = 0; i < count; ++i) {
        m[i] += (g[i] - m[i]) * of_mean;
        v[i] += (g[i] * g[i] - v[i]) * of_square;
        w[i] -= step * m[i] / (std::sqrt(v[i]) + epsilon);
      }
      std::memcpy(new_value.data + at, w, count * 4);
      std::memcpy(new_mean.data + at, m, count * 4);
      std::memcpy(new_square.data + at, v, count * 4);
    }
  });
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(adam, Adam, "of_mean of_square epsilon")
