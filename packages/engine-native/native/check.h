/* Whether an update can be run, or a decision made: all arrays that it names lie in the memory, and what chooses places in
 * it, the rows, categories, actions, progress and workspaces, is in range. The caller sees to it that the arrays lie apart, and that nobody else
 * writes to them meanwhile. */
#ifndef VIGIL_CHECK_H
#define VIGIL_CHECK_H
#include "act.h"
#include "workspace.h"

enum { WIDTH_MAX = 2048, DENSE_MAX = 4096, COLUMNS_MAX = 256, CONSTRAINTS_MAX = 32 };

static int areWidths(const int32_t *widths, int count) {
  for (int layer = 0; layer < count; layer++) {
    if (widths[layer] < 1 || widths[layer] > WIDTH_MAX) return 0;
  }
  return 1;
}

static int between(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }

/* @returns the plan at an offset, or NULL */
static const Plan *checkedPlan(const char *base, size_t length, uint32_t offset) {
  const Plan *plan = (const Plan *)(base + offset);
  if (offset % 4 != 0 || offset + sizeof(Plan) > length) return NULL;
  if (!between(plan->columnCount, 0, COLUMNS_MAX)) return NULL;
  if (offset + sizeof(Plan) + 4 * (size_t)plan->columnCount > length) return NULL;
  const int isShape = between(plan->agentCount, 1, AGENTS_MAX) && between(plan->denseSize, 0, DENSE_MAX) &&
                      between(plan->vocabularySize, plan->columnCount, (int64_t)COLUMNS_MAX << 16) &&
                      between(plan->policyLayers, 1, 8) && between(plan->valueLayers, 0, 8) &&
                      between(plan->lstmLayers, 0, 8) && between(plan->constraintCount, 0, CONSTRAINTS_MAX) &&
                      areWidths(plan->policyWidths, plan->policyLayers) &&
                      areWidths(plan->valueWidths, plan->valueLayers) && areWidths(plan->lstmWidths, plan->lstmLayers);
  if (!isShape) return NULL;
  for (int column = 0; column < plan->columnCount; column++) {
    if (!between(plan->columnOffsets[column], 0, plan->vocabularySize - 1)) return NULL;
  }
  size_t parameters = trunkSize(plan, POLICY_TRUNK), states = 0;
  int widest = 0, widestLstm = 0;
  for (int trunk = 0; trunk < (plan->valueLayers > 0 ? 2 : 1); trunk++) {
    if (trunk == VALUE_TRUNK) parameters += trunkSize(plan, VALUE_TRUNK);
    for (int layer = 0; layer < layerCount(plan, trunk); layer++) {
      const int width = layerWidth(plan, trunk, layer), isLstm = layer >= hiddenCount(plan, trunk);
      if (width > widest) widest = width;
      if (isLstm && width > widestLstm) widestLstm = width;
      if (isLstm) states += 2 * (size_t)width;
    }
  }
  return parameters == (size_t)plan->parametersPerAgent && states == (size_t)plan->stateSize &&
                 widest == plan->widest && widestLstm == plan->widestLstm
             ? plan
             : NULL;
}

/* `count` items of `size` bytes at an offset; an offset of 0 is an array that is not there. */
static int lies(size_t length, uint32_t offset, size_t count, size_t size, int mayBeMissing) {
  if (offset == 0) return mayBeMissing || count == 0;
  return offset % size == 0 && offset <= length && count <= (length - offset) / size;
}

/* @returns whether the update and the arrays that it names lie in the memory */
static int isUpdateInside(const char *base, size_t length, uint32_t offset) {
  if (offset % 4 != 0 || offset + sizeof(Update) > length) return 0;
  const Update *u = (const Update *)(base + offset);
  const Plan *plan = checkedPlan(base, length, u->plan);
  if (plan == NULL || u->agentStride % 64 != 0 || u->agentStride / 4 < (size_t)plan->parametersPerAgent) return 0;
  if (!between(u->sliceCount, 1, 64) || !between(u->trunkCount, 1, plan->valueLayers > 0 ? 2 : 1)) return 0;
  if (!between(u->stepCount, 1, INT32_MAX) || !between(u->laneCount, 1, INT32_MAX)) return 0;
  if ((int64_t)u->stepCount * u->laneCount != u->rowCount) return 0;
  if (!between(u->sliceLanes, 1, INT32_MAX / 64) || (int64_t)u->sliceLanes * u->sliceCount < u->laneCount) return 0;
  if (u->storedRows == 0 ? u->storedCount != u->rowCount : u->storedCount < 1) return 0;
  const size_t agents = plan->agentCount, rows = u->storedCount, trunks = agents * u->trunkCount;
  const size_t team = agents * (u->agentStride / 4), isPpo = !u->supervised, isRecurrent = plan->lstmLayers > 0;
  const size_t hasCritic = u->trunkCount == 2;
  return lies(length, u->parameters, team, 4, 0) && lies(length, u->firstMoment, team, 4, 0) &&
         lies(length, u->secondMoment, team, 4, 0) && lies(length, u->inputMask, team, 4, 1) &&
         lies(length, u->gradients, team * u->sliceCount, 4, 0) &&
         lies(length, u->storedRows, u->rowCount, 4, 1) && lies(length, u->dense, rows * plan->denseSize, 4, 0) &&
         lies(length, u->categorical, rows * plan->columnCount, 2, 0) &&
         lies(length, u->resets, isRecurrent * rows, 1, 0) &&
         lies(length, u->recurrentState, isRecurrent * agents * u->laneCount * plan->stateSize, 4, 0) &&
         lies(length, u->accepted, isPpo ? 0 : rows, 1, 0) && lies(length, u->actions, isPpo * agents * rows, 1, 0) &&
         lies(length, u->oldLogProbs, isPpo * agents * rows, 4, 0) &&
         lies(length, u->advantages, isPpo * agents * rows, 4, 0) &&
         lies(length, u->valueTargets, hasCritic * agents * rows, 4, 0) &&
         lies(length, u->costTargets, hasCritic * plan->constraintCount * agents * rows, 4, 0) &&
         lies(length, u->weights, agents * rows, 4, 1) && lies(length, u->direct, agents * rows * ACTIONS, 4, 1) &&
         lies(length, u->rowShares, agents, 4, 0) &&
         lies(length, u->statistics, trunks * u->sliceCount * STATISTICS_BYTES / 8, 8, 0) &&
         lies(length, u->gradientNorms, trunks, 8, 0) && lies(length, u->gradientScales, trunks, 8, 0) &&
         lies(length, u->progress, 1 + trunks, 4, 0);
}

/* Whether every category is one of its column; of each row, or of those that are named. */
static int areCategoriesKnown(const uint16_t *categories, const uint32_t *rows, int rowCount, const Plan *plan) {
  for (int row = 0; row < rowCount; row++) {
    const uint16_t *category = categories + (rows == NULL ? (size_t)row : rows[row]) * plan->columnCount;
    for (int column = 0; column < plan->columnCount; column++) {
      const int next = column + 1 < plan->columnCount ? plan->columnOffsets[column + 1] : plan->vocabularySize;
      if (plan->columnOffsets[column] + *category++ >= next) return 0;
    }
  }
  return 1;
}

/* Whether the actions of each agent, or the set of those that are right, are some. */
static int areChoicesKnown(const char *base, const Update *u, const Plan *plan, const uint32_t *rows) {
  const uint8_t *choices = (const uint8_t *)(base + (u->supervised ? u->accepted : u->actions));
  const int least = u->supervised ? 1 : 0, most = u->supervised ? (1 << ACTIONS) - 1 : ACTIONS - 1;
  for (int agent = 0; agent < (u->supervised ? 1 : plan->agentCount); agent++, choices += u->storedCount) {
    for (int event = 0; event < u->rowCount; event++) {
      if (!between(choices[rows == NULL ? (uint32_t)event : rows[event]], least, most)) return 0;
    }
  }
  return 1;
}

/* @returns whether the values of an update that lies in the memory are in range, and none of its work has been done */
static int isUpdateInRange(const char *base, uint32_t offset) {
  const Update *u = (const Update *)(base + offset);
  const Plan *plan = (const Plan *)(base + u->plan);
  const uint32_t *rows = u->storedRows == 0 ? NULL : (const uint32_t *)(base + u->storedRows);
  for (int event = 0; rows != NULL && event < u->rowCount; event++) {
    if (rows[event] >= (uint32_t)u->storedCount) return 0;
  }
  const int32_t *progress = (const int32_t *)(base + u->progress);
  for (int index = 0; index <= u->trunkCount * plan->agentCount; index++) {
    if (progress[index] != (index == 0 ? 0 : u->sliceCount)) return 0;
  }
  return areChoicesKnown(base, u, plan, rows) &&
         areCategoriesKnown((const uint16_t *)(base + u->categorical), rows, u->rowCount, plan);
}

/* @returns whether an acting block and what it names lie in the memory, and its categories in range */
static int isActingInside(const char *base, size_t length, uint32_t offset, int judgesOnly) {
  if (offset % 4 != 0 || offset + sizeof(Acting) > length) return 0;
  const Acting *acting = (const Acting *)(base + offset);
  const Plan *plan = checkedPlan(base, length, acting->plan);
  if (plan == NULL || !between(acting->rows, 1, INT32_MAX)) return 0;
  const size_t rows = acting->rows, decisions = rows * plan->agentCount, isChoosing = !judgesOnly;
  const size_t outputs = plan->valueLayers > 0 ? 1 + (size_t)plan->constraintCount : 0;
  if (judgesOnly && outputs == 0) return 0;
  if (!(lies(length, acting->parameters, (size_t)plan->agentCount * plan->parametersPerAgent, 4, 0) &&
        lies(length, acting->x, rows * plan->denseSize, 4, 0) &&
        lies(length, acting->categories, rows * plan->columnCount, 2, 0) &&
        lies(length, acting->recurrentState, decisions * plan->stateSize, 4, 0) &&
        lies(length, acting->values, decisions * outputs, 4, 0) &&
        lies(length, acting->actions, isChoosing * decisions, 1, 0) &&
        lies(length, acting->logProbs, isChoosing * decisions, 4, 0) &&
        lies(length, acting->probabilities, isChoosing * decisions * ACTIONS, 4, 0))) {
    return 0;
  }
  /* The steps are read as bytes, with the last row's two words at their end. */
  if (isChoosing && !lies(length, acting->steps, (rows - 1) * acting->stepStride + 8, 1, 0)) return 0;
  return areCategoriesKnown((const uint16_t *)(base + acting->categories), NULL, acting->rows, plan);
}

/* @returns whether workspaces for the update fit into the memory at their offsets, apart from each other */
static int areWorkspacesInside(const char *base, size_t length, uint32_t update, const uint32_t *offsets, size_t count) {
  const Update *u = (const Update *)(base + update);
  Workspace unused;
  const size_t bytes = layOut((const Plan *)(base + u->plan), u->stepCount, NULL, &unused);
  for (size_t index = 0; index < count; index++) {
    if (!lies(length, offsets[index], bytes / 64, 64, 0)) return 0;
    for (size_t other = 0; other < index; other++) {
      const int64_t distance = (int64_t)offsets[index] - offsets[other];
      if ((size_t)(distance < 0 ? -distance : distance) < bytes) return 0;
    }
  }
  return 1;
}

#endif
