/* Matrix products in register blocks of BLOCK_ROWS rows x 2 vectors. Every number of the result is its first value plus
 * a_0 b_0 + a_1 b_1 + ... in ascending order, in the blocks and in their remainders alike. */
#ifndef VIGIL_PRODUCT_H
#define VIGIL_PRODUCT_H
#include <stddef.h>
#include "vector.h"

typedef struct {
  /* Of the result, and how many products each of its numbers adds up. */
  int rows, columns, depth;
  /* a(row, k) = a[row * aRow + k * aStep] */
  const float *a;
  size_t aRow, aStep;
  /* [depth, columns] */
  const float *b;
  /* First values, init[row * initStride + column]; NULL = zeros. */
  const float *init;
  size_t initStride;
  /* [rows, columns]: the result is 0 where this is not above 0; NULL = nowhere. */
  const float *active;
  /* 1 = max(0, result) */
  int relu;
  /* [rows, columns], overwritten; may be `init`. */
  float *c;
} Product;

/* One register block. `part` floats of its only vector count where it is not LANES. */
INLINE void multiplyBlock(const Product *p, int row, int column, const int rows, const int vectors, const int part) {
  const size_t stride = (size_t)p->columns, aRow = p->aRow, aStep = p->aStep;
  const float *a = p->a + (size_t)row * aRow, *b = p->b + column;
  Vector sum[BLOCK_ROWS][2];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      sum[r][v] = splat(0);
      if (p->init == NULL) continue;
      const float *from = p->init + (size_t)(row + r) * p->initStride + column + v * LANES;
      sum[r][v] = part < LANES ? loadPart(from, part) : load(from);
    }
  }
  for (int k = p->depth; k > 0; k--, a += aStep, b += stride) {
    Vector own[2];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) own[v] = part < LANES ? loadPart(b, part) : load(b + v * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const Vector factor = splat(a[(size_t)r * aRow]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; v++) sum[r][v] = multiplyAdd(factor, own[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      const size_t at = (size_t)(row + r) * stride + column + v * LANES;
      Vector x = sum[r][v];
      if (p->relu) x = rectify(x);
      if (p->active != NULL)
        x = whereActive(x, part < LANES ? loadPart(p->active + at, part) : load(p->active + at));
      if (part < LANES) storePart(p->c + at, x, part);
      else store(p->c + at, x);
    }
  }
}

/* All rows of one or two vectors of columns. */
INLINE void multiplyStrip(const Product *p, int column, const int vectors, const int part) {
  int row = 0;
  for (; row + BLOCK_ROWS <= p->rows; row += BLOCK_ROWS) {
    /* Two blocks of four are better than one of six and one of two. */
    if (BLOCK_ROWS == 6 && row + 8 == p->rows) break;
    multiplyBlock(p, row, column, BLOCK_ROWS, vectors, part);
  }
  for (; row + 4 <= p->rows; row += 4) multiplyBlock(p, row, column, 4, vectors, part);
  if (row + 2 <= p->rows) {
    multiplyBlock(p, row, column, 2, vectors, part);
    row += 2;
  }
  if (row < p->rows) multiplyBlock(p, row, column, 1, vectors, part);
}

static void multiply(const Product product) {
  int column = 0;
  for (; column + 2 * LANES <= product.columns; column += 2 * LANES) multiplyStrip(&product, column, 2, LANES);
  for (; column + LANES <= product.columns; column += LANES) multiplyStrip(&product, column, 1, LANES);
  if (column < product.columns) multiplyStrip(&product, column, 1, product.columns - column);
}

/* out[row] = init + sum of a[row, k] b[k], as eight sums of every eighth product, which are then added in pairs.
 * `depth` is a multiple of eight. */
static void multiplyColumn(const float *a, const float *b, float init, float *out, int rows, int depth) {
  for (int row = 0; row < rows; row++, a += depth) {
    float sum[8] = {0};
    for (int k = 0; k < depth; k += 8) {
      for (int lane = 0; lane < 8; lane++) sum[lane] = multiplyAdd1(a[k + lane], b[k + lane], sum[lane]);
    }
    for (int lane = 0; lane < 4; lane++) sum[lane] += sum[lane + 4];
    out[row] = init + ((sum[0] + sum[2]) + (sum[1] + sum[3]));
  }
}

#endif
