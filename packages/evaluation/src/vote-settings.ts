import { countConfusion, deriveRates } from '@vigil/runs'
import { type BatchVotes, type DecisionRule, type VoteSettings, weightsOfSkill } from '@vigil/vote'
import type { DecisionSettings } from './settings.ts'

/**
 * How the votes are counted by a rule under these settings.
 *
 * @param weights [A] of the rule `weighted`, from skillWeights
 */
export function voteSettings(
  settings: Pick<DecisionSettings, 'faults' | 'fallbackAction'>,
  rule: DecisionRule,
  weights: Uint32Array,
): VoteSettings {
  return { rule, faults: settings.faults, fallbackAction: settings.fallbackAction, weights }
}

/**
 * Weights of the agents by their F1 alone, bounded so that `faults` of them never decide.
 *
 * @param votes  actions [n, A] 0..3, of validation rows: the weights of a test must not come from the test
 * @param labels [n] 1 = threat, 0 = benign
 * @returns [A] parts of a million
 */
export function skillWeights(
  { actions, agentCount: A }: Pick<BatchVotes, 'actions' | 'agentCount'>,
  labels: Uint8Array,
  faults: number,
): Uint32Array {
  const skills = Array.from({ length: A }, (_, agent) => {
    const own = Uint8Array.from(labels, (_, row) => actions[row * A + agent])
    return deriveRates(countConfusion(own, labels)).f1
  })
  return weightsOfSkill(skills, faults)
}
