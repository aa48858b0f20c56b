// Convolutions by windows of 3x3, not strided, with 16 multiplications in place of 36 for each square of 2x2 results:
// a square is made from the 4x4 places that it sees, as 16 sums of them; each is a product of matrices over all
// squares, and the results are sums of the 16. Winograd's F(2x2, 3x3), after Lavin and Gray, 2015.
#pragma once

#include "product.h"

namespace hornbeam {

constexpr int64_t kSquare = 2, kSeen = 4, kSums = kSeen * kSeen;
constexpr int64_t kMostTotals = 128 * 128;  // channels times filters, for a thread's 16 totals to stay there, too
constexpr int64_t kHeld = 256 << 10;        // bytes of sums that a task works on, to stay in the second cache

// A convolution of (batch, rows, columns, from) to (batch, out_rows, out_columns, to), with so many zeros in front.
struct Plane {
  int64_t batch, rows, columns, from, out_rows, out_columns, to, before_rows, before_columns;
  int64_t Down() const { return (out_rows + kSquare - 1) / kSquare; }
  int64_t Across() const { return (out_columns + kSquare - 1) / kSquare; }
  // Whether there are enough products for what the sums cost, of places and of the kernel.
  bool IsWorthIt() const {
    return from % kWidth == 0 && to % kWidth == 0 && from * to >= 512 && batch * Down() * Across() >= 128;
  }
};

// The sums of a kernel (3, 3, channels, filters), each packed as PackBlock does: (sum, block of `to`, from, `to` of the
// block). The gradient of the inputs takes filters for channels, and the taps the other way round.
template <bool gradient>
void PackSums(const Pool& pool, const float* kernel, const Plane& plane, float* packed) {
  const int64_t from = plane.from, to = plane.to;
  constexpr int64_t block = kPair * kWidth;
  InParallel(pool, from, [&](int64_t c) {
    for (int64_t k = 0; k < to; ++k) {
      const auto tap = [&](int64_t i, int64_t j) {
        return gradient ? kernel[((8 - 3 * i - j) * to + k) * from + c] : kernel[((3 * i + j) * from + c) * to + k];
      };
      float half[kSeen][3];
      for (int64_t j = 0; j < 3; ++j) {
        const float a = tap(0, j), b = tap(1, j), d = tap(2, j);
        half[0][j] = a, half[1][j] = (a + b + d) / 2, half[2][j] = (a - b + d) / 2, half[3][j] = d;
      }
      const int64_t first = k / block * block, width = std::min(block, to - first);
      float* at = packed + first * from + c * width + k - first;
      for (int64_t i = 0; i < kSeen; ++i) {
        const float a = half[i][0], b = half[i][1], d = half[i][2];
        const float sums[kSeen] = {a, (a + b + d) / 2, (a - b + d) / 2, d};
        for (int64_t j = 0; j < kSeen; ++j) at[(i * kSeen + j) * from * to] = sums[j];
      }
    }
  });
}

// The sums of one square's 4x4 places, whose channels lie at `seen`; sums (sum, square, channel) `apart`.
inline void SumsOf(const float* const (&seen)[kSeen][kSeen], int64_t channels, float* sums, int64_t apart) {
  for (int64_t c = 0; c < channels; c += kWidth) {
    Vector half[kSeen][kSeen];
#pragma GCC unroll 4
    for (int j = 0; j < kSeen; ++j) {
      const Vector a = Load(seen[0][j] + c), b = Load(seen[1][j] + c), d = Load(seen[2][j] + c);
      half[0][j] = a - d, half[1][j] = b + d, half[2][j] = d - b, half[3][j] = b - Load(seen[3][j] + c);
    }
#pragma GCC unroll 4
    for (int i = 0; i < kSeen; ++i) {
      float* at = sums + i * kSeen * apart + c;
      Store(at, half[i][0] - half[i][2]);
      Store(at + apart, half[i][1] + half[i][2]);
      Store(at + 2 * apart, half[i][2] - half[i][1]);
      Store(at + 3 * apart, half[i][1] - half[i][3]);
    }
  }
}

// One of the two images of a convolution, where the squares of results, or what they see, lie in it.
template <typename T>
struct Image {
  T* at;
  int64_t rows, columns, channels, before_rows, before_columns;
  T* beyond;  // what stands for a place outside
};

// Calls visit(square, its places, count by count) for the squares in rows [first, last) of them.
template <int count, typename T, typename Visit>
void EachSquare(const Image<T>& image, int64_t across, int64_t first, int64_t last, const Visit& visit) {
  for (int64_t square = 0; square < (last - first) * across; ++square) {
    const int64_t top = (first + square / across) * kSquare - image.before_rows;
    const int64_t left = square % across * kSquare - image.before_columns;
    T* places[count][count];
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < count; ++j) {
        const int64_t row = top + i, column = left + j;
        const bool inside = row >= 0 && row < image.rows && column >= 0 && column < image.columns;
        places[i][j] = inside ? image.at + (row * image.columns + column) * image.channels : image.beyond;
      }
    visit(square, places);
  }
}

// The sums of the squares in rows [first, last) of them: (sum, square, channel).
inline void SumsOfRows(const float* x, const Plane& plane, int64_t first, int64_t last, const float* zeros,
                       float* sums) {
  const int64_t from = plane.from, across = plane.Across(), squares = (last - first) * across;
  const Image<const float> image = {x, plane.rows, plane.columns, from, plane.before_rows, plane.before_columns, zeros};
  EachSquare<kSeen>(image, across, first, last, [&](int64_t square, const auto& seen) {
    SumsOf(seen, from, sums + square * from, squares * from);
  });
}

// A square of results from its sums; those at null are beyond the edge.
inline void ResultsOf(const float* sums, int64_t apart, const float* bias, int64_t filters,
                      float* const (&to)[kSquare][kSquare]) {
  for (int64_t f = 0; f < filters; f += kWidth) {
    Vector half[kSquare][kSeen];
#pragma GCC unroll 4
    for (int j = 0; j < kSeen; ++j) {
      const float* at = sums + j * apart + f;
      const Vector b = Load(at + kSeen * apart), d = Load(at + 2 * kSeen * apart);
      half[0][j] = Load(at) + b + d, half[1][j] = b - d - Load(at + 3 * kSeen * apart);
    }
#pragma GCC unroll 2
    for (int i = 0; i < kSquare; ++i) {
      Vector results[kSquare] = {half[i][0] + half[i][1] + half[i][2], half[i][1] - half[i][2] - half[i][3]};
#pragma GCC unroll 2
      for (int j = 0; j < kSquare; ++j) {
        if (!to[i][j]) continue;
        if (bias) {
          results[j] += Load(bias + f);
          results[j] = results[j] < 0.0f ? Vector{} : results[j];  // NaN stays
        }
        Store(to[i][j] + f, results[j]);
      }
    }
  }
}

// The other way round: what a square of gradients adds to each of the sums.
inline void SpreadOut(const float* const (&g)[kSquare][kSquare], int64_t filters, float* sums, int64_t apart) {
  for (int64_t f = 0; f < filters; f += kWidth) {
    Vector half[kSeen][kSquare];
#pragma GCC unroll 2
    for (int j = 0; j < kSquare; ++j) {
      const Vector a = Load(g[0][j] + f), b = Load(g[1][j] + f);
      half[0][j] = a, half[1][j] = a + b, half[2][j] = a - b, half[3][j] = -b;
    }
#pragma GCC unroll 4
    for (int i = 0; i < kSeen; ++i) {
      float* at = sums + i * kSeen * apart + f;
      Store(at, half[i][0]);
      Store(at + apart, half[i][0] + half[i][1]);
      Store(at + 2 * apart, half[i][0] - half[i][1]);
      Store(at + 3 * apart, -half[i][1]);
    }
  }
}

// Rows of squares that make a task: as many as stay near, and few enough for all threads to have some.
inline int64_t RowsOfSquares(const Plane& plane, int64_t threads) {
  const int64_t parts = (4 * threads + plane.batch - 1) / plane.batch;  // of an image
  const int64_t near = kHeld / (kSums * (plane.from + plane.to) * 4 * plane.Across());
  return std::clamp<int64_t>(near, 1, std::max<int64_t>(1, plane.Down() / parts));
}

// y (batch, out, out, to) from x (batch, in, in, from), both of whole vectors; `bias`, if there is, ends in a relu.
template <bool gradient>
void Winograd(const Pool& pool, const float* x, const float* kernel, float* y, const Plane& plane, const float* bias) {
  const int64_t from = plane.from, to = plane.to;
  float *packed = Scratch<0>(kSums * from * to + from), *zeros = packed + kSums * from * to;
  PackSums<gradient>(pool, kernel, plane, packed);
  std::fill_n(zeros, from, 0.0f);
  const int64_t rows = RowsOfSquares(plane, pool.Threads()), parts = (plane.Down() + rows - 1) / rows;

  InParallel(pool, plane.batch * parts, [&](int64_t task) {
    const int64_t n = task / parts, first = task % parts * rows, last = std::min(first + rows, plane.Down());
    const int64_t squares = (last - first) * plane.Across();
    float *seen = Scratch<1>(kSums * squares * (from + to)), *sums = seen + kSums * squares * from;
    SumsOfRows(x + n * plane.rows * plane.columns * from, plane, first, last, zeros, seen);
    for (int64_t i = 0; i < kSums; ++i)
      Product(seen + i * squares * from, from, packed + i * from * to, sums + i * squares * to, to, squares, from, to);
    const Image<float> image = {
        y + n * plane.out_rows * plane.out_columns * to, plane.out_rows, plane.out_columns, to, 0, 0, nullptr};
    EachSquare<kSquare>(image, plane.Across(), first, last, [&](int64_t square, const auto& at) {
      ResultsOf(sums + square * to, squares * to, bias, to, at);
    });
  });
}

// The gradient of the kernel (3, 3, from, to), whose 16 sums each thread adds up over its part of the squares.
inline void WinogradOfKernel(const Pool& pool, const float* x, const float* g, float* kernel, const Plane& plane) {
  const int64_t from = plane.from, to = plane.to, size = kSums * from * to;
  const int64_t rows = RowsOfSquares(plane, pool.Threads()), parts = (plane.Down() + rows - 1) / rows;
  const int64_t count = plane.batch * parts, shares = std::min(pool.Threads(), count);
  float *totals = Scratch<0>(shares * size + from + to), *zeros = totals + shares * size;
  std::fill_n(totals, shares * size + from + to, 0.0f);

  InParallel(pool, shares, [&](int64_t share) {
    for (int64_t part = count * share / shares; part < count * (share + 1) / shares; ++part) {
      const int64_t n = part / parts, first = part % parts * rows, last = std::min(first + rows, plane.Down());
      const int64_t squares = (last - first) * plane.Across();
      float *seen = Scratch<1>(kSums * squares * (from + to)), *spread = seen + kSums * squares * from;
      SumsOfRows(x + n * plane.rows * plane.columns * from, plane, first, last, zeros, seen);
      const Image<const float> image = {
          g + n * plane.out_rows * plane.out_columns * to, plane.out_rows, plane.out_columns, to, 0, 0, zeros};
      EachSquare<kSquare>(image, plane.Across(), first, last, [&](int64_t square, const auto& at) {
        SpreadOut(at, to, spread + square * to, squares * to);
      });
      for (int64_t i = 0; i < kSums; ++i)
        AddTurnedProduct(seen + i * squares * from, from, spread + i * squares * to, to, squares, from, to,
                         totals + share * size + i * from * to);
    }
  });

  InParallel(pool, from, [&](int64_t c) {
    for (int64_t f = 0; f < to; f += kWidth) {
      Vector half[3][kSeen];
      for (int64_t j = 0; j < kSeen; ++j) {
        Vector sums[kSeen] = {};
        for (int64_t i = 0; i < kSeen; ++i)
          for (int64_t share = 0; share < shares; ++share)
            sums[i] += Load(totals + share * size + ((i * kSeen + j) * from + c) * to + f);
        half[0][j] = sums[0] + (sums[1] + sums[2]) / 2;
        half[1][j] = (sums[1] - sums[2]) / 2;
        half[2][j] = (sums[1] + sums[2]) / 2 + sums[3];
      }
      for (int64_t i = 0; i < 3; ++i) {
        float* at = kernel + (3 * i * from + c) * to + f;
        Store(at, half[i][0] + (half[i][1] + half[i][2]) / 2);
        Store(at + from * to, (half[i][1] - half[i][2]) / 2);
        Store(at + 2 * from * to, (half[i][1] + half[i][2]) / 2 + half[i][3]);
      }
    }
  });
}

}  // namespace hornbeam
