import { VigilError } from '@vigil/errors'
import type { ReadEvent } from '@vigil/features'
import type { Decider, LiveDecision } from '../decider.ts'
import type { DecisionOutput } from '../output/decision-output.ts'
import type { Answer } from './remembered-answers.ts'

/** Most events that are decided on before others are heard. */
const PASS_EVENTS = 1024

/** Events that wait for their decision, in the order in which they came. */
export type DecisionQueue = {
  /** Takes an event, whose answer is filled in later. */
  take(event: ReadEvent, answer: Answer): void
  /** Resolves when everything taken so far has its answer. */
  settled(): Promise<void>
  /** Decides on everything that waits, before it returns. */
  drain(): void
  /** Events that wait. */
  readonly size: number
}

/** What an event is named by, and whose it is. */
export type DecidedEvent = { readonly id: string | number; readonly stream: string | null }

/** How events are decided on. */
export type DecisionQueueSettings = {
  /** Milliseconds after which the fallback is the answer; null = never. */
  readonly deadlineMs: number | null
  /** Action in place of a decision that is late. */
  readonly fallbackAction: number
  /** Writes decisions. */
  readonly output: DecisionOutput
  /** Called with each decision; null = it was late. */
  readonly onDecision: (decision: LiveDecision | null, event: DecidedEvent) => void
  /** Milliseconds from any moment on. */
  readonly clock: () => number
}

type Waiting = {
  readonly event: ReadEvent
  readonly answer: Answer
  readonly since: number
}

/**
 * Decides in each turn of the event loop on what has come in the one before, so that what comes together takes one pass through the network.
 *
 * An event whose deadline has passed when its turn comes is part of the past without a decision. One whose deadline passes during its
 * pass is decided on, and its stream remembers the votes. The answer to both is the fallback.
 */
export function createDecisionQueue(
  decider: Decider,
  { deadlineMs, fallbackAction, output, onDecision, clock }: DecisionQueueSettings,
): DecisionQueue {
  let waiting: Waiting[] = []
  let isScheduled = false
  let [taken, answered] = [0, 0]
  const settling: { readonly count: number; readonly resolve: () => void }[] = []
  const isLate = ({ since }: Waiting, now: number) => deadlineMs !== null && now - since > deadlineMs

  function answer({ answer: own, event }: Waiting, decision: LiveDecision | null): void {
    const name = { id: own.id, isOwn: own.isOwnId }
    own.action = decision?.action ?? fallbackAction
    own.json = decision === null ? output.fallback(name, fallbackAction, event) : output.decision(name, decision, event)
    onDecision(decision, { id: own.id, stream: event.stream })
  }

  function decide(pass: readonly Waiting[]): void {
    const start = clock()
    // The deadline is the same for all, so those that are late stand first.
    let shed = 0
    while (shed < pass.length && isLate(pass[shed], start)) shed++
    for (let i = 0; i < shed; i++) {
      decider.remember(pass[i].event)
      answer(pass[i], null)
    }
    const rest = pass.slice(shed)
    const decisions = decider.decide(rest.map(({ event }) => event))
    const end = clock()
    for (let i = 0; i < rest.length; i++) answer(rest[i], isLate(rest[i], end) ? null : decisions[i])
  }

  function run(): void {
    isScheduled = false
    const pass = waiting.length > PASS_EVENTS ? waiting.slice(0, PASS_EVENTS) : waiting
    waiting = waiting.length > PASS_EVENTS ? waiting.slice(PASS_EVENTS) : []
    try {
      decide(pass)
    } catch (error) {
      if (!(error instanceof VigilError)) throw error
      for (const { answer } of pass) if (answer.json === null) answer.error = error
    }
    answered += pass.length
    while (settling.length > 0 && settling[0].count <= answered) settling.shift()?.resolve()
    schedule()
  }

  function schedule(): void {
    if (isScheduled || waiting.length === 0) return
    isScheduled = true
    setImmediate(run)
  }

  return {
    take(event, answer) {
      // Nobody looks at the clock for what is never late.
      waiting.push({ event, answer, since: deadlineMs === null ? 0 : clock() })
      taken++
      schedule()
    },
    settled: async () =>
      answered === taken ? undefined : await new Promise((resolve) => settling.push({ count: taken, resolve })),
    drain() {
      while (waiting.length > 0) run()
    },
    get size() {
      return waiting.length
    },
  }
}
