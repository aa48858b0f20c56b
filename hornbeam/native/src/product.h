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
template <int P, int N>
void Tile(const float* x, int64_t step, const Tap* taps, int64_t count, int64_t channels, const float* w,
          int64_t w_step, float* y, int64_t y_step, int64_t filters, Finish finish) {
  Vector sums[P][N] = {};
  if (finish.start) {
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) sums[p][n] = Load(finish.start + p * finish.step + n * kWidth);
  }
  for (int64_t t = 0; t < count; ++t) {
    const float *at = x + taps[t].source, *line = w + taps[t].kernel;
    for (int64_t c = 0; c < channels; ++c, line += w_step) {
      Vector row[N];
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) row[n] = Load(line + n * kWidth);
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p) {
        const Vector number = Spread(at[p * step + c]);
#pragma GCC unroll 16
        for (int n = 0; n < N; ++n) sums[p][n] += number * row[n];
      }
    }
  }
  if (finish.relu) {
    for (int p = 0; p < P; ++p)
      for (int n = 0; n < N; ++n) sums[p][n] = sums[p][n] < 0.0f ? Vector{} : sums[p][n];  // NaN stays
  }
  for (int p = 0; p < P; ++p, y += y_step) {
    if (filters >= N * kWidth) {
      for (int n = 0; n < N; ++n) Store(y + n * kWidth, sums[p][n]);
    } else {
      std::memcpy(y, sums[p], filters * 4);
    }
  }
}

using TileOf = decltype(&Tile<1, 1>);

template <int N, int... P>
constexpr std::array<TileOf, sizeof...(P)> TilesOf(std::integer_sequence<int, P...>) {
  return {&Tile<P + 1, N>...};
}
constexpr std::array<TileOf, kRows> kTiles[kPair] = {TilesOf<1>(std::make_integer_sequence<int, kRows>()),
                                                     TilesOf<2>(std::make_integer_sequence<int, kRows>())};

// sums[r][n] += x[r] * g[n], over rows and columns of an image.
template <int R, int N>
void Outer(const float* x, int64_t x_row, int64_t x_step, const float* g, int64_t g_row, int64_t g_step, int64_t rows,
           int64_t columns, float* total, int64_t total_step) {
  Vector sums[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) sums[r][n] = Load(total + r * total_step + n * kWidth);
  for (int64_t row = 0; row < rows; ++row) {
    const float *at = x + row * x_row, *to = g + row * g_row;
    for (int64_t i = 0; i < columns; ++i, at += x_step, to += g_step) {
      Vector part[N];
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) part[n] = Load(to + n * kWidth);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Vector number = Spread(at[r]);
#pragma GCC unroll 16
        for (int n = 0; n < N; ++n) sums[r][n] += number * part[n];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) Store(total + r * total_step + n * kWidth, sums[r][n]);
}

using OuterOf = decltype(&Outer<1, 1>);

template <int N, int... R>
constexpr std::array<OuterOf, sizeof...(R)> OutersOf(std::integer_sequence<int, R...>) {
  return {&Outer<R + 1, N>...};
}
constexpr std::array<OuterOf, kRows> kOuters[kPair] = {OutersOf<1>(std::make_integer_sequence<int, kRows>()),
                                                       OutersOf<2>(std::make_integer_sequence<int, kRows>())};

// As Outer, for one vector of g, with three lines `span` apart in `total`: the second takes each place of g with the x
// after it, the third with the one after that, so that each number of x is loaded once for three products.
template <int R>
void ThreeOuter(const float* x, int64_t x_row, int64_t x_step, const float* g, int64_t g_row, int64_t g_step,
                int64_t rows, int64_t columns, float* total, int64_t total_step, int64_t span) {
  Vector sums[3][R];
#pragma GCC unroll 3
  for (int k = 0; k < 3; ++k)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sums[k][r] = Load(total + (k * span + r) * total_step);
  for (int64_t row = 0; row < rows; ++row) {
    const float *at = x + row * x_row, *to = g + row * g_row;
    Vector before = {}, last = {};
    for (int64_t i = 0; i < columns + 2; ++i, at += x_step, to += g_step) {
      const Vector now = i < columns ? Load(to) : Vector{};
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Vector number = Spread(at[r]);
        sums[0][r] += number * now;
        sums[1][r] += number * last;
        sums[2][r] += number * before;
      }
      before = last;
      last = now;
    }
  }
#pragma GCC unroll 3
  for (int k = 0; k < 3; ++k)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) Store(total + (k * span + r) * total_step, sums[k][r]);
}

using ThreeOuterOf = decltype(&ThreeOuter<1>);

template <int... R>
constexpr std::array<ThreeOuterOf, sizeof...(R)> ThreeOutersOf(std::integer_sequence<int, R...>) {
  return {&ThreeOuter<R + 1>...};
}
constexpr int kThird = (kRegisters - 4) / 3;  // lines of a ThreeOuter
constexpr std::array<ThreeOuterOf, kThird> kThreeOuters = ThreeOutersOf(std::make_integer_sequence<int, kThird>());

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
  for (int64_t f = 0; f < columns; f += kPair * kWidth) {
    const int64_t left = columns - f, width = left > kWidth ? 2 * kWidth : kWidth;
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t p = rows * i / tiles, next = rows * (i + 1) / tiles;
      kTiles[left > kWidth][next - p - 1](x + p * x_step, x_step, &whole, 1, depth, packed + f * packed_rows, width,
                                          y + p * y_step + f, y_step, left, Finish());
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
