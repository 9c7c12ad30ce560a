/* Runs the kernels of every family over a memory whose arrays have red zones around them, and prints the FNV-1a hash of
 * what each leaves in the arrays: the program of src/families.slow.test.ts. Arguments: T and L; supervised; the plan as
 * 13 + 24 numbers and then the offsets of its columns, as c-blocks.ts lists them. L is also the number of rows that are
 * decided on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "families.h"

#ifndef __SANITIZE_ADDRESS__
#define ASAN_POISON_MEMORY_REGION(from, bytes) ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(from, bytes) ((void)0)
#endif

enum { SLICES = 8, MEMORY_BYTES = 64 << 20, ARRAYS_MAX = 64 };

static char *memory;
static size_t end;
static uint32_t state;

/* What has been placed. */
static struct {
  uint32_t offset;
  size_t bytes;
} arrays[ARRAYS_MAX];
static int arrayCount;

/* Nothing is placed, and the same numbers come again. */
static void empty(void) {
  ASAN_POISON_MEMORY_REGION(memory, MEMORY_BYTES);
  end = 64;
  state = 1;
  arrayCount = 0;
}

static uint64_t hashOfArrays(void) {
  uint64_t hash = 0xcbf29ce484222325;
  for (int array = 0; array < arrayCount; array++) {
    const unsigned char *bytes = (const unsigned char *)memory + arrays[array].offset;
    for (size_t i = 0; i < arrays[array].bytes; i++) hash = (hash ^ bytes[i]) * 0x100000001b3;
  }
  return hash;
}

/* Uniform in [-1, 1): an xorshift generator, the same numbers in every run. */
static float uniform(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return (float)state * 0x1p-31f - 1.0f;
}

/* An array of its own, with poison behind it. */
static uint32_t place(size_t bytes) {
  const uint32_t offset = (uint32_t)end;
  if (end + bytes + 192 > MEMORY_BYTES || arrayCount == ARRAYS_MAX) exit(3);
  arrays[arrayCount].offset = offset;
  arrays[arrayCount++].bytes = bytes;
  ASAN_UNPOISON_MEMORY_REGION(memory + offset, bytes);
  memset(memory + offset, 0, bytes);
  end = (end + bytes + 127) & ~(size_t)63;
  return offset;
}

static uint32_t placeFloats(size_t count, float scale) {
  const uint32_t offset = place(4 * count);
  for (size_t i = 0; i < count; i++) ((float *)(memory + offset))[i] = scale * uniform();
  return offset;
}

static uint32_t placePlan(int count, char **words) {
  const uint32_t offset = place(sizeof(Plan) + 4 * (size_t)(count > 37 ? count - 37 : 0));
  int32_t *plan = (int32_t *)(memory + offset);
  for (int i = 0; i < count; i++) plan[i] = atoi(words[i]);
  /* The only number with a fraction comes as a switch. */
  ((Plan *)plan)->normEpsilon = plan[11] == 0 ? 0.0f : 1e-5f;
  return offset;
}

static uint32_t placeBytes(size_t count, int below) {
  const uint32_t offset = place(count);
  for (size_t i = 0; i < count; i++) memory[offset + i] = (char)((uniform() + 1.0f) * 0.5f * (float)below);
  return offset;
}

/* Every column's last category, and its first. */
static uint32_t placeCategories(const Plan *plan, size_t rows) {
  const uint32_t offset = place(2 * rows * plan->columnCount);
  uint16_t *to = (uint16_t *)(memory + offset);
  for (size_t row = 0; row < rows; row++) {
    for (int column = 0; column < plan->columnCount; column++) {
      const int next = column + 1 < plan->columnCount ? plan->columnOffsets[column + 1] : plan->vocabularySize;
      *to++ = row % 2 == 0 ? 0 : (uint16_t)(next - plan->columnOffsets[column] - 1);
    }
  }
  return offset;
}

/* Each event's row of the arrays, which have twice as many. */
static uint32_t placeStoredRows(size_t events) {
  const uint32_t offset = place(4 * events);
  for (size_t event = 0; event < events; event++) ((uint32_t *)(memory + offset))[event] = (uint32_t)((5 * event + 2) % (2 * events));
  return offset;
}

static Update describe(uint32_t planAt, int steps, int lanes, int supervised) {
  const Plan *plan = (const Plan *)(memory + planAt);
  const size_t agents = plan->agentCount, events = (size_t)steps * lanes, rows = 2 * events;
  const size_t stride = ((size_t)plan->parametersPerAgent * 4 + 63) & ~(size_t)63, team = agents * stride / 4;
  const int trunks = supervised || plan->valueLayers == 0 ? 1 : 2, isRecurrent = plan->lstmLayers > 0;
  const size_t costs = (size_t)plan->constraintCount;
  Update update = {.plan = planAt, .parameters = placeFloats(team, 0.2f), .firstMoment = placeFloats(team, 0.0f),
                   .secondMoment = placeFloats(team, 0.0f), .gradients = placeFloats(team * SLICES, 1.0f),
                   .agentStride = (uint32_t)stride, .sliceCount = SLICES, .stepCount = steps, .laneCount = lanes,
                   .sliceLanes = (lanes + 4 * SLICES - 1) / (4 * SLICES) * 4, .rowCount = (int32_t)events,
                   .trunkCount = trunks, .supervised = supervised, .storedCount = (int32_t)rows,
                   .storedRows = placeStoredRows(events), .dense = placeFloats(rows * plan->denseSize, 1.0f),
                   .categorical = placeCategories(plan, rows), .rowShares = placeFloats(agents, 0.0f),
                   .statistics = place(trunks * agents * SLICES * STATISTICS_BYTES),
                   .gradientNorms = place(8 * trunks * agents), .gradientScales = place(8 * trunks * agents),
                   .progress = place(4 * (1 + trunks * agents)), .clipLow = 0.8f, .clipHigh = 1.2f,
                   .clipEpsilon = 0.2f, .entropyCoef = 0.01f, .valueCoef = 1.0f, .constraintCoef = 1.0f,
                   .maxNormPolicy = 0.5f, .maxNormValue = 0.5f, .beta1 = 0.9f, .beta1Rest = 0.1f, .beta2 = 0.999f,
                   .beta2Rest = 0.001f, .stepSize = 1e-3f, .epsilon = 1e-6f};
  for (size_t agent = 0; agent < agents; agent++) ((float *)(memory + update.rowShares))[agent] = 1.0f / (float)events;
  if (isRecurrent) update.resets = placeBytes(rows, 2);
  if (isRecurrent) update.recurrentState = placeFloats(agents * lanes * plan->stateSize, 1.0f);
  if (supervised) {
    update.accepted = placeBytes(rows, 15);
    for (size_t row = 0; row < rows; row++) memory[update.accepted + row]++;
    return update;
  }
  update.actions = placeBytes(agents * rows, ACTIONS);
  update.oldLogProbs = placeFloats(agents * rows, 0.3f);
  update.advantages = placeFloats(agents * rows, 1.0f);
  update.valueTargets = placeFloats(agents * rows, 1.0f);
  update.direct = placeFloats(agents * rows * ACTIONS, 1.0f);
  update.costTargets = costs == 0 ? 0 : placeFloats(costs * agents * rows, 1.0f);
  update.weights = placeFloats(agents * rows, 0.0f);
  for (size_t i = 0; i < agents * rows; i++) ((float *)(memory + update.weights))[i] = i % 3 == 1 ? 0.0f : 1.0f;
  return update;
}

/* A decision for as many rows as there are lanes, pilots in it where the number is odd. */
static Acting decide(uint32_t planAt, int lanes) {
  const Plan *plan = (const Plan *)(memory + planAt);
  const size_t agents = plan->agentCount, rows = lanes, decisions = rows * agents;
  const size_t outputs = plan->valueLayers > 0 ? 1 + (size_t)plan->constraintCount : 0;
  return (Acting){.plan = planAt, .parameters = placeFloats(agents * plan->parametersPerAgent, 0.2f),
                  .x = placeFloats(rows * plan->denseSize, 1.0f), .categories = placeCategories(plan, rows),
                  .rows = lanes, .recurrentState = placeFloats(decisions * plan->stateSize, 1.0f),
                  .actions = placeBytes(decisions, 1), .logProbs = placeFloats(decisions, 0.0f),
                  .probabilities = placeFloats(decisions * ACTIONS, 0.0f),
                  .values = placeFloats(decisions * outputs, 0.0f), .seed = 5, .steps = place(8 + 12 * (rows - 1)),
                  .stepStride = 12, .hasPilots = lanes & 1};
}

static void begin(const Update *update) {
  const int items = update->trunkCount * ((const Plan *)(memory + update->plan))->agentCount;
  int32_t *progress = (int32_t *)(memory + update->progress);
  progress[0] = 0;
  for (int i = 1; i <= items; i++) progress[i] = SLICES;
}

/* @returns 0, or which check failed */
static int runFamily(const Family *family, int count, char **words) {
  empty();
  const uint32_t plan = placePlan(count - 4, words + 4);
  const Update described = describe(plan, atoi(words[1]), atoi(words[2]), atoi(words[3]));
  const uint32_t at = place(sizeof described);
  memcpy(memory + at, &described, sizeof described);
  const int hasCritic = ((const Plan *)(memory + plan))->valueLayers > 0;
  const Acting decision = decide(plan, described.laneCount);
  const uint32_t actingAt = place(sizeof decision);
  memcpy(memory + actingAt, &decision, sizeof decision);
  const int withoutScratch = arrayCount;
  Workspace unused;
  /* Each has red zones of its own. */
  const uint32_t workspace = place(layOut((const Plan *)(memory + plan), described.stepCount, NULL, &unused));
  const uint32_t ofDecision = place(layOut((const Plan *)(memory + plan), 1, NULL, &unused));
  begin(&described);
  if (!isUpdateInside(memory, end, at) || !isUpdateInRange(memory, at)) return 4;
  if (!areWorkspacesInside(memory, end, at, &workspace, 1)) return 4;
  family->learn(memory, at, workspace);
  const double norm = *(const double *)(memory + described.gradientNorms);
  if (!(norm > 0 && norm < 1e6)) return 5;
  for (int judgesOnly = 0; judgesOnly <= hasCritic; judgesOnly++) {
    if (!isActingInside(memory, end, actingAt, judgesOnly)) return 6;
    if (family->act(memory, actingAt, memory + ofDecision, judgesOnly) != 0) return 7;
  }
  if (!(*(const float *)(memory + decision.logProbs) < 0)) return 8;
  arrayCount = withoutScratch;
  printf("%s %016llx\n", family->name, (unsigned long long)hashOfArrays());
  return 0;
}

int main(int count, char **words) {
  if (count < 4 + 37) return 2;
  memory = aligned_alloc(64, MEMORY_BYTES);
  int failed = 0;
  for (int family = 0; family < familyCount && failed == 0; family++) {
    if (families[family].runsHere()) failed = runFamily(&families[family], count, words);
  }
  free(memory);
  return failed;
}
