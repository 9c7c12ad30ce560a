import { borderlessTable, formatSigned, type TableStyle } from '@vigil/command-line'
import type { BudgetPoint } from '@vigil/response'
import pc from 'picocolors'

/** What each number of analysts comes to. */
export type BudgetReport = {
  readonly dataset: string
  readonly seed: number
  readonly alertCost: number
  /** From no analyst on */
  readonly analysts: readonly (BudgetPoint & {
    /** Return per 1,000 recorded events beyond that of one analyst less; null of none */
    readonly saved: number | null
  })[]
}

/** The curve with what each further analyst saves. */
export function budgetReport(
  curve: readonly BudgetPoint[],
  { dataset, seed, response }: { dataset: string; seed: number; response: { alertCost: number } },
): BudgetReport {
  const analysts = curve.map((point, count) => ({
    ...point,
    saved: count === 0 ? null : point.returnPerThousand - curve[count - 1].returnPerThousand,
  }))
  return { dataset, seed, alertCost: response.alertCost, analysts }
}

/** The report for a person. Ends with a newline. */
export function budgetTable({ dataset, seed, alertCost, analysts }: BudgetReport, style: TableStyle): string {
  const colors = pc.createColors(style.isTTY && !style.environment.NO_COLOR)
  const table = borderlessTable({ text: 1, numbers: 5 })
  const headings = ['analysts', 'may alert', 'alerts', 'return', 'price of an alert', 'one more saves']
  table.push(headings.map((heading) => colors.dim(heading)))
  for (const [count, { budget, alerts, returnPerThousand, price, saved }] of analysts.entries()) {
    const cells = [String(count), budget.toFixed(2), alerts.toFixed(2), formatSigned(returnPerThousand, 2)]
    table.push([...cells, price === null ? '-' : price.toFixed(2), saved === null ? '-' : formatSigned(saved, 2)])
  }
  const free = analysts.findIndex(({ price }) => price === 0)
  const enough =
    free < 0
      ? 'Every budget shown binds: one more analyst would save something still.'
      : `From ${free} analysts on the budget does not bind: one more saves nothing.`
  return [
    colors.bold(`What one more analyst saves on ${dataset}, seed ${seed}`),
    'Alerts and returns per 1,000 recorded events of the test streams, by rules that kept the budget on validation.',
    '',
    table.toString().replace(/ +$/gm, ''),
    '',
    `The price is what an alert must be charged beside its cost of ${alertCost} for the budget to be kept: what one more alert brings.`,
    enough,
    '',
  ].join('\n')
}
