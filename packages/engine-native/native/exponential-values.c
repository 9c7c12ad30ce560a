/* For each number of the command line a line with e^x, 1 / (1 + e^-x), tanh x and ln x: the program of src/exponential.test.ts. */
#include <stdio.h>
#include <stdlib.h>
#include "exponential.h"

int main(int count, char **words) {
  for (int word = 1; word < count; word++) {
    const float x = strtof(words[word], NULL);
    printf("%.9g %.9g %.9g %.9g\n", exponential(x), sigmoid(x), hyperbolicTangent(x), logarithm(x));
  }
  return 0;
}
