/** The block that describes one decision of the team: one row of inputs for each lane. */

/** Described in ../src/blocks.ts. Pointers that a call does not read, or has nothing to write to, are 0. */
@unmanaged
export class Acting {
  /** -> plan block */
  plan: usize
  /** -> f32 [A, P] */
  parameters: usize
  /** -> f32 [rows, denseSize] and u16 [rows, C] */
  x: usize
  categories: usize
  rows: i32
  /** -> scratchBytes (../src/plan.ts) */
  scratch: usize
  /** -> f32 [rows, A, H], states of both trunks before the step, overwritten by those after it (`evaluateStates` only reads) */
  recurrentState: usize
  /** -> u8 [rows, A], overwritten */
  actions: usize
  /** -> f32 [rows, A], overwritten by `act` */
  logProbs: usize
  /** -> f32 [rows, A], overwritten by `actGreedily`: pi(block) + pi(quarantine), at most 1 */
  scores: usize
  /** -> f32 [rows, A, 4], overwritten */
  probabilities: usize
  /** -> f32 [rows, A, O], overwritten where there is a critic: value, cost values */
  values: usize
  /** What `act` draws by: key, lane number of row 0, first lane's step counter (two u32 words, low and high), bytes from one to the next. */
  seed: u32
  laneBase: u32
  steps: usize
  stepStride: usize
  /** `act`: 1 = in every lane the action of its pilot, agent (lane number mod A), stands for all agents */
  hasPilots: u32
  /** `actGreedily`: what the probabilities of quarantine and alert are multiplied by before the largest is taken; 1 = as it is */
  stopFactor: f32
}
