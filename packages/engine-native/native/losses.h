/* The losses of a tile of events and their gradients with respect to a trunk's outputs; the mathematics stands in
 * packages/policy-wasm/assembly/losses.ts. Rows are worked on in blocks, number by number of all rows, so that compilers
 * make vectors of the loops. */
#ifndef VIGIL_LOSSES_H
#define VIGIL_LOSSES_H
#include <float.h>
#include "gather.h"
#include "softmax.h"

/* What PPO needs of each row; `on` is 1 where there is something to learn. */
typedef struct {
  Rows on, action, oldLogProb, advantage, direct[ACTIONS];
} PpoRows;

/* A block of rows that all have events, and no direct gains: loops without a condition. */
static void readPpoRows(const Work *work, int agent, int first, PpoRows *rows, Rows z[ACTIONS]) {
  const Update *update = work->update;
  const size_t from = (size_t)agent * update->storedCount;
  const int32_t *events = work->w->events + first;
  const uint8_t *actions = (const uint8_t *)(work->base + update->actions) + from;
  const float *oldLogProbs = (const float *)(work->base + update->oldLogProbs) + from;
  const float *advantages = (const float *)(work->base + update->advantages) + from;
  const float *outputs = work->w->outputs + (size_t)first * ACTIONS;
  memset(rows->direct, 0, sizeof rows->direct);
  for (int row = 0; row < LOSS_ROWS; row++) {
    rows->action[row] = actions[events[row]];
    rows->oldLogProb[row] = oldLogProbs[events[row]];
    rows->advantage[row] = advantages[events[row]];
  }
  for (int row = 0; row < LOSS_ROWS; row++) {
    rows->on[row] = 1.0f;
    for (int action = 0; action < ACTIONS; action++) z[action][row] = outputs[row * ACTIONS + action];
  }
}

static int haveEvents(const int32_t *events) {
  int32_t signs = 0;
  for (int row = 0; row < LOSS_ROWS; row++) signs |= events[row];
  return signs >= 0;
}

static void gatherPpoRows(const Work *work, int agent, int first, int count, PpoRows *rows, Rows z[ACTIONS]) {
  const Update *update = work->update;
  if (count == LOSS_ROWS && update->direct == 0 && haveEvents(work->w->events + first)) {
    readPpoRows(work, agent, first, rows, z);
    return;
  }
  const uint8_t *actions = at(work, update->actions);
  const float *oldLogProbs = at(work, update->oldLogProbs), *advantages = at(work, update->advantages);
  const float *direct = at(work, update->direct);
  for (int row = 0; row < LOSS_ROWS; row++) {
    const int event = row < count ? work->w->events[first + row] : NO_EVENT;
    const size_t from = event == NO_EVENT ? 0 : (size_t)agent * update->storedCount + event;
    rows->on[row] = event == NO_EVENT ? 0.0f : 1.0f;
    rows->action[row] = event == NO_EVENT ? 0.0f : actions[from];
    rows->oldLogProb[row] = event == NO_EVENT ? 0.0f : oldLogProbs[from];
    rows->advantage[row] = event == NO_EVENT ? 0.0f : advantages[from];
    for (int action = 0; action < ACTIONS; action++) {
      rows->direct[action][row] = event == NO_EVENT || direct == NULL ? 0.0f : direct[from * ACTIONS + action];
      z[action][row] = event == NO_EVENT ? 0.0f : work->w->outputs[(size_t)(first + row) * ACTIONS + action];
    }
  }
}

/* Clipped PPO with entropy bonus and the direct term. z [ACTIONS] logits become the gradient of the agent's mean loss. */
static void ppoRows(const Update *update, float share, const PpoRows *rows, Rows z[ACTIONS], Rows terms[4]) {
  Rows pi[ACTIONS], ratio, logRatio;
  softmaxRows(z, pi);
  for (int row = 0; row < LOSS_ROWS; row++) {
    float logProb = 0.0f;
    for (int j = 0; j < ACTIONS; j++) logProb = rows->action[row] == (float)j ? z[j][row] : logProb;
    logRatio[row] = logProb - rows->oldLogProb[row];
    ratio[row] = exponential(logRatio[row]);
  }
  /* Read here: a load under a condition keeps compilers from making vectors. */
  const float clipLow = update->clipLow, clipHigh = update->clipHigh, clipEpsilon = update->clipEpsilon;
  const float entropyShare = share * update->entropyCoef;
  for (int row = 0; row < LOSS_ROWS; row++) {
    const float action = rows->action[row], advantage = rows->advantage[row], on = rows->on[row];
    float entropy = 0.0f, gained = 0.0f;
    for (int j = 0; j < ACTIONS; j++) {
      entropy -= pi[j][row] * z[j][row];
      gained += pi[j][row] * rows->direct[j][row];
    }
    const float raised = ratio[row] < clipLow ? clipLow : ratio[row];
    const float plain = ratio[row] * advantage;
    const float clipped = (raised > clipHigh ? clipHigh : raised) * advantage;
    const float surrogate = plain <= clipped ? plain : clipped;
    const float dPlain = -share * plain, dLogProb = plain <= clipped ? dPlain : 0.0f;
    for (int j = 0; j < ACTIONS; j++) {
      float d = pi[j][row] * (z[j][row] + entropy) * entropyShare - pi[j][row] * dLogProb;
      d += action == (float)j ? dLogProb : 0.0f;
      d -= pi[j][row] * (rows->direct[j][row] - gained) * share;
      z[j][row] = on != 0.0f ? d : 0.0f;
    }
    const float change = ratio[row] - 1.0f, distance = change < 0.0f ? -change : change;
    const float loss = -surrogate - gained, divergence = change - logRatio[row];
    terms[0][row] = on != 0.0f ? loss : 0.0f;
    terms[1][row] = on != 0.0f ? entropy : 0.0f;
    terms[2][row] = on != 0.0f ? divergence : 0.0f;
    terms[3][row] = distance > clipEpsilon ? on : 0.0f;
  }
}

static void ppoGradient(const Work *work, int agent, double *statistics) {
  const Workspace *w = work->w;
  const float share = ((const float *)at(work, work->update->rowShares))[agent];
  for (int first = 0; first < w->rows; first += LOSS_ROWS) {
    const int count = w->rows - first < LOSS_ROWS ? w->rows - first : LOSS_ROWS;
    PpoRows rows;
    Rows z[ACTIONS], terms[4];
    gatherPpoRows(work, agent, first, count, &rows, z);
    ppoRows(work->update, share, &rows, z, terms);
    for (int row = 0; row < count; row++) {
      for (int action = 0; action < ACTIONS; action++) {
        w->outputGradient[(size_t)(first + row) * ACTIONS + action] = z[action][row];
        statistics[action] += terms[action][row];
      }
    }
  }
}

/* Squared error of the critic: gradient of valueCoef mean (V - target)^2, and of constraintCoef mean sum_s (cost_s - target_s)^2. */
static void valueGradient(const Work *work, int agent, ValueStatistics *statistics) {
  const Workspace *w = work->w;
  const Update *update = work->update;
  const int outputs = outputCount(work->plan, VALUE_TRUNK);
  const float share = ((const float *)at(work, update->rowShares))[agent];
  const float valueScale = 2.0f * update->valueCoef * share, costScale = 2.0f * (update->constraintCoef * share);
  const float *valueTargets = at(work, update->valueTargets), *costTargets = at(work, update->costTargets);
  memset(w->outputGradient, 0, 4 * (size_t)w->rows * outputs);
  for (int row = 0; row < w->rows; row++) {
    if (w->events[row] == NO_EVENT) continue;
    const float *own = w->outputs + (size_t)row * outputs;
    float *to = w->outputGradient + (size_t)row * outputs;
    const float error = own[0] - valueTargets[(size_t)agent * update->storedCount + w->events[row]];
    to[0] = valueScale * error;
    statistics->valueLoss += error * error;
    for (int s = 0; s < work->plan->constraintCount; s++) {
      const size_t from = ((size_t)s * work->plan->agentCount + agent) * update->storedCount + w->events[row];
      const float costError = own[1 + s] - costTargets[from];
      to[1 + s] = costScale * costError;
      statistics->costValueLoss += costError * costError;
    }
  }
}

/* Cross-entropy of the actions that are right, the group of each event. */
static void crossEntropyGradient(const Work *work, int agent, LabelStatistics *statistics) {
  const Workspace *w = work->w;
  const uint8_t *accepted = at(work, work->update->accepted);
  const float share = ((const float *)at(work, work->update->rowShares))[agent];
  memset(w->outputGradient, 0, 4 * (size_t)w->rows * ACTIONS);
  for (int row = 0; row < w->rows; row++) {
    if (w->events[row] == NO_EVENT) continue;
    const int group = accepted[w->events[row]];
    const float *z = w->outputs + (size_t)row * ACTIONS;
    float *dZ = w->outputGradient + (size_t)row * ACTIONS;
    float largest = -FLT_MAX, largestIn = -FLT_MAX, sum = 0.0f, sumIn = 0.0f, e[ACTIONS], eIn[ACTIONS];
    for (int j = 0; j < ACTIONS; j++) {
      largest = z[j] > largest ? z[j] : largest;
      largestIn = group >> j & 1 && z[j] > largestIn ? z[j] : largestIn;
    }
    /* The softmax inside the group from its own largest logit: exact also where all of it is improbable. */
    for (int j = 0; j < ACTIONS; j++) {
      sum += e[j] = exponential(z[j] - largest);
      sumIn += eIn[j] = group >> j & 1 ? exponential(z[j] - largestIn) : 0.0f;
    }
    for (int j = 0; j < ACTIONS; j++) dZ[j] = (e[j] / sum - eIn[j] / sumIn) * share;
    statistics->crossEntropy += largest + logarithm(sum) - largestIn - logarithm(sumIn);
  }
}

#endif
