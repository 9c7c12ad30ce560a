/* What acting and the add-on agree on. */
#ifndef VIGIL_ACT_H
#define VIGIL_ACT_H
#include <stdint.h>

enum { AGENTS_MAX = 64, NON_FINITE_LOGITS = 1 };

/* Decides for the rows of an acting block, or only has the critics judge them.
 * `workspace` has room for segments of one step. @returns 0 or NON_FINITE_LOGITS */
typedef int Act(char *base, uint32_t acting, char *workspace, int judgesOnly);

#endif
