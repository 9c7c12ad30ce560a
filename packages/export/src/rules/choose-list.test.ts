import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseList, fidelityOf } from './choose-list.ts'
import { type Columns, decideByList } from './condition.ts'
import { fitDecisionLists } from './fit-decision-list.ts'
import { drawnColumns, PLANTED, plantedAction, plantedExamples, ROWS } from './planted-list.fixture.ts'
import { shortestBetween } from './search-conditions.ts'

const columns = drawnColumns()
const training = plantedExamples(columns, 0, 1800)
const validation = plantedExamples(columns, 1800, 2400)
const test = plantedExamples(columns, 2400, ROWS)

describe('a list for a team that follows rules', () => {
  it('has those rules again, with no line that says nothing', () => {
    const { list } = chooseList(training, validation)
    expect(list.otherwise).toBe(PLANTED.otherwise)
    expect(list.lines).toHaveLength(PLANTED.lines.length)
    const named = ({ lines }: typeof PLANTED) =>
      lines
        .map(({ action, conditions }) =>
          [action, conditions.map(({ column, operator }) => `${column} ${operator}`).sort()].flat().join(', '),
        )
        .sort()
    expect(named(list)).toEqual(named(PLANTED))
    const bound = list.lines.flatMap(({ conditions }) => conditions).find(({ column }) => column === 'bytes')
    // The nearest of 600 messages of that kind are no farther apart.
    expect(Math.abs((bound as { value: number }).value - 4000)).toBeLessThan(100)
  })

  it('does what they do on nearly all events that it has not seen', () => {
    const { list } = chooseList(training, validation)
    const own = decideByList(list, columns, test.rows)
    let same = 0
    for (const [i, row] of test.rows.entries()) if (own[i] === plantedAction(columns, row)) same++
    expect(fidelityOf(list, test)).toBe(same / test.rows.length)
    expect(same / test.rows.length).toBeGreaterThan(0.99)
  })

  it('is one line where the team always does the same', () => {
    const always = { ...training, actions: training.actions.map(() => 3) }
    expect(chooseList(always, always).list).toEqual({ lines: [], otherwise: 3 })
  })

  it('is short where a team acts by chance, since further lines are of no use on validation', () => {
    const chance = (examples: typeof training) => ({
      ...examples,
      actions: Uint8Array.from(examples.rows, (row) => (Math.abs(Math.sin(row * 91.7) * 9973) % 1 < 0.3 ? 1 : 0)),
    })
    const { list } = chooseList(chance(training), chance(validation))
    expect(list.lines.length).toBeLessThan(3)
  })
})

describe('lists of growing length', () => {
  it('agree more often in training with each line, and are never longer than asked', () => {
    for (const conditions of [1, 2, 3]) {
      const lists = fitDecisionLists(training, { lines: 6, conditions })
      expect(lists.length).toBeLessThanOrEqual(6)
      const shares = lists.map((list) => fidelityOf(list, training))
      for (const [i, share] of shares.slice(1).entries()) expect(share).toBeGreaterThan(shares[i])
      for (const { lines } of lists)
        for (const line of lines) expect(line.conditions.length).toBeLessThanOrEqual(conditions)
    }
  })

  it('begin with the line that brute force finds the best of one condition', () => {
    const [first, second] = fitDecisionLists(training, { lines: 2, conditions: 1 })
    const agreement = (list: typeof first) => {
      const own = decideByList(list, columns, training.rows)
      return own.reduce((sum, action, i) => sum + (action === training.actions[i] ? 1 : 0), 0)
    }
    let most = 0
    for (let action = 0; action < 4; action++) {
      const offer = (condition: (typeof second.lines)[0]['conditions'][0]) => {
        most = Math.max(most, agreement({ lines: [{ conditions: [condition], action }], otherwise: first.otherwise }))
      }
      for (let value = 0; value < 100; value++) {
        offer({ column: 'port', operator: '>', value })
        offer({ column: 'port', operator: '<=', value })
      }
      for (const value of ['tcp', 'udp', 'ic*mp', 'a\\b?']) offer({ column: 'proto', operator: 'is', value })
      for (const column of columns.keys()) offer({ column, operator: 'missing' })
    }
    expect(agreement(second)).toBe(most)
  })
})

describe('bounds of columns with infinities', () => {
  it('are numbers that JSON has', () => {
    const rows = Uint32Array.from({ length: 8 }, (_, i) => i)
    const values = Float64Array.from(
      [-1, -1, -1, -1, 1, 2, 3, 1].map((x) => (x === -1 ? -Infinity : x === 3 ? Infinity : x)),
    )
    const own: Columns = new Map([['rate', { kind: 'number', values }]])
    const actions = Uint8Array.from([0, 0, 0, 0, 2, 2, 1, 2])
    const lists = fitDecisionLists({ columns: own, rows, actions }, { lines: 3, conditions: 2 })
    const conditions = lists.flatMap(({ lines }) => lines.flatMap((line) => line.conditions))
    const bounds = conditions.flatMap((condition) => ('value' in condition ? [condition.value] : []))
    expect(bounds.length).toBeGreaterThan(0)
    for (const bound of bounds) expect(Number.isFinite(bound)).toBe(true)
  })
})

describe('the number between two others', () => {
  it.each([
    [1199, 1201, 1200],
    [0.1234, 0.1299, 0.127],
    [3, 4, 4 - 0.5],
    [-7, 12, 2],
  ])('of %d and %d has few digits', (low, high, expected) => {
    const value = shortestBetween(low, high)
    expect(value).toBeGreaterThanOrEqual(low)
    expect(value).toBeLessThan(high)
    expect(String(value).length).toBeLessThanOrEqual(String(expected).length)
  })

  it('parts any two numbers, however near or far', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        fc.pre(a !== b)
        const value = shortestBetween(Math.min(a, b), Math.max(a, b))
        return value >= Math.min(a, b) && value < Math.max(a, b)
      }),
    )
  })
})
