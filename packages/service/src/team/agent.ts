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
import { type AgentLog, isStored } from './agent-log.ts'
import { type AgentMemory, createAgentMemory } from './agent-memory.ts'
import { createAgentTimers } from './agent-timers.ts'
import type { AgentVoter, AgentVotes } from './agent-voter.ts'
import { createBacklog } from './backlog.ts'
import { type CastVotes, castVotes } from './cast-votes.ts'
import type { Member } from './connections.ts'
import { createEarlyMessages } from './early-messages.ts'
import { decodeBatch, type Frame, numbered, readNumbered } from './frames.ts'
import { createPresence } from './presence.ts'
import { shownCertificate } from './shown-certificate.ts'

/** What an agent is in an epoch. */
export type AgentEpoch = {
  readonly team: ChainTeam
  /** most events of a batch */
  readonly batchRows: number
  /** time for view 0, in milliseconds */
  readonly viewMs: number
  /** null where it is none of the team, and only learns what was decided */
  readonly sign: Sign | null
  /** null where nothing need be known of the events; never where the agent signs */
  readonly voter: AgentVoter | null
}

/** The epoch that a successor follows, and the batch with which it begins. */
type Bound = { readonly epoch: number; readonly batch: number }

/** What an agent works with. */
export type AgentOptions = {
  readonly self: number
  /** as far as epochs are known now */
  readonly epochAt: (batch: number) => AgentEpoch
  readonly log: AgentLog
  /** where the voter stands: the batch that the agent can begin next */
  readonly place: ChainPlace
  /** the first batch in which it may have signed anything */
  readonly firstBatch: number
  /** successors that it has signed, as far as it knows now: it takes no part in a batch with which one begins */
  readonly pledges: () => readonly Bound[]
  /** @param epoch whose member it goes to */
  readonly send: (to: Member, frame: Frame, epoch: number) => void
  /** whether what the voter knows is to be kept again, now that it stands there */
  readonly isPastDue: (place: ChainPlace) => boolean
  /** copies it: once this resolves the voter may go on */
  readonly keepPast: (place: ChainPlace) => Promise<void>
  /** told in a sentence what a person should know */
  readonly alarm: (text: string) => void
}

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
  | { readonly looked: true }
  | { readonly made: Bound; readonly bind: () => void; readonly tell: (isBound: boolean) => void }

/** One agent at work. Everything that happens to it waits in one line, so that it never does two things at once. */
export class TeamAgent {
  readonly #options: AgentOptions
  readonly #early = createEarlyMessages()
  readonly #backlog = createBacklog()
  readonly #timers = createAgentTimers()
  readonly #end = Promise.withResolvers<void>()
  #inbox: Item[] = []
  #isBusy = false
  #isClosed = false
  #place: ChainPlace
  readonly #memory: AgentMemory
  readonly #ballots: CastVotes
  readonly #presence = createPresence()
  #current: Open | null = null
  /** whether others are in batches behind the one that this agent is in */
  #isBehind = false
  #before: Open | null = null
  #effects: { readonly open: Open; readonly effect: Effect }[] = []

  constructor(options: AgentOptions) {
    this.#options = options
    this.#place = options.place
    this.#ballots = castVotes(options.alarm)
    this.#memory = createAgentMemory({ ...options, batch: options.place.batch })
  }

  /** Resolves when the agent is closed, and nothing that it has begun is under way. @throws {VigilError} LOG_UNWRITABLE, LOG_INVALID, LOGITS */
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

  /** Epochs may have become known. */
  look(): void {
    this.#put({ looked: true })
  }

  /**
   * Binds the agent to a successor, where it can have voted for no commit in the batch with which that begins, or behind it.
   *
   * @param bind makes the successor one of the pledges: from then on it takes no part in that batch
   * @returns whether it is bound; null where the agent has ended
   */
  async pledge(made: Bound, bind: () => void): Promise<boolean | null> {
    const ended = () => null
    const bound = new Promise<boolean>((tell) => this.#put({ made, bind, tell }))
    return await Promise.race([bound, this.#end.promise.then(ended, ended)])
  }

  /** Ends the agent when what it is doing is done. */
  close(): void {
    this.#isClosed = true
    this.#timers.close()
    this.#inbox = []
    if (!this.#isBusy) this.#end.resolve()
  }

  #put(item: Item): void {
    if (this.#isClosed) return
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
        await this.#store()
        this.#sendAll()
      }
    } catch (error) {
      this.#end.reject(error)
      this.close()
    } finally {
      this.#isBusy = false
      if (this.#isClosed) this.#end.resolve()
    }
  }

  async #follow(item: Item): Promise<void> {
    if ('greeted' in item) this.#tellPlace()
    else if ('looked' in item) this.#lookAround()
    else if ('bind' in item) {
      const isFree = this.#isFreeOf(item.made)
      if (isFree) {
        item.bind()
        this.#lookAround()
      }
      item.tell(isFree)
    } else if ('timer' in item) {
      if (item.open !== this.#current) return
      this.#note(item.open, item.open.replica.expire(item.timer))
      // The certificate was lost on its way: the enforcer has it.
      if (this.#isBehind) this.#tellPlace()
      this.#isBehind = false
    } else if (item.frame.kind === 'batch') {
      if (item.from === 'enforcer') await this.#begin(item.frame.content)
    } else this.#hear(item.from, item.frame)
    if (this.#current !== null && this.#current.replica.committed !== null) {
      const open = this.#current
      await this.#store()
      // Before the other agents have it: the enforcer gives out the next batch when it has.
      this.#show(open)
      this.#sendAll()
      this.#finish(open.settings, this.#current.replica.committed, open)
    }
  }

  /** Messages of other agents, and certificates from the enforcer. */
  #hear(from: Member, { kind, content }: Frame): void {
    const read = readNumbered(content)
    if (read === null || (kind !== 'message' && kind !== 'committed')) return
    const { batch, bytes } = read
    if (typeof from === 'number') this.#presence.hear(from)
    if (typeof from === 'number' && batch > this.#place.batch) this.#isBehind = true
    const open = [this.#current, this.#before].find((one) => one?.settings.domain.batch === batch) ?? null
    if (open !== null) this.#note(open, open.replica.receiveBytes(bytes))
    else if (typeof from === 'number' && isNear(batch, this.#place.batch)) this.#early.keep(from, batch, bytes)
  }

  async #begin(content: Uint8Array): Promise<void> {
    const { team, batchRows, sign } = this.#epoch
    const given = decodeBatch(content, batchRows)
    if (given === null || given.batch !== this.#place.batch || given.firstRow !== this.#place.firstRow) return
    const { committed } = given
    if (this.#current !== null) {
      if (committed.length > 0) this.#note(this.#current, this.#current.replica.receiveBytes(committed))
      return
    }
    if (committed.length === 0 && this.#isAside) return
    // Who gives this batch has the certificate of the one before.
    await this.#keep()
    const root = eventsRoot(given.events)
    const votes = this.#ballots.on(given, root, this.#epoch.voter)
    if (votes === null) return
    const settings = settingsOfLink(team, { ...this.#place, rows: given.events.length, events: root })
    if (sign === null) this.#accept(settings, root, committed)
    else this.#enter(settings, { sign, votes, committed })
  }

  /** A batch of a team that the agent is none of, with its certificate. */
  #accept(settings: BatchSettings, events: string, committed: Uint8Array): void {
    const shown = shownCertificate(committed, { settings, events, place: this.#place, team: this.#epoch.team })
    if (typeof shown !== 'string') this.#finish(settings, shown, null)
    else this.#options.alarm(`Batch ${settings.domain.batch} comes with a certificate that does not hold (${shown}).`)
  }

  #enter(
    settings: BatchSettings,
    { sign, votes, committed }: { readonly sign: Sign; readonly votes: AgentVotes; readonly committed: Uint8Array },
  ): void {
    const { self } = this.#options
    const { team, viewMs } = this.#epoch
    const { verify } = team
    const isDecided = committed.length > 0
    const durable = this.#memory.durableIn(settings, isDecided)
    const early = this.#early.take(settings.domain.batch)
    const checking = { settings, rules: STANDARD_RULES, verify, digests: new Digests(settings) }
    const pace = { baseTimeoutMs: viewMs, away: this.#presence.awayIn(settings) }
    const replica = new Replica({ checking, self, sign, ...pace, ...(durable !== null && { durable }) })
    const open: Open = { settings, replica, stored: durable === 'lost' ? replica.durable : durable, blamed: new Set() }
    this.#current = open
    if (isDecided) this.#note(open, replica.receiveBytes(committed))
    if (replica.committed !== null) {
      this.#memory.compare(settings, replica.committed)
      return
    }
    this.#note(open, replica.begin(votes))
    for (const bytes of early) this.#note(open, replica.receiveBytes(bytes))
  }

  /** What the agent is in the batch that it can begin next. */
  get #epoch(): AgentEpoch {
    return this.#options.epochAt(this.#place.batch)
  }

  /** Whether it leaves the next batch to others, and waits for its certificate or for the epoch that begins with it. */
  get #isAside(): boolean {
    const { sign, team } = this.#epoch
    const { batch } = this.#place
    return sign === null || this.#options.pledges().some((one) => one.epoch === team.epoch && one.batch === batch)
  }

  /** Whether the agent can have voted for no commit in a batch, or behind it. Begun again, it stands behind what it has signed, and in an earlier epoch. */
  #isFreeOf({ epoch, batch }: Bound): boolean {
    const { batch: next } = this.#place
    if (next > batch || this.#memory.isInDoubt || this.#memory.mayHaveCommitted({ epoch, batch })) return false
    const durable = this.#current?.replica.durable
    return next < batch || durable === undefined || (!durable.observing && durable.voted.commit === -1)
  }

  /** What was begun in an epoch that has ended, or where a successor that was signed begins, is dropped; what is waited for is asked for. */
  #lookAround(): void {
    const open = this.#current
    if (open !== null && open.settings.domain.epoch === this.#epoch.team.epoch && !this.#isAside) return
    if (open !== null && this.#isAside && open.replica.durable.voted.commit !== -1) {
      const { batch } = open.settings.domain
      this.#options.alarm(
        `A successor that begins with batch ${batch} was signed by this agent, which has voted there.`,
      )
    }
    // What was signed in this turn is not in the log yet, and need not leave any more.
    this.#effects = this.#effects.filter((effect) => effect.open !== open)
    this.#current = null
    if (open !== null || this.#isAside) this.#tellPlace()
  }

  /** Keeps the past now and then. The log is never behind it, so that a log that is shows itself to be an old one. */
  async #keep(): Promise<void> {
    const { log, isPastDue, keepPast } = this.#options
    if (!isPastDue(this.#place) || this.#memory.isInDoubt) return
    const before = this.#before
    // What the log has of the batch that it ends with, or of a later one, is never replaced by less.
    if (before !== null && !this.#memory.isRemembered(before.settings))
      await log.store(before.settings, before.replica.durable)
    await keepPast(this.#place)
  }

  #finish(settings: BatchSettings, { value, certificate }: Omit<Committed, 'type'>, open: Open | null): void {
    const { domain, firstRow, rows } = settings
    this.#epoch.voter?.settle(value, settings.agentCount)
    this.#presence.settle(settings, value)
    const previous = linkAfter(domain.run, certificate.digest)
    this.#place = { batch: domain.batch + 1, firstRow: firstRow + rows, previous }
    this.#before = open
    this.#current = null
    this.#isBehind = false
    this.#want()
  }

  /** The last certificate, which the enforcer may have missed, and the wish for the batch behind it, also where the agent is in it. */
  #tellPlace(): void {
    if (this.#before !== null) this.#show(this.#before)
    this.#want()
  }

  /** The certificate of a batch that is decided. */
  #show({ settings: { domain }, replica }: Open): void {
    const message = replica.committed!
    this.#tell({ kind: 'committed', content: numbered(domain.batch, encodeEnvelope({ domain, message })) })
  }

  #want(): void {
    this.#tell({ kind: 'want', content: numbered(this.#place.batch) })
  }

  #tell(frame: Frame): void {
    this.#options.send('enforcer', frame, this.#epoch.team.epoch)
  }

  #note(open: Open, effects: readonly Effect[]): void {
    for (const effect of effects) this.#effects.push({ open, effect })
    const { domain } = open.settings
    for (const [agent, message] of open.replica.evidence) {
      if (open.blamed.has(agent)) continue
      open.blamed.add(agent)
      const content = numbered(domain.batch, encodeEnvelope({ domain, message }))
      this.#tell({ kind: 'evidence', content })
    }
  }

  /** Stores what must not be forgotten: nothing is sent before. */
  async #store(): Promise<void> {
    const open = this.#current
    if (open === null || isStored(open.replica.durable, open.stored)) return
    await this.#options.log.store(open.settings, open.replica.durable)
    open.stored = open.replica.durable
  }

  #sendAll(): void {
    for (const { open: from, effect } of this.#effects.splice(0)) this.#send(from, effect)
  }

  #send(open: Open, effect: Effect): void {
    if (effect.type === 'timer') {
      this.#timers.after(effect.delayMs, () => this.#put({ open, timer: effect.timer }))
      return
    }
    const { self, send } = this.#options
    const { domain, agentCount } = open.settings
    const content = numbered(domain.batch, encodeEnvelope(effect.envelope))
    for (let to = 0; to < agentCount; to++) {
      if (to !== self && (effect.to === 'all' || effect.to === to)) send(to, { kind: 'message', content }, domain.epoch)
    }
  }
}

/** Whether others may be in a batch that this agent begins next, or after that. */
function isNear(batch: number, next: number): boolean {
  return batch === next || batch === next + 1
}
