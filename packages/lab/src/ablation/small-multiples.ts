import { drawPlot, fixedAxis, formatTick, ink, logarithmicAxis, type Series, type SvgChart } from '@vigil/report'
import type { IterationMetrics } from '@vigil/runs'
import { restrictiveShareOf } from './figures.ts'
import type { RecordedAttempt } from './recorded.ts'

/** The trainings of one preset, or of one variant of it: a line each. */
export type CurveGroup = {
  readonly name: string
  /** Letters and hyphens; unique in the page. */
  readonly id: string
  /** [seeds] lines of metrics.jsonl */
  readonly seeds: readonly (readonly IterationMetrics[])[]
  readonly recorded: RecordedAttempt | null
}

/** Ends of the axes that all groups share, so that charts of one column can be compared. */
export type SharedAxes = {
  readonly lastIteration: number
  readonly criticLoss: readonly [number, number]
  readonly reward: readonly [number, number]
  /** Between two ticks of the reward: 1, 2 or 5 times a power of ten. */
  readonly rewardStep: number
}

/** A chart of a row, and what it is called above it. */
export type SmallMultiple = { readonly heading: string; readonly chart: SvgChart }

/** Value losses above this are cut: an exploding one would flatten all others. */
export const VALUE_LOSS_MAX = 1.5

const ENTROPY_MAX = Math.log(4)

const STEPS = [1, 2, 5] as const

/** @see SharedAxes */
export function sharedAxes(groups: readonly CurveGroup[]): SharedAxes {
  const lines = groups.flatMap(({ seeds }) => seeds.flat())
  const recorded = groups.flatMap(({ recorded: known }) =>
    known?.criticLoss ? [known.criticLoss.first, known.criticLoss.last] : [],
  )
  const losses = [...lines.flatMap(({ criticLoss }) => criticLoss ?? []), ...recorded].filter((loss) => loss > 0)
  const rewards = lines.map(({ rewardMean }) => rewardMean)
  const [lowest, highest] = [least(rewards, -1), most(rewards, 1)]
  const rewardStep = stepOver(highest - lowest)
  const bottom = Math.floor(lowest / rewardStep)
  return {
    lastIteration: lines.reduce((last, { iteration }) => Math.max(last, iteration), 1),
    // Whole powers of ten, the ends of a logarithmic axis.
    criticLoss: [10 ** Math.floor(Math.log10(least(losses, 1))), 10 ** Math.ceil(Math.log10(most(losses, 10)))],
    reward: [rewardStep * bottom, rewardStep * Math.max(bottom + 1, Math.ceil(highest / rewardStep))],
    rewardStep,
  }
}

/** The charts of one group, from left to right. */
export function smallMultiples(group: CurveGroup, axes: SharedAxes): readonly SmallMultiple[] {
  const { recorded } = group
  const entropyOf = ({ entropy }: IterationMetrics) => (entropy === null ? null : entropy / ENTROPY_MAX)
  return [
    multiple(group, axes, {
      heading: 'Value loss / variance',
      range: [0, VALUE_LOSS_MAX],
      curves: [
        { at: ({ valueLoss }) => valueLoss && Math.min(valueLoss, VALUE_LOSS_MAX), color: ink.team },
        { at: floorOf, color: ink.optimum, dashed: true },
      ],
      levels: [],
    }),
    multiple(group, axes, {
      heading: 'Value loss as printed',
      range: axes.criticLoss,
      logarithmic: true,
      curves: [{ at: ({ criticLoss }) => criticLoss, color: ink.team }],
      levels: [recordedLoss(recorded), hopedLoss(recorded, axes)],
    }),
    multiple(group, axes, {
      heading: 'Reward',
      range: axes.reward,
      step: axes.rewardStep,
      curves: [{ at: ({ rewardMean }) => rewardMean, color: ink.team }],
      levels: [],
    }),
    multiple(group, axes, {
      heading: 'Restrictive share, entropy',
      range: [0, 1],
      curves: [
        { at: ({ actions }) => restrictiveShareOf(actions), color: ink.team },
        { at: entropyOf, color: ink.third },
      ],
      levels: [],
    }),
    multiple(group, axes, {
      heading: 'Validation F1',
      range: [0, 1],
      curves: [{ at: ({ validation }) => validation?.f1 ?? null, color: ink.team }],
      levels: recordedF1(recorded, axes),
    }),
  ]
}

/** A constant, or a straight line between what is known of its ends. */
type Level = {
  readonly values: readonly [number, number]
  readonly color: string
  readonly iterations: number
} | null

type Drawing = {
  readonly heading: string
  readonly range: readonly [number, number]
  /** Between two ticks. Default 0.5. */
  readonly step?: number
  readonly logarithmic?: boolean
  readonly curves: readonly {
    readonly at: (line: IterationMetrics) => number | null
    readonly color: string
    readonly dashed?: boolean
  }[]
  readonly levels: readonly Level[]
}

function multiple({ id, name, seeds }: CurveGroup, axes: SharedAxes, drawing: Drawing): SmallMultiple {
  const { heading, range, step = 0.5, curves, levels, logarithmic = false } = drawing
  const [min, max] = range
  const data = curves.map(({ at }) => seeds.map((lines) => pointsOf(lines, at, logarithmic)))
  const drawn = data.flatMap((perSeed, c) =>
    perSeed.map((points) => line({ points, color: curves[c].color, width: 1.1, dashed: curves[c].dashed ?? false })),
  )
  const compared = levels.flatMap((level) => {
    if (level === null) return []
    const [first, last] = level.values
    const points: [number, number][] = [
      [1, first],
      [level.iterations, last],
    ]
    return [line({ points, color: level.color, width: 1.4, dashed: true })]
  })
  const last = data[0].flatMap((points) => (points.length === 0 ? [] : [points[points.length - 1][1]]))
  const words = last.length === 0 ? 'not recorded' : `at the end ${last.map(formatTick).join(', ')}`
  return {
    heading,
    chart: {
      id: `${id}-${heading.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
      title: `${name}: ${heading.toLowerCase()}`,
      description: `${heading} over the iterations, one line per seed: ${words}.`,
      width: 224,
      height: 132,
      drawing: drawPlot({
        width: 224,
        height: 132,
        x: fixedAxis(0, axes.lastIteration, String, { parts: 3 }),
        y: logarithmic ? logarithmicAxis(range, formatTick, { parts: 3 }) : fixedAxis(min, max, formatTick, { step }),
        series: [...compared, ...drawn],
        fontSize: 10,
        margins: [38, 8, 8, 20],
      }),
    },
  }
}

type Points = readonly (readonly [number, number])[]

function pointsOf(
  lines: readonly IterationMetrics[],
  at: (line: IterationMetrics) => number | null,
  logarithmic: boolean,
): Points {
  return lines.flatMap((one) => {
    const value = at(one)
    return value === null || (logarithmic && value <= 0) ? [] : [[one.iteration, value] as const]
  })
}

function line({
  points,
  color,
  width,
  dashed,
}: {
  points: Points
  color: string
  width: number
  dashed: boolean
}): Series {
  return { points, color, width, dashed, ...(!dashed && points.length <= 12 ? { dots: 2 } : {}) }
}

/** The least value loss that any critic can have on an iteration's returns. */
function floorOf({ explainableVarianceCeiling: ceiling }: IterationMetrics): number | null {
  return ceiling === null ? null : Math.min(1 - ceiling, VALUE_LOSS_MAX)
}

function recordedLoss(recorded: RecordedAttempt | null): Level {
  if (!recorded?.criticLoss) return null
  const { first, last, iterations } = recorded.criticLoss
  return { values: [first, last], color: ink.second, iterations }
}

function hopedLoss(recorded: RecordedAttempt | null, { lastIteration }: SharedAxes): Level {
  if (recorded === null || recorded.hopedCriticLoss === null) return null
  return { values: bothEnds(recorded.hopedCriticLoss), color: ink.rest, iterations: lastIteration }
}

function recordedF1(recorded: RecordedAttempt | null, { lastIteration: iterations }: SharedAxes): Level[] {
  if (recorded === null || recorded.f1 === null) return []
  const { from, to, hoped } = recorded.f1
  const color = hoped ? ink.rest : ink.second
  return [...new Set([from, to])].map((value) => ({ values: bothEnds(value), color, iterations }))
}

function bothEnds(value: number): readonly [number, number] {
  return [value, value]
}

/** The smallest of 1, 2 and 5 times powers of ten that divides a range into three parts at most, but for its ends. */
function stepOver(range: number): number {
  const third = (range || 1) / 3
  const power = 10 ** Math.floor(Math.log10(third))
  return power * (STEPS.find((step) => step * power >= third) ?? 10)
}

function least(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((a, b) => Math.min(a, b))
}

function most(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((a, b) => Math.max(a, b))
}
