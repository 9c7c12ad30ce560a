/* Learning: the gradient of every trunk on every slice of a minibatch, then one step of Adam; the kernels of
 * packages/policy-wasm/assembly/learn.ts, whose blocks in the memory they read. Compiled once for each family of
 * instructions. */
#include "gradient.h"
#include "losses.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/* Adds the gradients of all slices, in slice order, into the first one's place. @returns the sum of the squares */
static double addSlices(float *gradient, size_t stride, int slices, size_t size, const float *mask) {
  double squares = 0;
  for (size_t begin = 0; begin < size; begin += 256) {
    const size_t count = size - begin < 256 ? size - begin : 256;
    float *sum = gradient + begin;
    for (int slice = 1; slice < slices; slice++) {
      const float *own = sum + slice * stride;
      for (size_t i = 0; i < count; i++) sum[i] += own[i];
    }
    if (mask != NULL) {
      for (size_t i = 0; i < count; i++) sum[i] *= mask[begin + i];
    }
    float block[16] = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
      for (int lane = 0; lane < 16; lane++) block[lane] += sum[i + lane] * sum[i + lane];
    }
    for (; i < count; i++) block[i % 16] += sum[i] * sum[i];
    for (int lane = 0; lane < 16; lane++) squares += block[lane];
  }
  return squares;
}

/* One step of Adam with both bias corrections folded into stepSize and epsilon (packages/engine/src/adam-coefficients.ts). */
static void adamStep(const Update *update, const float *restrict gradient, float scale, float *restrict parameters,
                     float *restrict firstMoment, float *restrict secondMoment, size_t size) {
  const float beta1 = update->beta1, beta2 = update->beta2, rest1 = update->beta1Rest, rest2 = update->beta2Rest;
  const float stepSize = update->stepSize, epsilon = update->epsilon;
  for (size_t i = 0; i < size; i++) {
    const float g = gradient[i] * scale;
    const float m = firstMoment[i] * beta1 + g * rest1;
    const float v = secondMoment[i] * beta2 + g * g * rest2;
    firstMoment[i] = m;
    secondMoment[i] = v;
    parameters[i] -= m / (sqrtf(v) + epsilon) * stepSize;
  }
}

static float *sliceGradient(const Work *work, int agent, int slice) {
  const Update *update = work->update;
  const size_t index = (size_t)agent * update->sliceCount + slice;
  return (float *)(work->base + update->gradients + index * update->agentStride);
}

/* An agent's numbers of one trunk in a team of numbers. */
static float *ofAgent(const Work *work, uint32_t team, int agent, size_t offset) {
  return (float *)(work->base + team + (size_t)agent * work->update->agentStride) + offset;
}

/* Gradient and loss of one trunk, whose weights lie transposed in the workspace, on one slice. */
static void learnFromSlice(const Work *work, int agent, int trunk, int slice) {
  const Update *update = work->update;
  const Plan *plan = work->plan;
  const size_t offset = trunkOffset(plan, trunk);
  const float *parameters = ofAgent(work, update->parameters, agent, offset);
  float *gradient = sliceGradient(work, agent, slice) + offset;
  const size_t index = ((size_t)trunk * plan->agentCount + agent) * update->sliceCount + slice;
  char *statistics = work->base + update->statistics + index * STATISTICS_BYTES;
  memset(statistics, 0, STATISTICS_BYTES);
  int isFirst = 1;
  const int until = (slice + 1) * update->sliceLanes;
  const int end = until < update->laneCount ? until : update->laneCount;
  for (int lane = slice * update->sliceLanes; lane < end;) {
    if (plan->lstmLayers > 0) lane = gatherSegments(work, agent, trunk, lane, end);
    else lane = gatherEvents(work, agent, lane, end);
    if (work->w->rows == 0) continue;
    forwardTrunk(work, trunk, parameters);
    if (trunk == VALUE_TRUNK) valueGradient(work, agent, (ValueStatistics *)statistics);
    else if (update->supervised) crossEntropyGradient(work, agent, (LabelStatistics *)statistics);
    else ppoGradient(work, agent, (double *)statistics);
    if (isFirst) beginGradient(work, trunk, gradient);
    addTileGradient(work, trunk, parameters, gradient, isFirst);
    isFirst = 0;
  }
  if (isFirst) memset(gradient, 0, 4 * paddedTrunkSize(plan, trunk));
  else endGradient(work, trunk, gradient);
}

/* Adds up the slices of one trunk, clips the gradient's global norm and takes one step of Adam. */
static void takeStep(const Work *work, int agent, int trunk) {
  const Update *update = work->update;
  const size_t offset = trunkOffset(work->plan, trunk), size = paddedTrunkSize(work->plan, trunk);
  const int figure = trunk * work->plan->agentCount + agent;
  const float *mask = update->inputMask == 0 ? NULL : ofAgent(work, update->inputMask, agent, offset);
  float *gradient = sliceGradient(work, agent, 0) + offset;
  const double norm = sqrt(addSlices(gradient, update->agentStride / 4, update->sliceCount, size, mask));
  const double maxNorm = trunk == POLICY_TRUNK ? update->maxNormPolicy : update->maxNormValue;
  const float scale = (float)(maxNorm / (norm < maxNorm ? maxNorm : norm));
  ((double *)at(work, update->gradientNorms))[figure] = norm;
  ((double *)at(work, update->gradientScales))[figure] = scale;
  adamStep(update, gradient, scale, ofAgent(work, update->parameters, agent, offset),
           ofAgent(work, update->firstMoment, agent, offset), ofAgent(work, update->secondMoment, agent, offset), size);
}

/* Works on items of the update until none is left to take. Every thread calls it once, with a workspace of its own; the
 * update is done when all calls have returned. Whoever finishes the last slice of a trunk takes its step. */
void JOIN(learn, FAMILY)(char *base, uint32_t updateAt, uint32_t workspaceAt) {
  const Update *update = (const Update *)(base + updateAt);
  const Plan *plan = (const Plan *)(base + update->plan);
  Workspace workspace;
  layOut(plan, update->stepCount, base + workspaceAt, &workspace);
  const Work work = {base, update, plan, &workspace};
  int32_t *progress = (int32_t *)(base + update->progress);
  const int itemCount = update->trunkCount * plan->agentCount * update->sliceCount;
  /* Slices of one trunk come one after another, and its weights stay as they are until the last of them is done. */
  int transposed = -1;
  for (;;) {
    const int item = __atomic_fetch_add(progress, 1, __ATOMIC_SEQ_CST);
    if (item >= itemCount) return;
    const int index = item / update->sliceCount, trunk = index / plan->agentCount, agent = index % plan->agentCount;
    if (index != transposed) {
      transposeWeights(&work, trunk, ofAgent(&work, update->parameters, agent, trunkOffset(plan, trunk)));
    }
    transposed = index;
    learnFromSlice(&work, agent, trunk, item % update->sliceCount);
    if (__atomic_sub_fetch(progress + 1 + index, 1, __ATOMIC_SEQ_CST) == 0) takeStep(&work, agent, trunk);
  }
}
