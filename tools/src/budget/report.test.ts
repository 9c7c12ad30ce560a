import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'
import { budgetReport, budgetTable } from './report.ts'

const point = (budget: number, returnPerThousand: number, price: number | null) => ({
  ...{ budget, alerts: budget / 2, returnMean: returnPerThousand / 20, returnPerThousand, price },
})
const PLAIN = { isTTY: false, environment: {} }
const CONFIG = { dataset: 'quickest', seed: 3, response: { alertCost: 1 } }

describe('tools:budget', () => {
  it('says what each further analyst saves, and from when on none does', () => {
    const report = budgetReport([point(0, -80, null), point(3, -50, 2.5), point(6, -45, 0)], CONFIG)
    expect(report.analysts.map(({ saved }) => saved)).toEqual([null, 30, 5])
    const text = budgetTable(report, PLAIN)
    expect(text).toMatch(/^1 +3\.00 +1\.50 +[-\u2212]50\.00 +2\.50 +\+30\.00$/m)
    expect(text).toMatch(/^0 .* - +-$/m)
    expect(text).toContain('From 2 analysts on the budget does not bind')
  })

  it('says where every budget binds', () => {
    const report = budgetReport([point(0, -80, null), point(3, -50, 2.5)], CONFIG)
    expect(budgetTable(report, PLAIN)).toContain('Every budget shown binds')
  })

  it('takes settings of a training beside its own, and refuses streams in which alerts lead to nothing', () => {
    const { config, analysts, alertsPerAnalyst } = parseOptions([
      '--rows=9000',
      '--analysts=2',
      '--response.alert-cost=2',
    ])
    expect([config.dataset, config.rows, config.response.alertCost, analysts, alertsPerAnalyst]).toEqual([
      ...['quickest', 9000, 2, 2, 3],
    ])
    for (const words of [['--dataset=synthetic'], ['--belief=none'], ['--analysts=0']])
      expect(() => parseOptions(words)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
  })
})
