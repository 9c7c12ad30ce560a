import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { type DecisionList, decideByList } from './condition.ts'
import type { DistilledList } from './distil.ts'
import { drawnColumns, PLANTED, ROWS } from './planted-list.fixture.ts'
import { matches, type SigmaRule } from './sigma.oracle.ts'
import { sigmaRules } from './sigma.ts'

const columns = drawnColumns()
const rows = Uint32Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 10 === 0)
const figures = {
  ...{ accuracy: 0.9, precision: 0.8, recall: 0.7, f1: 0.75, falsePositiveRate: 0.1, alertRate: 0.05 },
  ...{ undecidedRate: 0.01, rewardMean: 1.5 },
}

function distilled(list: DecisionList): DistilledList {
  const fidelity = { train: 0.97, validation: 0.96, test: 0.95, onRestricted: 0.9, onAlerted: null }
  return { kind: 'decision list', dataset: 'drawn: "events"', list, fidelity, rows: 900, team: figures, rules: figures }
}

function written(text: string): SigmaRule[] {
  return parseAllDocuments(text).map((document) => {
    if ('errors' in document) expect(document.errors).toEqual([])
    return document.toJS() as SigmaRule
  })
}

function eventAt(row: number) {
  return Object.fromEntries(
    Array.from(columns, ([name, column]) => {
      if (column.kind === 'token') return [name, column.dictionary[column.codes[row]] ?? null]
      return [name, Number.isNaN(column.values[row]) ? null : column.values[row]]
    }),
  )
}

/** The action whose rule is about the event; 0 where none is. */
function actionsBy(rules: readonly SigmaRule[]): number[] {
  return Array.from(rows, (row) => {
    const own = rules.filter((rule) => matches(rule, eventAt(row)))
    expect(own.length).toBeLessThan(2)
    return own.length === 0 ? 0 : ['allow', 'block', 'quarantine', 'alert'].indexOf(own[0].title.split(/[: ]+/)[1])
  })
}

describe('rules as Sigma', () => {
  it('are about the events on which the list takes their action, texts with wildcards included', () => {
    const rules = written(sigmaRules(distilled(PLANTED)))
    expect(rules.map(({ title, level }) => [title, level])).toEqual([
      ['Vigil: block on drawn: "events"', 'high'],
      ['Vigil: alert on drawn: "events"', 'medium'],
    ])
    const expected = Array.from(decideByList(PLANTED, columns, rows))
    expect(actionsBy(rules)).toEqual(expected)
    expect(new Set(expected)).toEqual(new Set([0, 1, 3]))
  })

  it('are so for any list', () => {
    const condition = fc.oneof(
      fc.record({ column: fc.constant('bytes'), operator: fc.constantFrom('>', '<='), value: fc.nat(10_000) }),
      fc.record({
        column: fc.constant('proto'),
        operator: fc.constant('is'),
        value: fc.constantFrom('tcp', 'a\\b?', 'ic*mp'),
      }),
      fc.record({ column: fc.constantFrom('port', 'proto'), operator: fc.constant('missing') }),
    ) as fc.Arbitrary<DecisionList['lines'][0]['conditions'][0]>
    const line = fc.record({
      conditions: fc.uniqueArray(condition, {
        minLength: 1,
        maxLength: 3,
        selector: ({ column, operator }) => column + operator,
      }),
      action: fc.nat(3),
    })
    const list = fc.record({ lines: fc.array(line, { maxLength: 6 }), otherwise: fc.nat(3) })
    fc.assert(
      fc.property(list, (some) => {
        expect(actionsBy(written(sigmaRules(distilled(some))))).toEqual(Array.from(decideByList(some, columns, rows)))
      }),
      { numRuns: 40 },
    )
  })

  it('are refused where Sigma would read the name of a column otherwise', () => {
    const list: DecisionList = {
      lines: [{ conditions: [{ column: 'a|re', operator: 'missing' }], action: 1 }],
      otherwise: 0,
    }
    expect(() => sigmaRules(distilled(list))).toThrow(
      expect.objectContaining({ code: 'TEAM_UNEXPORTABLE', kind: 'data' }),
    )
  })

  it('of a ladder take the severest action whose threshold the score is above', () => {
    const thresholds = { quarantine: 0.9, block: 0.5, alert: 0.2 }
    const returns = { team: -2, rules: -2.1, best: -2.5 }
    const rules = written(
      sigmaRules({ kind: 'ladder', dataset: 'campaign', thresholds, calm: 10, validation: -2, streams: 20, returns }),
    )
    const actionAt = (score: number) => rules.filter((rule) => matches(rule, { score })).map(({ title }) => title)
    expect([0.1, 0.2, 0.21, 0.5, 0.6, 0.95].map(actionAt)).toEqual([
      [],
      [],
      ['Vigil: alert on campaign'],
      ['Vigil: alert on campaign'],
      ['Vigil: block on campaign'],
      ['Vigil: quarantine on campaign'],
    ])
  })
})
