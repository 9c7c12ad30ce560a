import { createTeam } from '@vigil/actors'
import type { Dataset } from '@vigil/data'
import type { Bundle } from '@vigil/runs'
import { playSplit } from '../play-split.ts'

/** Of the analyst's verdicts, the same for all. */
export const ANALYST_SEED = 1

/** [streams] what the team of a bundle returns on the test part. */
export async function returnsOfBundle(
  { network, vote, parameters, stopFactor, ...bundle }: Bundle,
  dataset: Dataset,
): Promise<Float64Array> {
  const environment = { ...bundle.environment, seed: ANALYST_SEED }
  const sizes = { sampling: 'natural', shards: 1, lanesPerShard: 64, rolloutSteps: 64, actors: 'auto' } as const
  const team = await createTeam({ environment, network, ...sizes }, dataset)
  try {
    team.publish(parameters, 0)
    const { rule, faults, fallbackAction, weights } = vote
    const settings = { agents: weights.length, faults, rule, fallbackAction }
    return (await playSplit(team, settings, 'test', { stopFactor })).returns
  } finally {
    await team.pool.close()
  }
}

/** Mean and its standard error. */
export function meanAndError(values: Float64Array): readonly [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return [mean, Math.sqrt(squares / (values.length - 1) / values.length)]
}
