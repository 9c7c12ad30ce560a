/* How near the matrix products of an update come to the processor's fused multiply-adds: the program of
 * src/product-speed.bench.ts, compiled for one family. The products are those of a policy 128-128 on 75 inputs, of one tile. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "gradient.h"

enum { ROWS = 64, INPUTS = 75, WIDTH = 128, CHAINS = 12, LINKS = 4096, ROUNDS = 400 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *numbers(size_t count) {
  float *x = aligned_alloc(64, (4 * count + 63) & ~(size_t)63);
  if (x == NULL) exit(1);
  for (size_t i = 0; i < count; i++) x[i] = (float)(i * 7919 % 1001) / 1001.0f - 0.5f;
  return x;
}

/* Independent chains of multiply-adds that never leave the registers. @returns operations */
static double chains(float *sink) {
  Vector sum[CHAINS];
  const Vector factor = splat(sink[0]), addend = splat(sink[1]);
#pragma GCC unroll 12
  for (int chain = 0; chain < CHAINS; chain++) sum[chain] = splat((float)chain);
  for (int link = 0; link < LINKS; link++) {
#pragma GCC unroll 12
    for (int chain = 0; chain < CHAINS; chain++) sum[chain] = multiplyAdd(sum[chain], factor, addend);
  }
#pragma GCC unroll 12
  for (int chain = 0; chain < CHAINS; chain++) store(sink + chain * LANES, sum[chain]);
  return 2.0 * LANES * CHAINS * LINKS;
}

typedef struct {
  float *x, *first, *bias, *h, *second, *h2, *d, *dBelow, *gradient, *transposed;
} Layers;

/* Forwards through both layers, and back: the gradients of their weights and of the first one's outputs. @returns operations */
static double products(const Layers *l) {
  multiply((Product){.rows = ROWS, .columns = WIDTH, .depth = INPUTS, .a = l->x, .aRow = INPUTS, .aStep = 1,
                     .b = l->first, .init = l->bias, .relu = 1, .c = l->h});
  multiply((Product){.rows = ROWS, .columns = WIDTH, .depth = WIDTH, .a = l->h, .aRow = WIDTH, .aStep = 1,
                     .b = l->second, .init = l->bias, .relu = 1, .c = l->h2});
  addWeightGradient(l->h, l->d, l->gradient, ROWS, WIDTH, WIDTH, 0);
  multiplyBack(l->d, l->transposed, l->h, l->dBelow, ROWS, WIDTH, WIDTH);
  addWeightGradient(l->x, l->dBelow, l->gradient, ROWS, INPUTS, WIDTH, 0);
  return 2.0 * ROWS * WIDTH * (2.0 * INPUTS + 3.0 * WIDTH);
}

/* Chains for a second. @returns operations a second */
static double steady(float *sink) {
  const double begun = seconds();
  double operations = 0, now = begun;
  while (now < begun + 1) {
    sink[0] = 0.999f;
    sink[1] = 1e-3f;
    operations += chains(sink);
    now = seconds();
  }
  return operations / (now - begun);
}

/* With any argument only how fast multiply-adds are for a second, so that several programs can run at once. */
int main(int count, char **words) {
  (void)words;
  float *sink = numbers(CHAINS * LANES);
  if (count > 1) {
    printf("{\"steady\": %.1f}\n", steady(sink) / 1e9);
    return 0;
  }
  const Layers layers = {numbers(ROWS * INPUTS), numbers(INPUTS * WIDTH), numbers(WIDTH), numbers(ROWS * WIDTH),
                         numbers(WIDTH * WIDTH), numbers(ROWS * WIDTH), numbers(ROWS * WIDTH), numbers(ROWS * WIDTH),
                         numbers(WIDTH * WIDTH), numbers(WIDTH * WIDTH)};
  double peak = 0, best = 0;
  for (int round = 0; round < ROUNDS; round++) {
    sink[0] = 0.999f;
    sink[1] = 1e-3f;
    double begun = seconds(), operations = chains(sink), rate = operations / (seconds() - begun);
    if (rate > peak) peak = rate;
    begun = seconds();
    operations = products(&layers);
    rate = operations / (seconds() - begun);
    if (rate > best) best = rate;
  }
  printf("{\"peak\": %.1f, \"products\": %.1f}\n", peak / 1e9, best / 1e9);
  return 0;
}
