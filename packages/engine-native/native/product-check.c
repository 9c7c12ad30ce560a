/* Compares products of every small shape with sums that are added up one by one, bit for bit: the program of src/product.test.ts.
 * Prints how many there were, or says of the first one that differs where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "product.h"

enum { ROWS_MAX = 23, COLUMNS_MAX = 71, DEPTH = 9, KINDS = 3 };
static const float BEHIND = 7.0f;

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
    const float right = isBehind ? BEHIND : expected(p, at / p->columns, at % p->columns);
    if (memcmp(p->c + at, &right, sizeof right) == 0) continue;
    printf("%d x %d: number %d is %.9g\n", p->rows, p->columns, at, p->c[at]);
    return 0;
  }
  return 1;
}

/* Products of one shape, of arrays that end where they must. @returns whether all are right */
static int areRight(int rows, int columns) {
  const size_t size = (size_t)rows * columns;
  float *a = numbers((size_t)rows * DEPTH, 0.5f), *b = numbers((size_t)DEPTH * columns, 0.4f), *bias = numbers(columns, 0.6f);
  float *init = numbers(size, 0.6f), *active = numbers(size, 0.3f), *c = numbers(size + 1, 0.0f);
  /* By rows from a bias with ReLU, by columns from nothing, and where something was active. */
  const Product products[KINDS] = {
      {.rows = rows, .columns = columns, .depth = DEPTH, .a = a, .aRow = DEPTH, .aStep = 1, .b = b, .init = bias, .relu = 1, .c = c},
      {.rows = rows, .columns = columns, .depth = DEPTH, .a = a, .aRow = 1, .aStep = rows, .b = b, .c = c},
      {.rows = rows, .columns = columns, .depth = DEPTH, .a = a, .aRow = DEPTH, .aStep = 1, .b = b, .init = init,
       .initStride = columns, .active = active, .c = c},
  };
  int count = 0;
  c[size] = BEHIND;
  for (int kind = 0; kind < KINDS; kind++) {
    multiply(products[kind]);
    count += isRight(&products[kind]);
  }
  float *all[] = {a, b, bias, init, active, c};
  for (size_t array = 0; array < sizeof all / sizeof *all; array++) free(all[array]);
  return count == KINDS;
}

int main(void) {
  for (int rows = 1; rows <= ROWS_MAX; rows++) {
    for (int columns = 1; columns <= COLUMNS_MAX; columns++) {
      if (!areRight(rows, columns)) return 1;
    }
  }
  printf("%d\n", ROWS_MAX * COLUMNS_MAX * KINDS);
  return 0;
}
