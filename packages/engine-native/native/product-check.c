/* Compares products of every small shape with sums that are added up one by one, bit for bit: the program of src/product.test.ts.
 * Prints how many there were, or says of the first one that differs where. */
#include <stdio.h>
#include <stdlib.h>
#include "product.h"

enum { ROWS_MAX = 23, COLUMNS_MAX = 71, DEPTH = 9 };

static float *numbers(size_t count, float from) {
  float *x = malloc(4 * count);
  if (x == NULL) exit(2);
  for (size_t i = 0; i < count; i++) x[i] = (float)(i * 7919 % 1001) / 1001.0f - from;
  return x;
}

/* What the product must leave at a place. */
static float expected(const Product *p, int row, int column) {
  float sum = p->init == NULL ? 0.0f : p->init[row * p->initStride + column];
  for (int k = 0; k < p->depth; k++) {
    sum = multiplyAdd1(p->a[row * p->aRow + k * p->aStep], p->b[(size_t)k * p->columns + column], sum);
  }
  if (p->relu && sum < 0.0f) sum = 0.0f;
  return p->active != NULL && !(p->active[(size_t)row * p->columns + column] > 0.0f) ? 0.0f : sum;
}

static int isRight(const Product *p) {
  for (int at = 0; at <= p->rows * p->columns; at++) {
    /* One number behind the result stays as it was. */
    const int isBehind = at == p->rows * p->columns;
    if (p->c[at] == (isBehind ? 7.0f : expected(p, at / p->columns, at % p->columns))) continue;
    printf("%d x %d: number %d is %.9g\n", p->rows, p->columns, at, p->c[at]);
    return 0;
  }
  return 1;
}

int main(void) {
  const size_t most = ROWS_MAX * COLUMNS_MAX;
  const float *a = numbers(ROWS_MAX * DEPTH, 0.5f), *b = numbers(DEPTH * COLUMNS_MAX, 0.4f);
  const float *init = numbers(most, 0.6f), *active = numbers(most, 0.3f);
  float *c = numbers(most + 1, 0.0f);
  int count = 0;
  for (int rows = 1; rows <= ROWS_MAX; rows++) {
    for (int columns = 1; columns <= COLUMNS_MAX; columns++) {
      /* By rows from a bias with ReLU, by columns from nothing, and where something was active. */
      const Product products[] = {
          {.rows = rows, .columns = columns, .depth = DEPTH, .a = a, .aRow = DEPTH, .aStep = 1, .b = b, .init = init, .relu = 1, .c = c},
          {.rows = rows, .columns = columns, .depth = DEPTH, .a = a, .aRow = 1, .aStep = rows, .b = b, .c = c},
          {.rows = rows, .columns = columns, .depth = DEPTH, .a = a, .aRow = DEPTH, .aStep = 1, .b = b, .init = init,
           .initStride = columns, .active = active, .c = c},
      };
      for (int shape = 0; shape < 3; shape++, count++) {
        c[rows * columns] = 7.0f;
        multiply(products[shape]);
        if (!isRight(&products[shape])) return 1;
      }
    }
  }
  printf("%d\n", count);
  return 0;
}
