/** The two modules that a rollout drives, instantiated over the same memory; their sources document the arguments. */

// @ts-ignore: decorator
@external("environment", "observe")
export declare function observe(plan: usize, lanes: usize, count: i32, rows: usize, context: usize): void

// @ts-ignore: decorator
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
): void

// @ts-ignore: decorator
@external("environment", "teamAction")
export declare function teamAction(plan: usize, actions: usize): i32

// @ts-ignore: decorator
@external("environment", "absorbDecision")
export declare function absorbDecision(context: usize, size: i32, decision: i32): void

// @ts-ignore: decorator
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

// @ts-ignore: decorator
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

// @ts-ignore: decorator
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
