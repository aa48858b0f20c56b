// Means, variances and sums of products of the columns of a matrix, whose rows are all axes of an array but the last.
#include "vector.h"

namespace hornbeam {
namespace {

constexpr int64_t kChunk = 4096;  // numbers that are summed by themselves: near memory, and small errors

// Calls on(first row, rows, share) for the chunks of each thread's share of the rows.
template <typename On>
void EachChunk(const Pool& pool, int64_t rows, int64_t columns, int64_t shares, const On& on) {
  const int64_t chunk = std::max<int64_t>(1, kChunk / columns);
  InParallel(pool, shares, [&](int64_t share) {
    const int64_t last = rows * (share + 1) / shares;
    for (int64_t row = rows * share / shares; row < last; row += chunk) on(row, std::min(chunk, last - row), share);
  });
}

// totals[c] = the sum over rows of at(row, c); columns go in blocks whose sums stay in registers.
template <int width, typename At>
void SumBlock(int64_t rows, int64_t column, int64_t columns, float* totals, const At& at) {
  float sums[width] = {};
  const int64_t count = std::min<int64_t>(width, columns - column);
  if (count == width) {
    for (int64_t r = 0; r < rows; ++r)
#pragma GCC unroll 64
      for (int c = 0; c < width; ++c) sums[c] += at(r, column + c);
  } else {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < count; ++c) sums[c] += at(r, column + c);
  }
  std::copy_n(sums, count, totals + column);
}

template <typename At>
void SumColumns(int64_t rows, int64_t columns, float* totals, const At& at) {
  int64_t c = 0;
  for (; columns - c >= 4 * kWidth; c += 4 * kWidth) SumBlock<4 * kWidth>(rows, c, columns, totals, at);
  for (; c < columns; c += kWidth) SumBlock<kWidth>(rows, c, columns, totals, at);
}

int64_t SharesOf(const Pool& pool, int64_t rows) { return std::min(pool.Threads(), rows); }

// Both lines of `out` (2, columns): mean and variance. Chunks are joined by the rule of Chan, Golub and LeVeque (1983).
void Moments(Pool pool, Floats x, FloatsOut out) {
  const int64_t columns = x.shape.Last(), rows = x.Size() / columns;
  const int64_t shares = SharesOf(pool, rows);
  // Of each share: means, sums of squares about them, and a chunk's of both.
  float* kept = Scratch<0>(shares * 4 * columns);
  std::vector<int64_t> counts(shares, 0);
  const auto join = [columns](float* mean, float* squares, int64_t count, const float* more, const float* its,
                              int64_t n) {
    if (count == 0) {
      std::copy_n(more, columns, mean);
      std::copy_n(its, columns, squares);
      return;
    }
    const float part = static_cast<float>(n) / static_cast<float>(count + n);
    const float both = static_cast<float>(count) * part;
    for (int64_t c = 0; c < columns; ++c) {
      const float far = more[c] - mean[c];
      mean[c] += far * part;
      squares[c] += its[c] + far * far * both;
    }
  };
  EachChunk(pool, rows, columns, shares, [&](int64_t first, int64_t n, int64_t share) {
    float *mean = kept + share * 4 * columns, *chunk = mean + 2 * columns;
    const float* from = x.data + first * columns;
    SumColumns(n, columns, chunk, [=](int64_t r, int64_t c) { return from[r * columns + c]; });
    for (int64_t c = 0; c < columns; ++c) chunk[c] /= static_cast<float>(n);
    SumColumns(n, columns, chunk + columns, [=](int64_t r, int64_t c) {
      const float far = from[r * columns + c] - chunk[c];
      return far * far;
    });
    join(mean, mean + columns, counts[share], chunk, chunk + columns, n);
    counts[share] += n;
  });
  for (int64_t share = 1; share < shares; ++share) {
    const float* mean = kept + share * 4 * columns;
    join(kept, kept + columns, counts[0], mean, mean + columns, counts[share]);
    counts[0] += counts[share];
  }
  float* to = out.data;
  std::copy_n(kept, columns, to);
  for (int64_t c = 0; c < columns; ++c) to[columns + c] = kept[columns + c] / static_cast<float>(rows);
}

// The sum over rows of a * b, for each column.
void Products(Pool pool, Floats a, Floats b, FloatsOut out) {
  const int64_t columns = a.shape.Last(), rows = a.Size() / columns;
  const int64_t shares = SharesOf(pool, rows);
  float* kept = Scratch<0>(shares * 2 * columns);
  std::fill_n(kept, shares * 2 * columns, 0.0f);
  EachChunk(pool, rows, columns, shares, [&](int64_t first, int64_t n, int64_t share) {
    float *total = kept + share * 2 * columns, *chunk = total + columns;
    const float *left = a.data + first * columns, *right = b.data + first * columns;
    SumColumns(n, columns, chunk,
               [=](int64_t r, int64_t c) { return left[r * columns + c] * right[r * columns + c]; });
    for (int64_t c = 0; c < columns; ++c) total[c] += chunk[c];
  });
  float* to = out.data;
  std::copy_n(kept, columns, to);
  for (int64_t share = 1; share < shares; ++share)
    for (int64_t c = 0; c < columns; ++c) to[c] += kept[share * 2 * columns + c];
}

}  // namespace
}  // namespace hornbeam

HORNBEAM_KERNEL(moments, Moments, "")
HORNBEAM_KERNEL(column_products, Products, "")
