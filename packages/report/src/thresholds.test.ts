import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleCurve, sampleEvaluation, sampleMetrics } from '../../runs/src/sample-run.fixture.ts'
import { renderReport } from './report.ts'
import { countsOf, leastCalibrationError, scoreBands } from './threshold-counts.ts'

const evaluation = sampleEvaluation()
const page = renderReport({ config: {}, metrics: [sampleMetrics(1)], evaluation })

/** Cells of the table of thresholds. */
const [table] = page.match(/<caption>Thresholds on the team score[\s\S]*?<\/table>/)!
const rows = table
  .split('<tr>')
  .slice(2)
  .map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)</g)].map(([, cell]) => cell))

/** Scores with labels, and the curve over all of their thresholds. */
const scored = fc
  .array(fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), threat: fc.boolean() }), {
    minLength: 2,
    maxLength: 60,
  })
  .filter((events) => new Set(events.map(({ threat }) => threat)).size === 2)

function curveOver(events: readonly { readonly score: number; readonly threat: boolean }[]) {
  const thresholds = [...new Set(events.map(({ score }) => score))].sort((a, b) => b - a)
  const threats = events.filter(({ threat }) => threat).length
  const points = thresholds.map((threshold) => {
    const flagged = events.filter(({ score }) => score >= threshold)
    const hits = flagged.filter(({ threat }) => threat).length
    return {
      ...{ threshold, recall: hits / threats, precision: hits / flagged.length },
      falsePositiveRate: (flagged.length - hits) / (events.length - threats),
    }
  })
  return { curve: { points }, split: { rows: events.length, threats } }
}

describe('thresholds in events', () => {
  it('are those that the shares of a curve are made of', () => {
    fc.assert(
      fc.property(scored, (events) => {
        const { curve, split } = curveOver(events)
        for (const { threshold, tp, fp, fn, tn } of countsOf(curve, split)) {
          const flagged = events.filter(({ score }) => score >= threshold)
          expect(tp).toBe(flagged.filter(({ threat }) => threat).length)
          expect(tp + fp).toBe(flagged.length)
          expect(tp + fn).toBe(split.threats)
          expect(tp + fp + fn + tn).toBe(events.length)
        }
      }),
    )
  })

  it('part the events into bands that hold each of them once, about one for each tenth', () => {
    fc.assert(
      fc.property(scored, (events) => {
        const { curve, split } = curveOver(events)
        const bands = scoreBands(curve, split)
        for (const { from, to, events: count, threats } of bands) {
          const own = events.filter(({ score }) => score >= from && (to === null || score < to))
          expect(count).toBe(own.length)
          expect(threats).toBe(own.filter(({ threat }) => threat).length)
        }
        expect(bands.reduce((sum, band) => sum + band.events, 0)).toBe(events.length)
        expect(bands.length).toBeLessThanOrEqual(10)
      }),
    )
  })

  it('are off the share of threats by no more than the scores themselves are', () => {
    fc.assert(
      fc.property(scored, (events) => {
        const { curve, split } = curveOver(events)
        const bands = scoreBands(curve, split)
        const exact = bands.reduce((sum, { from, to, threats, events: count }) => {
          const own = events.filter(({ score }) => score >= from && (to === null || score < to))
          return sum + Math.abs(own.reduce((total, { score }) => total + score, 0) - (threats / count) * own.length)
        }, 0)
        expect(leastCalibrationError(bands)).toBeLessThanOrEqual(exact / events.length + 1e-12)
      }),
    )
    const never = [
      { from: 0.5, to: 0.6, events: 4, threats: 0 },
      { from: 0, to: 0.5, events: 4, threats: 3 },
    ]
    expect(leastCalibrationError(never)).toBeCloseTo((4 * 0.5 + 4 * 0.25) / 8, 12)
  })
})

describe('the slider of a report', () => {
  it('has a row for each threshold of the evaluation, with its figures', () => {
    const [curve] = evaluation.curves
    expect(rows.map(([threshold]) => Number(threshold))).toEqual(curve.points.map(({ threshold }) => threshold))
    // 90 of 100 threats and 18 of 900 others.
    expect(rows[1]).toEqual(['0.5', '108', '90', '18', '90.0\u00a0%', '2.0\u00a0%', '83.3\u00a0%', '0.865'])
  })

  it('is run by the only script that the policy of the page allows', () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text)
    expect(scripts).toHaveLength(1)
    const hash = createHash('sha256').update(scripts[0]).digest('base64')
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'"`)
    expect(page.match(/<script/g)).toHaveLength(1)
  })

  it('shows the row that it stands on, first that of one half', () => {
    const [script] = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text)
    const card = fakeCard(rows)
    runInNewContext(script, {
      document: { querySelectorAll: (name: string) => (name === '.thresholds' ? [card.element] : []) },
    })
    expect(card.shown()).toEqual(rows[1])
    expect(card.slider.hidden).toBe(false)
    card.move(2)
    expect(card.shown()).toEqual(rows[2])
  })

  it('is not there, and neither is a script, where the evaluation has no curve', () => {
    const without = renderReport({
      ...{ config: {}, metrics: [sampleMetrics(1)] },
      evaluation: sampleEvaluation({ curves: [], operatingPoints: [] }),
    })
    expect(without).not.toContain('<script')
    expect(without).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(without).toContain('Not recorded in this run.')
    const empty = renderReport({
      ...{ config: {}, metrics: [sampleMetrics(1)] },
      evaluation: sampleEvaluation({ curves: [sampleCurve({ points: [] })] }),
    })
    expect(empty).not.toMatch(/<script|class="slider"/)
  })

  it('is left out in print alone, where the table is open', () => {
    const [general, print] = [...page.matchAll(/@media print \{[\s\S]*?\n\}/g)].map(([text]) => text)
    expect(print.match(/\S.*none/g)).toEqual(['.thresholds .slider { display: none'])
    // Tables of charts are left out of print by a rule of the same weight, which stands before.
    expect(general).toContain('.card > details { display: none; }')
    expect(print).toContain('.thresholds > details { display: block; }')
    expect(print).toContain('.thresholds > details::details-content { content-visibility: visible; }')
  })
})

describe('calibration', () => {
  it('is drawn of scores that could be chances, and of no others', () => {
    const others = sampleCurve({
      name: 'odds',
      points: [{ threshold: -3, falsePositiveRate: 1, recall: 1, precision: 0.1 }],
    })
    const mixed = sampleEvaluation({ curves: [sampleCurve(), others] })
    const [description] = renderReport({ config: {}, metrics: [], evaluation: mixed }).match(
      /<desc id="calibration-description">[^<]+/,
    )!
    // Shares 60 / 60 and 30 / 48 lie within their scores; of 892 events from 0.1 on 10 are threats, which is 0.0888 below.
    expect(0.892 * (0.1 - 10 / 892)).toBeCloseTo(0.0792, 4)
    expect(description).toContain('>team: off the share of threats by 7.9\u00a0% or more')
    expect(description).not.toContain('odds')
  })
})

/** What the script asks of a card, over the cells of a table. */
function fakeCard(cells: readonly (readonly string[])[]) {
  const places = cells[0].map(() => ({ textContent: '' }))
  const slider = { hidden: true }
  const listeners: (() => void)[] = []
  const range = {
    value: 0 as number | string,
    setAttribute: () => undefined,
    addEventListener: (name: string, listener: () => void) => name === 'input' && listeners.push(listener),
  }
  const lists: Record<string, unknown[]> = {
    'tbody tr': cells.map((row) => ({ children: row.map((textContent) => ({ textContent })) })),
    '.slider dd': places,
  }
  const single: Record<string, unknown> = { input: range, '.slider': slider, details: { open: true } }
  return {
    element: { querySelectorAll: (name: string) => lists[name], querySelector: (name: string) => single[name] },
    slider,
    shown: () => places.map(({ textContent }) => textContent),
    move(to: number) {
      range.value = `${to}`
      for (const listener of listeners) listener()
    },
  }
}
