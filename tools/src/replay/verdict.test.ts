import type { RepeatedRun } from '@vigil/learner'
import type { RunRecord } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { verdictOn } from './verdict.ts'

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(64))

const record: RunRecord = {
  weightsSha256: A,
  metricsSha256: A,
  engine: 'portable',
  backend: 'wasm',
  configFingerprint: B,
  datasetFingerprint: B,
  versions: { vigil: '0.1.0', node: '24.0.0' },
}
const same: RepeatedRun = {
  recorded: record,
  repeated: record,
  latestSha256: A,
  bestSha256: B,
  repeatedBestSha256: B,
  samePipeline: true,
  difference: null,
}
/** A repetition that ended with other weights under other circumstances. */
const other = (change: Partial<RunRecord>): RepeatedRun => ({
  ...same,
  repeated: { ...record, weightsSha256: C, ...change },
})

describe('verdictOn', () => {
  it('matches when everything is the same, other versions included', () => {
    expect(verdictOn(same)).toMatchObject({ matches: true, reasons: [] })
    const later = { ...record, versions: { vigil: '0.2.0', node: '26.0.0' } }
    expect(verdictOn({ ...same, repeated: later })).toMatchObject({ matches: true, reasons: [] })
  })

  it.each([
    ['the settings', other({ configFingerprint: C }), /^config\.json is not what/],
    ['the data', other({ datasetFingerprint: C }), /^The data/],
    ['the engine', other({ engine: 'tfjs' }), /engine portable wasm, and repeated with tfjs wasm/],
    ['Vigil', other({ versions: { ...record.versions, vigil: '0.2.0' } }), /vigil 0\.1\.0, and repeated with 0\.2\.0/],
    ['Node', other({ versions: { ...record.versions, node: '26.0.0' } }), /node 24\.0\.0, and repeated with 26/],
    ['nothing', other({}), /Nothing that is recorded explains it/],
  ])('names what differs: %s', (_, run, reason) => {
    const { matches, findings, reasons } = verdictOn(run)
    expect(matches).toBe(false)
    expect(findings[0]).toBe(`run.json: weights ${A}, but repeated ${C}`)
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })

  it('holds AVX2 and AVX-512 of the native engine for the same, and no other family', () => {
    const native = { ...record, engine: 'native', backend: 'avx512' }
    const again = (backend: string) =>
      verdictOn({ ...other({ engine: 'native', backend }), recorded: native }).reasons[0]
    expect(again('avx2')).toMatch(/Nothing that is recorded explains it/)
    expect(again('neon')).toMatch(/engine native fma, and repeated with native neon/)
  })

  it('does not match a run whose settings were changed, even where they made no difference', () => {
    const { matches, findings, reasons } = verdictOn({ ...same, repeated: { ...record, configFingerprint: C } })
    expect(matches).toBe(false)
    expect(findings).toContain('settings: not those that run.json records')
    expect(reasons).toEqual([expect.stringMatching(/^config\.json is not what/)])
  })

  it('does not blame a run for an engine that promises nothing', () => {
    const native = { ...record, engine: 'tfjs', backend: 'tensorflow' }
    const run = { ...same, recorded: native, repeated: { ...native, weightsSha256: C } }
    expect(verdictOn(run).reasons).toEqual(['The engine tfjs tensorflow does not promise the same bytes twice.'])
  })

  it.each([
    ['run.json', { recorded: { ...record, weightsSha256: C } }],
    ['checkpoints/latest.checkpoint', { latestSha256: C }],
    ['checkpoints/best.checkpoint', { bestSha256: C }],
    ['pipeline.json', { samePipeline: false }],
    ['run.json', { recorded: { ...record, metricsSha256: C } }],
    ['metrics.jsonl', { difference: { line: 5, field: null, recorded: 'no such line', repeated: 'a line' } }],
  ])('finds that %s alone was changed', (file, change) => {
    const { matches, findings, reasons } = verdictOn({ ...same, ...change })
    expect(matches).toBe(false)
    expect(findings.filter((finding) => /but repeated|not those|other features/.test(finding))).toHaveLength(1)
    expect(reasons).toEqual([`${file} was changed after the training, or comes from another run.`])
  })
})
