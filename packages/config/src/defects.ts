/**
 * The faults of the system before Vigil that can be switched on, one by one, to see what each of them does. Off by default.
 *
 * - `ratio-matrix`: the ratios of PPO compare every new log-probability with every old one of the minibatch, a matrix instead
 *   of a vector.
 * - `joint-clip`: one gradient norm of at most `maxGradNormPolicy` over policy and critic together, per agent.
 * - `vote-reward`: every agent is paid for the team's action (`attribution` becomes `consensus`).
 * - `replay-mismatch`: the update looks at every event alone, its recurrent state zero, and a share of the hidden units
 *   is dropped while acting and, drawn anew, while learning.
 * - `value-units`: values, which the critic gives in units of normalised returns, are taken for reward units.
 * - `partial-metrics`: mean reward and action counts cover only the last events of an iteration.
 */
export const DEFECTS = [
  'ratio-matrix',
  'joint-clip',
  'vote-reward',
  'replay-mismatch',
  'value-units',
  'partial-metrics',
] as const

/** Name of a fault that can be switched on. */
export type Defect = (typeof DEFECTS)[number]

/** Those that live in the update; only the laboratory's engine has them. */
const DEFECTS_OF_ENGINE: readonly Defect[] = ['ratio-matrix', 'joint-clip', 'replay-mismatch']

/** Whether one of the faults lives in the update. */
export function needsFaultyUpdate(defects: readonly Defect[]): boolean {
  return defects.some((defect) => DEFECTS_OF_ENGINE.includes(defect))
}
