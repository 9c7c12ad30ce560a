import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { actionRewards, type RewardTable } from '@vigil/env-wasm'
import type { RawEvent } from '@vigil/features'
import { Counter, Gauge, type Registry } from 'prom-client'
import { serviceError } from '../errors.ts'
import { ACTION_NAMES } from '../written-decision.ts'
import type { Answer } from './remembered-answers.ts'
import {
  type Disagreement,
  LATEST_MAX,
  type ShadowBatch,
  type ShadowNews,
  type ShadowRequest,
  type ShadowStart,
} from './shadow-messages.ts'

/** How long a shadow may take to write what it has decided, when it is to end. */
const END_MS = 5000
/** Events that a shadow may be behind; more are not shown to it. */
const BEHIND_MAX = 65_536

/** A team that decides on what another one answers, and whose decisions nobody gets. */
export type Shadow = {
  /** Shows it an event when it has been answered. */
  take(event: RawEvent, answer: Answer): void
  report(): ShadowReport
  /** Ends it when it has decided on what it was shown and its log is written, or five seconds later. */
  close(): Promise<void>
}

/** What `/v1/shadow` tells. */
export type ShadowReport = {
  readonly run: string
  /** events that both have decided on */
  readonly events: number
  readonly behind: number
  /** events that it was not shown, for it was too far behind */
  readonly dropped: number
  /** events that it could not decide on */
  readonly refused: number
  /** why it decides no more; null while it does */
  readonly failure: string | null
  readonly disagreements: readonly PricedDisagreement[]
  /** the latest, oldest first */
  readonly latest: readonly { readonly id: string | number; readonly team: string; readonly shadow: string }[]
}

/** How often the two acted differently in one way, and what the reward table makes of it. */
export type PricedDisagreement = {
  readonly team: string
  readonly shadow: string
  readonly events: number
  /** reward of the shadow's action less that of the team's, of one event, by what it truly is */
  readonly ifBenign: number
  readonly ifThreat: number
  /** share of threats among such events above (`above` true) or below which the shadow's action pays more; null = at none, or at any */
  readonly breakEven: { readonly share: number; readonly above: boolean } | null
}

/**
 * Starts a shadow in a thread of its own. An event is shown to it when it has been answered, what it cannot do is told of, and where it
 * is too far behind events pass it by. The service copies the event, no more.
 *
 * @param onFailure called once with why it decides no more
 * @throws {VigilError} SHADOW_FAILED where it cannot begin
 */
export async function startShadow(
  start: ShadowStart,
  onFailure: (message: string) => void,
  rewards: RewardTable,
): Promise<Shadow> {
  const worker = new Worker(new URL('./shadow-thread.ts', import.meta.url), { workerData: start })
  const counts = { taken: 0, sent: 0, dropped: 0, refused: 0, actions: new Array<number>(16).fill(0) }
  let [failure, isReady]: [string | null, boolean] = [null, false]
  let latest: readonly Disagreement[] = []
  let batch: ShadowBatch[number][] = []

  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  const fail = (message: string) => {
    if (failure !== null) return
    failure = message
    if (isReady) onFailure(message)
    else reject(serviceError('SHADOW_FAILED', `The shadow ${start.run} cannot decide: ${message}`))
  }
  const onExit = () => fail('its thread has ended')
  worker.on('error', ({ message }: Error) => fail(message))
  worker.on('exit', onExit)
  worker.on('message', (news: ShadowNews) => {
    if (news.kind === 'failed') fail(news.message)
    else if (news.kind === 'ready') {
      isReady = true
      resolve()
    } else {
      counts.taken += news.taken
      counts.refused += news.refused
      for (const [i, count] of news.actions.entries()) counts.actions[i] += count
      latest = [...latest, ...news.latest].slice(-LATEST_MAX)
    }
  })
  function flush(): void {
    const events = batch
    batch = []
    const refused = show(worker, events)
    counts.refused += refused
    counts.sent += events.length - refused
  }

  const behind = () => counts.sent - counts.taken + batch.length
  await ready
  // It must not keep a service that has ended.
  worker.unref()
  return {
    take(event, { id, isOwnId: isOwn, action }) {
      if (action === null) return
      if (failure !== null || behind() >= BEHIND_MAX) counts.dropped++
      else if (batch.push({ event, id, isOwn, action }) === 1) setImmediate(flush)
    },
    report: () => ({
      ...{ run: start.run, events: counts.actions.reduce((sum, n) => sum + n, 0), behind: behind() },
      ...{ dropped: counts.dropped, refused: counts.refused, failure },
      disagreements: priced(counts.actions, rewards),
      latest: latest.map(({ id, team, shadow }) => ({ id, team: ACTION_NAMES[team], shadow: ACTION_NAMES[shadow] })),
    }),
    async close() {
      worker.off('exit', onExit)
      if (failure === null) {
        flush()
        await ended(worker)
      }
      failure ??= 'the service has ended'
      await worker.terminate()
    },
  }
}

/** @returns events that cannot be copied, as one that is nested too deep: the others are shown all the same */
function show(worker: Worker, events: ShadowBatch): number {
  try {
    worker.postMessage(events)
    return 0
  } catch {
    return events.length === 1 ? 1 : events.reduce((refused, one) => refused + show(worker, [one]), 0)
  }
}

/** Lets a thread write what it has decided. */
async function ended(worker: Worker): Promise<void> {
  worker.ref()
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  worker.postMessage('end' satisfies ShadowRequest)
  await Promise.race([exit, pause(END_MS, undefined, { ref: false })])
}

/** @param actions [4][4] by the team's action and the shadow's, flat @returns the commonest first */
export function priced(actions: readonly number[], rewards: RewardTable): PricedDisagreement[] {
  const [benign, threat] = actionRewards(rewards)
  return actions
    .flatMap((events, i) => {
      const [team, shadow] = [Math.floor(i / 4), i % 4]
      if (team === shadow || events === 0) return []
      const [ifBenign, ifThreat] = [benign[shadow] - benign[team], threat[shadow] - threat[team]]
      // At share p the shadow gains (1 - p) ifBenign + p ifThreat.
      const breakEven =
        ifBenign * ifThreat < 0 ? { share: ifBenign / (ifBenign - ifThreat), above: ifThreat > 0 } : null
      return [{ team: ACTION_NAMES[team], shadow: ACTION_NAMES[shadow], events, ifBenign, ifThreat, breakEven }]
    })
    .sort((a, b) => b.events - a.events)
}

/** For Prometheus. */
export function addShadowMetrics(registry: Registry, shadow: Shadow): void {
  const registers = [registry]
  new Counter({
    ...{ name: 'vigil_shadow_disagreements_total', help: 'Events on which the shadow would have acted otherwise.' },
    ...{ labelNames: ['team', 'shadow'], registers },
    collect() {
      this.reset()
      for (const { team, shadow: own, events } of shadow.report().disagreements) this.inc({ team, shadow: own }, events)
    },
  })
  const gauge = (name: string, help: string, measure: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(measure())
      },
    })
  gauge('vigil_shadow_events', 'Events that the shadow has decided on.', () => shadow.report().events)
  gauge('vigil_shadow_behind', 'Events that the shadow is behind.', () => shadow.report().behind)
  gauge('vigil_shadow_dropped', 'Events that the shadow was not shown.', () => shadow.report().dropped)
  gauge('vigil_shadow_failed', '1 where the shadow decides no more.', () => Number(shadow.report().failure !== null))
}
