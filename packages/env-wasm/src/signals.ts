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
export const SIGNALS = [
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

/** Signals over the last w decisions, `name[w]`, numbered behind SIGNALS. */
const WINDOWED_SIGNALS = ['fp_rate', 'detection_rate'] as const

/** The most decisions that a window may have. */
const WINDOW_MAX = 1_000_000

type SignalName = (typeof SIGNALS)[number]

/** What a name means: a signal, and for windowed ones over how many decisions (0 for the others). */
export type SignalSource = { readonly number: number; readonly window: number }

/**
 * What the name of a signal means.
 *
 * @returns null when the environment has no such signal
 * @throws {VigilError} SPECIFICATION for a window that is missing, or outside of 1 to 1,000,000
 */
export function signalSource(name: string): SignalSource | null {
  const number = SIGNALS.indexOf(name as SignalName)
  if (number >= 0) return { number, window: 0 }
  const [, stem, width] = /^(\w+?)(?:\[(\d+)\])?$/.exec(name) ?? []
  const windowed = (WINDOWED_SIGNALS as readonly string[]).indexOf(stem)
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
  return { number: SIGNALS.length + windowed, window }
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
}

/**
 * The signals of decisions in a row, for offline robustness: what the environment would have computed in one episode.
 *
 * @param names which; every name must be one of the environment's signals
 * @returns per name f64 [n]
 * @throws {VigilError} SPECIFICATION for another name
 */
export function signalTrace(decisions: TeamDecisions, names: readonly string[]): Record<string, Float64Array> {
  const trace: Record<string, Float64Array> = {}
  for (const name of names) {
    const source = signalSource(name)
    if (source === null) {
      const known = [...SIGNALS, ...WINDOWED_SIGNALS.map((signal) => `${signal}[w]`)].join(', ')
      throw environmentError('SPECIFICATION', `There is no signal "${name}". The signals are ${known}.`)
    }
    trace[name] = source.window > 0 ? windowedSignal(decisions, source) : plainSignal(decisions, SIGNALS[source.number])
  }
  return trace
}

function plainSignal(decisions: TeamDecisions, name: SignalName): Float64Array {
  const { labels, actions, decided, margin, agentCount } = decisions
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
 * fp_rate: false positives / benign events, 0 where there is none. detection_rate: true positives / threats, 1 where there is
 * none. Both over the last `window` decisions, or as many as there are.
 */
function windowedSignal({ labels, actions }: TeamDecisions, { number, window }: SignalSource): Float64Array {
  const isDetection = WINDOWED_SIGNALS[number - SIGNALS.length] === 'detection_rate'
  const label = isDetection ? 1 : 0
  let events = 0
  let restrictive = 0
  const count = (t: number, change: 1 | -1) => {
    if (labels[t] !== label) return
    events += change
    restrictive += change * isRestrictive(actions[t])
  }
  return Float64Array.from({ length: actions.length }, (_, t) => {
    count(t, 1)
    if (t >= window) count(t - window, -1)
    return events === 0 ? label : restrictive / events
  })
}

function isRestrictive(action: number): 0 | 1 {
  return action === 1 || action === 2 ? 1 : 0
}
