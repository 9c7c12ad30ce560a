/* e^x and what is built on it, written so that compilers turn loops over them into vectors.
 *
 * Provenance: Cephes `expf` and `logf` (Moshier 1992), as packages/policy-wasm/assembly/exp.ts has them; the coefficients
 * of the hyperbolic tangent are those of Eigen (`generic_fast_tanh_float`, MPL-2.0), where it ends that of XLA (`EmitFastTanh`,
 * Apache-2.0). No function of libm is called: its bits differ between systems. */
#ifndef VIGIL_EXPONENTIAL_H
#define VIGIL_EXPONENTIAL_H
#include <stdint.h>
#include "vector.h"

/* x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for e^r, and 2^n from its exponent's bits. x is clamped to
 * [-87.3, 88.3]; NaN stays NaN. */
INLINE float exponential(float x) {
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.3f ? 88.3f : x;
  /* Rounds to the nearest integer: behind 1.5 * 2^23 there are no fractions, and the last bits are those of n. */
  const float integers = 12582912.0f, shifted = x * 1.44269504f + integers;
  const float n = shifted - integers;
  float r = x - n * 0.693359375f;
  r = r - n * -2.1219444e-4f;
  float y = 1.98756915e-4f;
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * (r * r) + (r + 1.0f);
  uint32_t exponent;
  __builtin_memcpy(&exponent, &shifted, sizeof exponent);
  exponent = (exponent + 127u) << 23;
  float power;
  __builtin_memcpy(&power, &exponent, sizeof power);
  return y * power;
}

/* The natural logarithm of a normal number above 0; NaN of NaN. */
INLINE float logarithm(float x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  /* x = 2^e m with m in [sqrt(1/2), sqrt(2)). */
  const int32_t above = bits - 0x3f3504f3;
  const float e = (float)(above >> 23);
  const int32_t mantissa = (above & 0x7fffff) + 0x3f3504f3;
  float m;
  __builtin_memcpy(&m, &mantissa, sizeof m);
  const float f = m - 1.0f, square = f * f;
  float y = 7.0376836292e-2f;
  y = y * f + -1.1514610310e-1f;
  y = y * f + 1.1676998740e-1f;
  y = y * f + -1.2420140846e-1f;
  y = y * f + 1.4249322787e-1f;
  y = y * f + -1.6668057665e-1f;
  y = y * f + 2.0000714765e-1f;
  y = y * f + -2.4999993993e-1f;
  y = y * f + 3.3333331174e-1f;
  y = y * f * square + e * -2.12194440e-4f - 0.5f * square;
  return x == x ? f + y + e * 0.693359375f : x;
}

/* 1 / (1 + e^-x) */
INLINE float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

/* A rational function of the 13th degree in x over one of the 6th, where |x| < 7.9; further out it does not change. It is within
 * 4e-7 of the result and never above 1. Below 2.4e-36 the numerator is subnormal: it is less exact, and 0 where such numbers count
 * as zero. */
INLINE float hyperbolicTangent(float x) {
  x = x < -7.90531111f ? -7.90531111f : x;
  x = x > 7.90531111f ? 7.90531111f : x;
  const float square = x * x;
  float odd = -2.76076847742355e-16f;
  odd = multiplyAdd1(odd, square, 2.00018790482477e-13f);
  odd = multiplyAdd1(odd, square, -8.60467152213735e-11f);
  odd = multiplyAdd1(odd, square, 5.12229709037114e-08f);
  odd = multiplyAdd1(odd, square, 1.48572235717979e-05f);
  odd = multiplyAdd1(odd, square, 6.37261928875436e-04f);
  odd = multiplyAdd1(odd, square, 4.89352455891786e-03f);
  float even = 1.19825839466702e-06f;
  even = multiplyAdd1(even, square, 1.18534705686654e-04f);
  even = multiplyAdd1(even, square, 2.26843463243900e-03f);
  even = multiplyAdd1(even, square, 4.89352518554385e-03f);
  return odd * x / even;
}

#endif
