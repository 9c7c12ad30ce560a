/* Subnormal numbers, below 2^-126, cost many times as much to compute with as others. Moments of weights that no longer matter,
 * and gradients of what is all but certain, become such numbers in a long training. While kernels run they are zero, as operands
 * and as results. */
#ifndef VIGIL_SUBNORMAL_H
#define VIGIL_SUBNORMAL_H
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* @returns the state to be restored, which the rest of the thread counts on */
static inline uint64_t flushSubnormals(void) {
#if defined(__x86_64__)
  const uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040); /* flush to zero, denormals are zero */
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (1u << 24)));
  return before;
#else
  return 0;
#endif
}

static inline void restoreSubnormals(uint64_t before) {
#if defined(__x86_64__)
  _mm_setcsr((uint32_t)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
  (void)before;
#endif
}

#endif
