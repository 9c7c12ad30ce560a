import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawn } from '../events.fixture.ts'
import { type BinnedColumn, binColumn } from './binned-column.ts'
import { columnScore } from './column-score.ts'
import { findDuplicates } from './duplicates.ts'
import { columnsOf, conditionWords, ruleWords } from './rule-words.ts'
import { scoresOf } from './scores.ts'
import { smallTree } from './small-tree.ts'

const counts = { missing: 0, infinite: 0, malformed: 0, example: null }
const numbers = (name: string, values: readonly number[]) => ({
  ...{ name, counts, isIdentifier: false },
  column: { kind: 'number', values: Float64Array.from(values) } as const,
})
const texts = (name: string, values: readonly string[]) => {
  const dictionary = [...new Set(values)]
  const codes = Int32Array.from(values, (value) => (value === '' ? -1 : dictionary.indexOf(value)))
  return { ...{ name, counts, isIdentifier: false }, column: { kind: 'token', codes, dictionary } as const }
}

/** All rows choose in one half and judge in the other. */
const halved = (count: number) => ({
  rows: Uint32Array.from({ length: count }, (_, i) => i),
  halves: Uint8Array.from({ length: count }, (_, i) => i % 2),
})
const binned = (read: Parameters<typeof binColumn>[0], labels: Uint8Array): BinnedColumn => {
  const { rows, halves } = halved(labels.length)
  return binColumn(read, { rows, labels, chosen: halves.map((half) => 1 - half) })
}

describe('scores', () => {
  it('are those of a confusion matrix', () => {
    // 12 threats of which 9 are found, 20 benign rows of which 5 are called threats.
    const labels = Uint8Array.from({ length: 32 }, (_, i) => (i < 12 ? 1 : 0))
    const answers = Uint8Array.from({ length: 32 }, (_, i) => (i < 9 || (i >= 12 && i < 17) ? 1 : 0))
    const scores = scoresOf(answers, labels, new Uint8Array(32).fill(1))
    const [precision, recall] = [9 / 14, 9 / 12]
    expect(scores?.f1).toBeCloseTo((2 * precision * recall) / (precision + recall), 12)
    expect(scores?.balancedAccuracy).toBeCloseTo((9 / 12 + 15 / 20) / 2, 12)
    expect(scores?.agreement).toBe(24 / 32)
    expect(scores?.baseF1).toBeCloseTo((2 * (12 / 32)) / (12 / 32 + 1), 12)
  })

  it('are none of too few rows', () => {
    const labels = Uint8Array.from({ length: 100 }, (_, i) => (i < 9 ? 1 : 0))
    expect(scoresOf(labels, labels, new Uint8Array(100).fill(1))).toBe(null)
  })
})

describe('a column alone', () => {
  it('has the best threshold of all, found by trying each', () => {
    const count = 400
    const labels = Uint8Array.from({ length: count }, (_, i) => (drawn(i, 0) < 0.3 ? 1 : 0))
    const values = Array.from(labels, (label, i) => drawn(i, 1) + 0.4 * label)
    const { halves } = halved(count)
    const column = binned(numbers('x', values), labels)
    const score = columnScore(column, labels, halves)
    // On the rows that choose no threshold at a bin's edge does better, in either direction.
    const accuracy = (isThreat: (value: number) => boolean, half: number) => {
      const right = [0, 0]
      const all = [0, 0]
      for (let i = 0; i < count; i++) {
        if (halves[i] !== half) continue
        all[labels[i]]++
        if (Number(isThreat(values[i])) === labels[i]) right[labels[i]]++
      }
      return (right[0] / all[0] + right[1] / all[1]) / 2
    }
    const rules = column.edges.flatMap((edge) => [(value: number) => value > edge, (value: number) => value <= edge])
    const best = rules.reduce((a, b) => (accuracy(b, 0) > accuracy(a, 0) ? b : a))
    expect(column.kind).toBe('ordered')
    expect(score?.balancedAccuracy).toBeCloseTo(accuracy(best, 1), 12)
  })

  it('has the best set of values, found by trying each', () => {
    const count = 600
    const labels = Uint8Array.from({ length: count }, (_, i) => (drawn(i, 0) < 0.3 ? 1 : 0))
    const names = ['a', 'b', 'c', 'd', 'e']
    const values = Array.from(labels, (label, i) => names[Math.floor(drawn(i, 2 + label) ** (1 + label) * 5)])
    const { halves } = halved(count)
    const column = binned(texts('x', values), labels)
    const score = columnScore(column, labels, halves)
    const worthOf = (set: number) =>
      names.reduce((sum, name, place) => {
        if (((set >> place) & 1) === 0) return sum
        const share = (label: number) => {
          const own = values.filter((_, i) => halves[i] === 0 && labels[i] === label)
          return own.filter((value) => value === name).length / own.length
        }
        return sum + share(1) - share(0)
      }, 0)
    const sets = Array.from({ length: 32 }, (_, set) => set)
    const best = sets.reduce((a, b) => (worthOf(b) > worthOf(a) ? b : a))
    const chosen = column.texts.filter((_, i) => score?.threatBins[i + 1] === 1)
    expect(chosen.toSorted()).toEqual(names.filter((_, place) => (best >> place) & 1))
  })

  it('says nothing where values come once, and all where only threats have one', () => {
    const count = 400
    const labels = Uint8Array.from({ length: count }, (_, i) => (drawn(i, 0) < 0.3 ? 1 : 0))
    const { halves } = halved(count)
    const unique = columnScore(
      binned(
        texts(
          'id',
          Array.from(labels, (_, i) => `id${i}`),
        ),
        labels,
      ),
      labels,
      halves,
    )
    expect(unique?.balancedAccuracy).toBe(0.5)
    const marked = texts(
      'mark',
      Array.from(labels, (label, i) => (label === 1 ? `id${i}` : '')),
    )
    expect(columnScore(binned(marked, labels), labels, halves)?.balancedAccuracy).toBe(1)
  })
})

describe('a small tree', () => {
  const count = 2000
  const kinds = Array.from({ length: count }, (_, i) => ['read', 'exec', 'map'][Math.floor(drawn(i, 0) * 3)])
  const sizes = Array.from({ length: count }, (_, i) => drawn(i, 1) * 100)
  const labels = Uint8Array.from(kinds, (kind, i) => (kind === 'exec' || (kind === 'map' && sizes[i] > 60) ? 1 : 0))

  it('finds a rule of two columns, and says it in words', async () => {
    const columns = [binned(texts('kind', kinds), labels), binned(numbers('size', sizes), labels)]
    const tree = await smallTree(columns, labels, halved(count).halves)
    expect(tree?.byMajority.agreement).toBeGreaterThan(0.995)
    expect(tree === null ? [] : columnsOf(tree)).toEqual(['kind', 'size'])
    const words = tree === null ? '' : ruleWords(tree)
    expect(words).toContain('kind is exec')
    expect(Number(/kind is map and size > (\S+)|size > (\S+)/.exec(words)?.slice(1).find(Boolean))).toBeCloseTo(
      60,
      -0.5,
    )
  })

  it('judges by rows that did not choose: noise is told no better than by a coin', async () => {
    const noise = Uint8Array.from({ length: count }, (_, i) => (drawn(i, 5) < 0.3 ? 1 : 0))
    const columns = [binned(texts('kind', kinds), noise), binned(numbers('size', sizes), noise)]
    const tree = await smallTree(columns, noise, halved(count).halves)
    expect(tree?.balanced.balancedAccuracy ?? 0.5).toBeGreaterThan(0.44)
    expect(tree?.balanced.balancedAccuracy ?? 0.5).toBeLessThan(0.56)
  })

  it('finds rare threats', async () => {
    const rare = Uint8Array.from(sizes, (size) => (size > 97.5 ? 1 : 0))
    const tree = await smallTree([binned(numbers('size', sizes), rare)], rare, halved(count).halves)
    expect(tree?.balanced.balancedAccuracy).toBeGreaterThan(0.97)
  })
})

describe('words', () => {
  const labels = Uint8Array.from({ length: 400 }, (_, i) => i % 2)
  const wordsOf = (column: BinnedColumn, held: readonly number[]) =>
    conditionWords(
      column,
      Uint8Array.from({ length: column.binCount }, (_, bin) => (held.includes(bin) ? 1 : 0)),
    )

  it('name the shorter side of a set of values', () => {
    const column = binned(
      texts(
        'proto',
        Array.from(labels, (_, i) => ['tcp', 'udp', 'icmp', ''][(i >> 1) % 4]),
      ),
      labels,
    )
    expect(column.texts).toEqual(['tcp', 'udp', 'icmp'])
    expect(wordsOf(column, [1])).toBe('proto is tcp')
    expect(wordsOf(column, [0, 1, 2])).toBe('proto is not icmp')
    expect(wordsOf(column, [1, 2])).toBe('proto is one of tcp, udp')
  })

  it('say a threshold where values lie at one end, and intervals', () => {
    const few = binned(
      numbers(
        'port',
        Array.from(labels, (_, i) => (i >> 1) % 5),
      ),
      labels,
    )
    expect(wordsOf(few, [1, 2, 3])).toBe('port <= 2')
    expect(wordsOf(few, [4, 5])).toBe('port >= 3')
    const many = binned(
      numbers(
        'size',
        Array.from(labels, (_, i) => i),
      ),
      labels,
    )
    const last = many.binCount - 1
    expect(wordsOf(many, [last])).toBe(`size > ${many.edges[last - 2]}`)
    expect(wordsOf(many, [0, 1])).toBe(`size <= ${many.edges[0]} or is missing`)
  })
})

describe('duplicates', () => {
  it('are those that comparing every pair of rows finds', () => {
    const row = fc.record({
      size: fc.constantFrom(0, -0, 1.5, Number.NaN, 7),
      code: fc.integer({ min: -1, max: 2 }),
      label: fc.constantFrom(0, 1),
      part: fc.constantFrom(0, 1, 2, 3),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
        const column = (values: number[]) => ({ kind: 'number', values: Float64Array.from(values) }) as const
        const found = findDuplicates(
          [
            column(rows.map(({ size }) => size)),
            { kind: 'token', codes: Int32Array.from(rows, ({ code }) => code), dictionary: ['a', 'b', 'c'] },
          ],
          rows.length,
          { labels: Uint8Array.from(rows, ({ label }) => label), parts: Uint8Array.from(rows, ({ part }) => part) },
        )
        type Own = (typeof rows)[number]
        // Zero is zero, and missing is missing.
        const same = (a: Own, b: Own) =>
          (a.size === b.size || (Number.isNaN(a.size) && Number.isNaN(b.size))) && a.code === b.code
        const share = (of: readonly Own[], is: (one: Own, place: number) => boolean) => of.filter(is).length / of.length
        expect(found.withinShare).toBe(share(rows, (one, i) => rows.slice(0, i).some((other) => same(one, other))))
        expect(found.contradictedShare).toBe(
          share(rows, (one) => rows.some((other) => same(one, other) && one.label !== other.label)),
        )
        const test = rows.filter(({ part }) => part === 2)
        const train = rows.filter(({ part }) => part === 0)
        if (test.length === 0) {
          expect(found.test).toBe(null)
          return
        }
        expect(found.test).toEqual({
          rows: test.length,
          seenShare: share(test, (one) => train.some((other) => same(one, other))),
          otherLabelShare: share(test, (one) => {
            const copies = train.filter((other) => same(one, other))
            return copies.length > 0 && copies.every(({ label }) => label !== one.label)
          }),
        })
      }),
    )
  })
})
