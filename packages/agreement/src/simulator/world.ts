/** One simulated run: agents, network, clocks and liars, from a scenario to what the checkers found. */
import type { Checking } from '../protocol/checks.ts'
import { encodeEnvelope } from '../protocol/codec.ts'
import { EventQueue } from '../protocol/event-queue.ts'
import type { Envelope } from '../protocol/messages.ts'
import type { Effect, Timer } from '../protocol/outbox.ts'
import type { RejectionCounts, RejectionReason } from '../protocol/rejection.ts'
import { Replica } from '../protocol/replica.ts'
import type { Sign, Statement } from '../protocol/statement.ts'
import { type BehaviourName, ignores, incoming, type Liar, outgoing } from './behaviours.ts'
import { victimsOf } from './censorship.ts'
import { Checker, type StepInput, type Violation } from './checker.ts'
import { Conspiracy } from './conspiracy.ts'
import { Draws } from './draws.ts'
import { BASE_TIMEOUT_MS, HEALED_DELAY_MS, type Scenario } from './scenario.ts'
import { checkingOf, keysOf, type Mutation, votesOf } from './team.ts'

/** After this much time without a decision there will be none: views last 64 times the first at most. */
const GIVE_UP_MS = 5_000 * BASE_TIMEOUT_MS

/** A liar may make up this many messages at once, and one more every so often: or it would be heard and answered for ever. */
const LIES_MAX = 20
const LIE_EVERY_MS = BASE_TIMEOUT_MS / 20

/** What came of a run. */
export type Outcome = {
  readonly violations: readonly Violation[]
  /** messages delivered */
  readonly messages: number
  /** highest view in which a batch was committed */
  readonly view: number
  /** views from the healing of the network to the last decision, 0 when all was decided before */
  readonly viewsAfterHealing: number
  readonly rejections: RejectionCounts
  /** rows of all batches on which all honest agents wanted one class */
  readonly unanimousRows: number
  /** batches decided without some honest agent's ballot */
  readonly shortBatches: number
}

/** One host of one agent in one batch; twins have two, which share a key. */
type Host = {
  readonly index: number
  readonly agent: number
  readonly batch: Batch
  readonly behaviours: readonly BehaviourName[]
  readonly liar: Liar | null
  replica: Replica
  running: boolean
  /** messages that a liar may still make up, as of a time */
  lies: number
  liesAtMs: number
  /** raised by a crash, so that timers of the time before mean nothing */
  life: number
}

type Batch = {
  readonly checking: Checking
  readonly checker: Checker
  readonly hosts: Host[]
  readonly signs: readonly Sign[]
  viewAtHealing: number
}

type Event =
  | { readonly type: 'begin'; readonly host: Host }
  | { readonly type: 'deliver'; readonly host: Host; readonly from: number; readonly envelope: Envelope }
  | { readonly type: 'timer'; readonly host: Host; readonly timer: Timer; readonly life: number }
  | { readonly type: 'stop'; readonly agent: number }
  | { readonly type: 'return'; readonly agent: number; readonly lost: boolean }
  | { readonly type: 'heal' }

/** Hears every message that an honest agent is given, for tests that look for culprits. */
export type Listener = (envelope: Envelope) => void

/** Runs a scenario to its end. */
export class World {
  readonly #scenario: Scenario
  readonly #mutation: Mutation
  readonly #listener: Listener | undefined
  readonly #queue = new EventQueue<Event>()
  readonly #network: Draws
  readonly #batches: Batch[]
  readonly #losing: ReadonlySet<number>
  readonly #lying: ReadonlySet<number>
  #messages = 0

  constructor(scenario: Scenario, { mutation = {}, listener }: { mutation?: Mutation; listener?: Listener } = {}) {
    this.#scenario = scenario
    this.#mutation = mutation
    this.#listener = listener
    this.#network = new Draws(scenario.seed, 'network')
    this.#losing = new Set(scenario.crashes.filter(({ lost }) => lost).map(({ agent }) => agent))
    this.#lying = new Set(scenario.faulty.map(({ agent }) => agent))
    const { signs, verify } = keysOf(scenario, mutation)
    const checkings = Array.from({ length: scenario.batches }, (_, batch) =>
      checkingOf(scenario, { batch, verify, mutation }),
    )
    this.#batches = checkings.map((checking) => this.#makeBatch({ checking, signs, verify, checkings }))
  }

  /** Every event until all sound agents are done, or a check fails. */
  run(): Outcome {
    const { crashes, healAtMs } = this.#scenario
    const starts = new Draws(this.#scenario.seed, 'scenario', 1)
    for (const { hosts } of this.#batches) {
      for (const host of hosts) this.#queue.add(starts.between(0, BASE_TIMEOUT_MS / 4), { type: 'begin', host })
    }
    for (const { agent, atMs, backMs, lost } of crashes) {
      this.#queue.add(atMs, { type: 'stop', agent })
      this.#queue.add(backMs, { type: 'return', agent, lost })
    }
    this.#queue.add(healAtMs, { type: 'heal' })
    while (this.#queue.size > 0) {
      const { atMs, event } = this.#queue.take()
      if (atMs > healAtMs + GIVE_UP_MS) break
      this.#happen(atMs, event)
      if (this.#batches.some(({ checker }) => checker.violations.length > 0)) break
      if (this.#batches.every((batch) => this.#isDone(batch))) break
    }
    return this.#outcome()
  }

  #happen(nowMs: number, event: Event): void {
    switch (event.type) {
      case 'begin': {
        const { host } = event
        if (host.running) return
        host.running = true
        this.#begin(nowMs, host)
        return
      }
      case 'deliver': {
        const { host, envelope, from } = event
        if (!host.running) return
        this.#messages++
        if (host.liar === null) this.#listener?.(envelope)
        if (host.liar === null || !ignores(host.liar, host.behaviours, envelope)) {
          this.#step(nowMs, host, { type: 'message' }, () => this.#receive(host, envelope))
        }
        if (host.liar !== null && !this.#lying.has(from)) this.#lie(nowMs, host, envelope)
        return
      }
      case 'timer': {
        const { host, timer, life } = event
        if (!host.running || life !== host.life) return
        this.#step(nowMs, host, { type: 'timer', timer }, () => host.replica.expire(timer))
        return
      }
      case 'stop':
        for (const host of this.#hostsOf(event.agent)) {
          host.running = false
          host.life++
        }
        return
      case 'return':
        for (const host of this.#hostsOf(event.agent)) this.#return(nowMs, host, event.lost)
        return
      case 'heal':
        for (const batch of this.#batches) {
          batch.viewAtHealing = Math.max(0, ...this.#sound(batch).map(({ replica }) => replica.durable.view))
        }
    }
  }

  #begin(nowMs: number, host: Host): void {
    const votes = this.#votesOf(host.batch.checking, { host: host.index, lies: host.liar !== null })
    this.#step(nowMs, host, { type: 'begin' }, () => host.replica.begin(votes))
  }

  #votesOf({ settings }: Checking, { host, lies }: { host: number; lies: boolean }) {
    return votesOf(this.#scenario, { host, batch: settings.domain.batch, lies })
  }

  #return(nowMs: number, host: Host, lost: boolean): void {
    const { forgetful } = this.#mutation
    const kept = { ...host.replica.durable, ...(forgetful === 'later' ? { observing: false } : {}) }
    const durable = lost ? (forgetful === 'at once' ? undefined : ('lost' as const)) : kept
    if (lost) host.batch.checker.forgets(host)
    host.replica = this.#makeReplica(host.batch, host.agent, durable)
    host.running = true
    this.#begin(nowMs, host)
  }

  #step(nowMs: number, host: Host, input: StepInput, step: () => Effect[]): void {
    const { checker } = host.batch
    checker.before(input)
    let effects: Effect[] = []
    try {
      effects = step()
    } catch (error) {
      if (host.liar === null) checker.fails('crash', `${host.agent}: ${error instanceof Error ? error.stack : error}`)
    }
    if (host.liar === null) checker.after(host, host.agent, host.replica)
    for (const effect of effects) {
      if (effect.type === 'timer') {
        const delayMs = effect.delayMs / this.#scenario.clockRates[host.agent]
        this.#queue.add(nowMs + delayMs, { type: 'timer', host, timer: effect.timer, life: host.life })
      } else {
        if (host.liar === null) checker.sends(host.agent, effect.envelope.message)
        else host.liar.knows.hear(effect.envelope)
        for (const to of this.#recipients(effect.to, host.agent))
          this.#emit(nowMs, host, { to, envelope: effect.envelope })
      }
    }
  }

  #lie(nowMs: number, host: Host, envelope: Envelope): void {
    host.liar!.knows.hear(envelope)
    host.lies = Math.min(LIES_MAX, host.lies + (nowMs - host.liesAtMs) / LIE_EVERY_MS)
    host.liesAtMs = nowMs
    if (host.lies < 1) return
    for (const { to, envelope: lie } of incoming(host.liar!, host.behaviours, envelope)) {
      host.lies--
      for (const recipient of this.#recipients(to, host.agent))
        this.#transmit(nowMs, host, { to: recipient, envelope: lie })
    }
  }

  #emit(nowMs: number, host: Host, sent: { to: number; envelope: Envelope }): void {
    const envelopes = host.liar === null ? [sent.envelope] : outgoing(host.liar, host.behaviours, sent)
    for (const envelope of envelopes) this.#transmit(nowMs, host, { to: sent.to, envelope })
  }

  /** The network: what is not lost arrives after a while, perhaps twice. */
  #transmit(nowMs: number, host: Host, { to, envelope }: { to: number; envelope: Envelope }): void {
    const { healAtMs, loss, duplication, delayMs } = this.#scenario
    const batch = this.#batches[envelope.domain.batch] ?? host.batch
    const healed = nowMs >= healAtMs
    for (const receiver of batch.hosts) {
      if (receiver.agent !== to) continue
      if (!healed && (this.#isCut(nowMs, host.agent, to) || (loss > 0 && this.#network.chance(loss)))) continue
      const copies = !healed && duplication > 0 && this.#network.chance(duplication) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        const arrivesMs = nowMs + this.#network.between(1, healed ? HEALED_DELAY_MS : delayMs)
        this.#queue.add(arrivesMs, { type: 'deliver', host: receiver, from: host.agent, envelope })
      }
    }
  }

  /** With real signatures every message also goes through its bytes. */
  #receive({ replica }: Host, envelope: Envelope): Effect[] {
    if (this.#scenario.signatures === 'double') return replica.receive(envelope)
    return replica.receiveBytes(encodeEnvelope(envelope))
  }

  #isCut(nowMs: number, from: number, to: number): boolean {
    return this.#scenario.partitions.some(({ fromMs, toMs, group, cut }) => {
      if (nowMs < fromMs || nowMs >= toMs) return false
      const [fromIn, toIn] = [group.includes(from), group.includes(to)]
      if (fromIn === toIn) return false
      return cut === 'both' || (cut === 'into group' ? toIn : fromIn)
    })
  }

  #recipients(to: number | 'all', self: number): number[] {
    if (to !== 'all') return [to]
    return this.#scenario.clockRates.map((_, agent) => agent).filter((agent) => agent !== self)
  }

  #hostsOf(agent: number): Host[] {
    return this.#batches.flatMap(({ hosts }) => hosts.filter((host) => host.agent === agent))
  }

  /** Hosts that are honest and keep their state: they have to finish, and in time. */
  #sound({ hosts }: Batch): Host[] {
    return hosts.filter(({ agent, liar }) => liar === null && !this.#losing.has(agent))
  }

  /** Honest agents that lost their state have to learn the decision too. */
  #isDone({ hosts }: Batch): boolean {
    return hosts.every(({ liar, running, replica }) => liar !== null || (running && replica.committed !== null))
  }

  #outcome(): Outcome {
    let view = 0
    let viewsAfterHealing = 0
    const rejections: RejectionCounts = {}
    for (const batch of this.#batches) {
      for (const { replica } of batch.hosts) {
        for (const [reason, count] of Object.entries(replica.rejections) as [RejectionReason, number][]) {
          rejections[reason] = (rejections[reason] ?? 0) + count
        }
      }
      if (batch.checker.violations.length > 0) continue
      const late = this.#lateness(batch)
      view = Math.max(view, late.view)
      viewsAfterHealing = Math.max(viewsAfterHealing, late.viewsAfterHealing)
    }
    const violations = this.#batches.flatMap(({ checker }) => checker.violations)
    const unanimousRows = this.#batches.reduce((rows, { checker }) => rows + checker.unanimousRows, 0)
    const shortBatches = this.#batches.filter((batch) => this.#isShort(batch)).length
    return { violations, messages: this.#messages, view, viewsAfterHealing, rejections, unanimousRows, shortBatches }
  }

  #isShort({ hosts }: Batch): boolean {
    const value = hosts.find(({ liar, replica }) => liar === null && replica.committed !== null)?.replica.committed
      ?.value
    return (
      value !== undefined &&
      hosts.some((host) => host.liar === null && value.every(({ agent }) => agent !== host.agent))
    )
  }

  /** In which view the batch was decided; a decision that is missing or late is a violation. */
  #lateness(batch: Batch): { view: number; viewsAfterHealing: number } {
    const open = batch.hosts.filter(({ liar, replica }) => liar === null && replica.committed === null)
    // Another batch has failed: this one was not given its time.
    const cutShort = this.#batches.some(({ checker }) => checker.violations.length > 0)
    if (open.length > 0) {
      if (!cutShort) batch.checker.fails('progress', `${open.map(({ agent }) => agent).join(' ')} never decide`)
      return { view: 0, viewsAfterHealing: 0 }
    }
    const views = this.#sound(batch).map(({ replica }) => replica.committed!.certificate.view)
    // Of the last one to decide: the others may have decided in an earlier view, for the same value.
    const view = Math.max(...views)
    const viewsAfterHealing = batch.viewAtHealing < 0 ? 0 : Math.max(0, view - batch.viewAtHealing + 1)
    const bound = this.#scenario.faults + 2
    if (viewsAfterHealing > bound) {
      batch.checker.fails(
        'progress',
        `decided in view ${view}, healed in ${batch.viewAtHealing}, more than ${bound} views`,
      )
    }
    return { view, viewsAfterHealing }
  }

  #makeBatch(parts: {
    checking: Checking
    signs: readonly Sign[]
    verify: Checking['verify']
    checkings: readonly Checking[]
  }): Batch {
    const { seed, agentCount, faulty } = this.#scenario
    // The checker goes by the real signatures, whatever the agents make of them.
    const checker = new Checker({ ...parts.checking, verify: parts.verify }, (agent) => !this.#lying.has(agent))
    const signs = parts.signs.map((sign, agent) => (statement: Statement) => {
      checker.signs(agent, statement)
      return sign(statement)
    })
    const batch: Batch = { checking: parts.checking, checker, hosts: [], signs, viewAtHealing: -1 }
    const conspiracy = new Conspiracy(parts.checking, new Map(faulty.map(({ agent }) => [agent, signs[agent]])))
    const { domain } = parts.checking.settings
    const otherDomains = parts.checkings.map(({ settings }) => settings.domain).filter((other) => other !== domain)
    const honestVotes = new Map(
      this.#scenario.clockRates.flatMap((_, agent) =>
        this.#lying.has(agent) ? [] : [[agent, this.#votesOf(parts.checking, { host: agent, lies: false })] as const],
      ),
    )
    for (const votes of honestVotes.values()) checker.wants(votes)
    const add = (agent: number, behaviours: readonly BehaviourName[], liar: Liar | null) => {
      const replica = this.#makeReplica(batch, agent, undefined)
      const index = batch.hosts.length
      batch.hosts.push({
        index,
        agent,
        batch,
        behaviours,
        liar,
        replica,
        running: false,
        lies: LIES_MAX,
        liesAtMs: 0,
        life: 0,
      })
    }
    for (let agent = 0; agent < agentCount; agent++) {
      const behaviours = faulty.find((liar) => liar.agent === agent)?.behaviours
      if (behaviours === undefined) {
        add(agent, [], null)
        continue
      }
      const draws = new Draws(seed, 'byzantine', 64 * domain.batch + agent)
      const others = this.#scenario.clockRates.map((_, other) => other)
      const favoured = new Set(draws.subset(others, 0.6))
      const victims = victimsOf(draws, honestVotes, parts.checking.settings)
      add(agent, behaviours, { agent, knows: conspiracy, draws, favoured, victims, otherDomains })
    }
    for (const { agent, behaviours } of faulty) {
      if (!behaviours.includes('twin')) continue
      const draws = new Draws(seed, 'byzantine', 64 * domain.batch + 32 + agent)
      add(agent, behaviours, { agent, knows: conspiracy, draws, favoured: new Set(), victims: new Set(), otherDomains })
    }
    return batch
  }

  #makeReplica(batch: Batch, agent: number, durable: Replica['durable'] | 'lost' | undefined): Replica {
    const options = { checking: batch.checking, self: agent, sign: batch.signs[agent], baseTimeoutMs: BASE_TIMEOUT_MS }
    return new Replica(durable === undefined ? options : { ...options, durable })
  }
}
