/** The two modules that a rollout drives, instantiated over the same memory; their sources document the arguments. */
import { Step } from '../../env-wasm/assembly/step'
import { Walk } from '../../env-wasm/assembly/walk'
import { Acting } from '../../policy-wasm/assembly/acting'

@external("environment", "observe")
export declare function observe(plan: usize, lanes: usize, count: i32, rows: usize, context: usize): void

@external("environment", "step")
export declare function step(job: Step): i32

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

@external("environment", "beginWalk")
export declare function beginWalk(walk: Walk): void

@external("environment", "stepWalk")
export declare function stepWalk(walk: Walk): void

@external("policy", "act")
export declare function act(acting: Acting): i32

@external("policy", "actGreedily")
export declare function actGreedily(acting: Acting): i32

@external("policy", "evaluateStates")
export declare function evaluateStates(acting: Acting): void

/** Of the host: the inputs of rows that lie outside the memory, as `gather` puts them (../src/outside-rows.ts). */
@external("rows", "copy")
export declare function copyRows(count: i32, rows: usize, x: usize, categories: usize): void
