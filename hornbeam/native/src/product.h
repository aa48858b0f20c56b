// Products of matrices in small parts whose sums stay in registers: what convolutions, recurrences and attention do.
#pragma once

#include "vector.h"

namespace hornbeam {

struct Tap {
  int64_t source, kernel;  // places along an axis, or where the numbers of both lie
};

// Where the sums of a place start, if not at 0: N vectors, those of the next place `step` further. And whether 0 is the
// least that is written.
struct Finish {
  const float* start = nullptr;
  int64_t step = 0;
  bool relu = false;
};

// y[p] = the sum over taps and c < channels of x[tap.source + p * step + c] times the line of N vectors at
// w + tap.kernel + c * w_step, for P places. Of the last vector only what is below `filters` is written.
using TileOf = void(const float* x, int64_t step, const Tap* taps, int64_t count, int64_t channels, const float* w,
                    int64_t w_step, float* y, int64_t y_step, int64_t filters, const Finish& finish);
extern const std::array<TileOf*, kRows> kTiles[kPair];  // [N - 1][P - 1]

// sums[r][n] += x[r] * g[n], over rows and columns of an image.
using OuterOf = void(const float* x, int64_t x_row, int64_t x_step, const float* g, int64_t g_row, int64_t g_step,
                     int64_t rows, int64_t columns, float* total, int64_t total_step);
extern const std::array<OuterOf*, kRows> kOuters[kPair];  // [N - 1][R - 1]

// As Outer, for one vector of g, with three lines `span` apart in `total`: the second takes each place of g with the x
// after it, the third with the one after that, so that each number of x is loaded once for three products.
using ThreeOuterOf = void(const float* x, int64_t x_row, int64_t x_step, const float* g, int64_t g_row, int64_t g_step,
                          int64_t rows, int64_t columns, float* total, int64_t total_step, int64_t span);
constexpr int kThird = (kRegisters - 4) / 3;                  // the most lines
extern const std::array<ThreeOuterOf*, kThird> kThreeOuters;  // [R - 1]

// Lines of a pair of vectors, (block of columns, row, column of the block), from `rows` lines of `columns` numbers;
// zeros after the last column. Where `turned`, the matrix lies the other way round, as columns of `rows` numbers.
inline void PackBlock(const float* matrix, int64_t step, bool turned, int64_t rows, int64_t columns, int64_t block,
                      float* packed) {
  const int64_t first = block * kPair * kWidth, left = std::min<int64_t>(kPair * kWidth, columns - first);
  const int64_t width = RoundUp(left, kWidth);
  float* out = packed + first * rows;
  for (int64_t r = 0; r < rows; ++r, out += width) {
    for (int64_t i = 0; i < left; ++i) out[i] = turned ? matrix[(first + i) * step + r] : matrix[r * step + first + i];
    for (int64_t i = left; i < width; ++i) out[i] = 0;
  }
}

// y (rows, columns) = x (rows, depth) times a matrix (depth, columns) packed by PackBlock, all blocks of it. Where more
// than `depth` rows were packed, `packed_rows` says how many.
inline void Product(const float* x, int64_t x_step, const float* packed, float* y, int64_t y_step, int64_t rows,
                    int64_t depth, int64_t columns, int64_t packed_rows = 0) {
  const Tap whole = {0, 0};
  const int64_t tiles = (rows + kPlaces - 1) / kPlaces;
  packed_rows = std::max(packed_rows, depth);
  const Finish plain;
  for (int64_t f = 0; f < columns; f += kPair * kWidth) {
    const int64_t left = columns - f, width = left > kWidth ? 2 * kWidth : kWidth;
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t p = rows * i / tiles, next = rows * (i + 1) / tiles;
      kTiles[left > kWidth][next - p - 1](x + p * x_step, x_step, &whole, 1, depth, packed + f * packed_rows, width,
                                          y + p * y_step + f, y_step, left, plain);
    }
  }
}

// total (lines, columns) += the transpose of x (rows, lines) times g (rows, columns), columns that fill whole vectors.
inline void AddTurnedProduct(const float* x, int64_t x_step, const float* g, int64_t g_step, int64_t rows,
                             int64_t lines, int64_t columns, float* total) {
  const int64_t tiles = (lines + kRows - 1) / kRows;
  for (int64_t f = 0; f < columns; f += kPair * kWidth) {
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t p = lines * i / tiles, next = lines * (i + 1) / tiles;
      kOuters[columns - f > kWidth][next - p - 1](x + p, 0, x_step, g + f, 0, g_step, 1, rows, total + p * columns + f,
                                                  columns);
    }
  }
}

}  // namespace hornbeam
