import { randomStream, randomUnit } from '@vigil/random'
import { expect, it } from 'vitest'
import { createDecisionCharts } from './decision-charts.ts'

const SETTINGS = { baseline: 10_000, runLength: 1_000_000 }

/** Decisions that alert with one chance, and whose score is around one value. */
function play(charts: ReturnType<typeof createDecisionCharts>, count: number, { alerts = 0.1, score = 0.3 } = {}) {
  const drawn = randomStream(count, 'action')
  for (let i = 0; i < count; i++) {
    const action = randomUnit(drawn, 2 * i) < alerts ? 3 : 0
    charts.take({ action, score: score + 0.2 * (randomUnit(drawn, 2 * i + 1) - 0.5) })
  }
}

it('charts learn what is usual, and then tell which of score and actions has shifted', () => {
  const alarms: string[] = []
  const charts = createDecisionCharts(SETTINGS, (chart, side) => alarms.push(`${chart} ${side}`))
  play(charts, 9_900)
  expect(charts.waiting).toBe(100)
  expect(charts.report().map(({ mean }) => mean)).toEqual([null, null, null, null, null])
  play(charts, 20_000)
  expect(charts.waiting).toBe(0)
  expect(alarms).toEqual([])
  const usual = Object.fromEntries(charts.report().map(({ chart, mean, deviation }) => [chart, { mean, deviation }]))
  expect(usual.score.mean).toBeCloseTo(0.3, 2)
  // Of 100 uniform values over a fifth.
  expect(usual.score.deviation! / (0.2 / Math.sqrt(12) / 10)).toBeCloseTo(1, 0)
  expect(usual.alert.mean).toBeCloseTo(0.1, 1)
  expect(usual.alert.deviation! / Math.sqrt((0.1 * 0.9) / 100)).toBeGreaterThanOrEqual(0.99)
  play(charts, 2000, { alerts: 0.25 })
  expect(new Set(alarms)).toEqual(new Set(['alert up', 'allow down']))
  alarms.length = 0
  play(charts, 2000, { score: 0.25 })
  expect(new Set(alarms)).toEqual(new Set(['score down']))
  expect(charts.report()[0].alarms).toBe(alarms.length)
})

it('charts go on from what others have saved, in the midst of the baseline or behind it', () => {
  for (const first of [150, 9_950, 12_345]) {
    const alarms: string[][] = [[], []]
    const [whole, before] = alarms.map((own) =>
      createDecisionCharts(SETTINGS, (chart, side) => own.push(`${chart} ${side}`)),
    )
    for (const charts of [whole, before]) play(charts, first)
    const after = createDecisionCharts(SETTINGS, (chart, side) => alarms[1].push(`${chart} ${side}`))
    after.restore(JSON.parse(JSON.stringify(before.save())))
    for (const charts of [whole, after]) play(charts, 13_000)
    for (const charts of [whole, after]) play(charts, 1_000, { alerts: 0.4 })
    expect(after.report()).toEqual(whole.report())
    expect(alarms[1]).toEqual(alarms[0])
    expect(alarms[0].length).toBeGreaterThan(0)
  }
})

it('charts of another baseline are refused', () => {
  const [own, other] = [SETTINGS, { ...SETTINGS, baseline: 200 }].map((settings) =>
    createDecisionCharts(settings, () => undefined),
  )
  play(own, 1000)
  expect(() => other.restore(own.save())).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }))
})

it('an action that never came alarms when it does', () => {
  const alarms: string[] = []
  const charts = createDecisionCharts({ ...SETTINGS, baseline: 200 }, (chart, side) => alarms.push(`${chart} ${side}`))
  for (let i = 0; i < 400; i++) charts.take({ action: 0, score: 0.5 })
  expect(alarms).toEqual([])
  for (let i = 0; i < 100; i++) charts.take({ action: 2, score: 0.5 })
  expect(alarms).toContain('quarantine up')
  expect(charts.report().every(({ deviation }) => deviation! > 0)).toBe(true)
})
