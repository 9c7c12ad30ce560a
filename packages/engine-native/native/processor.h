/* Which instructions beyond those of every processor of its architecture this one has. */
#ifndef VIGIL_PROCESSOR_H
#define VIGIL_PROCESSOR_H

#if defined(__x86_64__)
static int hasAvx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static int hasAvx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

#endif
