/**
 * One agent of a team at work: it asks the enforcer for one batch after another, votes on each by itself, and agrees with
 * the others by packages/agreement. What it signs is in its log before it leaves.
 */
import {
  type BatchSettings,
  type ChainPlace,
  type ChainTeam,
  type Committed,
  Digests,
  type Durable,
  type Effect,
  encodeEnvelope,
  eventsRoot,
  linkAfter,
  Replica,
  type Sign,
  STANDARD_RULES,
  settingsOfLink,
  type Timer,
} from '@vigil/agreement'
import { VigilError } from '@vigil/errors'
import type { AgentLog } from './agent-log.ts'
import type { AgentVoter, AgentVotes } from './agent-voter.ts'
import { createBacklog } from './backlog.ts'
import { readWrittenEvent } from './batch-event.ts'
import type { Member } from './connections.ts'
import { createEarlyMessages } from './early-messages.ts'
import { type BatchContent, decodeBatch, type Frame, numbered, readNumbered } from './frames.ts'

/** What an agent works with. */
export type AgentOptions = {
  readonly team: ChainTeam
  readonly self: number
  readonly sign: Sign
  readonly voter: AgentVoter
  readonly log: AgentLog
  /** where the voter stands: the batch that the agent can begin next */
  readonly place: ChainPlace
  /** most events of a batch */
  readonly batchRows: number
  /** time for view 0, in milliseconds */
  readonly viewMs: number
  readonly send: (to: Member, frame: Frame) => void
  /** whether what the voter knows is to be kept again, now that it stands there */
  readonly isPastDue: (place: ChainPlace) => boolean
  readonly keepPast: (place: ChainPlace) => Promise<void>
  /** told in a sentence what a person should know */
  readonly alarm: (text: string) => void
}

/** What an event that is none is refused with, and a batch that is none of this team. */
const REFUSED: ReadonlySet<string> = new Set(['EVENT_MALFORMED', 'EVENT_INVALID', 'TEAM_INVALID'])

/** A batch that the agent is in, or was in last. */
type Open = {
  readonly settings: BatchSettings
  readonly replica: Replica
  /** what the log has of it */
  stored: Durable | null
  /** agents of whose lies the enforcer was shown a proof */
  readonly blamed: Set<number>
}

type Item =
  | { readonly from: Member; readonly frame: Frame }
  | { readonly open: Open; readonly timer: Timer }
  | { readonly greeted: true }

/** One agent at work. Everything that happens to it waits in one line, so that it never does two things at once. */
export class TeamAgent {
  readonly #options: AgentOptions
  readonly #early = createEarlyMessages()
  readonly #backlog = createBacklog()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #end = Promise.withResolvers<void>()
  #inbox: Item[] = []
  #isBusy = false
  #place: ChainPlace
  /** as in the log at the start */
  readonly #remembered: AgentLog['remembered']
  #hasMetOpen = false
  /** whether the log is behind what the agent has signed */
  #isOld: boolean
  #current: Open | null = null
  /** whether others are in batches behind the one that this agent is in */
  #isBehind = false
  #before: Open | null = null
  #effects: { readonly open: Open; readonly effect: Effect }[] = []

  constructor(options: AgentOptions) {
    this.#options = options
    this.#place = options.place
    this.#remembered = options.log.remembered
    this.#isOld = options.place.batch > this.#signed + 1
  }

  /** Resolves when the agent is closed. @throws {VigilError} LOG_UNWRITABLE, LOG_INVALID, LOGITS */
  get ended(): Promise<void> {
    return this.#end.promise
  }

  /** A frame from a member. @returns where much of it waits: a promise that resolves when there is room again */
  take(from: Member, frame: Frame): Promise<void> | undefined {
    const wait = this.#backlog.add(from, frame)
    this.#put({ from, frame })
    return wait
  }

  /** The enforcer is there, perhaps anew: it is told where the agent stands. */
  greet(): void {
    this.#put({ greeted: true })
  }

  /** Ends the agent when what it is doing is done. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#inbox = []
    this.#end.resolve()
  }

  #put(item: Item): void {
    this.#inbox.push(item)
    if (!this.#isBusy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    try {
      while (this.#inbox.length > 0) {
        for (const item of this.#inbox.splice(0)) {
          await this.#follow(item)
          if ('frame' in item) this.#backlog.remove(item.from, item.frame)
        }
        await this.#carryOut()
      }
    } catch (error) {
      this.#end.reject(error)
      this.close()
    } finally {
      this.#isBusy = false
    }
  }

  async #follow(item: Item): Promise<void> {
    if ('greeted' in item) this.#tellPlace()
    else if ('timer' in item) {
      if (item.open !== this.#current) return
      this.#note(item.open, item.open.replica.expire(item.timer))
      // The certificate was lost on its way: the enforcer has it.
      if (this.#isBehind) this.#tellPlace()
      this.#isBehind = false
    } else if (item.frame.kind === 'batch') {
      if (item.from === 'enforcer') await this.#begin(item.frame.content)
    } else this.#hear(item.from, item.frame)
    if (this.#current !== null && this.#current.replica.committed !== null) {
      await this.#carryOut()
      this.#finish(this.#current)
    }
  }

  /** Messages of other agents, and certificates from the enforcer. */
  #hear(from: Member, { kind, content }: Frame): void {
    const read = readNumbered(content)
    if (read === null || (kind !== 'message' && kind !== 'committed')) return
    const { batch, bytes } = read
    if (typeof from === 'number' && batch > this.#place.batch) this.#isBehind = true
    const open = [this.#current, this.#before].find((one) => one?.settings.domain.batch === batch) ?? null
    if (open !== null) this.#note(open, open.replica.receiveBytes(bytes))
    else if (typeof from === 'number' && isNear(batch, this.#place.batch)) this.#early.keep(from, batch, bytes)
  }

  async #begin(content: Uint8Array): Promise<void> {
    const { team, batchRows } = this.#options
    const given = decodeBatch(content, batchRows)
    if (given === null || given.batch !== this.#place.batch || given.firstRow !== this.#place.firstRow) return
    if (this.#current !== null) {
      const { committed } = given
      if (committed.length > 0) this.#note(this.#current, this.#current.replica.receiveBytes(committed))
      return
    }
    // Who gives this batch has the certificate of the one before.
    await this.#keep()
    const votes = this.#votesOn(given)
    if (votes === null) return
    const link = { ...this.#place, rows: given.events.length, events: eventsRoot(given.events) }
    this.#enter(settingsOfLink(team, link), votes, given)
  }

  /** @returns null where an event is none: an enforcer gives no such events, but for one that lies */
  #votesOn({ batch, events }: BatchContent): AgentVotes | null {
    const { voter, alarm } = this.#options
    try {
      return voter.vote(events.map((text) => readWrittenEvent(text).event))
    } catch (error) {
      if (!(error instanceof VigilError && REFUSED.has(error.code))) throw error
      alarm(`Batch ${batch} is refused: ${error.message}`)
      return null
    }
  }

  #enter(settings: BatchSettings, votes: AgentVotes, { committed }: Pick<BatchContent, 'committed'>): void {
    const { team, self, sign, viewMs } = this.#options
    const { verify } = team
    const isDecided = committed.length > 0
    const durable = this.#durableIn(settings, isDecided)
    const early = this.#early.take(settings.domain.batch)
    const checking = { settings, rules: STANDARD_RULES, verify, digests: new Digests(settings) }
    const replica = new Replica({ checking, self, sign, baseTimeoutMs: viewMs, ...(durable !== null && { durable }) })
    const open: Open = { settings, replica, stored: durable === 'lost' ? replica.durable : durable, blamed: new Set() }
    this.#current = open
    if (isDecided) this.#note(open, replica.receiveBytes(committed))
    if (replica.committed !== null) {
      this.#look(settings, replica.committed)
      return
    }
    this.#note(open, replica.begin(votes))
    for (const bytes of early) this.#note(open, replica.receiveBytes(bytes))
  }

  /**
   * What the agent begins a batch with: what the log holds of it. In a batch that the log does not know the agent can have signed
   * nothing, but where the log is an old one.
   */
  #durableIn(settings: BatchSettings, isDecided: boolean): Durable | 'lost' | null {
    const { batch, run } = settings.domain
    const { alarm } = this.#options
    const known = this.#remembered
    if (known !== null && known.batch === batch) {
      if (known.run === run) return known.durable(settings)
      alarm(`Batch ${batch} was given with other events than those that were signed: no part is taken in it.`)
      return 'lost'
    }
    if (isDecided) return 'lost'
    const isFirst = !this.#hasMetOpen
    this.#hasMetOpen = true
    if (batch > this.#signed && !(isFirst && this.#isOld)) return null
    alarm(`No part is taken in batch ${batch}, where more may have been signed than the log knows.`)
    return 'lost'
  }

  /** The last batch in which something was signed, as the log has it. */
  get #signed(): number {
    return this.#remembered?.batch ?? -1
  }

  /** A certificate with a signature of its own that the log does not know shows the agent that its log is an old one. */
  #look({ domain }: BatchSettings, { value, certificate }: Committed): void {
    if (this.#hasMetOpen || this.#isOld || domain.batch <= this.#signed) return
    const { self, alarm } = this.#options
    this.#isOld = [...value, ...certificate.signatures].some(({ agent }) => agent === self)
    if (this.#isOld) alarm(`The log is older than what this agent has signed in batch ${domain.batch}.`)
  }

  /** Keeps the past now and then. The log is never behind it, so that a log that is shows itself to be an old one. */
  async #keep(): Promise<void> {
    const { log, isPastDue, keepPast } = this.#options
    if (!isPastDue(this.#place) || (this.#isOld && !this.#hasMetOpen)) return
    const before = this.#before
    // What the log has of the batch that it ends with, or of a later one, is never replaced by less.
    if (before !== null && before.settings.domain.batch > this.#signed)
      await log.store(before.settings, before.replica.durable)
    await keepPast(this.#place)
  }

  #finish({ settings, replica }: Open): void {
    const { voter } = this.#options
    const { domain, firstRow, rows } = settings
    const { value, certificate } = replica.committed!
    voter.settle(value, settings.agentCount)
    const previous = linkAfter(domain.run, certificate.digest)
    this.#place = { batch: domain.batch + 1, firstRow: firstRow + rows, previous }
    this.#before = this.#current
    this.#current = null
    this.#isBehind = false
    this.#tellPlace()
  }

  /** The last certificate, which the enforcer may have missed, and the wish for the batch behind it, also where the agent is in it. */
  #tellPlace(): void {
    const { send } = this.#options
    const { batch } = this.#place
    if (this.#before !== null) {
      const { domain } = this.#before.settings
      const message = this.#before.replica.committed!
      send('enforcer', { kind: 'committed', content: numbered(domain.batch, encodeEnvelope({ domain, message })) })
    }
    send('enforcer', { kind: 'want', content: numbered(batch) })
  }

  #note(open: Open, effects: readonly Effect[]): void {
    for (const effect of effects) this.#effects.push({ open, effect })
    const { domain } = open.settings
    for (const [agent, message] of open.replica.evidence) {
      if (open.blamed.has(agent)) continue
      open.blamed.add(agent)
      const content = numbered(domain.batch, encodeEnvelope({ domain, message }))
      this.#options.send('enforcer', { kind: 'evidence', content })
    }
  }

  /** Stores what must not be forgotten; then sends. */
  async #carryOut(): Promise<void> {
    const open = this.#current
    if (open !== null && !isStored(open)) {
      await this.#options.log.store(open.settings, open.replica.durable)
      open.stored = open.replica.durable
    }
    for (const { open: from, effect } of this.#effects.splice(0)) this.#send(from, effect)
  }

  #send(open: Open, effect: Effect): void {
    if (effect.type === 'timer') {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        this.#put({ open, timer: effect.timer })
      }, effect.delayMs)
      this.#timers.add(timer)
      return
    }
    const { self, team, send } = this.#options
    const content = numbered(open.settings.domain.batch, encodeEnvelope(effect.envelope))
    for (let to = 0; to < team.agentCount; to++) {
      if (to !== self && (effect.to === 'all' || effect.to === to)) send(to, { kind: 'message', content })
    }
  }
}

/** Whether the log holds all that the agent has signed. A certificate is nothing that it has signed: others have it too. */
function isStored({ replica, stored }: Open): boolean {
  const { durable } = replica
  if (durable === stored) return true
  const { observing, view, voted, proposed, ballot, claim, lock } = durable
  return (
    stored !== null &&
    observing === stored.observing &&
    view === stored.view &&
    voted === stored.voted &&
    proposed === stored.proposed &&
    ballot === stored.ballot &&
    claim === stored.claim &&
    lock === stored.lock
  )
}

/** Whether others may be in a batch that this agent begins next, or after that. */
function isNear(batch: number, next: number): boolean {
  return batch === next || batch === next + 1
}
