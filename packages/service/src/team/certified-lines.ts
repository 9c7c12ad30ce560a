import { type BatchCertificate, type BatchSettings, countValue } from '@vigil/agreement'
import { NO_ACTION, trimmedMeans } from '@vigil/vote'
import { ACTION_NAMES, writtenDecision } from '../written-decision.ts'

/** What a certificate does not say of a decision. */
export const UNEXPLAINED = { why: null, robustness: null, shield: null }

/**
 * The decisions of a certificate, a line of JSON for each event, as service:decide writes them. An agent whose ballot is not
 * among those that were agreed on has null in place of its vote and its score.
 */
export function certifiedLines(
  { settings, value }: Pick<BatchCertificate, 'settings' | 'value'>,
  ids: readonly (string | number)[],
): string[] {
  const { decisions, actions, scores } = countValue(value, settings)
  const { agentCount, rows } = settings
  const score = presentMeans(value, settings)
  return Array.from({ length: rows }, (_, row) => {
    const votes = actions.subarray(row * agentCount, (row + 1) * agentCount)
    const own = scores.subarray(row * agentCount, (row + 1) * agentCount)
    const action = decisions.actions[row]
    const decided = decisions.decided[row] === 1
    const margin = decisions.margin[row]
    if (value.length === agentCount) {
      return writtenDecision(ids[row], {
        action,
        decided,
        margin,
        score: score[row],
        votes,
        scores: own,
        ...UNEXPLAINED,
      })
    }
    return JSON.stringify({
      ...{ id: ids[row], action: ACTION_NAMES[action], score: score[row], decided, margin },
      votes: Array.from(votes, (vote) => (vote === NO_ACTION ? null : ACTION_NAMES[vote])),
      scores: Array.from(own, (one, agent) => (votes[agent] === NO_ACTION ? null : one)),
    })
  })
}

/** [rows] f-trimmed means of the scores that are there. */
function presentMeans(value: BatchCertificate['value'], { rows, faults }: BatchSettings): Float32Array {
  const present = new Float32Array(rows * value.length)
  for (const [i, { scores }] of value.entries()) {
    for (let row = 0; row < rows; row++) present[row * value.length + i] = scores[row]
  }
  return trimmedMeans(present, value.length, faults)
}
