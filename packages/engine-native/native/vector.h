/* The vectors of one instruction set, and the only places where a product is added without being rounded before.
 *
 * Families with a fused multiply-add add in the same order and round alike, whatever the length of their vectors: their
 * results have the same bits. The portable family rounds twice, so it has bits of its own. */
#ifndef VIGIL_VECTOR_H
#define VIGIL_VECTOR_H

#define INLINE static inline __attribute__((always_inline))

#if defined(VIGIL_AVX512)
#include <immintrin.h>
/* LANES floats in a vector, and rows of a register block. */
enum { LANES = 16, BLOCK_ROWS = 8 };
typedef __m512 Vector;
INLINE Vector splat(float x) { return _mm512_set1_ps(x); }
INLINE Vector load(const float *at) { return _mm512_loadu_ps(at); }
INLINE void store(float *at, Vector x) { _mm512_storeu_ps(at, x); }
/* The first `count` floats, and zeros; and back. */
INLINE Vector loadPart(const float *at, int count) { return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), at); }
INLINE void storePart(float *at, Vector x, int count) { _mm512_mask_storeu_ps(at, (__mmask16)((1u << count) - 1), x); }
/* a b + c */
INLINE Vector multiplyAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
INLINE float multiplyAdd1(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
/* max(0, x), and NaN of NaN */
INLINE Vector rectify(Vector x) { return _mm512_max_ps(_mm512_setzero_ps(), x); }
/* x where h > 0, else 0 */
INLINE Vector whereActive(Vector x, Vector h) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(h, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}

#elif defined(VIGIL_AVX2)
#include <immintrin.h>
enum { LANES = 8, BLOCK_ROWS = 6 };
typedef __m256 Vector;
INLINE Vector splat(float x) { return _mm256_set1_ps(x); }
INLINE Vector load(const float *at) { return _mm256_loadu_ps(at); }
INLINE void store(float *at, Vector x) { _mm256_storeu_ps(at, x); }
INLINE __m256i firstLanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE Vector loadPart(const float *at, int count) { return _mm256_maskload_ps(at, firstLanes(count)); }
INLINE void storePart(float *at, Vector x, int count) { _mm256_maskstore_ps(at, firstLanes(count), x); }
INLINE Vector multiplyAdd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
INLINE float multiplyAdd1(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
INLINE Vector rectify(Vector x) { return _mm256_max_ps(_mm256_setzero_ps(), x); }
INLINE Vector whereActive(Vector x, Vector h) {
  return _mm256_and_ps(x, _mm256_cmp_ps(h, _mm256_setzero_ps(), _CMP_GT_OQ));
}

#else
/* Four floats: NEON with its fused multiply-add, or what the compiler makes of them on any machine. */
enum { LANES = 4 };
#if defined(VIGIL_NEON)
#include <arm_neon.h>
enum { BLOCK_ROWS = 8 };
typedef float32x4_t Vector;
INLINE Vector multiplyAdd(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
INLINE float multiplyAdd1(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
#else
enum { BLOCK_ROWS = 4 };
typedef float Vector __attribute__((vector_size(16)));
INLINE Vector multiplyAdd(Vector a, Vector b, Vector c) { return a * b + c; }
INLINE float multiplyAdd1(float a, float b, float c) { return a * b + c; }
#endif
typedef int Integers __attribute__((vector_size(16)));
INLINE Vector splat(float x) { return (Vector){x, x, x, x}; }
INLINE Vector load(const float *at) {
  Vector x;
  __builtin_memcpy(&x, at, sizeof x);
  return x;
}
INLINE void store(float *at, Vector x) { __builtin_memcpy(at, &x, sizeof x); }
INLINE Vector loadPart(const float *at, int count) {
  float x[4] = {0, 0, 0, 0};
  for (int lane = 0; lane < count; lane++) x[lane] = at[lane];
  return load(x);
}
INLINE void storePart(float *at, Vector x, int count) {
  for (int lane = 0; lane < count; lane++) at[lane] = x[lane];
}
INLINE Vector whereActive(Vector x, Vector h) { return (Vector)((Integers)x & (Integers)(h > splat(0))); }
INLINE Vector rectify(Vector x) { return (Vector)((Integers)x & ~(Integers)(x <= splat(0))); }
#endif

#endif
