import { loadDataset } from '@vigil/data'
import { createEngine, createTeam, initialState, resolveConfig, train } from '@vigil/learner'

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
  const { features, split, splitSeed } = config
  const request = { dataset: 'darpa-tc', path: data, features, split, splitSeed, seed, rows: null } as const
  const { dataset } = await loadDataset(request, () => undefined)
  const team = await createTeam(config, dataset)
  const engine = await createEngine(config, team.network, null)
  const state = initialState(config, team, null)
  engine.loadParameters(state.parameters)
  let seconds: number | null = null
  const startMs = performance.now()
  const { envSteps } = await train(config, team, engine, state, {
    async iteration({ validation }) {
      if (validation !== null && validation.f1 >= F1) seconds ??= (performance.now() - startMs) / 1000
    },
    checkpoint: async () => undefined,
    shouldStop: () => seconds !== null,
  })
  engine.dispose()
  await team.pool.close()
  return { seconds, envSteps }
}
