/** What a replica wants done: messages to others, messages to itself, and timers. */
import type { Envelope, Message } from './messages.ts'
import type { Domain } from './statement.ts'

/** view: give it up; gather: propose without the ballots that have not come; resend: what others may have missed. */
export type Timer = { readonly kind: 'view' | 'gather' | 'resend'; readonly view: number }

/** What the host has to do: `to` is an agent other than this one, or all of them. */
export type Effect =
  | { readonly type: 'send'; readonly to: number | 'all'; readonly envelope: Envelope }
  | { readonly type: 'timer'; readonly timer: Timer; readonly delayMs: number }

/** Share of a view's time after which each timer ends. */
const SHARES = { view: 1, gather: 1 / 4, resend: 1 / 2 } as const

/** View 6 lasts 64 times as long as view 0, and so do all later ones. */
const DOUBLINGS_MAX = 6

/** Collects effects in the order in which they are to be carried out. */
export class Outbox {
  readonly #domain: Domain
  readonly #baseTimeoutMs: number
  readonly #toSelf: Message[] = []
  #effects: Effect[] = []

  /** @param baseTimeoutMs time for view 0, in the agent's own milliseconds; doubles with every view, up to 64 times */
  constructor(domain: Domain, baseTimeoutMs: number) {
    this.#domain = domain
    this.#baseTimeoutMs = baseTimeoutMs
  }

  /** To another agent, or to all others. */
  send(to: number | 'all', message: Message): void {
    this.#effects.push({ type: 'send', to, envelope: { domain: this.#domain, message } })
  }

  /** To this agent itself, without the network. */
  keep(message: Message): void {
    this.#toSelf.push(message)
  }

  /** To all agents, this one too. */
  broadcast(message: Message): void {
    this.send('all', message)
    this.keep(message)
  }

  /** Starts a timer of a view. */
  arm(kind: Timer['kind'], view: number): void {
    const delayMs = SHARES[kind] * this.#baseTimeoutMs * 2 ** Math.min(view, DOUBLINGS_MAX)
    this.#effects.push({ type: 'timer', timer: { kind, view }, delayMs })
  }

  /** The next message to this agent itself. */
  takeOwn(): Message | undefined {
    return this.#toSelf.shift()
  }

  /** All effects since the last call. */
  take(): Effect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
