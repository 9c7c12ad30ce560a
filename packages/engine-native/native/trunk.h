/* One trunk of one agent, from a tile's inputs to the outputs of its head. */
#ifndef VIGIL_TRUNK_H
#define VIGIL_TRUNK_H
#include "layers.h"

/* values [lanes, width] = the lanes' states; zeros in lanes without one. */
static void loadState(const Workspace *w, size_t offset, float *values, int width) {
  for (int lane = 0; lane < w->stateLanes; lane++) {
    memcpy(values + (size_t)lane * width, w->state + lane * w->stateStride + offset, 4 * (size_t)width);
  }
  memset(values + (size_t)w->stateLanes * width, 0, 4 * (size_t)(w->lanes - w->stateLanes) * width);
}

/* Zeros in values [lanes, width] where an episode begins at the step. */
static void clearAtResets(const Workspace *w, int step, float *values, int width) {
  for (int lane = 0; lane < w->lanes; lane++) {
    if (w->resets[step * w->lanes + lane]) memset(values + (size_t)lane * width, 0, 4 * (size_t)width);
  }
}

/* z_t = b + x_t W_input + h_{t-1} W_recurrent, then the gates. `state` is where the layer's state lies in a lane's. */
static void forwardLstm(const Workspace *w, const LstmRecord *record, const float *weights, const float *below,
                        float *hidden, int inputs, int width, size_t state) {
  const int gateWidth = GATES * width;
  const size_t block = (size_t)w->lanes * width;
  const float *recurrent = weights + (size_t)inputs * gateWidth, *bias = recurrent + (size_t)width * gateWidth;
  multiply((Product){.rows = w->rows, .columns = gateWidth, .depth = inputs, .a = below, .aRow = inputs, .aStep = 1,
                     .b = weights, .init = bias, .c = record->gates});
  loadState(w, state, record->h, width);
  loadState(w, state + width, record->c, width);
  for (int step = 0; step < w->steps; step++) {
    float *z = record->gates + GATES * block * step, *h = record->h + block * step, *c = record->c + block * step;
    clearAtResets(w, step, h, width);
    clearAtResets(w, step, c, width);
    multiply((Product){.rows = w->lanes, .columns = gateWidth, .depth = width, .a = h, .aRow = width, .aStep = 1,
                       .b = recurrent, .init = z, .initStride = gateWidth, .c = z});
    passGates(z, c, c + block, record->tanhC + block * step, h + block, w->lanes, width);
    /* Before the next step clears what an episode's end cuts off. */
    memcpy(hidden + block * step, h + block, 4 * block);
  }
}

/* hidden = relu(norm(below W + b)), in the first layer plus the embeddings. */
static void forwardHidden(const Work *work, int trunk, int layer, const float *parameters, const float *below) {
  const Plan *plan = work->plan;
  Workspace *w = work->w;
  const int inputs = inputWidth(plan, trunk, layer), width = layerWidth(plan, trunk, layer);
  const int isNormalised = plan->normEpsilon > 0;
  const float *weights = parameters + weightsOffset(plan, trunk, layer), *bias = weights + (size_t)inputs * width;
  float *hidden = w->hidden[layer];
  const int hasEmbedding = layer == 0 && plan->columnCount > 0;
  if (hasEmbedding) embeddingSum(plan, parameters, bias, w, width, hidden);
  multiply((Product){.rows = w->rows, .columns = width, .depth = inputs, .a = below, .aRow = inputs, .aStep = 1,
                     .b = weights, .init = hasEmbedding ? hidden : bias, .initStride = hasEmbedding ? width : 0,
                     .relu = !isNormalised, .c = hidden});
  if (isNormalised) {
    normalise(hidden, bias + width, w->normalised[layer], w->deviations[layer], w->rows, width,
              logicalWidth(plan, trunk, layer), plan->normEpsilon);
  }
}

static void forwardTrunk(const Work *work, int trunk, const float *parameters) {
  const Plan *plan = work->plan;
  Workspace *w = work->w;
  const int hiddenLayers = hiddenCount(plan, trunk), layers = layerCount(plan, trunk);
  const float *below = w->x;
  size_t state = 0;
  for (int layer = 0; layer < layers; layer++) {
    if (layer < hiddenLayers) {
      forwardHidden(work, trunk, layer, parameters, below);
    } else {
      const int width = layerWidth(plan, trunk, layer);
      forwardLstm(w, &w->lstm[layer - hiddenLayers], parameters + weightsOffset(plan, trunk, layer), below,
                  w->hidden[layer], inputWidth(plan, trunk, layer), width, state);
      state += 2 * (size_t)width;
    }
    below = w->hidden[layer];
  }
  const int inputs = inputWidth(plan, trunk, layers), outputs = outputCount(plan, trunk);
  const float *head = parameters + weightsOffset(plan, trunk, layers), *bias = head + (size_t)inputs * outputs;
  if (outputs == 1) {
    multiplyColumn(below, head, *bias, w->outputs, w->rows, inputs);
  } else {
    multiply((Product){.rows = w->rows, .columns = outputs, .depth = inputs, .a = below, .aRow = inputs, .aStep = 1,
                       .b = head, .init = bias, .c = w->outputs});
  }
}

#endif
