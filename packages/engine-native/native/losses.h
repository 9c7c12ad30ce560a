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

static void gatherPpoRows(const Work *work, int agent, int first, int count, PpoRows *rows, Rows z[ACTIONS]) {
  const Update *update = work->update;
  const uint8_t *actions = at(work, update->actions);
  const float *oldLogProbs = at(work, update->oldLogProbs), *advantages = at(work, update->advantages);
  const float *direct = at(work, update->direct);
  for (int row = 0; row < LOSS_ROWS; row++) {
    const int event = row < count ? work->w->events[first + row] : NO_EVENT;
    const size_t from = event == NO_EVENT ? 0 : (size_t)agent * update->rowCount + event;
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
  Rows e[ACTIONS], sum;
  exponentials(z, e, sum);
  const float entropyShare = share * update->entropyCoef;
  for (int row = 0; row < LOSS_ROWS; row++) {
    const float logSum = logarithm(sum[row]), action = rows->action[row], advantage = rows->advantage[row];
    float pi[ACTIONS], logPi[ACTIONS], logProb = 0.0f, entropy = 0.0f, gained = 0.0f;
    for (int j = 0; j < ACTIONS; j++) {
      pi[j] = e[j][row] / sum[row];
      logPi[j] = z[j][row] - logSum;
      logProb = action == (float)j ? logPi[j] : logProb;
      entropy -= pi[j] * logPi[j];
      gained += pi[j] * rows->direct[j][row];
    }
    const float logRatio = logProb - rows->oldLogProb[row], ratio = exponential(logRatio);
    const float raised = ratio < update->clipLow ? update->clipLow : ratio;
    const float plain = ratio * advantage;
    const float clipped = (raised > update->clipHigh ? update->clipHigh : raised) * advantage;
    const float surrogate = plain <= clipped ? plain : clipped;
    const float dLogProb = plain <= clipped ? -share * plain : 0.0f;
    const float on = rows->on[row];
    for (int j = 0; j < ACTIONS; j++) {
      float d = pi[j] * (logPi[j] + entropy) * entropyShare - pi[j] * dLogProb;
      d += action == (float)j ? dLogProb : 0.0f;
      d -= pi[j] * (rows->direct[j][row] - gained) * share;
      z[j][row] = on != 0.0f ? d : 0.0f;
    }
    const float distance = ratio - 1.0f < 0.0f ? 1.0f - ratio : ratio - 1.0f;
    terms[0][row] = on != 0.0f ? -surrogate - gained : 0.0f;
    terms[1][row] = on != 0.0f ? entropy : 0.0f;
    terms[2][row] = on != 0.0f ? ratio - 1.0f - logRatio : 0.0f;
    terms[3][row] = on != 0.0f && distance > update->clipEpsilon ? 1.0f : 0.0f;
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
    const float error = own[0] - valueTargets[(size_t)agent * update->rowCount + w->events[row]];
    to[0] = valueScale * error;
    statistics->valueLoss += error * error;
    for (int s = 0; s < work->plan->constraintCount; s++) {
      const size_t from = ((size_t)s * work->plan->agentCount + agent) * update->rowCount + w->events[row];
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
