/**
 * The signals that specifications are about: what the team decided at each step, and models of what that took.
 *
 *   response_time_ms   ACTION_MS[team's action] + rounds (ROUND_MS + ROUND_MS_PER_AGENT A), rounds = 1, or 2 where no class won
 *   cpu, memory        x += LOAD_RATE (LOAD[team's action] - x), from the load of "allow" where an episode begins
 *
 * The models are no measurements: they say that isolating a host is slow and costly, that looking and blocking lie between,
 * and that disagreement takes a second round. assembly/watch.ts computes the same per lane; a property test holds both together.
 */
import { environmentError } from './errors.ts'

/** Time that each action takes, in ms: 0 allow, 1 block, 2 quarantine, 3 alert. */
export const ACTION_MS = [5, 30, 80, 10] as const
const ROUND_MS = 10
const ROUND_MS_PER_AGENT = 5

/** Load towards which each action moves the machine, as a share of what it has. */
export const CPU_LOAD = [0.3, 0.5, 1, 0.4] as const
export const MEMORY_LOAD = [0.3, 0.4, 1, 0.5] as const
/** Weight of the newest decision in the loads: some 16 decisions are remembered, as in the context. */
export const LOAD_RATE = 1 / 16

/** Signals without a window, in the order of their numbers in assembly/watch.ts. */
const PLAIN_SIGNALS = [
  'response_time_ms',
  'threat',
  'action',
  'prediction',
  'alert',
  'decided',
  'true_positive',
  'false_positive',
  'true_negative',
  'false_negative',
  'agreement',
  'cpu',
  'memory',
] as const

/** Those of streams, which are there only where actions have consequences; numbered behind PLAIN_SIGNALS. */
const STREAM_SIGNALS = ['dwell_time', 'open_tickets'] as const

/** Signals over the last w decisions, `name[w]`, numbered behind those. */
const WINDOWED_SIGNALS = ['fp_rate', 'detection_rate', 'alert_rate'] as const

/** Those that are there only where actions have consequences. */
const WINDOWED_STREAM_SIGNALS = ['damage', 'quarantined_benign'] as const

const ALL_PLAIN = [...PLAIN_SIGNALS, ...STREAM_SIGNALS] as const
const ALL_WINDOWED = [...WINDOWED_SIGNALS, ...WINDOWED_STREAM_SIGNALS] as const

/** The most decisions that a window may have. */
const WINDOW_MAX = 1_000_000

type PlainSignal = (typeof ALL_PLAIN)[number]
type WindowedSignal = (typeof ALL_WINDOWED)[number]

/** What a name means: a signal, and for windowed ones over how many decisions (0 for the others). */
export type SignalSource = { readonly number: number; readonly window: number }

/**
 * What the name of a signal means.
 *
 * @param hasConsequences whether the environment is `respond`
 * @returns null when the environment has no such signal
 * @throws {VigilError} SPECIFICATION for a window that is missing, or outside of 1 to 1,000,000
 */
export function signalSource(name: string, hasConsequences: boolean): SignalSource | null {
  const number = plainSignals(hasConsequences).indexOf(name as PlainSignal)
  if (number >= 0) return { number, window: 0 }
  const [, stem, width] = /^(\w+?)(?:\[(\d+)\])?$/.exec(name) ?? []
  const windowed = windowedSignals(hasConsequences).indexOf(stem as WindowedSignal)
  if (windowed < 0) return null
  if (width === undefined) {
    const message = `${name} needs a window, as in ${name}[100]: over how many decisions?`
    throw environmentError('SPECIFICATION', message)
  }
  const window = Number(width)
  if (window < 1 || window > WINDOW_MAX) {
    const message = `The window of ${name} must have 1 to ${WINDOW_MAX} decisions. Shorten it.`
    throw environmentError('SPECIFICATION', message)
  }
  return { number: ALL_PLAIN.length + windowed, window }
}

/** Signals without a window that an environment has, in the order of their numbers. */
export function plainSignals(hasConsequences: boolean): readonly PlainSignal[] {
  return hasConsequences ? ALL_PLAIN : PLAIN_SIGNALS
}

function windowedSignals(hasConsequences: boolean): readonly WindowedSignal[] {
  return hasConsequences ? ALL_WINDOWED : WINDOWED_SIGNALS
}

/** The signals that an environment has, as a sentence. */
export function signalsInWords(hasConsequences: boolean): string {
  const windowed = windowedSignals(hasConsequences).map((signal) => `${signal}[w]`)
  return `The signals are ${[...plainSignals(hasConsequences), ...windowed].join(', ')}.`
}

/** Whether a signal is about what threats cost. */
export function readsDamage({ number }: SignalSource): boolean {
  return number === ALL_PLAIN.length + ALL_WINDOWED.indexOf('damage')
}

/** Whether a formula is about alerts, as an alert budget is. @param signals that it reads */
export function readsAlerts(signals: readonly string[]): boolean {
  return signals.some((name) => name === 'alert' || name === 'open_tickets' || name.startsWith('alert_rate['))
}

/** Signals that follow from decisions alone, without the labels of events and what came of them. */
const LIVE_SIGNALS: readonly string[] = [
  'response_time_ms',
  'action',
  'prediction',
  'alert',
  'decided',
  'agreement',
  'cpu',
  'memory',
] satisfies readonly PlainSignal[]

/** Whether a signal is known when the team has decided. */
export function isKnownLive(name: string): boolean {
  return LIVE_SIGNALS.includes(name) || name.startsWith('alert_rate[')
}

/** Time of one round of consensus among A agents, in ms. */
export function roundMs(agentCount: number): number {
  return ROUND_MS + ROUND_MS_PER_AGENT * agentCount
}

/** What a team decided, event by event. */
export type TeamDecisions = {
  readonly agentCount: number
  /** [n] 1 = threat */
  readonly labels: ArrayLike<number>
  /** [n] the team's action after the vote, 0..3 */
  readonly actions: ArrayLike<number>
  /** [n] 1 = a class won the vote, 0 = the fallback was taken */
  readonly decided: ArrayLike<number>
  /** [n] |restrictive - permissive| votes, 0..A */
  readonly margin: ArrayLike<number>
  /** What came of the decisions; null or left out where nothing does (`triage`) */
  readonly consequences?: DecisionConsequences | null
}

/** What decisions in a row led to, in the order in which a lane walks them: stream by stream, or those of a site by time. */
export type DecisionConsequences = {
  /** [n] what the event cost as a threat, damage and dwell, in reward units, 0 or more */
  readonly damage: ArrayLike<number>
  /** [n] decisions of its stream while an intruder was in it, up to this one; a quarantine is none */
  readonly dwellTime: ArrayLike<number>
  /** [n] tickets of its stream, at a site all tickets, that are open once the team has acted */
  readonly openTickets: ArrayLike<number>
  /** [n] 1 = the step contained a stream in which no event was a threat */
  readonly falselyContained: ArrayLike<number>
}

/** What no decision leads to where actions have no consequences. */
const NO_CONSEQUENCES: DecisionConsequences = { damage: [], dwellTime: [], openTickets: [], falselyContained: [] }

/** Damage is counted in whole units of 2^-16 reward units, up to 2^32 - 1 of them: sums are exact in any order. */
const DAMAGE_UNIT = 2 ** 16
const DAMAGE_MAX = 2 ** 32 - 1

/**
 * The signals of decisions in a row, for offline robustness: what the environment would have computed in one episode.
 *
 * @param names which; every name must be one of the environment's signals
 * @returns per name f64 [n]
 * @throws {VigilError} SPECIFICATION for another name
 */
export function signalTrace(decisions: TeamDecisions, names: readonly string[]): Record<string, Float64Array> {
  const hasConsequences = (decisions.consequences ?? null) !== null
  const trace: Record<string, Float64Array> = {}
  for (const name of names) {
    const source = signalSource(name, hasConsequences)
    if (source === null) {
      throw environmentError('SPECIFICATION', `There is no signal "${name}". ${signalsInWords(hasConsequences)}`)
    }
    trace[name] =
      source.window > 0 ? windowedSignal(decisions, source) : plainSignal(decisions, ALL_PLAIN[source.number])
  }
  return trace
}

function plainSignal(decisions: TeamDecisions, name: PlainSignal): Float64Array {
  const { labels, actions, decided, margin, agentCount } = decisions
  const { dwellTime, openTickets } = decisions.consequences ?? NO_CONSEQUENCES
  const each = (value: (step: number) => number) => Float64Array.from({ length: actions.length }, (_, t) => value(t))
  const outcome = (label: number, restrictive: number) =>
    each((t) => (labels[t] === label && isRestrictive(actions[t]) === restrictive ? 1 : 0))
  switch (name) {
    case 'response_time_ms':
      return each((t) => ACTION_MS[actions[t]] + (decided[t] ? 1 : 2) * roundMs(agentCount))
    case 'threat':
      return each((t) => labels[t])
    case 'action':
    case 'prediction':
      return each((t) => isRestrictive(actions[t]))
    case 'alert':
      return each((t) => (actions[t] === 3 ? 1 : 0))
    case 'decided':
      return each((t) => decided[t])
    case 'true_positive':
      return outcome(1, 1)
    case 'false_positive':
      return outcome(0, 1)
    case 'true_negative':
      return outcome(0, 0)
    case 'false_negative':
      return outcome(1, 0)
    case 'agreement':
      return each((t) => (agentCount + margin[t]) / 2 / agentCount)
    case 'cpu':
      return movingLoad(actions, CPU_LOAD)
    case 'memory':
      return movingLoad(actions, MEMORY_LOAD)
    case 'dwell_time':
      return each((t) => dwellTime[t])
    case 'open_tickets':
      return each((t) => openTickets[t])
  }
}

function movingLoad(actions: ArrayLike<number>, load: readonly number[]): Float64Array {
  let value = load[0]
  return Float64Array.from({ length: actions.length }, (_, t) => {
    value += LOAD_RATE * (load[actions[t]] - value)
    return value
  })
}

/**
 * Over the last `window` decisions, or as many as there are:
 *
 *   fp_rate             false positives / benign events, 0 where there is none
 *   detection_rate      true positives / threats, 1 where there is none
 *   alert_rate          alerts / decisions
 *   damage              what threats cost / decisions
 *   quarantined_benign  false containments
 */
function windowedSignal(decisions: TeamDecisions, { number, window }: SignalSource): Float64Array {
  const { labels, actions } = decisions
  const { damage, falselyContained } = decisions.consequences ?? NO_CONSEQUENCES
  const every = () => 1
  const ofLabel = (label: number) => (t: number) => (labels[t] === label ? 1 : 0)
  const share = (part: (t: number) => number, whole: (t: number) => number, ofNone: number) =>
    slidingShare(actions.length, { window, part, whole, ofNone })
  switch (ALL_WINDOWED[number - ALL_PLAIN.length]) {
    case 'fp_rate':
      return share((t) => ofLabel(0)(t) * isRestrictive(actions[t]), ofLabel(0), 0)
    case 'detection_rate':
      return share((t) => ofLabel(1)(t) * isRestrictive(actions[t]), ofLabel(1), 1)
    case 'alert_rate':
      return share((t) => (actions[t] === 3 ? 1 : 0), every, 0)
    case 'damage':
      return share((t) => Math.min(DAMAGE_MAX, Math.floor(damage[t] * DAMAGE_UNIT + 0.5)) / DAMAGE_UNIT, every, 0)
    case 'quarantined_benign':
      return slidingShare(actions.length, { window, part: (t) => falselyContained[t], whole: null, ofNone: 0 })
  }
}

/** Sum of `part` over the newest `window` steps, over that of `whole` (null: over 1), `ofNone` where that is 0. */
function slidingShare(
  length: number,
  {
    window,
    part,
    whole,
    ofNone,
  }: {
    readonly window: number
    readonly part: (step: number) => number
    readonly whole: ((step: number) => number) | null
    readonly ofNone: number
  },
): Float64Array {
  let [parts, wholes] = [0, whole === null ? 1 : 0]
  return Float64Array.from({ length }, (_, t) => {
    parts += part(t)
    wholes += whole?.(t) ?? 0
    if (t >= window) {
      parts -= part(t - window)
      wholes -= whole?.(t - window) ?? 0
    }
    return wholes === 0 ? ofNone : parts / wholes
  })
}

function isRestrictive(action: number): 0 | 1 {
  return action === 1 || action === 2 ? 1 : 0
}
