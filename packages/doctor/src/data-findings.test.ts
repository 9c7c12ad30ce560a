import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { type DatasetRequest, loadDataset } from '@vigil/data'
import { randomStream, randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { madeDataset } from './dataset.fixture.ts'
import { diagnoseData } from './diagnose.ts'
import type { Finding } from './finding.ts'

const ROWS = 6000
const noise = (index: number, lane: number) => randomUnit(randomStream(5, 'action'), index, lane)
const LABELS = Uint8Array.from({ length: ROWS }, (_, i) => (noise(i, 0) < 0.1 ? 1 : 0))

/** An input that tells `right` of the labels. */
const telling = (right: number, lane: number) =>
  Float32Array.from(LABELS, (label, i) => (noise(i, lane) < right ? label : 1 - label) + 1e-3 * noise(i, lane + 1))
const GOOD = [telling(0.97, 1), telling(0.97, 3)]
const random = Float32Array.from(LABELS, (_, i) => noise(i, 9))

type Made = Parameters<typeof madeDataset>[0]
const made = (change: Partial<Made> = {}) => madeDataset({ labels: LABELS, dense: GOOD, categorical: [], ...change })

const codes = (findings: readonly Finding[]) => findings.map(({ code, severity }) => `${severity} ${code}`)
const found = (config: LabConfigInput, change: Partial<Made> = {}) =>
  codes(diagnoseData(resolveLabConfig(config, 'test'), made(change)))

describe('diagnoseData', () => {
  it('finds nothing in data that can be learnt from', () => {
    expect(found({ specifications: 'default' })).toEqual([])
  })

  it('finds inputs without signal, and constant ones', () => {
    expect(found({}, { dense: [random] })).toEqual(['problem INPUTS_WITHOUT_SIGNAL'])
    expect(found({}, { dense: [...GOOD, new Float32Array(ROWS)] })).toEqual(['note INPUTS_CONSTANT'])
  })

  it('says nothing of inputs where perfect decisions earn no more than a constant action', () => {
    expect(found({ rewards: { truePositive: -20 } }, { dense: [random] })).toEqual(['problem REWARD_CONSTANT_OPTIMUM'])
    const labels = LABELS.map((label, i) => (i < 0.7 * ROWS ? label : 0))
    expect(found({}, { labels, dense: [random] })).not.toContain('problem INPUTS_WITHOUT_SIGNAL')
  })

  it('speaks of the constant action that is best, and of other inputs only where there are some', () => {
    const findingOf = (config: LabConfigInput) =>
      diagnoseData(resolveLabConfig(config, 'test'), made({ dense: [random] })).find(
        ({ code }) => code === 'INPUTS_WITHOUT_SIGNAL',
      )!
    expect(findingOf({}).cause).toContain('to allow everything is the optimum')
    expect(findingOf({}).remedy).not.toContain('--features')
    expect(findingOf({ features: 'seed7' }).remedy).toContain('--features=behaviour')
    const { cause } = findingOf({ rewards: { falseNegative: -200 } })
    expect(cause).toMatch(/harmless enough for a permissive action to pay, so to block everything/)
  })

  it('sees a threshold that separates threats too rare to be a quantile', () => {
    const labels = Uint8Array.from({ length: ROWS }, (_, i) => (i % 200 === 7 ? 1 : 0))
    for (const threat of [2, -2, 0.5]) {
      const dense = [
        Float32Array.from(labels, (label, i) => (label === 1 ? threat : noise(i, 40) - Number(noise(i, 40) < 0.5))),
      ]
      const codes = found({}, { labels, dense })
      expect(codes).not.toContain('problem INPUTS_WITHOUT_SIGNAL')
      expect(codes).toContain('problem LABEL_LEAKAGE')
    }
  })

  it('calls no input silent that holds a third of the label, although no group of it is worth stopping', () => {
    const suspicion = Float32Array.from(LABELS, (label, i) => (label === 1 || noise(i, 45) < 0.22 ? 1 : 0))
    expect(found({}, { dense: [suspicion] })).toEqual([])
  })

  it('lets a probe be perfect on a few rows', () => {
    // The column errs in training, as inputs do, and by chance is right on all threats of validation.
    const every = (n: number) => Uint8Array.from({ length: ROWS }, (_, i) => (i % n === 7 ? 1 : 0))
    const told = (labels: Uint8Array) =>
      found(
        {},
        {
          labels,
          dense: [
            Float32Array.from(labels, (label, i) =>
              i < 0.7 * ROWS && noise(i, 50) < 0.3 / (label ? 7 : 30) ? 1 - label : label,
            ),
          ],
        },
      )
    expect(told(every(30))).toEqual([])
    expect(told(every(15))).toEqual(['problem LABEL_LEAKAGE'])
  })

  it('finds the label among the inputs, also as a category, and also of a noisy copy that nearly is the label', () => {
    expect(found({}, { dense: [Float32Array.from(LABELS)] })).toContain('problem LABEL_LEAKAGE')
    const copy = { values: Uint16Array.from(LABELS), vocabularySize: 2 }
    expect(found({}, { categorical: [copy] })).toContain('problem LABEL_LEAKAGE')
    expect(found({}, { dense: [telling(0.995, 1)] })).toContain('problem LABEL_LEAKAGE')
    const remedyOf = (features: 'behaviour' | 'full') =>
      diagnoseData(resolveLabConfig({ features }, 'test'), made({ categorical: [copy] }))[0].remedy
    expect(remedyOf('full')).toContain('--features=behaviour')
    expect(remedyOf('behaviour')).not.toContain('--features')
  })

  it('finds splits whose threat rates differ', () => {
    const labels = LABELS.map((label, i) => (i > 0.85 * ROWS && noise(i, 20) < 0.15 ? 1 : label))
    expect(
      found({}, { labels, dense: [Float32Array.from(labels, (l, i) => (noise(i, 21) < 0.95 ? l : 1 - l))] }),
    ).toContain('problem SPLIT_MISMATCH')
  })

  it('finds classes that training never saw, as a note where they are rare', () => {
    const classNames = ['benign', 'threat', 'new']
    const classes = (after: number) => LABELS.map((label, i) => (label && i >= after ? 2 : label))
    expect(found({}, { classNames, classes: classes(0.8 * ROWS) })).toEqual(['problem CLASSES_UNSEEN'])
    expect(found({}, { classNames, classes: classes(0.995 * ROWS) })).toEqual(['note CLASSES_UNSEEN'])
  })

  it('finds copies that validation owes its figures to, and is silent about copies that change nothing', () => {
    // A third of the rows repeats ten patterns that tell the label; the others carry noise.
    const copied = (i: number) => i % 3 > 0
    const pattern = Float32Array.from(LABELS, (label, i) => (copied(i) ? (label ? 2 : -2) : noise(i, 30)))
    expect(found({}, { dense: [pattern] })).toEqual(['note SPLIT_DUPLICATES'])
    const everywhere = Float32Array.from(LABELS, (label, i) => (noise(i, 31) < 0.96 ? label : 1 - label))
    expect(found({}, { dense: [everywhere, ...GOOD.map((x) => x.map((v) => Math.round(v)))] })).toEqual([])
  })

  it('finds reward tables under which a constant action is best, or nearly', () => {
    expect(found({ rewards: { truePositive: -20 } })).toContain('problem REWARD_CONSTANT_OPTIMUM')
    expect(found({ rewards: { falsePositive: 50 } })).toContain('problem REWARD_CONSTANT_OPTIMUM')
    expect(found({ rewards: { truePositive: -8 } })).toContain('note REWARD_HARD_TO_BEAT')
  })

  it('finds alerts that are free, and alerts that are never the best action', () => {
    expect(found({ rewards: { alertCost: 0, alertedThreat: 0 } })).toEqual(['note REWARD_ALERT_FREE'])
    expect(found({ rewards: { alertCost: 0 } })).toEqual(['note REWARD_ALERT_FREE'])
    expect(found({ rewards: { alertCost: 8 } })).toEqual(['note REWARD_ALERT_NEVER_BEST'])
    expect(found({ rewards: { alertedThreat: 0 } })).toEqual(['note REWARD_ALERT_NEVER_BEST'])
    expect(found({ rewards: { alertCost: 1 } })).toEqual([])
  })

  it('finds specifications that nobody can keep: a problem where they constrain, else a note', () => {
    const original = { specifications: 'original' } as const
    expect(found(original)).toEqual(['note SPECIFICATION_UNREACHABLE'])
    expect(found({ ...original, stlMode: 'penalty' })).toEqual(['problem SPECIFICATION_UNREACHABLE'])
    const [finding] = diagnoseData(resolveLabConfig(original, 'test'), made())
    // Some ten threats in a window of 100, of which none may be missed: 0.99 ** 10 = 0.904, 0.97 ** 10 = 0.737. The worse
    // of two orders is named.
    const [, known, good] = /([\d.]+) % with F1 0.99, ([\d.]+) % with F1 0.97/.exec(finding.evidence) ?? []
    expect(Math.abs(Number(known) - 90.4)).toBeLessThan(5)
    expect(Math.abs(Number(good) - 73.7)).toBeLessThan(8)
    expect(finding.evidence).toMatch(/"posture".*100.0 % with perfect decisions/)
  })
})

describe('the generated data', () => {
  const generated = async (features: 'behaviour' | 'seed7') => {
    const config = resolveLabConfig({ features, rows: 20_000, specifications: 'default' }, 'test')
    return codes(diagnoseData(config, (await load(config)).dataset))
  }

  it('are good with the default inputs, and without signal with seed7', async () => {
    expect(await generated('behaviour')).toEqual([])
    expect(await generated('seed7')).toEqual(['problem INPUTS_WITHOUT_SIGNAL'])
  })
})

describe.runIf(process.env.VIGIL_DATA)('the recorded data', () => {
  it.each<[LabConfigInput, string[]]>([
    [{ specifications: 'default' }, []],
    [{ features: 'seed7' }, ['problem INPUTS_WITHOUT_SIGNAL', 'note INPUTS_CONSTANT']],
    [{ features: 'full' }, ['problem LABEL_LEAKAGE', 'note INPUTS_CONSTANT']],
    [{ split: 'temporal' }, ['problem SPLIT_MISMATCH', 'problem CLASSES_UNSEEN', 'note SPLIT_DUPLICATES']],
    [{ split: 'by-stream' }, []],
    [{ specifications: 'original', stlMode: 'penalty' }, ['problem SPECIFICATION_UNREACHABLE']],
  ])('with %j: %j', async (settings, expected) => {
    const data = `${process.env.VIGIL_DATA}/darpa-tc-trace-e5`
    const config = resolveLabConfig({ dataset: 'darpa-tc', data, ...settings }, 'test')
    expect(codes(diagnoseData(config, (await load(config)).dataset))).toEqual(expected)
  })
})

async function load({ data, ...config }: ReturnType<typeof resolveLabConfig>) {
  return await loadDataset({ ...config, path: data } satisfies DatasetRequest)
}
