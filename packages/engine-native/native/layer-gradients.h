/* The way back through what layers.h does, and the sums and transposed weights that gradients take besides products. */
#ifndef VIGIL_LAYER_GRADIENTS_H
#define VIGIL_LAYER_GRADIENTS_H
#include "layers.h"

/* Four rows of four, transposed. */
typedef float Four __attribute__((vector_size(16)));
typedef int FourIndices __attribute__((vector_size(16)));
#ifdef __clang__
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, ...) __builtin_shuffle(a, b, (FourIndices){__VA_ARGS__})
#endif
INLINE void transposeFour(const float *a, size_t aRow, float *out, size_t outRow) {
  Four row[4], pair[4];
  for (int r = 0; r < 4; r++) memcpy(&row[r], a + r * aRow, 16);
  for (int half = 0; half < 2; half++) {
    pair[2 * half] = PICK(row[2 * half], row[2 * half + 1], 0, 4, 1, 5);
    pair[2 * half + 1] = PICK(row[2 * half], row[2 * half + 1], 2, 6, 3, 7);
  }
  for (int half = 0; half < 2; half++) {
    const Four low = PICK(pair[half], pair[half + 2], 0, 1, 4, 5), high = PICK(pair[half], pair[half + 2], 2, 3, 6, 7);
    memcpy(out + 2 * half * outRow, &low, 16);
    memcpy(out + (2 * half + 1) * outRow, &high, 16);
  }
}

/* out [n, m] = a [m, n] transposed. */
static void transpose(const float *restrict a, float *restrict out, int m, int n) {
  const int rows = m & -4, columns = n & -4;
  for (int column = 0; column < columns; column += 4) {
    for (int row = 0; row < rows; row += 4) {
      transposeFour(a + (size_t)row * n + column, n, out + (size_t)column * m + row, m);
    }
  }
  for (int row = 0; row < m; row++) {
    for (int column = row < rows ? columns : 0; column < n; column++) {
      out[(size_t)column * m + row] = a[(size_t)row * n + column];
    }
  }
}

/* sums[n] += the sums of the columns of d [m, n], in ascending rows. */
INLINE void addStrip(const float *restrict d, float *restrict sums, int m, int n, const int count) {
  float sum[64] = {0};
  for (int row = 0; row < m; row++) {
    for (int lane = 0; lane < count; lane++) sum[lane] += d[(size_t)row * n + lane];
  }
  for (int lane = 0; lane < count; lane++) sums[lane] += sum[lane];
}

static void addColumns(const float *restrict d, float *restrict sums, int m, int n) {
  int column = 0;
  for (; column + 64 <= n; column += 64) addStrip(d + column, sums + column, m, n, 64);
  for (; column + 8 <= n; column += 8) addStrip(d + column, sums + column, m, n, 8);
  if (column < n) addStrip(d + column, sums + column, m, n, n - column);
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
