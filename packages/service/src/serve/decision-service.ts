import { randomUUID } from 'node:crypto'
import { formatCounted } from '@vigil/command-line'
import type { Decided, Frame } from '@vigil/dashboard'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import type { LiveDecision } from '../decider.ts'
import { requestError } from '../errors.ts'
import type { Shield } from '../live-rules.ts'
import { createDecisionOutput, type DecisionOutput, type OutputSettings } from '../output/decision-output.ts'
import { createDecisionQueue, type DecidedEvent } from './decision-queue.ts'
import type { DriftReport } from './drift.ts'
import { createFeedback, type FeedbackCounts } from './feedback.ts'
import type { FeedbackFile } from './feedback-file.ts'
import { createIntake, type Intake } from './intake.ts'
import { createLiveFeed, type LiveFeed } from './live-feed.ts'
import { type Answer, contentHash, createRememberedAnswers, type RememberedAnswers } from './remembered-answers.ts'
import { createServiceMetrics, type ServiceMetrics } from './service-metrics.ts'
import type { Shadow, ShadowReport } from './shadow.ts'
import type { KeptAnswer, KeptService } from './state-file.ts'
import {
  createExchangeableTeam,
  type ExchangeableTeam,
  type HandedOver,
  type TeamAtWork,
  type TeamSettings,
} from './team-at-work.ts'

/** Most events that may wait. */
const WAITING_MAX = 65_536

/** What the service does, whoever asks. */
export type DecisionService = {
  /** As `Intake.take`; a bad event is counted. */
  take(value: () => unknown, position: number): Answer
  /** Resolves when everything taken so far has its answer. */
  answered(): Promise<void>
  /** @throws {VigilError} OVERLOADED */
  assertRoom(eventCount: number): void
  /** @throws {VigilError} VERDICT_INVALID, FILE_UNWRITABLE */
  hear(verdicts: readonly unknown[]): Promise<FeedbackCounts>
  /** Counts a request that brings events line by line, until it is disposed of. */
  openStream(): Disposable
  readonly streamsOpen: number
  /** Media type of a decision. */
  readonly mediaType: string
  readonly metrics: ServiceMetrics
  /** What is known of all events that have been answered. */
  save(): KeptService
  /**
   * Takes what a service of the same bundle has saved, into one that has taken nothing.
   *
   * @returns a sentence on each thing that is not gone on with
   * @throws {VigilError} as `Decider.restore`
   */
  restore(kept: KeptService): string[]
  /** What came since the last frame. */
  frame(): Frame
  /** Of the latest decisions those on a stream, oldest first. */
  decisionsOn(stream: string): Decided[]
  /** What the team beside this one would have done otherwise; null = there is none. */
  shadow(): ShadowReport | null
  /** How what comes differs from the training, and decisions from what was usual. */
  drift(): DriftReport
  /** What is told of the team. */
  model(): unknown
  /**
   * Lets the team of another bundle decide from the next event on. What waits is decided on by the one before.
   *
   * @param accept called when that team can begin
   * @throws {VigilError} TEAM_DIFFERS, as `createDecider`, or what `accept` throws; the one before goes on then
   */
  exchange(bundle: Bundle, accept?: () => Promise<void>): Promise<HandedOver>
}

/** How a team serves. */
export type DecisionServiceSettings = TeamSettings & {
  readonly file: FeedbackFile
  readonly deadlineMs: number | null
  /** How decisions are written. */
  readonly output: OutputSettings
  /** Answers that are given again when their event comes again. */
  readonly idsRemembered: number
  /** Told of each action that is replaced. */
  readonly onShield: (id: string | number, shield: Shield) => void
  /** A team that decides on what is answered, for nobody; null = none. */
  readonly shadow: Shadow | null
  readonly clock: () => number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of each event that is answered, where they are to be logged. */
  readonly onEvent: ((event: RawEvent, answer: Answer) => void) | null
}

/**
 * A team that decides for whoever asks.
 *
 * @throws {VigilError} UNDECIDABLE, READING_MISSING, RULES_MISSING, NOT_BUILT
 */
export async function createDecisionService(
  bundle: Bundle,
  settings: DecisionServiceSettings,
): Promise<DecisionService> {
  const { deadlineMs, clock, file } = settings
  const team = await createExchangeableTeam(bundle, settings)
  const { decider, current } = team
  let streamsOpen = 0
  const metrics = createServiceMetrics(
    { watched: decider.watched, drift: () => current().drift, shadow: settings.shadow },
    { waitingEvents: () => queue.size, streamsKept: () => decider.streamCount, streamsOpen: () => streamsOpen },
  )
  const feed = createLiveFeed(
    bundle.environment.agentCount,
    decider.watched.map(({ name }) => name),
    settings.now,
  )
  const onDecision = tellOf({ metrics, feed, onShield: settings.onShield })
  const { fallbackAction } = bundle.vote
  const output = outputOf(settings, () => current().bundle)
  const queue = createDecisionQueue(decider, { deadlineMs, fallbackAction, output, onDecision, clock })
  const log = eventLog([settings.onEvent, settings.shadow?.take ?? null])
  const remembered = createRememberedAnswers(settings.idsRemembered)
  const intake: Intake = createIntake({
    ...{ bundle, decider, queue, remembered, onTaken: log.take },
    ...{ onLeftOut: metrics.leftOut, onRepeated: metrics.repeated },
  })
  const hear = createFeedback({
    ...{ decider, queue, remembered, file, reading: bundle.pipeline.reading, onVerdict: metrics.verdict },
  })
  return {
    take(value, position) {
      const answer = intake.take(value, position)
      if (answer.error !== null) metrics.refused(answer.error.code)
      return answer
    },
    async answered() {
      const since = clock()
      await queue.settled()
      const seconds = (clock() - since) / 1000
      metrics.answered(seconds)
      feed.answered(seconds)
      log.tell()
    },
    assertRoom: (eventCount) => assertRoom(queue.size, eventCount),
    hear,
    openStream() {
      streamsOpen++
      return { [Symbol.dispose]: () => void streamsOpen-- }
    },
    get streamsOpen() {
      return streamsOpen
    },
    metrics,
    mediaType: output.mediaType,
    ...keeping(team, remembered, JSON.stringify(settings.output)),
    frame: () => feed.frame(queue.size),
    decisionsOn: feed.on,
    shadow: () => settings.shadow?.report() ?? null,
    drift: () => current().drift.report(),
    model: () => modelOf(current()),
    exchange: async (other, accept = async () => undefined) =>
      await team.exchange(other, { accept, drain: queue.drain }),
  }
}

/** Everybody who is to know of a decision is told. */
function tellOf({
  metrics,
  feed,
  onShield,
}: { readonly metrics: ServiceMetrics; readonly feed: LiveFeed } & Pick<DecisionServiceSettings, 'onShield'>) {
  return (decision: LiveDecision | null, event: DecidedEvent) => {
    metrics.decided(decision)
    feed.take(decision, event)
    if (decision?.shield != null) onShield(event.id, decision.shield)
  }
}

/** Writes decisions for whichever team is at work. */
function outputOf({ output, now }: DecisionServiceSettings, bundle: () => Bundle): DecisionOutput {
  const own = () => createDecisionOutput(output, { bundle: bundle(), now, unique: () => randomUUID() })
  let [of, writer] = [bundle(), own()]
  const current = () => {
    if (bundle() !== of) [of, writer] = [bundle(), own()]
    return writer
  }
  return {
    decision: (name, decision, event) => current().decision(name, decision, event),
    fallback: (name, action, event) => current().fallback(name, action, event),
    mediaType: writer.mediaType,
  }
}

function assertRoom(waiting: number, more: number): void {
  if (waiting + more <= WAITING_MAX) return
  throw requestError('OVERLOADED', `Service: ${waiting} events wait already. Try again later.`)
}

function keptAnswers(remembered: RememberedAnswers): KeptAnswer[] {
  return Array.from(remembered.all()).flatMap(([id, { content, json, stream }]) =>
    json === null || content === null ? [] : [{ id, content: contentHash(content), json, stream }],
  )
}

/** What a service knows, and how it goes on from it. @param answersBy the settings by which answers are written */
function keeping(
  { decider, current }: ExchangeableTeam,
  remembered: RememberedAnswers,
  answersBy: string,
): Pick<DecisionService, 'save' | 'restore'> {
  return {
    save: () => {
      const drift = current().drift.save()
      return { past: decider.save(), answers: keptAnswers(remembered), answersBy, drift, source: null }
    },
    restore({ past, answers, drift, ...kept }) {
      decider.restore(past)
      const notes: string[] = []
      if (drift !== null && !current().drift.restore(drift)) {
        notes.push('the watch over inputs and decisions begins anew: its settings are others')
      }
      if (kept.answersBy === answersBy) for (const one of answers) remembered.put(one.id, rememberedAnswer(one))
      else if (answers.length > 0) {
        notes.push(`${formatCounted(answers.length, 'answer')} not given again: decisions are written otherwise now`)
      }
      return notes
    },
  }
}

function rememberedAnswer(kept: KeptAnswer): Answer {
  return { ...kept, isOwnId: true, action: null, error: null }
}

/** Events in their order, until they are answered and told of. */
function eventLog(readers: readonly DecisionServiceSettings['onEvent'][]) {
  const told = readers.filter((reader) => reader !== null)
  const untold: { readonly event: RawEvent; readonly answer: Answer }[] = []
  return {
    take: (event: RawEvent, answer: Answer) => void (told.length > 0 && untold.push({ event, answer })),
    tell() {
      while (untold.length > 0 && (untold[0].answer.json !== null || untold[0].answer.error !== null)) {
        const { event, answer } = untold.shift()!
        if (answer.error === null) for (const tell of told) tell(event, answer)
      }
    },
  }
}

function modelOf({ bundle, decider: { columns, watched } }: TeamAtWork) {
  const { iteration, configFingerprint, datasetFingerprint, pipeline, vote, network, specifications } = bundle
  return {
    ...{ iteration, configFingerprint, datasetFingerprint, agents: network.agentCount, rule: ruleOf(bundle) },
    ...{ faults: vote.faults, fallbackAction: vote.fallbackAction, columns, stream: pipeline.reading?.stream ?? [] },
    inputs: pipeline.columns.map(({ name, source, kind }) => ({ name, source, kind })),
    specifications: specifications.map((one) => ({ ...one, watched: watched.includes(one) })),
  }
}

/** Where actions have consequences the environment counts votes. */
function ruleOf({ vote, environment }: Bundle): string {
  return environment.response === null ? vote.rule : environment.rule
}
