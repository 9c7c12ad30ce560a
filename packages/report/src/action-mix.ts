import { formatCount, formatShare } from '@vigil/command-line'
import { type Evaluation, type IterationMetrics, totalActions } from '@vigil/runs'
import { fixedAxis } from './axis.ts'
import type { Card } from './card.ts'
import { curveSize, curveTable, eventAxis, level } from './curve-card.ts'
import { drawPlot, type Series } from './plot.ts'
import { actionInk, ink } from './svg-chart.ts'

type Action = keyof IterationMetrics['actions']

/** From the bottom up: restrictive first, so that their common height can be compared with the threat rate. */
const stackedActions: readonly Action[] = ['block', 'quarantine', 'alert', 'allow']

/** The mix of the four actions over the events seen, stacked to 100 %, with the threat rate of the split evaluated. */
export function actionMixCard(metrics: readonly IterationMetrics[], { rows, threats }: Evaluation): Card {
  const lastEvent = metrics.at(-1)?.envSteps ?? 0
  const threatRate = rows === 0 ? 0 : threats / rows
  const last = metrics[metrics.length - 1].actions
  const restrictive = shareOf(last, 'block') + shareOf(last, 'quarantine')
  // Drawn from the top of the stack down, each area from zero to its cumulative share and over the one before.
  const areas = stackedActions
    .map(
      (action, index): Series => ({
        points: fromZero(metrics).map(({ actions, x }) => [x, cumulativeShare(actions, index)]),
        color: actionInk[action],
        width: 0,
        filled: true,
      }),
    )
    .reverse()
  return {
    title: 'Action mix',
    figure: null,
    explanation: `Sampled actions of all agents. At the end ${formatShare(restrictive)} are restrictive.`,
    legend: [
      ...stackedActions.map((action) => ({ name: action, ink: actionInk[action], mark: 'area' }) as const),
      { name: `threat rate ${formatShare(threatRate)}`, ink: ink.text, mark: 'dashed' },
    ],
    chart: {
      id: 'action-mix',
      title: `Mix of actions over ${formatCount(lastEvent)} events`,
      description: `At the end: ${stackedActions.map((action) => `${action} ${formatShare(shareOf(last, action))}`).join(', ')}. Threat rate ${formatShare(threatRate)}.`,
      ...curveSize,
      drawing: drawPlot({
        ...curveSize,
        x: eventAxis(lastEvent),
        y: fixedAxis(0, 1, (value) => `${Math.round(value * 100)} %`, { step: 0.25 }),
        series: [...areas, level(threatRate, lastEvent, ink.text)],
      }),
    },
    table: curveTable(
      metrics,
      stackedActions.map((name) => ({ name, at: ({ actions }) => shareOf(actions, name) })),
      formatShare,
    ),
  }
}

/** The first iteration's mix holds from event 0 on, so the areas fill the axis and one iteration alone is a band. */
function fromZero(metrics: readonly IterationMetrics[]) {
  const points = metrics.map(({ actions, envSteps }) => ({ actions, x: envSteps }))
  return [{ ...points[0], x: 0 }, ...points]
}

function shareOf(actions: IterationMetrics['actions'], action: Action): number {
  const total = totalActions(actions)
  return total === 0 ? 0 : actions[action] / total
}

function cumulativeShare(actions: IterationMetrics['actions'], index: number): number {
  return stackedActions.slice(0, index + 1).reduce((sum, action) => sum + shareOf(actions, action), 0)
}
