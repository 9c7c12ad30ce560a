import type { Evaluation } from '../run-files/evaluation.ts'
import type { IterationMetrics } from '../run-files/metrics.ts'
import { totalActions } from '../run-files/schema-parts.ts'
import type { Card } from './card.ts'
import { curveSize, curveTable, eventAxis } from './curve-card.ts'
import { formatCount, formatShare } from './number-format.ts'
import { actionInk, chartText, ink } from './svg-chart.ts'

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
    .map((action, index) => ({
      type: 'line',
      silent: true,
      symbol: 'none',
      sampling: 'lttb',
      data: fromZero(metrics).map(({ actions, x }) => [x, cumulativeShare(actions, index)]),
      lineStyle: { width: 0 },
      areaStyle: { color: actionInk[action], opacity: 1, origin: 0 },
    }))
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
      option: {
        grid: { left: 46, right: 14, top: 10, bottom: 24 },
        xAxis: eventAxis(lastEvent),
        yAxis: {
          type: 'value',
          min: 0,
          max: 1,
          interval: 0.25,
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: { ...chartText, formatter: (value: number) => `${Math.round(value * 100)} %` },
          splitLine: { lineStyle: { color: ink.line } },
        },
        series: [
          ...areas,
          {
            type: 'line',
            silent: true,
            symbol: 'none',
            data: [
              [0, threatRate],
              [lastEvent, threatRate],
            ],
            lineStyle: { color: ink.text, width: 1.25, type: [4, 3] },
          },
        ],
      },
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
