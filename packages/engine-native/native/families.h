/* The families of instructions that the add-on was built with, best first. */
#ifndef VIGIL_FAMILIES_H
#define VIGIL_FAMILIES_H
#include <stdint.h>
#include "act.h"

/* `base` is the memory that the offsets of update block and workspace count from. */
typedef void Learn(char *base, uint32_t update, uint32_t workspace);

typedef struct {
  const char *name;
  Learn *learn;
  Act *act;
  /* Whether this processor has its instructions. */
  int (*runsHere)(void);
} Family;

extern const Family families[];
extern const int familyCount;

#endif
