import type { Streams } from '../streams.ts'
import { ALERT, type ResponseSettings } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { leastSurcharge } from './least-surcharge.ts'
import type { Score } from './score.ts'
import { type TunedRule, tunedLadder } from './tuned-rules.ts'

/** What streams return where so many alerts may be given. */
export type BudgetPoint = {
  /** Alerts per 1,000 recorded events that may be given */
  readonly budget: number
  /** Alerts per 1,000 recorded events that were given */
  readonly alerts: number
  /** Mean return of a stream, in reward units */
  readonly returnMean: number
  /** Return per 1,000 recorded events */
  readonly returnPerThousand: number
  /** The multiplier: what an alert was charged beside its cost; 0 = the budget does not bind, null = no price keeps it */
  readonly price: number | null
}

/** Nobody alerts at this price. */
const FORBIDDEN = 1e9

/**
 * The curve "one more analyst saves X": for each budget the rule that keeps it on validation streams, and what it returns on other
 * streams. The rule is the ladder of the least surcharge on an alert that is enough (a Lagrange multiplier), mixed stream by stream
 * with the one of less that is not: such mixtures are optimal under a constraint on the mean (Beutler and Ross 1985). Recorded events are the clock, whether
 * or not they happen: analysts are paid by the hour, and streams that were cut off do not stop it.
 *
 * @param budgets    alerts per 1,000 recorded events, 0 or more
 * @param onProgress told of every rule before it is tuned
 * @returns one point for each budget, in their order
 *
 * @example
 * const curve = await budgetCurve({ validation, evaluated: test }, settings, { score: BELIEF, budgets: [0, 2, 4] })
 *
 * @throws {VigilError} STREAMS, SCORE
 */
export async function budgetCurve(
  { validation, evaluated }: { readonly validation: Streams; readonly evaluated: Streams },
  settings: ResponseSettings,
  {
    score,
    budgets,
    onProgress = () => undefined,
  }: { readonly score: Score; readonly budgets: readonly number[]; readonly onProgress?: (tuned: number) => void },
): Promise<BudgetPoint[]> {
  const known = new Map<number, { readonly rule: TunedRule; readonly alerts: number }>()
  const at = (surcharge: number) => {
    const before = known.get(surcharge)
    if (before !== undefined) return before
    onProgress(known.size)
    const charged = { ...settings, spec: { ...settings.spec, alertCost: settings.spec.alertCost + surcharge } }
    const rule = tunedLadder(validation, charged, score)
    const found = { rule, alerts: walkedBy(rule, validation, settings).alerts }
    known.set(surcharge, found)
    return found
  }
  const pointAt = async (budget: number): Promise<BudgetPoint> => {
    const { value, below, surcharge, isEnough } = await leastSurcharge((surcharge) => {
      const tuned = at(surcharge)
      return { value: tuned, isEnough: tuned.alerts <= budget }
    })
    if (!isEnough) return { budget, ...walkedBy(at(FORBIDDEN).rule, evaluated, settings), price: null }
    const kept = walkedBy(value.rule, evaluated, settings)
    if (below === null) return { budget, ...kept, price: surcharge }
    const share = (budget - value.alerts) / (below.alerts - value.alerts)
    const more = walkedBy(below.rule, evaluated, settings)
    return { budget, ...mixed(kept, more, share), price: surcharge }
  }
  const points: BudgetPoint[] = []
  for (const budget of budgets) points.push(await pointAt(budget))
  return points
}

type Figures = Pick<BudgetPoint, 'alerts' | 'returnMean' | 'returnPerThousand'>

/** Means where a share of the streams is decided by the second of two rules. */
function mixed(first: Figures, second: Figures, share: number): Figures {
  const between = (name: keyof Figures) => (1 - share) * first[name] + share * second[name]
  return {
    alerts: between('alerts'),
    returnMean: between('returnMean'),
    returnPerThousand: between('returnPerThousand'),
  }
}

function walkedBy({ policy }: TunedRule, streams: Streams, settings: ResponseSettings): Figures {
  const { returns, actions } = walkAll(streams, settings, policy)
  const total = returns.reduce((sum, value) => sum + value, 0)
  const thousands = Math.max(1, streams.rows.length) / 1000
  return {
    alerts: actions[ALERT] / thousands,
    returnMean: total / Math.max(1, returns.length),
    returnPerThousand: total / thousands,
  }
}
