import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, resolveConfig } from '@vigil/config'
import { readRunRecord, runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PLAIN } from './composition.ts'
import { engineMeant } from './engine-meant.ts'
import { resumePlan } from './resume-plan.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-engine-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

const SMALL = {
  ...{ dataset: 'synthetic', rows: 2000, iterations: 2, rowsPerIteration: 256, rolloutSteps: 16, shards: 2 },
  ...{
    minibatchSize: 128,
    epochs: 1,
    validateEvery: 1,
    actors: 1,
    engineThreads: 1,
    policyHidden: [8],
    valueHidden: [8],
  },
} as const
const session = (stops: boolean) => ({
  stream: { write: () => true },
  isTTY: false,
  stop: { requested: () => stops, onRequest: () => () => undefined },
})

/** A machine on which `auto` means the portable engine, as it does where no compiler is. */
const ELSEWHERE = {
  ...PLAIN,
  createEngine: (
    config: Config,
    ...rest: Parameters<typeof PLAIN.createEngine> extends [Config, ...infer R] ? R : never
  ) => PLAIN.createEngine({ ...config, engine: 'portable' }, ...rest),
}

it('a run whose engine was left to the machine goes on with the engine that it began with', async () => {
  const out = join(root, 'run')
  const config = resolveConfig({ ...SMALL, out }, 'test')
  expect(config.engine).toBe('auto')
  await trainRun({ kind: 'new', config }, session(true), { composition: ELSEWHERE })
  await trainRun(await resumePlan(out, {}), session(false))
  const record = (await readRunRecord(runFolderAt(out).record))!
  expect(`${record.engine} ${record.backend}`).toBe('portable wasm')
})

it.each([
  [{ engine: 'auto' }, { engine: 'native', backend: 'avx2' }, { engine: 'native', backend: 'auto' }],
  [{ engine: 'auto' }, { engine: 'tfjs', backend: 'webgpu' }, { engine: 'tfjs', backend: 'webgpu' }],
  [{ engine: 'portable' }, { engine: 'tfjs', backend: 'webgpu' }, { engine: 'portable', backend: 'auto' }],
  [{ engine: 'tfjs' }, { engine: 'portable', backend: 'wasm' }, { engine: 'tfjs', backend: 'cpu' }],
  [
    { engine: 'tfjs', backend: 'wasm' },
    { engine: 'tfjs', backend: 'cpu' },
    { engine: 'tfjs', backend: 'wasm' },
  ],
])('%o after %o means %o', (asked, recorded, meant) => {
  expect(engineMeant({ backend: 'cpu' }, asked, recorded)).toEqual(meant)
})
