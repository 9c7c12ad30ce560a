/* The exponentials of a softmax over the four actions, which acting and learning share. Rows are worked on in blocks, so that
 * compilers make vectors of the loop. */
#ifndef VIGIL_SOFTMAX_H
#define VIGIL_SOFTMAX_H
#include "exponential.h"
#include "plan.h"

enum { LOSS_ROWS = 64 };
typedef float Rows[LOSS_ROWS];

/* z becomes z - max, e its exponential, sum the sum of e. */
static void exponentials(Rows z[ACTIONS], Rows e[ACTIONS], Rows sum) {
  for (int row = 0; row < LOSS_ROWS; row++) {
    const float low = z[0][row] > z[1][row] ? z[0][row] : z[1][row];
    const float high = z[2][row] > z[3][row] ? z[2][row] : z[3][row];
    const float largest = low > high ? low : high;
    for (int action = 0; action < ACTIONS; action++) {
      z[action][row] -= largest;
      e[action][row] = exponential(z[action][row]);
    }
    sum[row] = ((e[0][row] + e[1][row]) + e[2][row]) + e[3][row];
  }
}

#endif
