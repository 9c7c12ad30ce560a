/* Copies parts of a minibatch into a thread's tile. */
#ifndef VIGIL_GATHER_H
#define VIGIL_GATHER_H
#include <string.h>
#include "workspace.h"

static int rowOf(const Work *work, int event) {
  const uint32_t *rows = at(work, work->update->storedRows);
  return rows == NULL ? event : (int)rows[event];
}

static int isLearntFrom(const Work *work, int agent, int row) {
  const float *weights = at(work, work->update->weights);
  return weights == NULL || weights[(size_t)agent * work->update->storedCount + row] != 0;
}

/* The inputs of one row, or zeros for NO_EVENT. */
static void gatherInputs(const Work *work, int row, int to) {
  Workspace *w = work->w;
  const size_t dense = work->plan->denseSize, columns = work->plan->columnCount;
  float *x = w->gatheredX + to * dense;
  uint16_t *categories = w->gatheredCategories + to * columns;
  if (row == NO_EVENT) {
    memset(x, 0, 4 * dense);
    memset(categories, 0, 2 * columns);
    return;
  }
  memcpy(x, (const float *)at(work, work->update->dense) + (size_t)row * dense, 4 * dense);
  memcpy(categories, (const uint16_t *)at(work, work->update->categorical) + (size_t)row * columns, 2 * columns);
}

/* Fills the tile with events of a feed-forward network; those of weight 0 cost nothing.
 * @returns the first event that has not been looked at; it may be that none was gathered */
static int gatherEvents(const Work *work, int agent, int first, int end) {
  Workspace *w = work->w;
  int count = 0, event = first;
  for (; event < end && count < w->laneCapacity; event++) {
    const int row = rowOf(work, event);
    if (!isLearntFrom(work, agent, row)) continue;
    gatherInputs(work, row, count);
    w->events[count++] = row;
  }
  for (; count % LANE_BLOCK != 0; count++) {
    gatherInputs(work, NO_EVENT, count);
    w->events[count] = NO_EVENT;
  }
  w->steps = 1;
  w->lanes = w->rows = count;
  return event;
}

/* Fills the tile with whole segments. Events of weight 0 are replayed for the states' sake.
 * @returns the first lane that has not been gathered */
static int gatherSegments(const Work *work, int agent, int trunk, int first, int end) {
  Workspace *w = work->w;
  const Update *update = work->update;
  const uint8_t *resets = at(work, update->resets);
  const int laneCount = end - first < w->laneCapacity ? end - first : w->laneCapacity;
  const int tileLanes = (laneCount + LANE_BLOCK - 1) & -LANE_BLOCK;
  for (int step = 0; step < update->stepCount; step++) {
    for (int lane = 0; lane < tileLanes; lane++) {
      const int to = step * tileLanes + lane;
      const int row = lane < laneCount ? rowOf(work, step * update->laneCount + first + lane) : NO_EVENT;
      gatherInputs(work, row, to);
      w->events[to] = row != NO_EVENT && isLearntFrom(work, agent, row) ? row : NO_EVENT;
      w->resets[to] = row == NO_EVENT ? 0 : resets[row];
    }
  }
  w->steps = update->stepCount;
  w->lanes = tileLanes;
  w->rows = tileLanes * update->stepCount;
  w->stateLanes = laneCount;
  w->stateStride = work->plan->stateSize;
  /* Both trunks have the same LSTM layers. */
  w->state = (const float *)at(work, update->recurrentState) +
             ((size_t)agent * update->laneCount + first) * w->stateStride +
             (trunk == POLICY_TRUNK ? 0 : w->stateStride / 2);
  return first + laneCount;
}

#endif
