/** Alarms of one chart on one side since the one that was told before. */
export type ToldAlarm = { readonly chart: string; readonly side: 'up' | 'down'; readonly alarms: number }

/** Milliseconds from one that is told to the next. */
const QUIET_MS = 60_000

/**
 * Tells of a chart's alarms on a side at once, and then once a minute at most with how many there were: after a change that lasts there is one
 * with nearly every block of decisions.
 *
 * @returns what takes an alarm
 */
export function createAlarmLog(
  tell: (alarm: ToldAlarm) => void,
  clock: () => number,
): (chart: string, side: 'up' | 'down') => void {
  const sides = new Map<string, { at: number; alarms: number }>()
  return (chart, side) => {
    const name = `${side} ${chart}`
    const { at, alarms } = sides.get(name) ?? { at: Number.NEGATIVE_INFINITY, alarms: 0 }
    const isQuiet = clock() - at < QUIET_MS
    if (!isQuiet) tell({ chart, side, alarms: alarms + 1 })
    sides.set(name, isQuiet ? { at, alarms: alarms + 1 } : { at: clock(), alarms: 0 })
  }
}
