import type { Evaluation } from '@vigil/runs'
import { exportError } from '../errors.ts'

/** Rules of an evaluation that compare a score with thresholds, and nothing else. */
const LADDERS: readonly string[] = ['threshold', 'alert-ladder', 'block-ladder', 'ladder']

/** Thresholds on the team's score in the place of its vote, where actions have consequences. */
export type TeamLadder = {
  readonly kind: 'ladder'
  readonly dataset: string
  /** Scores above which the action is taken, P(block) + P(quarantine) of a team that has allowed so far; null = never. */
  readonly thresholds: {
    readonly quarantine: number | null
    readonly block: number | null
    readonly alert: number | null
  }
  /** Events after an all-clear on which nothing but allow is done; null = all of them. */
  readonly calm: number | null
  /** Mean return of the validation streams, by which it was chosen. */
  readonly validation: number
  /** Streams of the test split. */
  readonly streams: number
  /** Mean return of a test stream: of the team, of the ladder, and of the best rule on another score. */
  readonly returns: { readonly team: number; readonly rules: number; readonly best: number }
}

/**
 * The ladder on a team's score that returned most on validation, as the evaluation of the run has tuned and played it.
 *
 * @throws {VigilError} TEAM_UNEXPORTABLE where the evaluation has none
 */
export function teamLadder({ dataset, response }: Evaluation): TeamLadder {
  const ladders = (response?.references ?? []).filter(({ name, score }) => score === 'team' && LADDERS.includes(name))
  if (response === null || ladders.length === 0) {
    throw exportError(
      'TEAM_UNEXPORTABLE',
      'The evaluation of this run has no ladder on the score of the team. Evaluate the run again.',
    )
  }
  const { parameters, validation, returnMean } = ladders.reduce((best, one) =>
    one.validation > best.validation ? one : best,
  )
  const at = (name: string) => {
    const logOdds = parameters[name] ?? null
    return typeof logOdds === 'number' ? 1 / (1 + Math.exp(-logOdds)) : null
  }
  const calm = 'calm' in parameters ? parameters.calm : 0
  const { streams, references, best, returnMean: team } = response
  return {
    ...{ kind: 'ladder', dataset, validation, streams },
    thresholds: { quarantine: at('quarantine'), block: at('block'), alert: at('alert') },
    calm: typeof calm === 'number' ? calm : null,
    returns: { team, rules: returnMean, best: references[best].returnMean },
  }
}
