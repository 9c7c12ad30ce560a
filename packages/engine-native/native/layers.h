/* What a layer does beside its products: embeddings, layer normalisation, the gates of an LSTM layer. The mathematics
 * stands in packages/policy-wasm/assembly (embedding.ts, layer-norm.ts, gates.ts). */
#ifndef VIGIL_LAYERS_H
#define VIGIL_LAYERS_H
#include <math.h>
#include "exponential.h"
#include "gather.h"
#include "product.h"

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

/* embedding[offset_c + category_c] += d, for each column row after row. Rows without an event have no gradient. */
static void addEmbeddingGradient(const Plan *plan, const Workspace *w, const float *restrict d, int width,
                                 float *restrict embedding) {
  for (int column = 0; column < plan->columnCount; column++) {
    const uint16_t *category = w->categories + column;
    for (int row = 0; row < w->rows; row++, category += plan->columnCount) {
      float *to = embedding + (size_t)(plan->columnOffsets[column] + *category) * width;
      const float *own = d + (size_t)row * width;
      for (int unit = 0; unit < width; unit++) to[unit] += own[unit];
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

/* Back through ReLU and normalisation: d becomes the gradient of the sums; gradient [2, width] += of gain and shift. */
static void normaliseBackward(const float *restrict h, const float *restrict x, const float *restrict deviations,
                              const float *restrict gain, float *restrict d, float *restrict gradient, int rows,
                              int width, int count) {
  const float share = 1.0f / (float)count;
  for (int row = 0; row < rows; row++, h += width, x += width, d += width) {
    for (int unit = 0; unit < width; unit++) {
      const float dY = h[unit] > 0.0f ? d[unit] : 0.0f;
      gradient[unit] += dY * x[unit];
      gradient[width + unit] += dY;
      d[unit] = dY * gain[unit];
    }
    const float mean = sumOf(d, width) * share, slope = sumOfProducts(d, x, width) * share;
    for (int unit = 0; unit < width; unit++) {
      d[unit] = unit < count ? ((d[unit] - mean) - x[unit] * slope) * deviations[row] : 0.0f;
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

/* Back through the gates, which become the gradient of their sums; dC from the step after becomes that of the step before. */
static void gateGradients(float *restrict gates, const float *restrict c, const float *restrict tanhC,
                          const float *restrict dH, const float *restrict dNext, float *restrict dC, int rows,
                          int width) {
  for (int row = 0; row < rows; row++, gates += GATES * width) {
    float *forgets = gates + width, *candidates = gates + 2 * width, *opens = gates + 3 * width;
    for (int unit = 0; unit < width; unit++) {
      const size_t from = (size_t)row * width + unit;
      const float input = gates[unit], forget = forgets[unit], candidate = candidates[unit], open = opens[unit];
      const float squashed = tanhC[from], dHidden = dH[from] + dNext[from];
      const float dCell = dC[from] + dHidden * open * (1.0f - squashed * squashed);
      dC[from] = dCell * forget;
      gates[unit] = dCell * candidate * (input * (1.0f - input));
      forgets[unit] = dCell * c[from] * (forget * (1.0f - forget));
      candidates[unit] = dCell * input * (1.0f - candidate * candidate);
      opens[unit] = dHidden * squashed * (open * (1.0f - open));
    }
  }
}

#endif
