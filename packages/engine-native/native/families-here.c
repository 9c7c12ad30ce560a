/* Prints the families that this processor has, best first, one a line: a program of src/program.fixture.ts. */
#include <stdio.h>
#include "processor.h"

int main(void) {
#if defined(__x86_64__)
  if (hasAvx512()) puts("avx512");
  if (hasAvx2()) puts("avx2");
#elif defined(__aarch64__)
  puts("neon");
#endif
  puts("portable-c");
  return 0;
}
