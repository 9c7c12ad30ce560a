/* Philox 4x32-10 (Salmon et al., SC 2011), as packages/random/assembly/philox.ts: the same key and counter give the same
 * four words everywhere. */
#ifndef VIGIL_PHILOX_H
#define VIGIL_PHILOX_H
#include <stdint.h>

/* The words of key (key0, key1) at a counter, which they overwrite. */
static inline void philox(uint32_t key0, uint32_t key1, uint32_t counter[4]) {
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = 0xd2511f53ull * counter[0], product1 = 0xcd9e8d57ull * counter[2];
    counter[0] = (uint32_t)(product1 >> 32) ^ counter[1] ^ key0;
    counter[2] = (uint32_t)(product0 >> 32) ^ counter[3] ^ key1;
    counter[1] = (uint32_t)product1;
    counter[3] = (uint32_t)product0;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
}

/* A uniform number in [0, 1) with 24 random bits. */
static inline float unitFloat(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

#endif
