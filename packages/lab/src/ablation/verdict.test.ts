import { describe, expect, it } from 'vitest'
import type { Ablation } from './ablation-file.ts'
import { asRecordedInWords, collapseOf, headlineOf, isAsRecorded, seedsInWords, verdictOn } from './verdict.ts'

type Run = Ablation['runs'][number]

const ALL = { tp: 3, fp: 7, tn: 0, fn: 0 }
const NONE = { tp: 0, fp: 0, tn: 7, fn: 3 }
const NO_THREAT = { tp: 0, fp: 1, tn: 6, fn: 3 }
const NO_BENIGN = { tp: 2, fp: 7, tn: 0, fn: 1 }
const APART = { tp: 2, fp: 1, tn: 6, fn: 1 }
const FAILED = { tp: null, fp: null, tn: null, fn: null }

/** Runs of one preset with the seeds 1, 2, ..., in which only what is asked about has a meaning. */
function seeds(preset: string, ...counts: readonly Pick<Run, 'tp' | 'fp' | 'tn' | 'fn'>[]): Run[] {
  return counts.map((some, i) => {
    const failure = some.tp === null ? 'returns must be finite' : null
    return { name: preset, preset, seed: i + 1, failure, ...some } as Run
  })
}

const headline = (...runs: readonly Run[]) => headlineOf({ runs } as unknown as Ablation)

it.each([
  [ALL, 'stops all'],
  [NONE, 'stops none'],
  [NO_THREAT, 'TP 0'],
  [NO_BENIGN, 'TN 0'],
  [APART, null],
  [FAILED, null],
])('%j is %s', (counts, words) => {
  expect(collapseOf(counts)).toBe(words)
})

describe('over seeds', () => {
  it('each counts for itself, where a mean would look as if events were told apart', () => {
    const runs = seeds('original', ALL, NONE, NONE)
    expect(headline(...runs)).toBe('3 of 3 trainings stop no threat, or decide all events alike')
    expect(verdictOn(runs)).toBe('3 of 3 collapse')
    expect(seedsInWords(runs)).toBe('seed 1 stops all; seeds 2, 3 stop none')
  })

  it('one that came to no end does not hide the others', () => {
    const runs = seeds('original', FAILED, NO_THREAT, APART)
    expect(headline(...runs)).toBe('1 of 3 trainings stops no threat, or decides all events alike; 1 came to no end')
    expect(verdictOn(runs)).toBe('1 of 3 collapses, 1 of 3 no end')
    expect(seedsInWords(runs)).toBe('seed 1 came to no end; seed 2 stops no threat; seed 3 tells events apart')
  })

  it('no benign event let pass is neither no threat stopped nor one decision for all', () => {
    const runs = seeds('default', NO_BENIGN, NO_BENIGN)
    expect(headline(...runs)).toBe(
      '0 of 2 trainings stop no threat, or decide all events alike; 2 let no benign event pass',
    )
    expect(seedsInWords(runs)).toBe('seeds 1, 2 let no benign event pass')
  })

  it('one seed, and what tells events apart, need few words', () => {
    expect(headline(...seeds('original', ALL))).toBe('1 of 1 training stops no threat, or decides all events alike')
    expect(seedsInWords(seeds('original', ALL))).toBe('stops all')
    expect(seedsInWords(seeds('original', APART, APART))).toBeNull()
    expect(verdictOn(seeds('original', APART, APART))).toBe('')
  })
})

describe('as recorded', () => {
  it.each([
    ['original', ALL, true],
    ['original', NONE, false],
    ['eight-fixes', NONE, true],
    ['eight-fixes', NO_THREAT, true],
    ['eight-fixes', ALL, false],
    ['no-norm', ALL, true],
    ['no-norm', NONE, true],
    ['no-norm', NO_THREAT, false],
    ['stratified', FAILED, false],
    ['running-norm', NONE, null],
    ['default', NONE, null],
  ])('%s with %j: %s', (preset, counts, answer) => {
    expect(isAsRecorded(seeds(preset, counts)[0])).toBe(answer)
  })

  it('says nothing of a variant, and counts seeds', () => {
    const runs = seeds('original', ALL, NONE, ALL)
    expect(asRecordedInWords(runs)).toBe('2 of 3')
    expect(asRecordedInWords(runs.slice(1, 2))).toBe('no')
    expect(asRecordedInWords(runs.map((run) => ({ ...run, name: 'original without inputs' })))).toBeNull()
  })
})
