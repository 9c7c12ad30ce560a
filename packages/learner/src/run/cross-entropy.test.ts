import { createTeam } from '@vigil/actors'
import { resolveConfig } from '@vigil/config'
import { loadDataset } from '@vigil/data'
import { createEngine } from '@vigil/engine'
import { trainByCrossEntropy } from '@vigil/evaluation'
import { initialiseMasked, viewMaskOf } from '@vigil/ppo'
import { expect, it } from 'vitest'
import { engineSettingsOf, ppoSettingsOf, teamSettingsOf } from '../settings.ts'

it('sees no more inputs than the team whose baseline it is', async () => {
  const config = resolveConfig(
    {
      rows: 2000,
      iterations: 2,
      rowsPerIteration: 512,
      minibatchSize: 256,
      policyHidden: [16],
      valueHidden: [8],
      viewFraction: 0.5,
      actors: 1,
      engine: 'portable',
      engineThreads: 1,
    },
    'test',
  )
  const { features, split, splitSeed, seed, rows } = config
  const request = { dataset: 'synthetic', path: null, features, split, splitSeed, seed, rows } as const
  const team = await createTeam(teamSettingsOf(config), (await loadDataset(request)).dataset)
  const mask = viewMaskOf(team.network, ppoSettingsOf(config))!
  const engine = await createEngine(engineSettingsOf(config), team.network, mask)
  try {
    const trained = await trainByCrossEntropy({ ...config, ...ppoSettingsOf(config) }, team, engine)
    const hidden = [...trained.keys()].filter((i) => mask[i] === 0)
    expect(hidden.length).toBeGreaterThan(0)
    expect(hidden.filter((i) => trained[i] !== 0)).toEqual([])
    expect(trained).not.toEqual(initialiseMasked(team.network, seed, mask))
  } finally {
    engine.dispose()
    await team.pool.close()
  }
})
