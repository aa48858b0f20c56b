// The exponential function of a vector.
#pragma once

#include "vector.h"

namespace hornbeam {

typedef int32_t Whole __attribute__((vector_size(kWidth * 4)));

// 2^n, where that is a normal number.
inline Vector PowerOfTwo(Whole n) { return reinterpret_cast<Vector>((n + 127) << 23); }

// Within 2 units in the last place; 0 for -infinity, NaN for NaN.
inline Vector Exp(Vector x) {
  constexpr float kLow = -105.0f, kHigh = 89.0f;  // beyond which there is 0 and infinity alone
  x = x < kLow ? Spread(kLow) : x;
  x = x > kHigh ? Spread(kHigh) : x;
  const Vector shift = Spread(12582912.0f);  // adding it rounds: its last bit is worth 1
  const Vector shifted = x * 1.44269504f + shift, n = shifted - shift;
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // x - n log 2, in two parts
  Vector sum = r * 1.9875691500e-4f + 1.3981999507e-3f;
  sum = sum * r + 8.3334519073e-3f;
  sum = sum * r + 4.1665795894e-2f;
  sum = sum * r + 1.6666665459e-1f;
  sum = sum * r + 5.0000001201e-1f;
  sum = sum * (r * r) + r + 1.0f;
  const Whole power = reinterpret_cast<Whole>(shifted) - reinterpret_cast<Whole>(shift), half = power >> 1;
  return sum * PowerOfTwo(half) * PowerOfTwo(power - half);  // of which one alone may be out of range
}

}  // namespace hornbeam
