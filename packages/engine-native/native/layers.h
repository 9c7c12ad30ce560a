/* What a layer does beside its products: embeddings, layer normalisation, the gates of an LSTM layer. The mathematics
 * stands in packages/policy-wasm/assembly (embedding.ts, layer-norm.ts, gates.ts). */
#ifndef VIGIL_LAYERS_H
#define VIGIL_LAYERS_H
#include <math.h>
#include <string.h>
#include "exponential.h"
#include "product.h"
#include "workspace.h"

/* out[row] = bias + sum over the columns of the row's embedding, in column order. */
static void embeddingSum(const Plan *plan, const float *restrict embedding, const float *restrict bias,
                         const Workspace *w, int width, float *restrict out) {
  const uint16_t *category = w->categories;
  for (int row = 0; row < w->rows; row++, out += width) {
    memcpy(out, bias, 4 * (size_t)width);
    for (int column = 0; column < plan->columnCount; column++) {
      const float *own = embedding + (size_t)(plan->columnOffsets[column] + *category++) * width;
      for (int unit = 0; unit < width; unit++) out[unit] += own[unit];
    }
  }
}

/* Sum over `width` numbers, a multiple of eight, in eight lanes. */
static float sumOf(const float *x, int width) {
  float sum[8] = {0};
  for (int unit = 0; unit < width; unit += 8) {
    for (int lane = 0; lane < 8; lane++) sum[lane] += x[unit + lane];
  }
  for (int lane = 0; lane < 4; lane++) sum[lane] += sum[lane + 4];
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

static float sumOfProducts(const float *x, const float *y, int width) {
  float sum[8] = {0};
  for (int unit = 0; unit < width; unit += 8) {
    for (int lane = 0; lane < 8; lane++) sum[lane] += x[unit + lane] * y[unit + lane];
  }
  for (int lane = 0; lane < 4; lane++) sum[lane] += sum[lane + 4];
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* Normalises z [rows, width] in place, with ReLU; gain [width] is followed by the shift. Means go over `count` units. */
static void normalise(float *restrict z, const float *restrict gain, float *restrict x, float *restrict deviations,
                      int rows, int width, int count, float epsilon) {
  const float *shift = gain + width;
  const float share = 1.0f / (float)count;
  for (int row = 0; row < rows; row++, z += width, x += width) {
    const float mean = sumOf(z, width) * share;
    for (int unit = 0; unit < width; unit++) x[unit] = unit < count ? z[unit] - mean : 0.0f;
    const float scale = 1.0f / sqrtf(sumOfProducts(x, x, width) * share + epsilon);
    deviations[row] = scale;
    for (int unit = 0; unit < width; unit++) {
      x[unit] *= scale;
      const float y = x[unit] * gain[unit] + shift[unit];
      z[unit] = y < 0.0f ? 0.0f : y;
    }
  }
}

/* z [rows, 4 width] sums become gates; cNext, tanhC and h [rows, width] follow from them and from the cells c before. */
static void passGates(float *restrict z, const float *restrict c, float *restrict cNext, float *restrict tanhC,
                      float *restrict h, int rows, int width) {
  for (int row = 0; row < rows; row++, z += GATES * width) {
    float *forgets = z + width, *candidates = z + 2 * width, *opens = z + 3 * width;
    for (int unit = 0; unit < width; unit++) {
      const size_t to = (size_t)row * width + unit;
      const float input = sigmoid(z[unit]), forget = sigmoid(forgets[unit]);
      const float candidate = hyperbolicTangent(candidates[unit]), open = sigmoid(opens[unit]);
      const float cell = forget * c[to] + input * candidate, squashed = hyperbolicTangent(cell);
      z[unit] = input;
      forgets[unit] = forget;
      candidates[unit] = candidate;
      opens[unit] = open;
      cNext[to] = cell;
      tanhC[to] = squashed;
      h[to] = open * squashed;
    }
  }
}

#endif
