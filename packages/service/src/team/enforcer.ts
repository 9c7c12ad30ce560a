/**
 * Who acts for a team of several processes. It gathers events into batches, gives them to the agents, and acts on nothing but
 * certificates that it has checked with the public keys. It has no vote and no key that counts: what it does without a
 * certificate is the fallback, with an alarm.
 */
import {
  type BatchSettings,
  type ChainTeam,
  certify,
  decodeEnvelope,
  encodeEnvelope,
  eventsRoot,
  settingsOfLink,
  verifyEvidence,
  verifyLink,
} from '@vigil/agreement'
import { writtenFallback } from '../written-decision.ts'
import { readWrittenEvent } from './batch-event.ts'
import type { CertificateLog } from './certificate-log.ts'
import { certifiedLines } from './certified-lines.ts'
import type { DecisionLog } from './decision-log.ts'
import type { EventLog, GatheredBatch } from './event-log.ts'
import { encodeBatch, type Frame, numbered, readNumbered } from './frames.ts'

/** What an enforcer works with. */
export type EnforcerOptions = {
  readonly team: ChainTeam
  readonly events: EventLog
  readonly certificates: CertificateLog
  readonly decisions: DecisionLog
  /** milliseconds after which the events of a batch without a certificate get the fallback */
  readonly deadlineMs: number
  readonly send: (agent: number, frame: Frame) => void
  /** the agents have agreed on all that was gathered */
  readonly onIdle: () => void
  /** keeps a proof that an agent has lied, a line of JSON */
  readonly evidence: (line: string) => Promise<void>
  /** takes lines that are stored */
  readonly write: (lines: readonly string[]) => Promise<void>
  /** told in a sentence what a person should know */
  readonly alarm: (text: string) => void
  /** milliseconds from any moment on */
  readonly clock: () => number
}

/**
 * Batches without an answer at most: no more is read before. Few while the team is there, for events that wait in a long line come
 * late; more while it is not, for then each gets the fallback when its time has passed.
 */
const UNANSWERED_MAX = 8
const UNANSWERED_MAX_LATE = 64

/** The batch that the agents are to agree on. */
type OpenBatch = {
  readonly settings: BatchSettings
  readonly link: { readonly previous: string; readonly events: string }
  readonly ids: readonly (string | number)[]
  readonly frame: Frame
}

/** An enforcer at work. Everything that happens to it waits in one line. */
export class Enforcer {
  readonly #options: EnforcerOptions
  /** by agent: the batch that it wants next */
  readonly #wants = new Map<number, number>()
  /** by batch without an answer: since when its events have waited */
  readonly #since = new Map<number, number>()
  #line: Promise<void> = Promise.resolve()
  /** by agent and kind: frames that wait in the line */
  readonly #heard = new Map<string, number>()
  #isServing = false
  #hasFailed = false
  #waiting: (() => void)[] = []
  readonly #failure = Promise.withResolvers<never>()
  #open: OpenBatch | null = null
  /** batches that were gathered, of which the last may not be stored yet */
  #gathered: number
  #answered: number
  /** by agent that has lied: the latest batch of which there is a proof */
  readonly #blamed = new Map<number, number>()
  #late = 0
  /** whether the last answer was a fallback */
  #isLate = false
  #timer: NodeJS.Timeout | null = null

  /** Batches that were gathered before are gone on with; `resume` answers those that have a certificate. */
  constructor(options: EnforcerOptions) {
    this.#options = options
    const { events, decisions, clock } = options
    this.#gathered = events.batchCount
    this.#answered = events.batchesBefore(decisions.rows)
    for (let batch = this.#answered; batch < events.batchCount; batch++) this.#since.set(batch, clock())
    // Nobody need wait for a failure that is yet to come.
    this.#failure.promise.catch(() => undefined)
  }

  /** Rejects when something could not be stored. @throws {VigilError} LOG_UNWRITABLE, LOG_INVALID */
  get failed(): Promise<never> {
    return this.#failure.promise
  }

  /** Whether the agents have agreed on all that was gathered. */
  get isIdle(): boolean {
    return this.#options.certificates.place.batch === this.#gathered
  }

  /** Whether so much waits for an answer that no more is to be gathered; `room` says when it may be. */
  get isFull(): boolean {
    return this.#gathered - this.#answered >= (this.#isLate ? UNANSWERED_MAX_LATE : UNANSWERED_MAX)
  }

  /** Batches without a certificate, and batches that were answered without one since the start. */
  get open(): { readonly batches: number; readonly late: number } {
    return { batches: this.#gathered - this.#options.certificates.place.batch, late: this.#late }
  }

  /** Answers batches that have a certificate and were not answered to the end. */
  resume(): void {
    this.#queue(async () => {
      const { certificates, events } = this.#options
      while (this.#answered < certificates.place.batch) {
        const certificate = await certificates.read(this.#answered)
        await this.#answer(certifiedLines(certificate, idsOf(await events.read(this.#answered))))
      }
      this.#watch()
    })
  }

  /** Stores a batch; then the agents may have it. @param since when the first of its events came */
  gather(batch: Omit<GatheredBatch, 'firstRow'>, since: number): void {
    this.#gathered++
    this.#queue(async () => {
      const { events } = this.#options
      this.#since.set(events.batchCount, since)
      await events.append({ ...batch, firstRow: events.rowCount })
      this.#watch()
      await this.#serve()
    })
  }

  /** A frame from an agent. Whatever one of them sends, little of it waits in the line: the others have their turn. */
  take(agent: number, { kind, content }: Frame): void {
    const read = readNumbered(content)
    if (read === null) return
    if (kind === 'want') {
      this.#wants.set(agent, read.batch)
      if (this.#isServing) return
      this.#isServing = true
      this.#queue(async () => {
        this.#isServing = false
        await this.#serve()
      })
    } else if (kind === 'committed') {
      // What comes again is not put into the line.
      if (read.batch === this.#options.certificates.place.batch)
        this.#hear(`${agent} ${kind}`, 1, () => this.#certify(agent, read))
    } else if (kind === 'evidence')
      this.#hear(`${agent} ${kind}`, this.#options.team.agentCount, () => this.#blame(read))
  }

  /** Resolves when more may be gathered. */
  async room(): Promise<void> {
    await this.#until(() => !this.isFull)
  }

  /** Resolves when all that was gathered is answered. */
  async settled(): Promise<void> {
    await this.#until(() => this.#answered === this.#gathered)
    await this.#line
  }

  /** Resolves when the agents have agreed on all that was gathered. */
  async idle(): Promise<void> {
    await this.#until(() => this.isIdle)
  }

  /** Ends when what is under way is stored. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#line
  }

  /** Puts a frame into the line, where no more than `most` of its name wait. */
  #hear(name: string, most: number, task: () => Promise<void>): void {
    const waiting = this.#heard.get(name) ?? 0
    if (waiting === most) return
    this.#heard.set(name, waiting + 1)
    this.#queue(async () => {
      this.#heard.set(name, this.#heard.get(name)! - 1)
      await task()
    })
  }

  /** Behind what could not be stored nothing is done any more. */
  #queue(task: () => Promise<void>): void {
    const unlessFailed = async () => {
      if (!this.#hasFailed) await task()
    }
    this.#line = this.#line.then(unlessFailed).then(
      () => {
        const waiting = this.#waiting
        this.#waiting = []
        for (const wake of waiting) wake()
      },
      (error) => {
        this.#hasFailed = true
        this.#failure.reject(error)
      },
    )
  }

  async #until(holds: () => boolean): Promise<void> {
    await this.#line
    while (!holds()) await Promise.race([new Promise<void>((wake) => this.#waiting.push(wake)), this.#failure.promise])
  }

  /** Gives agents the batches that they want, where they can be begun. */
  async #serve(): Promise<void> {
    const { certificates, events, send } = this.#options
    const next = certificates.place.batch
    // Those of now: one that asks again meanwhile has its turn behind the others.
    for (const [agent, batch] of [...this.#wants]) {
      if (batch > next || batch >= events.batchCount) continue
      this.#wants.delete(agent)
      send(agent, batch === next ? (await this.#openBatch()).frame : await this.#decidedBatch(batch))
    }
  }

  async #openBatch(): Promise<OpenBatch> {
    if (this.#open !== null) return this.#open
    const { certificates, events, team } = this.#options
    const { place } = certificates
    const gathered = await events.read(place.batch)
    const link = { previous: place.previous, events: eventsRoot(gathered.events) }
    const content = {
      batch: place.batch,
      firstRow: place.firstRow,
      committed: new Uint8Array(0),
      events: gathered.events,
    }
    this.#open = {
      settings: settingsOfLink(team, { ...place, ...link, rows: gathered.events.length }),
      link,
      ids: idsOf(gathered),
      frame: { kind: 'batch', content: encodeBatch(content) },
    }
    return this.#open
  }

  /** A batch with its certificate, for an agent that was away. */
  async #decidedBatch(batch: number): Promise<Frame> {
    const { certificates, events } = this.#options
    const { settings, value, certificate } = await certificates.read(batch)
    const { firstRow, events: lines } = await events.read(batch)
    const { domain } = settings
    const committed = encodeEnvelope({ domain, message: { type: 'committed', certificate, value } })
    return { kind: 'batch', content: encodeBatch({ batch, firstRow, committed, events: lines }) }
  }

  /** Checks what an agent shows as the certificate of the open batch; then it is acted on. */
  async #certify(
    agent: number,
    { batch, bytes }: { readonly batch: number; readonly bytes: Uint8Array },
  ): Promise<void> {
    const { certificates, events, team, send, alarm } = this.#options
    const { place } = certificates
    if (batch !== place.batch || batch >= events.batchCount) return
    const { settings, link, ids } = await this.#openBatch()
    const read = decodeEnvelope(bytes, settings)
    const certificate =
      'rejected' in read || read.message.type !== 'committed' ? null : { ...certify(settings, read.message), link }
    const reason = certificate === null ? 'MALFORMED' : verifyLink(certificate, place, team)
    if (certificate === null || reason !== null) {
      alarm(`Agent ${agent} shows a certificate of batch ${batch} that does not hold (${reason}).`)
      return
    }
    await certificates.append(certificate)
    this.#open = null
    for (let other = 0; other < team.agentCount; other++) {
      if (other !== agent && this.#wants.get(other) !== batch + 1)
        send(other, { kind: 'committed', content: numbered(batch, bytes) })
    }
    await this.#serve()
    // What was answered when it was late is not acted on again.
    if (batch === this.#answered) {
      await this.#answer(certifiedLines(certificate, ids))
      if (this.#isLate) alarm(`The team answers again, from batch ${batch} on.`)
      this.#isLate = false
    }
    if (this.isIdle) this.#options.onIdle()
  }

  /** Keeps a proof that an agent has lied, one of each agent and batch: one of an earlier batch that comes late is left out. */
  async #blame({ batch, bytes }: { readonly batch: number; readonly bytes: Uint8Array }): Promise<void> {
    const { certificates, events, team, evidence, alarm } = this.#options
    const { place } = certificates
    if (batch > place.batch || batch >= events.batchCount) return
    const { settings } = batch === place.batch ? await this.#openBatch() : await certificates.read(batch)
    const read = decodeEnvelope(bytes, settings)
    if ('rejected' in read || read.message.type !== 'evidence' || read.domain.run !== settings.domain.run) return
    const { agent, first, second } = read.message
    const before = this.#blamed.get(agent) ?? -1
    if (before >= batch || verifyEvidence(read.message, { settings, verify: team.verify }) !== null) return
    this.#blamed.set(agent, batch)
    await evidence(JSON.stringify({ ...settings.domain, agent, first, second }))
    if (before < 0) alarm(`Agent ${agent} has signed two statements in batch ${batch} that contradict each other.`)
  }

  /** Writes the lines of the first batch without an answer, those that are there already left out. */
  async #answer(lines: readonly string[]): Promise<void> {
    const { decisions, events, write } = this.#options
    const { firstRow } = await events.read(this.#answered)
    const rest = lines.slice(decisions.rows - firstRow)
    await decisions.append(rest)
    this.#since.delete(this.#answered)
    this.#answered++
    await write(rest)
  }

  /** Sees to it that no event waits longer than the deadline. */
  #watch(): void {
    const { deadlineMs, clock } = this.#options
    const since = this.#since.get(this.#answered)
    if (since === undefined || this.#timer !== null) return
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        this.#queue(async () => {
          await this.#answerLate()
          this.#watch()
        })
      },
      Math.max(0, since + deadlineMs - clock()),
    )
  }

  async #answerLate(): Promise<void> {
    const { events, team, deadlineMs, clock, alarm } = this.#options
    for (let since = this.#since.get(this.#answered); since !== undefined; since = this.#since.get(this.#answered)) {
      if (clock() - since < deadlineMs) return
      const ids = idsOf(await events.read(this.#answered))
      if (!this.#isLate) {
        alarm(`Batch ${this.#answered} has no certificate after ${deadlineMs} ms: its events get the fallback.`)
      }
      this.#isLate = true
      const { fallbackAction = 3 } = team.decision
      this.#late++
      await this.#answer(ids.map((id) => writtenFallback(id, fallbackAction === 'abstain' ? 0 : fallbackAction)))
    }
  }
}

function idsOf({ events }: GatheredBatch): (string | number)[] {
  return events.map((text) => readWrittenEvent(text).id)
}
