/* The softmax over the four actions, which acting and learning share. Rows are worked on in blocks, so that compilers make
 * vectors of the loops. */
#ifndef VIGIL_SOFTMAX_H
#define VIGIL_SOFTMAX_H
#include "exponential.h"
#include "plan.h"

enum { LOSS_ROWS = 64 };
typedef float Rows[LOSS_ROWS];

/* Logits z become logarithms of the probabilities pi. */
static void softmaxRows(Rows z[ACTIONS], Rows pi[ACTIONS]) {
  Rows sum;
  for (int row = 0; row < LOSS_ROWS; row++) {
    const float low = z[0][row] > z[1][row] ? z[0][row] : z[1][row];
    const float high = z[2][row] > z[3][row] ? z[2][row] : z[3][row];
    const float largest = low > high ? low : high;
    for (int action = 0; action < ACTIONS; action++) {
      z[action][row] -= largest;
      pi[action][row] = exponential(z[action][row]);
    }
    sum[row] = ((pi[0][row] + pi[1][row]) + pi[2][row]) + pi[3][row];
  }
  for (int row = 0; row < LOSS_ROWS; row++) {
    const float logSum = logarithm(sum[row]);
    for (int action = 0; action < ACTIONS; action++) {
      pi[action][row] /= sum[row];
      z[action][row] -= logSum;
    }
  }
}

#endif
