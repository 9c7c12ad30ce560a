import { resolveConfig } from '@vigil/config'
import { loadData, startLearner, validatedTraining } from '@vigil/learner'

const F1 = 0.9
const ITERATIONS_MAX = 60

/**
 * How long a fresh run on DARPA TC, inputs `behaviour`, takes to a validation with a team F1 of 0.90: from the start of
 * the first iteration, when data are loaded and threads run, validations included. All settings but `validateEvery` are
 * the defaults.
 *
 * @returns seconds null when 60 iterations were not enough
 */
export async function measureTimeToF1(options: {
  readonly data: string
  readonly seed: number
}): Promise<{ seconds: number | null; envSteps: number }> {
  const { data, seed } = options
  const config = resolveConfig(
    { dataset: 'darpa-tc', data, seed, iterations: ITERATIONS_MAX, validateEvery: 2 },
    'bench',
  )
  const say = () => undefined
  const learner = await startLearner(config, await loadData(config, undefined, say), say)
  const state = await learner.begin()
  let seconds: number | null = null
  const startMs = performance.now()
  let envSteps = 0
  for await (const { metrics } of validatedTraining(learner, state)) {
    envSteps = metrics.envSteps
    if (metrics.validation === null || metrics.validation.f1 < F1) continue
    seconds = (performance.now() - startMs) / 1000
    break
  }
  learner.engine.dispose()
  await learner.team.pool.close()
  return { seconds, envSteps }
}
