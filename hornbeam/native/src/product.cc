// The small products of product.h, for every number of places and vectors that fits the registers. They are compiled
// here once, for all that call them.
#include "product.h"

namespace hornbeam {
namespace {

template <int P, int N>
void Tile(const float* x, int64_t step, const Tap* taps, int64_t count, int64_t channels, const float* w,
          int64_t w_step, float* y, int64_t y_step, int64_t filters, const Finish& finish) {
  Vector sums[P][N];  // only constants index it, and nothing takes its address: so it stays in registers
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n)
      sums[p][n] = finish.start ? Load(finish.start + p * finish.step + n * kWidth) : Vector{};
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
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) sums[p][n] = sums[p][n] < 0.0f ? Vector{} : sums[p][n];  // NaN stays
  }
  if (filters >= N * kWidth) {
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) Store(y + p * y_step + n * kWidth, sums[p][n]);
    return;
  }
  Vector kept[P][N];
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) kept[p][n] = sums[p][n];
  for (int p = 0; p < P; ++p) std::memcpy(y + p * y_step, kept[p], filters * 4);
}

template <int N, int... P>
constexpr std::array<TileOf*, sizeof...(P)> TilesOf(std::integer_sequence<int, P...>) {
  return {&Tile<P + 1, N>...};
}

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

template <int N, int... R>
constexpr std::array<OuterOf*, sizeof...(R)> OutersOf(std::integer_sequence<int, R...>) {
  return {&Outer<R + 1, N>...};
}

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

template <int... R>
constexpr std::array<ThreeOuterOf*, sizeof...(R)> ThreeOutersOf(std::integer_sequence<int, R...>) {
  return {&ThreeOuter<R + 1>...};
}

constexpr auto kUpToRows = std::make_integer_sequence<int, kRows>();

}  // namespace

const std::array<TileOf*, kRows> kTiles[kPair] = {TilesOf<1>(kUpToRows), TilesOf<2>(kUpToRows)};
const std::array<OuterOf*, kRows> kOuters[kPair] = {OutersOf<1>(kUpToRows), OutersOf<2>(kUpToRows)};
const std::array<ThreeOuterOf*, kThird> kThreeOuters = ThreeOutersOf(std::make_integer_sequence<int, kThird>());

}  // namespace hornbeam
