// Layer normalization over the last axis, and its gradient: each row is read once, with nothing kept in between.
#include <cmath>

#include "vector.h"

namespace hornbeam {
namespace {

// The next numbers of a row; `fill` after its end.
Vector Part(const float* at, int64_t left, float fill) {
  if (left >= kWidth) return Load(at);
  Vector v = Spread(fill);
  std::memcpy(&v, at, left * 4);
  return v;
}

void StorePart(float* at, int64_t left, Vector v) {
  if (left >= kWidth) {
    Store(at, v);
  } else {
    std::memcpy(at, &v, left * 4);
  }
}

struct Row {
  float mean, factor;
};

Row RowOf(const float* x, int64_t size, float epsilon) {
  Vector sum = {}, squares = {};
  for (int64_t j = 0; j < size; j += kWidth) sum += Part(x + j, size - j, 0);
  const float mean = Sum(sum) / size;
  for (int64_t j = 0; j < size; j += kWidth) {
    const Vector deviation = Part(x + j, size - j, mean) - mean;
    squares += deviation * deviation;
  }
  return {mean, 1 / std::sqrt(Sum(squares) / size + epsilon)};
}

void Forward(const Pool& pool, const float* x, const float* gamma, const float* beta, float epsilon, int64_t rows,
             int64_t size, float* y) {
  const int64_t shares = std::min(rows, 2 * pool.Threads());
  InParallel(pool, shares, [&](int64_t share) {
    for (int64_t row = rows * share / shares; row < rows * (share + 1) / shares; ++row) {
      const float* at = x + row * size;
      const auto [mean, factor] = RowOf(at, size, epsilon);
      for (int64_t j = 0; j < size; j += kWidth) {
        const int64_t left = size - j;
        const Vector scaled = (Part(at + j, left, 0) - mean) * factor;
        StorePart(y + row * size + j, left, scaled * Part(gamma + j, left, 0) + Part(beta + j, left, 0));
      }
    }
  });
}

void Backward(const Pool& pool, const float* g, const float* x, const float* gamma, float epsilon, int64_t rows,
              int64_t size, float* dx, float* dgamma, float* dbeta) {
  const int64_t shares = std::min<int64_t>(rows, pool.Threads()), room = RoundUp(size, kWidth);
  float* totals = Scratch<0>(shares * 2 * room);
  InParallel(pool, shares, [&](int64_t share) {
    float *of_gamma = totals + share * 2 * room, *of_beta = of_gamma + room;
    std::fill(of_gamma, of_beta + room, 0.0f);
    for (int64_t row = rows * share / shares; row < rows * (share + 1) / shares; ++row) {
      const float *at = x + row * size, *to = g + row * size;
      const auto [mean, factor] = RowOf(at, size, epsilon);
      Vector sum = {}, product = {};
      for (int64_t j = 0; j < size; j += kWidth) {
        const int64_t left = size - j;
        const Vector change = Part(to + j, left, 0), scaled = (Part(at + j, left, mean) - mean) * factor;
        const Vector inner = change * Part(gamma + j, left, 0);
        Store(of_gamma + j, Load(of_gamma + j) + change * scaled);
        Store(of_beta + j, Load(of_beta + j) + change);
        sum += inner;
        product += inner * scaled;
      }
      const float shift = Sum(sum) / size, slope = Sum(product) / size;
      for (int64_t j = 0; j < size; j += kWidth) {
        const int64_t left = size - j;
        const Vector inner = Part(to + j, left, 0) * Part(gamma + j, left, 0);
        const Vector scaled = (Part(at + j, left, mean) - mean) * factor;
        StorePart(dx + row * size + j, left, (inner - shift - scaled * slope) * factor);
      }
    }
  });
  std::fill(dgamma, dgamma + size, 0.0f);
  std::fill(dbeta, dbeta + size, 0.0f);
  for (int64_t share = 0; share < shares; ++share) {
    Add(totals + share * 2 * room, size, dgamma);
    Add(totals + (share * 2 + 1) * room, size, dbeta);
  }
}

void ForwardHandler(Pool pool, Span<float> epsilon, Floats x, Floats gamma, Floats beta, FloatsOut y) {
  const int64_t size = gamma.Size();
  Forward(pool, x.data, gamma.data, beta.data, epsilon[0], x.Size() / size, size, y.data);
}

void BackwardHandler(Pool pool, Span<float> epsilon, Floats g, Floats x, Floats gamma, Floats, FloatsOut dx,
                     FloatsOut dgamma, FloatsOut dbeta) {
  const int64_t size = gamma.Size();
  Backward(pool, g.data, x.data, gamma.data, epsilon[0], x.Size() / size, size, dx.data, dgamma.data, dbeta.data);
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(layer_normalization, ForwardHandler, "epsilon")
HORNBEAM_KERNEL(layer_normalization_gradient, BackwardHandler, "epsilon")
