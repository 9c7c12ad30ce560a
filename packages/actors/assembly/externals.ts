/** The two modules that a rollout drives, instantiated over the same memory; their sources document the arguments. */

@external("environment", "observe")
export declare function observe(plan: usize, lanes: usize, count: i32, rows: usize, context: usize): void

@external("environment", "step")
export declare function step(
  plan: usize,
  lanes: usize,
  count: i32,
  laneBase: u32,
  actions: usize,
  probabilities: usize,
  rewards: usize,
  expectedRewards: usize,
  teamActions: usize,
  terminated: usize,
  truncated: usize,
  nextRows: usize,
  nextContext: usize,
  robustness: usize,
  registers: usize,
): i32

@external("environment", "prepare")
export declare function prepare(plan: usize, registers: usize): void

@external("environment", "beginLane")
export declare function beginLane(plan: usize, watch: usize, context: usize): void

@external("environment", "absorb")
export declare function absorb(
  plan: usize,
  row: u32,
  actions: usize,
  watch: usize,
  context: usize,
  registers: usize,
): i32

@external("policy", "act")
export declare function act(
  plan: usize,
  parameters: usize,
  x: usize,
  categories: usize,
  rows: i32,
  scratch: usize,
  recurrent: usize,
  seed: u32,
  laneBase: u32,
  steps: usize,
  stepStride: usize,
  actions: usize,
  logProbs: usize,
  probabilities: usize,
  values: usize,
): i32

@external("policy", "actGreedily")
export declare function actGreedily(
  plan: usize,
  parameters: usize,
  x: usize,
  categories: usize,
  rows: i32,
  scratch: usize,
  recurrent: usize,
  actions: usize,
  scores: usize,
  probabilities: usize,
): i32

@external("policy", "evaluateStates")
export declare function evaluateStates(
  plan: usize,
  parameters: usize,
  x: usize,
  categories: usize,
  rows: i32,
  scratch: usize,
  recurrent: usize,
  values: usize,
): void
