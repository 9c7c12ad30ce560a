import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestSplit, leafScore } from './best-split.ts'
import { binRows, binsOfAll, columnBins } from './bins.ts'
import { fillHistogram, subtractHistogram } from './histogram.ts'

const plain = { leafPenalty: 0, leafHessianMin: 1e-9, categorySmoothing: 1e-12 }

/** Rows of one number and one category, with derivatives. */
const anyRows = fc.array(
  fc.record({
    number: fc.integer({ min: 0, max: 6 }),
    category: fc.integer({ min: 0, max: 5 }),
    gradient: fc.double({ min: -1, max: 1, noNaN: true }),
    hessian: fc.double({ min: 0.05, max: 0.25, noNaN: true }),
  }),
  { minLength: 2, maxLength: 30 },
)

type Row = { number: number; category: number; gradient: number; hessian: number }

async function prepared(rows: readonly Row[]) {
  const inputs = {
    dense: Float32Array.from(rows, (row) => row.number),
    denseCount: 1,
    categorical: Uint16Array.from(rows, (row) => row.category),
    categoricalCount: 1,
  }
  const derivatives = {
    gradients: Float64Array.from(rows, (row) => row.gradient),
    hessians: Float64Array.from(rows, (row) => row.hessian),
  }
  const every = Uint32Array.from(rows, (_, i) => i)
  const columns = await columnBins(inputs, every, async () => undefined)
  const cells = await binRows(inputs, columns, every, async () => undefined)
  const histogram = new Float64Array(2 * binsOfAll(columns))
  fillHistogram(cells, columns.length, every, derivatives, histogram)
  return { columns, cells, histogram, derivatives, sums: sumsOf(rows) }
}

const sumsOf = (rows: readonly Row[]) => ({
  gradient: rows.reduce((sum, row) => sum + row.gradient, 0),
  hessian: rows.reduce((sum, row) => sum + row.hessian, 0),
})

/** The most that any division of the rows by one column wins: every threshold, every set of categories. */
function bestGainByHand(rows: readonly Row[], leafPenalty: number): number {
  const divisions: ((row: Row) => boolean)[] = []
  for (let threshold = 0; threshold < 6; threshold++) divisions.push((row) => row.number <= threshold)
  for (let set = 1; set < 63; set++) divisions.push((row) => ((set >> row.category) & 1) === 1)
  const score = (part: readonly Row[]) => leafScore(sumsOf(part).gradient, sumsOf(part).hessian, leafPenalty)
  return divisions.reduce((best, goesLeft) => {
    const [left, right] = [rows.filter(goesLeft), rows.filter((row) => !goesLeft(row))]
    if (left.length === 0 || right.length === 0) return best
    return Math.max(best, score(left) + score(right) - score(rows))
  }, 0)
}

describe('bestSplit', () => {
  it('finds what an exhaustive search over thresholds and all sets of categories finds', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        const { columns, histogram, sums } = await prepared(rows)
        const gain = bestSplit(columns, histogram, sums, plain)?.gain ?? 0
        expect(gain).toBeCloseTo(bestGainByHand(rows, 0), 8)
      }),
      { numRuns: 300 },
    )
  })

  it('says which rows go left: their sums are those of the split', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        const { columns, cells, histogram, sums } = await prepared(rows)
        const split = bestSplit(columns, histogram, sums, { ...plain, leafPenalty: 1, categorySmoothing: 10 })
        if (split === null) return
        const { column, leftBins } = split
        const left = rows.filter((_, i) => leftBins[cells[i * columns.length + column] - columns[column].first] === 1)
        expect(left.length).toBeGreaterThan(0)
        expect(left.length).toBeLessThan(rows.length)
        expect(split.left.gradient).toBeCloseTo(sumsOf(left).gradient, 9)
        expect(split.left.hessian).toBeCloseTo(sumsOf(left).hessian, 9)
      }),
    )
  })

  it('finds a known split', async () => {
    const rows = [1, 1, 2, 5, 6].map((number) => ({
      number,
      category: 0,
      gradient: number < 3 ? -0.5 : 0.5,
      hessian: 0.25,
    }))
    const { columns, histogram, sums } = await prepared(rows)
    const split = bestSplit(columns, histogram, sums, { ...plain, leafPenalty: 1 })!
    const [number] = columns
    expect(split.column).toBe(0)
    expect(number.kind === 'number' && number.thresholds[split.leftBins.lastIndexOf(1)]).toBe(3.5)
    // 1.5^2 / (0.75 + 1) + 1^2 / (0.5 + 1) - 0.5^2 / (1.25 + 1)
    expect(split.gain).toBeCloseTo(2.25 / 1.75 + 1 / 1.5 - 0.25 / 2.25, 12)
  })

  it('splits nothing that wins nothing, and makes no leaf below the least hessian', async () => {
    const alike = Array.from({ length: 8 }, (_, i) => ({
      number: i % 7,
      category: i % 6,
      gradient: 0.5,
      hessian: 0.25,
    }))
    const even = await prepared(alike)
    expect(bestSplit(even.columns, even.histogram, even.sums, plain)).toBeNull()
    const rows = alike.map((row, i) => ({ ...row, gradient: i === 0 ? -1 : 1 }))
    const { columns, histogram, sums } = await prepared(rows)
    expect(bestSplit(columns, histogram, sums, plain)).not.toBeNull()
    expect(bestSplit(columns, histogram, sums, { ...plain, leafHessianMin: 1.5 })).toBeNull()
  })
})

it('a histogram less that of one child is that of the other', async () => {
  await fc.assert(
    fc.asyncProperty(anyRows, fc.nat(), async (rows, pick) => {
      const { columns, cells, histogram, derivatives } = await prepared(rows)
      const [left, right] = [0, 1].map((side) =>
        Uint32Array.from([...rows.keys()].filter((i) => ((i * 7 + pick) % 3 === 0 ? 0 : 1) === side)),
      )
      const [ofLeft, ofRight] = [left, right].map((part) => {
        const out = new Float64Array(histogram.length).fill(Number.NaN)
        fillHistogram(cells, columns.length, part, derivatives, out)
        return out
      })
      subtractHistogram(histogram, ofLeft)
      histogram.forEach((value, i) => {
        if (Math.abs(value - ofRight[i]) > 1e-9) throw new Error(`place ${i}: ${value} and ${ofRight[i]}`)
      })
    }),
    { numRuns: 30 },
  )
})
