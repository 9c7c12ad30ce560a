/** The best test of the doctor: attempts that are known to have failed, and why. In small, on generated events. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFECTS, mergeSettings, resolveLabConfig } from '@vigil/config'
import type { FindingCode } from '@vigil/doctor'
import { diagnoseRun, trainAndScore } from '@vigil/learner'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LAB } from '../faults/composition.ts'
import { readPreset } from './presets.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-presets-'))
})
afterAll(() => rm(root, { recursive: true }))

const SMALL = {
  ...{ rows: 12_000, validateEvery: 8, iterations: 8, actors: 2, engineThreads: 2 },
  ...{ policyHidden: [16], valueHidden: [16] },
}
const NARROW = { lstmHidden: [8, 8] }

/** Codes of the problems and notes in a training with a preset's settings, changed. */
async function codesOf(preset: string, change: Record<string, unknown>): Promise<FindingCode[]> {
  const out = await mkdtemp(join(root, preset))
  const settings = mergeSettings(mergeSettings(readPreset(preset).settings, SMALL), { ...change, out })
  const config = { ...resolveLabConfig(settings, 'test'), out }
  const stop = { requested: () => false, onRequest: () => () => undefined }
  await trainAndScore(config, { stream: { write: () => true }, isTTY: false, stop }, { composition: LAB })
  return (await diagnoseRun(out, undefined)).findings.map(({ code }) => code)
}

/** What all attempts with the earlier design have in common. */
const DESIGN: FindingCode[] = [
  'INPUTS_WITHOUT_SIGNAL',
  'RETURNS_UNEXPLAINABLE',
  'DEFECTS_ON',
  'RATIO_SHAPE',
  'REWARDS_OF_OTHERS',
  'METRICS_PARTIAL',
  'PENALTY_NEARLY_ALWAYS',
  'NO_FAULT_TOLERATED',
]

describe('the doctor names the causes of', () => {
  it.each<[string, FindingCode[]]>([
    ['original', [...DESIGN, 'EVALUATION_UNLIKE_TRAINING']],
    ['batch-norm', DESIGN],
    ['no-norm', [...DESIGN, 'RETURNS_MEASURE_TIME', 'POLICY_STARVED_BY_CRITIC']],
  ])('%s', async (preset, causes) => {
    expect(await codesOf(preset, NARROW)).toEqual(expect.arrayContaining(causes))
  })
})

/** How each defect shows without a look at the config. */
const SYMPTOMS: Record<(typeof DEFECTS)[number], FindingCode> = {
  'ratio-matrix': 'RATIO_SHAPE',
  'joint-clip': 'POLICY_STARVED_BY_CRITIC',
  'vote-reward': 'REWARDS_OF_OTHERS',
  'replay-mismatch': 'RATIO_NOT_ONE',
  'value-units': 'VALUES_IN_OTHER_UNITS',
  'partial-metrics': 'METRICS_PARTIAL',
}

it.each(DEFECTS)('the doctor finds %s alone, on top of the defaults, and no other defect', async (defect) => {
  const codes = await codesOf('default', {
    defects: [defect],
    iterations: 4,
    validateEvery: 4,
    rowsPerIteration: 1024,
    minibatchSize: 256,
  })
  expect(codes).toEqual(expect.arrayContaining(['DEFECTS_ON', SYMPTOMS[defect]]))
  const others = DEFECTS.filter((other) => other !== defect).map((other) => SYMPTOMS[other])
  // The ratios of a matrix are not 1 either.
  const unexpected = others.filter((code) => !(defect === 'ratio-matrix' && code === 'RATIO_NOT_ONE'))
  expect(codes.filter((code) => unexpected.includes(code))).toEqual([])
})
