/* One trunk of one agent, from the gradient of its outputs back to that of its parameters. */
#ifndef VIGIL_GRADIENT_H
#define VIGIL_GRADIENT_H
#include "layer-gradients.h"
#include "trunk.h"

/* gradient [inputs, width] += below^T d; where `isFirst` it is overwritten, as if it had been zeros. */
static void addWeightGradient(const float *below, const float *d, float *gradient, int rows, int inputs, int width,
                              int isFirst) {
  multiply((Product){.rows = inputs, .columns = width, .depth = rows, .a = below, .aRow = 1, .aStep = inputs, .b = d,
                     .init = isFirst ? NULL : gradient, .initStride = width, .c = gradient});
}

/* dBelow = d W^T, and 0 where the layer below was not active; `active` is NULL where that is not for the product to do. */
static void multiplyBack(const float *d, const float *transposed, const float *active, float *dBelow, int rows,
                         int width, int inputs) {
  multiply((Product){.rows = rows, .columns = inputs, .depth = width, .a = d, .aRow = width, .aStep = 1,
                     .b = transposed, .active = active, .c = dBelow});
}

/* Back-propagation through time; see packages/policy-wasm/assembly/lstm.ts. */
static void backwardLstm(Workspace *w, const LstmRecord *record, float *gradient, const float *transposed,
                         const float *below, const float *active, const float *dH, float *dBelow, int inputs,
                         int width, int isFirst) {
  const int gateWidth = GATES * width;
  const size_t block = (size_t)w->lanes * width;
  const float *recurrent = transposed + (size_t)gateWidth * inputs;
  memset(w->carriedH, 0, 4 * block);
  memset(w->carriedC, 0, 4 * block);
  for (int step = w->steps - 1; step >= 0; step--) {
    float *dZ = record->gates + GATES * block * step;
    gateGradients(dZ, record->c + block * step, record->tanhC + block * step, dH + block * step, w->carriedH,
                  w->carriedC, w->lanes, width);
    if (step == 0) break;
    multiplyBack(dZ, recurrent, NULL, w->carriedH, w->lanes, gateWidth, width);
    clearAtResets(w, step, w->carriedH, width);
    clearAtResets(w, step, w->carriedC, width);
  }
  float *gradientRecurrent = gradient + (size_t)inputs * gateWidth;
  addWeightGradient(below, record->gates, gradient, w->rows, inputs, gateWidth, isFirst);
  addWeightGradient(record->h, record->gates, gradientRecurrent, w->rows, width, gateWidth, isFirst);
  addColumns(record->gates, gradientRecurrent + (size_t)width * gateWidth, w->rows, gateWidth);
  multiplyBack(record->gates, transposed, active, dBelow, w->rows, gateWidth, inputs);
}

/* Transposes the weights that gradients flow back through. */
static void transposeWeights(const Work *work, int trunk, const float *parameters) {
  const Plan *plan = work->plan;
  const int hiddenLayers = hiddenCount(plan, trunk), layers = layerCount(plan, trunk);
  float *out = work->w->transposedWeights;
  for (int layer = 1; layer <= layers; layer++) {
    const int inputs = inputWidth(plan, trunk, layer);
    const float *weights = parameters + weightsOffset(plan, trunk, layer);
    if (layer >= hiddenLayers && layer < layers) {
      const int width = layerWidth(plan, trunk, layer);
      const size_t recurrent = (size_t)inputs * GATES * width;
      transpose(weights, out, inputs, GATES * width);
      transpose(weights + recurrent, out + recurrent, width, GATES * width);
    } else {
      transpose(weights, out, inputs, layer < layers ? layerWidth(plan, trunk, layer) : outputCount(plan, trunk));
    }
    out += transposedSize(plan, trunk, layer);
  }
}

/* Zeros in a slice's gradient where nothing is overwritten: beside the weights of hidden and LSTM layers. */
static void beginGradient(const Work *work, int trunk, float *gradient) {
  const Plan *plan = work->plan;
  const int layers = layerCount(plan, trunk);
  size_t begin = 0;
  for (int layer = 0; layer < layers; layer++) {
    const size_t inputs = inputWidth(plan, trunk, layer), width = layerWidth(plan, trunk, layer);
    const size_t at = weightsOffset(plan, trunk, layer);
    memset(gradient + begin, 0, 4 * (at - begin));
    begin = at + (layer < hiddenCount(plan, trunk) ? inputs * width : (inputs + width) * GATES * width);
  }
  memset(gradient + begin, 0, 4 * (paddedTrunkSize(plan, trunk) - begin));
}

/* Adds the gradient of a tile whose activations and output gradient lie in the workspace; `isFirst` of its slice. */
static void addTileGradient(const Work *work, int trunk, const float *parameters, float *gradient, int isFirst) {
  const Plan *plan = work->plan;
  Workspace *w = work->w;
  const int hiddenLayers = hiddenCount(plan, trunk), layers = layerCount(plan, trunk), rows = w->rows;
  const int outputs = outputCount(plan, trunk), isNormalised = plan->normEpsilon > 0;
  int width = inputWidth(plan, trunk, layers);
  const float *transposed = w->transposedWeights;
  for (int layer = 1; layer < layers; layer++) transposed += transposedSize(plan, trunk, layer);
  float *d = w->gradient, *dBelow = w->gradientBelow;
  const float *top = w->hidden[layers - 1];
  addWeightGradient(w->outputGradient, top, w->headGradient, rows, outputs, width, isFirst);
  addColumns(w->outputGradient, gradient + weightsOffset(plan, trunk, layers) + (size_t)width * outputs, rows, outputs);
  multiplyBack(w->outputGradient, transposed, plan->lstmLayers == 0 && !isNormalised ? top : NULL, d, rows, outputs,
               width);
  for (int layer = layers - 1; layer >= 0; layer--) {
    const int inputs = inputWidth(plan, trunk, layer);
    const float *below = layer == 0 ? w->x : w->hidden[layer - 1];
    const float *active = layer > 0 && layer - 1 < hiddenLayers && !isNormalised ? below : NULL;
    const size_t offset = weightsOffset(plan, trunk, layer), bias = offset + (size_t)inputs * width;
    if (layer > 0) transposed -= transposedSize(plan, trunk, layer);
    if (layer >= hiddenLayers) {
      backwardLstm(w, &w->lstm[layer - hiddenLayers], gradient + offset, transposed, below, active, d, dBelow, inputs,
                   width, isFirst);
    } else {
      if (isNormalised) {
        normaliseBackward(w->hidden[layer], w->normalised[layer], w->deviations[layer], parameters + bias + width, d,
                          gradient + bias + width, rows, width, logicalWidth(plan, trunk, layer));
      }
      addColumns(d, gradient + bias, rows, width);
      addWeightGradient(below, d, gradient + offset, rows, inputs, width, isFirst);
      if (layer == 0) break;
      multiplyBack(d, transposed, active, dBelow, rows, width, inputs);
    }
    float *swapped = d;
    d = dBelow;
    dBelow = swapped;
    width = inputs;
  }
  addEmbeddingGradient(plan, w, d, width, gradient);
}

/* After the last tile of a slice: puts the head's gradient in its place. */
static void endGradient(const Work *work, int trunk, float *gradient) {
  const int layers = layerCount(work->plan, trunk);
  transpose(work->w->headGradient, gradient + weightsOffset(work->plan, trunk, layers),
            outputCount(work->plan, trunk), inputWidth(work->plan, trunk, layers));
}

#endif
