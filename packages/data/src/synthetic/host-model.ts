import type { HiddenMarkovModel } from './hidden-markov.ts'
import { ATTACK, activities, DAEMON, GAP_ENDS, type Phase, SIZE_ENDS, USER } from './host-phases.ts'

/** How likely a process is a daemon's. */
const DAEMON_SHARE = 0.55
/** How likely a benign event is followed by the first stage of an attack. */
const ONSET = 0.0065
/** How a campaign goes on when a stage ends: to the next stage, over the next one, or back to the process's own work. */
const NEXT_STAGE = 0.82
const SKIP_STAGE = 0.08
/** Share of an attacked process's events that are its usual work, so that attack and cover are mixed. */
const COVER = 0.05
/** Share of events of any activity at all, and width of the size and gap preferences. */
const NOISE = 0.06
const SPREAD = 3

export const BENIGN = 'benign'

/** The model of one process, and the class name of each of its hidden states. */
export type HostModel = HiddenMarkovModel & {
  readonly stateClasses: readonly string[]
  readonly classNames: readonly string[]
}

/**
 * Puts the phases together: three phases of a daemon, three of a user, and the six stages once for each of the two, so that
 * a process goes back to its own kind of work after an attack. Channels: activity, size class, gap class.
 */
export function hostModel(): HostModel {
  const roles = [
    { share: DAEMON_SHARE, own: Object.values(DAEMON) },
    { share: 1 - DAEMON_SHARE, own: Object.values(USER) },
  ]
  const stages = Object.entries(ATTACK)
  const perRole = roles[0].own.length + stages.length
  const stateCount = perRole * roles.length

  const initial = new Float64Array(stateCount)
  const transition = new Float64Array(stateCount * stateCount)
  const threat = new Uint8Array(stateCount)
  const stateClasses: string[] = []
  const emissions: number[][][] = [[], [], []]

  for (const [roleIndex, { share, own }] of roles.entries()) {
    const first = roleIndex * perRole
    const to = (from: number, next: number, probability: number) => {
      transition[(first + from) * stateCount + first + next] += probability
    }
    for (const [i, phase] of own.entries()) {
      initial[first + i] = share / own.length
      stateClasses.push(BENIGN)
      pushEmissions(emissions, channelsOf(phase))
      const leave = (1 - ONSET) / phase.lasts
      to(i, own.length, ONSET)
      to(i, i, 1 - ONSET - leave)
      for (let j = 0; j < own.length; j++) if (j !== i) to(i, j, leave / (own.length - 1))
    }
    for (const [k, [name, stage]] of stages.entries()) {
      const state = own.length + k
      threat[first + state] = 1
      stateClasses.push(name)
      pushEmissions(emissions, mixed(channelsOf(stage), usualWork(own), COVER))
      const leave = 1 / stage.lasts
      const next = k + 1 < stages.length ? NEXT_STAGE : 0
      const skip = k + 2 < stages.length ? SKIP_STAGE : 0
      to(state, state, 1 - leave)
      if (next > 0) to(state, state + 1, leave * next)
      if (skip > 0) to(state, state + 2, leave * skip)
      for (let j = 0; j < own.length; j++) to(state, j, (leave * (1 - next - skip)) / own.length)
    }
  }
  return {
    initial,
    transition,
    emissions: emissions.map((rows) => Float64Array.from(rows.flat())),
    symbolCounts: [activities.length, SIZE_ENDS.length - 1, GAP_ENDS.length - 1],
    threat,
    stateClasses,
    classNames: [BENIGN, ...stages.map(([name]) => name)],
  }
}

/** P(symbol | phase) of each channel. */
export function channelsOf(phase: Phase): number[][] {
  const weights = activities.map((activity) => phase.does[activity] ?? 0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return [
    weights.map((weight) => ((1 - NOISE) * weight) / total + NOISE / activities.length),
    bellShape(SIZE_ENDS.length - 1, phase.size),
    bellShape(GAP_ENDS.length - 1, phase.gap),
  ]
}

/** What a process shows on average over its own phases. */
export function usualWork(own: readonly Phase[]): number[][] {
  const channels = own.map(channelsOf)
  return channels[0].map((channel, m) =>
    channel.map((_, i) => channels.reduce((sum, of) => sum + of[m][i], 0) / channels.length),
  )
}

/** A discretised bell around a class, summing to 1. */
function bellShape(count: number, middle: number): number[] {
  const weights = Array.from({ length: count }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * SPREAD ** 2)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** `share` of the cover's probabilities, the rest of its own. */
export function mixed(own: number[][], cover: number[][], share: number): number[][] {
  return own.map((channel, m) => channel.map((probability, i) => (1 - share) * probability + share * cover[m][i]))
}

function pushEmissions(emissions: number[][][], channels: number[][]): void {
  for (const [m, channel] of channels.entries()) emissions[m].push(channel)
}
