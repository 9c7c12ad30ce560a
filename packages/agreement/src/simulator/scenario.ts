/** What happens in one simulated run, all of it drawn from one seed. */
import { DECISION_RULES, type DecisionRule } from '@vigil/vote'
import { BEHAVIOURS, type BehaviourName } from './behaviours.ts'
import { Draws } from './draws.ts'

/** Time for view 0, on a true clock. */
export const BASE_TIMEOUT_MS = 200

/** Most delay of a message once the network has healed: a 25th of the time for view 0. */
export const HEALED_DELAY_MS = 8

/** While it lasts, messages between the group and the others are lost: both ways, or one way only. */
type Partition = {
  readonly fromMs: number
  readonly toMs: number
  readonly group: readonly number[]
  readonly cut: 'both' | 'into group' | 'out of group'
}

/** An agent stops and comes back, with its durable state or without. */
type Crash = { readonly agent: number; readonly atMs: number; readonly backMs: number; readonly lost: boolean }

/** One simulated run. Faulty agents and those that lose their state are at most f together, unless a test wants more. */
export type Scenario = {
  readonly seed: number
  readonly agentCount: number
  readonly faults: number
  readonly batches: number
  /** how the votes are counted */
  readonly rule: DecisionRule
  /** share of the rows on which all honest agents want the same class; on these the liars vote for the other one */
  readonly unanimity: number
  readonly faulty: readonly { readonly agent: number; readonly behaviours: readonly BehaviourName[] }[]
  readonly crashes: readonly Crash[]
  readonly partitions: readonly Partition[]
  /** share of messages lost before the network heals */
  readonly loss: number
  readonly duplication: number
  /** most delay before the network heals; delays are drawn, so messages overtake each other */
  readonly delayMs: number
  /** [agents] how fast each clock runs, 1 is right */
  readonly clockRates: readonly number[]
  readonly healAtMs: number
  /** real keys and bytes through the codec, or a double of the signatures and objects as they are */
  readonly signatures: 'ed25519' | 'double'
}

/** Parts of a scenario that can be left out to see whether a failure needs them. */
export type ScenarioPart = string

/** Limits of what is drawn. */
export type ScenarioLimits = {
  /** largest f */
  readonly faultsMax: number
  /** one run in so many has doubles in place of signatures, and so have all of more than 13 agents; 1 for all runs */
  readonly doubleEvery: number
}

/**
 * Most teams are small: 4 to 10 agents in five of six runs, up to 31 in the others. Two of three runs have real signatures
 * and send bytes. The others are there for what real keys cannot show: large teams, whose messages are most of the work, and
 * messages that the decoder would refuse before the protocol sees them.
 */
const STANDARD_LIMITS: ScenarioLimits = { faultsMax: 10, doubleEvery: 4 }

/** Most agents of a run with real signatures. */
const ED25519_AGENTS_MAX = 13

/** The scenario of a seed. */
export function scenarioOf(seed: number, { faultsMax, doubleEvery }: ScenarioLimits = STANDARD_LIMITS): Scenario {
  const draws = new Draws(seed, 'scenario')
  const faults = 1 + draws.below(draws.chance(5 / 6) ? Math.min(3, faultsMax) : faultsMax)
  const agentCount = Math.min(31, 3 * faults + 1 + draws.below(3))
  const agents = Array.from({ length: agentCount }, (_, agent) => agent)
  const healAtMs = draws.chance(0.15) ? 0 : draws.between(100, 12 * BASE_TIMEOUT_MS)

  const shuffled = agents.map((agent) => ({ agent, key: draws.unit() })).sort((a, b) => a.key - b.key)
  const order = shuffled.map(({ agent }) => agent)
  const unsound = order.slice(0, draws.chance(0.1) ? draws.below(faults + 1) : faults)
  const losing = draws.chance(0.25) ? unsound.slice(0, 1 + draws.below(unsound.length)) : []
  const liars = unsound.filter((agent) => !losing.includes(agent)).sort((a, b) => a - b)
  // Half of the teams of liars do one thing together, the others what each likes.
  const together = draws.chance(0.5) ? someBehaviours(draws) : null
  const restarting = draws.chance(0.4) ? draws.subset(order.slice(faults), 0.4) : []
  const crash = (agent: number, lost: boolean): Crash => {
    const atMs = draws.between(0, healAtMs)
    return { agent, atMs, backMs: Math.min(healAtMs, atMs + draws.between(1, 3 * BASE_TIMEOUT_MS)), lost }
  }
  return {
    seed,
    agentCount,
    faults,
    batches: draws.chance(0.3) ? 2 : 1,
    faulty: liars.map((agent) => ({ agent, behaviours: together ?? someBehaviours(draws) })),
    crashes: [
      ...losing.flatMap((agent) => {
        const lost = crash(agent, true)
        // Some stop once more, and then come back with what they have kept since.
        const again = { agent, atMs: draws.between(lost.backMs, healAtMs), backMs: healAtMs, lost: false }
        return draws.chance(0.5) ? [lost, again] : [lost]
      }),
      ...restarting.map((agent) => crash(agent, false)),
    ],
    partitions: Array.from({ length: draws.below(4) }, () => somePartition(draws, agents, healAtMs)),
    loss: draws.pick([0, 0, 0.05, 0.2, 0.5]),
    duplication: draws.pick([0, 0.05, 0.2]),
    delayMs: draws.pick([HEALED_DELAY_MS, 30, 120, 400]),
    clockRates: agents.map(() => draws.between(0.85, 1.15)),
    healAtMs,
    rule: draws.pick(Object.keys(DECISION_RULES) as DecisionRule[]),
    unanimity: draws.pick([0, 0.5, 1]),
    signatures: agentCount <= ED25519_AGENTS_MAX && seed % doubleEvery > 0 ? 'ed25519' : 'double',
  }
}

/** The parts that `without` can take away, for shrinking. */
export function partsOf(scenario: Scenario): ScenarioPart[] {
  return [
    ...scenario.partitions.map((_, i) => `partition.${i}`),
    ...scenario.crashes.map((_, i) => `crash.${i}`),
    ...scenario.faulty.flatMap(({ agent, behaviours }) => behaviours.map((name) => `${name}.${agent}`)),
    ...(scenario.loss > 0 ? ['loss'] : []),
    ...(scenario.duplication > 0 ? ['duplication'] : []),
    ...(scenario.delayMs > HEALED_DELAY_MS ? ['delay'] : []),
    ...(scenario.clockRates.some((rate) => rate !== 1) ? ['clocks'] : []),
    ...(scenario.batches > 1 ? ['batches'] : []),
  ]
}

/** The scenario without some of its parts. A liar without behaviours is honest. */
export function without(scenario: Scenario, parts: readonly ScenarioPart[]): Scenario {
  const kept = (name: string) => !parts.includes(name)
  return {
    ...scenario,
    partitions: scenario.partitions.filter((_, i) => kept(`partition.${i}`)),
    crashes: scenario.crashes.filter((_, i) => kept(`crash.${i}`)),
    faulty: scenario.faulty
      .map(({ agent, behaviours }) => ({ agent, behaviours: behaviours.filter((name) => kept(`${name}.${agent}`)) }))
      .filter(({ behaviours }) => behaviours.length > 0),
    loss: kept('loss') ? scenario.loss : 0,
    duplication: kept('duplication') ? scenario.duplication : 0,
    delayMs: kept('delay') ? scenario.delayMs : HEALED_DELAY_MS,
    clockRates: kept('clocks') ? scenario.clockRates : scenario.clockRates.map(() => 1),
    batches: kept('batches') ? scenario.batches : 1,
  }
}

function someBehaviours(draws: Draws): BehaviourName[] {
  const names = Object.keys(BEHAVIOURS) as BehaviourName[]
  const some = Array.from({ length: 1 + draws.below(3) }, () => draws.pick(names))
  return [...new Set(some)]
}

function somePartition(draws: Draws, agents: readonly number[], healAtMs: number): Partition {
  const fromMs = draws.between(0, healAtMs)
  return {
    fromMs,
    toMs: draws.between(fromMs, healAtMs),
    group: draws.subset(agents, draws.pick([0.2, 0.5])),
    cut: draws.pick(['both', 'both', 'into group', 'out of group'] as const),
  }
}
