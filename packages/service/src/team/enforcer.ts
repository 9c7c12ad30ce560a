/**
 * Who acts for a team of several processes. It gathers events into batches, gives them to the agents, and acts on nothing but
 * certificates that it has checked with the public keys. It has no vote and no key that counts: what it does without a
 * certificate is the fallback, with an alarm.
 */
import {
  type BatchCertificate,
  type BatchSettings,
  type ChainTeam,
  decodeEnvelope,
  encodeEnvelope,
  eventsRoot,
  settingsOfLink,
  splitEvidence,
  verifyEvidence,
} from '@vigil/agreement'
import { writtenFallback } from '../written-decision.ts'
import { tellOfAhead } from './ahead-agents.ts'
import { idOfWritten } from './batch-event.ts'
import { bothPasts, type CertificateLog } from './certificate-log.ts'
import { certifiedLines } from './certified-lines.ts'
import type { DecisionLog } from './decision-log.ts'
import type { EventLog, GatheredBatch } from './event-log.ts'
import { encodeBatch, type Frame, numbered, readNumbered } from './frames.ts'
import { createProofs, type ProofOptions, type Proofs } from './proofs.ts'
import { shownCertificate } from './shown-certificate.ts'
import { createTaskLine } from './task-line.ts'

/** An agent of an epoch. */
export type Peer = { readonly epoch: number; readonly agent: number }

/** What an enforcer works with. */
export type EnforcerOptions = ProofOptions & {
  /** as far as epochs are known now */
  readonly teamAt: (batch: number) => ChainTeam
  /** agents of an epoch that may lie */
  readonly faultsOf: (epoch: number) => number
  readonly events: EventLog
  readonly certificates: CertificateLog
  readonly decisions: DecisionLog
  /** milliseconds after which the events of a batch without a certificate get the fallback */
  readonly deadlineMs: number
  readonly send: (peer: Peer, frame: Frame) => void
  /** the agents have agreed on all that was gathered */
  readonly onIdle: () => void
  /** is told of the first of batches that get the fallback */
  readonly onLate: (batch: number) => void
  /** is told of lines that are stored; nobody is waited for who reads them */
  readonly onLines: (lines: readonly string[]) => void
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
  readonly gathered: GatheredBatch
  readonly frame: Frame
}

/** An enforcer at work. Everything that happens to it waits in one line. */
export class Enforcer {
  readonly #options: EnforcerOptions
  /** by name: an agent, and the batch that it wants next */
  readonly #wants = new Map<string, { readonly peer: Peer; readonly batch: number }>()
  /** by name: the batch that an agent wanted last, and so has the certificate before it */
  readonly #reached = new Map<string, number>()
  readonly #tellOfAhead: ReturnType<typeof tellOfAhead>
  /** by batch without an answer: since when its events have waited */
  readonly #since = new Map<number, number>()
  readonly #line = createTaskLine()
  #isServing = false
  #open: OpenBatch | null = null
  /** batches that were gathered, of which the last may not be stored yet */
  #gathered: number
  #answered: number
  readonly #proofs: Proofs
  /** the last certificate that came since the start, and its bytes */
  #last: { readonly certificate: BatchCertificate; readonly bytes: Uint8Array } | null = null
  #late = 0
  /** whether the last answer was a fallback */
  #isLate = false
  #timer: NodeJS.Timeout | null = null

  /** Batches that were gathered before are gone on with; `resume` answers those that have a certificate. */
  constructor(options: EnforcerOptions) {
    this.#options = options
    const { events, decisions, clock } = options
    this.#proofs = createProofs(options)
    this.#tellOfAhead = tellOfAhead(options.alarm)
    this.#gathered = events.batchCount
    this.#answered = events.batchesBefore(decisions.rows)
    for (let batch = this.#answered; batch < events.batchCount; batch++) this.#since.set(batch, clock())
  }

  /** Rejects when something could not be stored, or the team is broken. @throws {VigilError} LOG_UNWRITABLE, LOG_INVALID, TEAM_BROKEN */
  get failed(): Promise<never> {
    return this.#line.failed
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

  /**
   * Answers batches that have a certificate and were not answered to the end.
   *
   * @param signers teams whose successors have certified nothing yet: those are worth what their signers are
   */
  resume(signers: readonly ChainTeam[] = []): void {
    this.#line.add(async () => {
      const { certificates, events, teamAt } = this.#options
      for (const team of [...signers, teamAt(certificates.place.batch)]) this.#proofs.assertSound(team)
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
    this.#line.add(async () => {
      const { events } = this.#options
      this.#since.set(events.batchCount, since)
      await events.append({ ...batch, firstRow: events.rowCount })
      this.#watch()
      await this.#serve()
    })
  }

  /** A frame from an agent. Whatever one of them sends, little of it waits in the line: the others have their turn. */
  take(peer: Peer, { kind, content }: Frame): void {
    const read = readNumbered(content)
    if (read === null) return
    if (kind === 'want') {
      if (read.batch > this.#gathered) {
        const { certificates, teamAt, faultsOf } = this.#options
        const isPast = peer.epoch < teamAt(certificates.place.batch).epoch
        const gathered = this.#gathered
        this.#tellOfAhead({ ...peer, batch: read.batch, gathered, faults: faultsOf(peer.epoch), isPast })
      }
      this.#wants.set(nameOf(peer), { peer, batch: read.batch })
      this.#reached.set(nameOf(peer), read.batch)
      if (this.#isServing) return
      this.#isServing = true
      this.#line.add(async () => {
        this.#isServing = false
        await this.#serve()
      })
    } else if (kind === 'committed') {
      // One of each batch: an honest agent shows one certificate of a batch until it begins again, and that one holds, so that what it drops here
      // none needs. It may be in the next batch while that one waits: what it shows then may be the only one that comes.
      const { batch } = this.#options.certificates.place
      if (read.batch === batch || read.batch === batch - 1)
        this.#line.addWithin(`${nameOf(peer)} ${kind} ${read.batch}`, 1, () => this.#certify(peer, read))
    } else if (kind === 'evidence')
      this.#line.addWithin(`${nameOf(peer)} ${kind}`, this.#options.teamAt(read.batch).agentCount, () =>
        this.#blame(read),
      )
  }

  /**
   * A successor is valid: what its agents are to agree on is theirs. Where those before have certified a batch of it, or more of them
   * are proven to lie than they bear, the enforcer ends with TEAM_BROKEN.
   *
   * @param begin makes it known
   */
  async enter({ team, first }: { readonly team: ChainTeam; readonly first: number }, begin: () => void): Promise<void> {
    this.#line.add(async () => {
      const { certificates, teamAt } = this.#options
      const { batch } = certificates.place
      const before = teamAt(first)
      this.#proofs.assertSound(before)
      if (batch > first) throw bothPasts({ batch: batch - 1, old: before.epoch, epoch: team.epoch })
      begin()
      await this.#serve()
    })
    await this.#line.ended()
  }

  /** Resolves when so many events of all that were gathered, before this start too, outlast the process. */
  async stored(rows: number): Promise<void> {
    await this.#line.until(() => this.#options.events.rowCount >= rows)
  }

  /** Resolves when more may be gathered. */
  async room(): Promise<void> {
    await this.#line.until(() => !this.isFull)
  }

  /** Resolves when all that was gathered is answered. */
  async settled(): Promise<void> {
    await this.#line.until(() => this.#answered === this.#gathered)
    await this.#line.ended()
  }

  /** Resolves when the agents have agreed on all that was gathered. */
  async idle(): Promise<void> {
    await this.#line.until(() => this.isIdle)
  }

  /** Ends when what is under way is stored. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#line.ended()
  }

  /** Gives agents the batches that they want, where they can be begun. */
  async #serve(): Promise<void> {
    const { certificates, events, send } = this.#options
    const next = certificates.place.batch
    // Those of now: one that asks again meanwhile has its turn behind the others.
    for (const [name, { peer, batch }] of [...this.#wants]) {
      if (batch > next || batch >= events.batchCount) continue
      this.#wants.delete(name)
      send(peer, batch === next ? (await this.#openBatch()).frame : await this.#decidedBatch(batch))
    }
  }

  async #openBatch(): Promise<OpenBatch> {
    const { certificates, events, teamAt } = this.#options
    const { place } = certificates
    const team = teamAt(place.batch)
    if (this.#open?.settings.domain.epoch === team.epoch) return this.#open
    const gathered = await events.read(place.batch)
    const link = { previous: place.previous, events: eventsRoot(gathered.events) }
    const { batch, firstRow } = place
    const content = { batch, firstRow, committed: new Uint8Array(0), events: gathered.events }
    this.#open = {
      settings: settingsOfLink(team, { ...place, ...link, rows: gathered.events.length }),
      link,
      gathered,
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
  async #certify(peer: Peer, { batch, bytes }: { readonly batch: number; readonly bytes: Uint8Array }): Promise<void> {
    const { certificates, events, teamAt, alarm } = this.#options
    const { place } = certificates
    // Another one was certified while this one waited in the line.
    if (batch === place.batch - 1) await this.#compare({ batch, bytes })
    if (batch !== place.batch || batch >= events.batchCount) return
    const { settings, link, gathered } = await this.#openBatch()
    const team = teamAt(batch)
    const certificate = shownCertificate(bytes, { settings, events: link.events, place, team })
    if (typeof certificate === 'string') {
      alarm(`Agent ${peer.agent} shows a certificate of batch ${batch} that does not hold (${certificate}).`)
      return
    }
    await certificates.append(certificate)
    this.#open = null
    this.#last = { certificate, bytes }
    await this.#serve()
    // The agents have what was gathered meanwhile before this batch is answered.
    if (this.isIdle) this.#options.onIdle()
    this.#line.add(async () => {
      // What was answered when it was late is not acted on again.
      if (batch === this.#answered) {
        await this.#answer(certifiedLines(certificate, idsOf(gathered)))
        if (this.#isLate) alarm(`The team answers again, from batch ${batch} on.`)
        this.#isLate = false
      }
      this.#passOn(team, peer, { batch, bytes })
    })
  }

  /** Gives a certificate to the agents that do not seem to have it: most have got it from the one that led. */
  #passOn(
    { epoch, agentCount }: ChainTeam,
    from: Peer,
    { batch, bytes }: { readonly batch: number; readonly bytes: Uint8Array },
  ): void {
    for (let agent = 0; agent < agentCount; agent++) {
      const name = nameOf({ epoch, agent })
      if (name !== nameOf(from) && (this.#reached.get(name) ?? 0) <= batch)
        this.#options.send({ epoch, agent }, { kind: 'committed', content: numbered(batch, bytes) })
    }
  }

  /** Another certificate of the last batch, of another value: more agents have lied than the team bears. */
  async #compare({ batch, bytes }: { readonly batch: number; readonly bytes: Uint8Array }): Promise<void> {
    const last = this.#last?.certificate
    // Most show the very one that the first has shown.
    if (last?.settings.domain.batch !== batch || Buffer.compare(this.#last!.bytes, bytes) === 0) return
    const { settings, link } = last
    const place = { batch, firstRow: settings.firstRow, previous: link!.previous }
    const team = this.#options.teamAt(batch)
    const other = shownCertificate(bytes, { settings, events: link!.events, place, team })
    if (typeof other === 'string' || other.certificate.digest === last.certificate.digest) return
    this.#options.alarm(`Batch ${batch} has two certificates of different votes, which both hold.`)
    for (const proof of splitEvidence(last, other)) await this.#proofs.keep(settings.domain, proof)
    this.#proofs.assertSound(team)
  }

  /** Keeps a proof that an agent has lied, one of each agent and batch: one of an earlier batch that comes late is left out. */
  async #blame({ batch, bytes }: { readonly batch: number; readonly bytes: Uint8Array }): Promise<void> {
    const { certificates, events, teamAt } = this.#options
    const { place } = certificates
    if (batch > place.batch || batch >= events.batchCount) return
    const { settings } = batch === place.batch ? await this.#openBatch() : await certificates.read(batch)
    const read = decodeEnvelope(bytes, settings)
    if ('rejected' in read || read.message.type !== 'evidence' || read.domain.run !== settings.domain.run) return
    const { verify } = teamAt(batch)
    if (
      this.#proofs.has(settings.domain, read.message.agent) ||
      verifyEvidence(read.message, { settings, verify }) !== null
    )
      return
    await this.#proofs.keep(settings.domain, read.message)
    this.#proofs.assertSound(teamAt(batch))
  }

  /** Writes the lines of the first batch without an answer, those that are there already left out. */
  async #answer(lines: readonly string[]): Promise<void> {
    const { decisions, events, onLines } = this.#options
    const rest = lines.slice(decisions.rows - events.firstRowOf(this.#answered))
    await decisions.append(rest)
    this.#since.delete(this.#answered)
    this.#answered++
    onLines(rest)
  }

  /** Sees to it that no event waits longer than the deadline. */
  #watch(): void {
    const { deadlineMs, clock } = this.#options
    const since = this.#since.get(this.#answered)
    if (since === undefined || this.#timer !== null) return
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        this.#line.add(async () => {
          await this.#answerLate()
          this.#watch()
        })
      },
      Math.max(0, since + deadlineMs - clock()),
    )
  }

  async #answerLate(): Promise<void> {
    const { certificates, events, teamAt, deadlineMs, clock, onLate } = this.#options
    for (let since = this.#since.get(this.#answered); since !== undefined; since = this.#since.get(this.#answered)) {
      // The answer to a batch with a certificate is in the line.
      if (clock() - since < deadlineMs || this.#answered < certificates.place.batch) return
      const ids = idsOf(await events.read(this.#answered))
      if (!this.#isLate) onLate(this.#answered)
      this.#isLate = true
      const { fallbackAction = 3 } = teamAt(this.#answered).decision
      this.#late++
      await this.#answer(ids.map((id) => writtenFallback(id, fallbackAction === 'abstain' ? 0 : fallbackAction)))
    }
  }
}

function idsOf({ events }: GatheredBatch): (string | number)[] {
  return events.map(idOfWritten)
}

function nameOf({ epoch, agent }: Peer): string {
  return `${epoch} ${agent}`
}
