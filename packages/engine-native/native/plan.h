/* The network's shape and where its tensors lie; as packages/policy-wasm/assembly/plan.ts, which explains it. Offsets count
 * floats. `blocks.h` is written for each compilation from the descriptions of the blocks in packages/policy-wasm/src/blocks.ts. */
#ifndef VIGIL_PLAN_H
#define VIGIL_PLAN_H
#include <stddef.h>
#include <stdint.h>
#include "blocks.h"

enum { POLICY_TRUNK = 0, VALUE_TRUNK = 1, ACTIONS = 4, GATES = 4 };

static inline int hiddenCount(const Plan *plan, int trunk) {
  return trunk == POLICY_TRUNK ? plan->policyLayers : plan->valueLayers;
}

/* Hidden and LSTM layers. */
static inline int layerCount(const Plan *plan, int trunk) { return hiddenCount(plan, trunk) + plan->lstmLayers; }

static inline int logicalWidth(const Plan *plan, int trunk, int layer) {
  const int above = layer - hiddenCount(plan, trunk);
  if (above >= 0) return plan->lstmWidths[above];
  return (trunk == POLICY_TRUNK ? plan->policyWidths : plan->valueWidths)[layer];
}

static inline int layerWidth(const Plan *plan, int trunk, int layer) {
  return (logicalWidth(plan, trunk, layer) + 7) & ~7;
}

static inline int inputWidth(const Plan *plan, int trunk, int layer) {
  return layer == 0 ? plan->denseSize : layerWidth(plan, trunk, layer - 1);
}

/* Columns of a trunk's head in memory. */
static inline int outputCount(const Plan *plan, int trunk) {
  if (trunk == POLICY_TRUNK) return ACTIONS;
  return plan->constraintCount == 0 ? 1 : (1 + plan->constraintCount + 3) & ~3;
}

/* From a trunk's first tensor, its embedding, to the weights of a layer; of layer `layerCount`, the head. */
static inline size_t weightsOffset(const Plan *plan, int trunk, int layer) {
  size_t count = (size_t)plan->vocabularySize * layerWidth(plan, trunk, 0);
  for (int below = 0; below < layer; below++) {
    const size_t inputs = inputWidth(plan, trunk, below), width = layerWidth(plan, trunk, below);
    if (below >= hiddenCount(plan, trunk)) count += (inputs + width + 1) * GATES * width;
    else count += (inputs + (plan->normEpsilon > 0 ? 3 : 1)) * width;
  }
  return count;
}

static inline size_t trunkSize(const Plan *plan, int trunk) {
  const int layers = layerCount(plan, trunk);
  return weightsOffset(plan, trunk, layers) + (size_t)(inputWidth(plan, trunk, layers) + 1) * outputCount(plan, trunk);
}

/* From an agent's first parameter to the trunk's. */
static inline size_t trunkOffset(const Plan *plan, int trunk) {
  return trunk == POLICY_TRUNK ? 0 : trunkSize(plan, POLICY_TRUNK);
}

/* Up to a multiple of four, behind which the host leaves zeros. */
static inline size_t paddedTrunkSize(const Plan *plan, int trunk) { return (trunkSize(plan, trunk) + 3) & ~(size_t)3; }

/* Floats of the transposed weights of a layer, 1 to layerCount, the head. */
static inline size_t transposedSize(const Plan *plan, int trunk, int layer) {
  const size_t inputs = inputWidth(plan, trunk, layer);
  if (layer == layerCount(plan, trunk)) return inputs * outputCount(plan, trunk);
  const size_t width = layerWidth(plan, trunk, layer);
  return layer < hiddenCount(plan, trunk) ? inputs * width : (inputs + width) * GATES * width;
}

#endif
