/* The buffers that one thread works in, and the rows that pass through a trunk together: a tile. */
#ifndef VIGIL_WORKSPACE_H
#define VIGIL_WORKSPACE_H
#include "plan.h"

/* Rows of a tile where each is a lane of its own, and what its rows, or the lanes of longer segments, are a multiple of. */
enum { TILE_ROWS = 64, LANE_BLOCK = 8, LAYERS_MAX = 16, NO_EVENT = -1 };

/* What an LSTM layer leaves behind: gates [T, L, 4 width], tanhC [T, L, width], h and c [T + 1, L, width]. */
typedef struct {
  float *gates, *tanhC, *h, *c;
} LstmRecord;

typedef struct {
  /* Room for so many lanes. */
  int laneCapacity;
  /* Of the tile: rows are time-major, row = step * lanes + lane. */
  int steps, lanes, rows;
  /* Lanes that have a state; those behind them only fill up the block. */
  int stateLanes;
  const float *state;
  size_t stateStride;
  /* [rows]; NO_EVENT where there is nothing to learn from the row */
  int32_t *events;
  const float *x;
  const uint16_t *categories;
  uint8_t *resets;
  /* Where inputs are copied to that are learnt from. */
  float *gatheredX;
  uint16_t *gatheredCategories;
  /* [rows, width] of each layer; for normalised ones [rows, width] normalised sums and [rows] 1 / deviation */
  float *hidden[LAYERS_MAX], *normalised[LAYERS_MAX], *deviations[LAYERS_MAX];
  LstmRecord lstm[LAYERS_MAX];
  /* [rows, width] each, gradients of the layer at hand and of the one below */
  float *gradient, *gradientBelow;
  /* [lanes, width] each, gradients that go from a step to the one before */
  float *carriedH, *carriedC;
  /* [rows, outputs] each */
  float *outputs, *outputGradient;
  /* [outputs, inputs of the head] */
  float *headGradient;
  /* Of all layers but the first, and of the head. */
  float *transposedWeights;
} Workspace;

/* GCC says so by a macro, Clang by a feature. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define RED_ZONE 64
#else
#define RED_ZONE 0
#endif

/* Takes the next `bytes` of a workspace, on cache lines of their own; nothing is written. */
static inline void *take(char *base, size_t *end, size_t bytes) {
  const size_t at = *end;
  *end = (at + bytes + 63) & ~(size_t)63;
#ifdef __SANITIZE_ADDRESS__
  if (base != NULL) ASAN_POISON_MEMORY_REGION(base + at + bytes, *end + RED_ZONE - at - bytes);
#endif
  *end += RED_ZONE;
  return base == NULL ? NULL : base + at;
}

static size_t larger(size_t one, size_t other) { return one > other ? one : other; }

/* Lays out a workspace for segments of `stepCount` steps. @returns its bytes; with a base of NULL that is all it does. */
static size_t layOut(const Plan *plan, int stepCount, char *base, Workspace *w) {
  const int fitting = TILE_ROWS / stepCount & -LANE_BLOCK;
  const size_t lanes = fitting > 0 ? fitting : LANE_BLOCK, rows = lanes * stepCount;
  const size_t widest = plan->widest, lstm = plan->widestLstm, layers = plan->lstmLayers;
  const size_t hidden = larger(plan->policyLayers, plan->valueLayers);
  const size_t outputs = larger(ACTIONS, plan->valueLayers > 0 ? outputCount(plan, VALUE_TRUNK) : 0);
  const size_t activations = 4 * rows * widest;
  size_t end = 0, transposed = 0;
  for (int trunk = 0; trunk < (plan->valueLayers > 0 ? 2 : 1); trunk++) {
    size_t own = 0;
    for (int layer = 1; layer <= layerCount(plan, trunk); layer++) own += transposedSize(plan, trunk, layer);
    transposed = larger(transposed, own);
  }
  w->laneCapacity = (int)lanes;
  w->events = take(base, &end, 4 * rows);
  w->x = w->gatheredX = take(base, &end, 4 * rows * plan->denseSize);
  w->categories = w->gatheredCategories = take(base, &end, 2 * rows * plan->columnCount);
  w->resets = take(base, &end, rows);
  for (size_t layer = 0; layer < hidden + layers; layer++) w->hidden[layer] = take(base, &end, activations);
  for (size_t layer = 0; layer < hidden && plan->normEpsilon > 0; layer++) {
    w->normalised[layer] = take(base, &end, activations);
    w->deviations[layer] = take(base, &end, 4 * rows);
  }
  for (size_t layer = 0; layer < layers; layer++) {
    w->lstm[layer].gates = take(base, &end, 4 * rows * GATES * lstm);
    w->lstm[layer].tanhC = take(base, &end, 4 * rows * lstm);
    w->lstm[layer].h = take(base, &end, 4 * (rows + lanes) * lstm);
    w->lstm[layer].c = take(base, &end, 4 * (rows + lanes) * lstm);
  }
  w->gradient = take(base, &end, activations);
  w->gradientBelow = take(base, &end, activations);
  w->carriedH = take(base, &end, 4 * lanes * lstm);
  w->carriedC = take(base, &end, 4 * lanes * lstm);
  w->outputs = take(base, &end, 4 * rows * outputs);
  w->outputGradient = take(base, &end, 4 * rows * outputs);
  w->headGradient = take(base, &end, 4 * widest * outputs);
  w->transposedWeights = take(base, &end, 4 * transposed);
  return end;
}

/* One thread's view of the update, or of a decision, which has none: `base` is the memory that all offsets count from. */
typedef struct {
  char *base;
  const Update *update;
  const Plan *plan;
  Workspace *w;
} Work;

/* An array of the memory; NULL where the update has none. */
static inline void *at(const Work *work, uint32_t offset) { return offset == 0 ? NULL : work->base + offset; }

#endif
