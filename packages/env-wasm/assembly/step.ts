/** The block that describes one step of some lanes. */

/** Described in ../src/blocks.ts. */
@unmanaged
export class Step {
  /** -> plan block */
  plan: usize
  /** -> records of the lanes */
  lanes: usize
  /** E */
  count: i32
  /** number of the first lane within the whole run */
  laneBase: u32
  /** -> u8 [E, A] and their policies, f32 [E, A, 4] */
  actions: usize
  probabilities: usize
  /** -> f32 [E, A] each, overwritten; the second are counterfactual baselines, left alone where actions have consequences */
  rewards: usize
  expectedRewards: usize
  /** -> u8 [E] each, overwritten; the flags with 0 or 1 */
  teamActions: usize
  terminated: usize
  truncated: usize
  /** -> u32 [E], overwritten; after a terminated step the present row again */
  nextRows: usize
  /** -> f32 [E, K], overwritten */
  nextContext: usize
  /** -> f32 [E, S], overwritten: of every specification after the decision; 1e6 where it has no value yet */
  robustness: usize
  /** -> registers of the monitors, 0 without specifications; what is in them does not matter */
  registers: usize
}
