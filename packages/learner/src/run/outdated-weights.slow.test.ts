import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beginningFrom, type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { parsePipeline } from '@vigil/features'
import { readCheckpoint, writeCheckpoint } from '@vigil/ppo'
import { runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRun } from './open-run.ts'
import { readOrigin } from './origin.ts'
import { trainRun } from './train-run.ts'

const ANY = { fingerprintAt: null, datasetFingerprint: null, sizes: null }
const OUTDATED = { code: 'OUTDATED', message: expect.stringContaining('earlier version') }

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-outdated-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

/** The policies may not see the robustness of specifications, which the critics see. */
function configOf(name: string) {
  const small: LabConfigInput = {
    ...{ rows: 2000, iterations: 2, validateEvery: 1, policyHidden: [8], valueHidden: [8], rowsPerIteration: 512 },
    ...{ minibatchSize: 256, actors: 1, engineThreads: 1, engine: 'portable' },
    ...{ stlMode: 'lagrangian', observeConstraints: 'critic' },
  }
  return resolveLabConfig({ ...small, out: join(root, name) }, 'test')
}

function session(stopAfter = Number.POSITIVE_INFINITY) {
  let asked = 0
  const stop = { requested: () => ++asked >= stopAfter, onRequest: () => () => undefined }
  return { stream: { write: () => true }, isTTY: false, stop }
}

async function resume(name: string): Promise<void> {
  const { folder, config, pipeline } = await openRun(join(root, name))
  await trainRun({ kind: 'resume', config, folder, pipeline: parsePipeline(pipeline) }, session())
}

async function beginFrom(name: string, out: string, stopAfter?: number): Promise<void> {
  const origin = await readOrigin(join(root, name))
  const { run, weightsSha256 } = origin
  const config = beginningFrom(configOf(out), { run, weightsSha256 })
  await trainRun({ kind: 'new', config, origin }, session(stopAfter))
}

/** Weights that are zero are those of hidden inputs: all others were drawn, and have learnt. */
async function readWhatIsHidden(path: string): Promise<void> {
  const checkpoint = await readCheckpoint(path, ANY)
  const parameters = checkpoint.parameters.map((weight) => (weight === 0 ? 0.1 : weight))
  expect(parameters).not.toEqual(checkpoint.parameters)
  await writeCheckpoint(path, { ...checkpoint, parameters })
}

it('goes on with no weights by which agents read what is hidden: neither its own, nor those of another run', async () => {
  await trainRun({ kind: 'new', config: configOf('first') }, session(1))
  await beginFrom('first', 'second', 1)
  await resume('first')

  const [first, second] = ['first', 'second'].map((name) => runFolderAt(join(root, name)))
  await readWhatIsHidden(first.latest)
  await expect(resume('first')).rejects.toMatchObject(OUTDATED)
  await readWhatIsHidden(first.best)
  await expect(beginFrom('first', 'third')).rejects.toMatchObject(OUTDATED)
  // Without a later checkpoint a run goes back to the weights that it began with.
  for (const path of [second.latest, second.best, second.metrics, second.record]) await rm(path, { force: true })
  await readWhatIsHidden(second.initial)
  await expect(resume('second')).rejects.toMatchObject(OUTDATED)
})
