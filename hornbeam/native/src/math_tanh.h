// The hyperbolic tangent of vectors.
#pragma once

#include "vector.h"

namespace hornbeam {

// Within 5 units in the last place, 1 and -1 far out, NaN of NaN. A quotient of polynomials, Eigen's, which meets 1 at
// kFar.
inline Vector Tanh(Vector x) {
  constexpr float kFar = 7.99881172180175781f;
  const Vector far = Spread(kFar);
  x = x > far ? far : x;  // false of NaN, which goes on
  x = x < -far ? -far : x;
  const Vector s = x * x;
  Vector above = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
  above = above * s + -8.60467152213735e-11f;
  above = above * s + 5.12229709037114e-08f;
  above = above * s + 1.48572235717979e-05f;
  above = above * s + 6.37261928875436e-04f;
  above = above * s + 4.89352455891786e-03f;
  Vector below = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
  below = below * s + 2.26843463243900e-03f;
  below = below * s + 4.89352518554385e-03f;
  return x * above / below;
}

}  // namespace hornbeam
