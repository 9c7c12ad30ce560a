/* Acting: from rows of inputs to actions, log-probabilities and values for every agent of the team; the kernels of
 * packages/policy-wasm/assembly/act.ts, with the products and exponentials of learn.c, so that the first update on what
 * was done finds the same log-probabilities, bit for bit. Compiled once for each family of instructions. */
#include "act.h"
#include "philox.h"
#include "softmax.h"
#include "trunk.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/* Philox key word of the purpose `action` (packages/random/src/streams.ts). */
enum { ACTION_STREAM = 2 };

/* Log-probabilities of a tile, [A, 4, rows]. */
typedef Rows AgentRows[ACTIONS];

/* One tile of one step, whose lanes are rows. */
typedef struct {
  const Acting *acting;
  Work work;
  int first;
} Tile;

static void aimAtRows(const Tile *tile) {
  const Acting *acting = tile->acting;
  const Plan *plan = tile->work.plan;
  Workspace *w = tile->work.w;
  char *base = tile->work.base;
  const int left = acting->rows - tile->first;
  w->steps = 1;
  w->lanes = w->rows = w->stateLanes = left < TILE_ROWS ? left : TILE_ROWS;
  w->x = (const float *)(base + acting->x) + (size_t)tile->first * plan->denseSize;
  w->categories = (const uint16_t *)(base + acting->categories) + (size_t)tile->first * plan->columnCount;
  w->stateStride = (size_t)plan->agentCount * plan->stateSize;
  memset(w->resets, 0, w->rows);
}

/* The outputs of an agent's trunk on the tile's rows; where `keepsState` its state becomes that after the step. */
static void runTrunk(const Tile *tile, int trunk, int agent, int keepsState) {
  const Plan *plan = tile->work.plan;
  Workspace *w = tile->work.w;
  float *state = (float *)(tile->work.base + tile->acting->recurrentState) +
                 ((size_t)tile->first * plan->agentCount + agent) * plan->stateSize +
                 (trunk == POLICY_TRUNK ? 0 : plan->stateSize / 2);
  w->state = state;
  const float *parameters = (const float *)(tile->work.base + tile->acting->parameters);
  forwardTrunk(&tile->work, trunk, parameters + (size_t)agent * plan->parametersPerAgent + trunkOffset(plan, trunk));
  if (!keepsState) return;
  for (int layer = 0; layer < plan->lstmLayers; layer++) {
    const size_t width = layerWidth(plan, trunk, hiddenCount(plan, trunk) + layer), block = w->lanes * width;
    for (int lane = 0; lane < w->lanes; lane++) {
      float *to = state + lane * w->stateStride;
      memcpy(to, w->lstm[layer].h + block + lane * width, 4 * width);
      memcpy(to + width, w->lstm[layer].c + block + lane * width, 4 * width);
    }
    state += 2 * width;
  }
}

/* [rows, A, O]: the critics' outputs without the padding of their heads. */
static void judge(const Tile *tile, int keepsState) {
  const Plan *plan = tile->work.plan;
  const Workspace *w = tile->work.w;
  const size_t outputs = 1 + (size_t)plan->constraintCount, columns = outputCount(plan, VALUE_TRUNK);
  float *values = (float *)(tile->work.base + tile->acting->values);
  for (int agent = 0; agent < plan->agentCount; agent++) {
    runTrunk(tile, VALUE_TRUNK, agent, keepsState);
    for (int row = 0; row < w->rows; row++) {
      float *to = values + ((size_t)(tile->first + row) * plan->agentCount + agent) * outputs;
      memcpy(to, w->outputs + row * columns, 4 * outputs);
    }
  }
}

/* Softmax of an agent's logits: probabilities [rows, A, 4], and their logarithms as the losses take them.
 * @returns 0 where a logit is NaN or infinite */
static int softmax(const Tile *tile, int agent, AgentRows logPi) {
  const Workspace *w = tile->work.w;
  float *probabilities = (float *)(tile->work.base + tile->acting->probabilities);
  Rows pi[ACTIONS];
  for (int action = 0; action < ACTIONS; action++) {
    for (int row = 0; row < LOSS_ROWS; row++) {
      const float z = row < w->rows ? w->outputs[(size_t)row * ACTIONS + action] : 0.0f;
      if (z - z != 0.0f) return 0;
      logPi[action][row] = z;
    }
  }
  softmaxRows(logPi, pi);
  for (int row = 0; row < w->rows; row++) {
    float *to = probabilities + ((size_t)(tile->first + row) * tile->work.plan->agentCount + agent) * ACTIONS;
    for (int action = 0; action < ACTIONS; action++) to[action] = pi[action][row];
  }
  return 1;
}

/* Inverse of the cumulative distribution; rounding may leave u above the last sum, then the last action that is possible. */
static int sample(const float *p, float u) {
  float cumulative = 0.0f;
  int last = 0;
  for (int action = 0; action < ACTIONS; action++) {
    if (p[action] > 0.0f) last = action;
    cumulative += p[action];
    if (u < cumulative) return action;
  }
  return last;
}

/* Samples the tile's actions. The number of (lane, step, agent) is word agent % 4 of Philox(seed, action)(step, lane, agent / 4). */
static void choose(const Tile *tile, AgentRows *logPi) {
  const Acting *acting = tile->acting;
  char *base = tile->work.base;
  const int agents = tile->work.plan->agentCount;
  const float *probabilities = (const float *)(base + acting->probabilities);
  for (int row = 0; row < tile->work.w->rows; row++) {
    const uint32_t lane = acting->laneBase + (uint32_t)(tile->first + row);
    const size_t entry = (size_t)(tile->first + row) * agents;
    const char *step = base + acting->steps + (size_t)(tile->first + row) * acting->stepStride;
    uint8_t *actions = (uint8_t *)(base + acting->actions) + entry;
    uint32_t words[4] = {0};
    for (int agent = 0; agent < agents; agent++) {
      if (agent % 4 == 0) {
        memcpy(words, step, 8);
        words[2] = lane;
        words[3] = (uint32_t)agent / 4;
        philox(acting->seed, ACTION_STREAM, words);
      }
      actions[agent] = (uint8_t)sample(probabilities + (entry + agent) * ACTIONS, unitFloat(words[agent % 4]));
    }
    /* All agents of a lane take its pilot's action, each with the log-probability that its own policy gives it. */
    if (acting->hasPilots) memset(actions, actions[lane % (uint32_t)agents], agents);
    float *logProbs = (float *)(base + acting->logProbs) + entry;
    for (int agent = 0; agent < agents; agent++) logProbs[agent] = logPi[agent][actions[agent]][row];
  }
}

int JOIN(act, FAMILY)(char *base, uint32_t actingAt, char *workspaceAt, int judgesOnly) {
  const Acting *acting = (const Acting *)(base + actingAt);
  const Plan *plan = (const Plan *)(base + acting->plan);
  Workspace workspace;
  AgentRows logPi[AGENTS_MAX];
  layOut(plan, 1, workspaceAt, &workspace);
  Tile tile = {acting, {base, NULL, plan, &workspace}, 0};
  for (; tile.first < acting->rows; tile.first += TILE_ROWS) {
    aimAtRows(&tile);
    for (int agent = 0; agent < plan->agentCount && !judgesOnly; agent++) {
      runTrunk(&tile, POLICY_TRUNK, agent, 1);
      if (!softmax(&tile, agent, logPi[agent])) return NON_FINITE_LOGITS;
    }
    if (plan->valueLayers > 0) judge(&tile, !judgesOnly);
    if (!judgesOnly) choose(&tile, logPi);
  }
  return 0;
}
