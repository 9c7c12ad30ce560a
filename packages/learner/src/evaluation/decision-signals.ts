import type { SplitDecisions } from './team-decisions.ts'

/** Decisions in the order in which a specification watches them. */
export type WatchedDecisions = Pick<SplitDecisions, 'actions' | 'labels'>

/**
 * A signal of the environment over a whole split, as the monitors of a lane would see it that walks the split in its order.
 *
 * @param name see docs/stl.md, section "In the environment"
 * @returns [n]
 */
export function decisionSignal(name: string, { actions, labels }: WatchedDecisions): Float64Array {
  const n = actions.length
  const signal = (at: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => at(i))
  const restrictive = (i: number) => (actions[i] === 1 || actions[i] === 2 ? 1 : 0)
  const windowed = /^(fp_rate|detection_rate)\[(\d+)\]$/.exec(name)
  if (windowed !== null) {
    const wanted = windowed[1] === 'fp_rate' ? 0 : 1
    const width = Number(windowed[2])
    let of = 0
    let hits = 0
    return signal((i) => {
      for (const [at, sign] of [[i, 1], [i - width, -1]] as const) {
        if (at < 0 || labels[at] !== wanted) continue
        of += sign
        hits += sign * restrictive(at)
      }
      return of === 0 ? wanted : hits / of
    })
  }
  if (name === 'threat') return signal((i) => labels[i])
  if (name === 'action' || name === 'prediction') return signal(restrictive)
  throw new Error(`no signal ${name} yet`)
}
