/**
 * Twins (Bano et al. 2020, arXiv:2004.10617): one agent of four runs on two hosts with one key, both of them honest code
 * with different votes. For a few rounds, every choice of a leader and of a division of the five hosts into sets that
 * cannot hear each other is tried; then all hear each other, and the others must decide.
 *
 * Differs: a view is over in one round, so the division may change once inside a round; scenarios that are the same but for the names of the three other agents, or of the twins, are run once.
 */
import type { Checking } from '../protocol/checks.ts'
import type { Message, Phase } from '../protocol/messages.ts'
import type { Effect, Timer } from '../protocol/outbox.ts'
import { Replica } from '../protocol/replica.ts'
import type { Statement } from '../protocol/statement.ts'
import { Checker, type StepInput, type Violation } from './checker.ts'
import { BASE_TIMEOUT_MS } from './scenario.ts'
import { checkingOf, keysOf, type Mutation, type TeamKeys, votesOf } from './team.ts'

const AGENTS = 4
const TEAM = { seed: 1, agentCount: AGENTS, faults: 1, rule: 'quorum' } as const
/** Hosts 0 and 4 are agent 0, the twins. */
const AGENT_OF_HOST = [0, 1, 2, 3, 0]

/**
 * One round: who leads the view of that number, and which set every host is in, first for what leads to a prepare
 * certificate, then for that certificate and what follows from it.
 */
type TwinsRound = {
  readonly leader: number
  readonly sets: { readonly prepare: readonly number[]; readonly commit: readonly number[] }
}

/** Rounds before all can hear each other. */
export type TwinsScenario = readonly TwinsRound[]

/** Which scenarios. */
export type TwinsSize = {
  readonly rounds: number
  /** Most sets that the hosts are divided into. */
  readonly setsMax: number
  /** Of a round: 1 for its whole length, or 2, of which the second begins with the prepare certificate. */
  readonly divisions: 1 | 2
}

/** All scenarios of a size, up to names, in a fixed order. */
export function* twinsScenarios({ rounds, setsMax, divisions }: TwinsSize): Generator<TwinsScenario> {
  const all = divisionsInto(setsMax)
  const pairs = all.flatMap((prepare) => (divisions === 1 ? [prepare] : all).map((commit) => ({ prepare, commit })))
  const choices = [0, 1, 2, 3].flatMap((leader) => pairs.map((sets) => ({ leader, sets })))
  const images = choices.map(imagesOf)
  const index = new Map(choices.map((choice, i) => [keyOf(choice), i]))
  const imageIndex = images.map((all) => all.map((image) => index.get(keyOf(image))!))
  const chosen = new Array<number>(rounds).fill(0)
  for (;;) {
    if (isFirst(chosen, imageIndex)) yield chosen.map((choice) => choices[choice])
    let at = rounds - 1
    while (at >= 0 && ++chosen[at] === choices.length) chosen[at--] = 0
    if (at < 0) return
  }
}

/** Real keys of the four agents, the same in all scenarios: nearly all of what they sign is the same too, and signed once. */
export function twinsKeys(mutation: Mutation = {}): TeamKeys {
  return keysOf({ ...TEAM, signatures: 'ed25519' }, mutation)
}

/** Runs one scenario. Progress is required within f + 2 = 3 views after the divided rounds. */
export function runTwins(
  scenario: TwinsScenario,
  { keys, mutation = {} }: { keys: TeamKeys; mutation?: Mutation },
): readonly Violation[] {
  return new TwinsWorld(scenario, { keys, mutation }).run()
}

/**
 * Runs every scenario of a size.
 *
 * @returns how many there were
 * @throws {Error} that names the first scenario in which something was violated
 */
export function playAll(size: TwinsSize): number {
  const keys = twinsKeys()
  let runs = 0
  for (const scenario of twinsScenarios(size)) {
    const violations = runTwins(scenario, { keys })
    if (violations.length > 0) throw new Error(JSON.stringify({ scenario, violations }))
    runs++
  }
  return runs
}

type Host = { readonly index: number; readonly agent: number; readonly replica: Replica; timers: Timer[] }

class TwinsWorld {
  readonly #scenario: TwinsScenario
  readonly #checker: Checker
  readonly #hosts: Host[]
  #waiting: { readonly from: Host; readonly effect: Effect & { type: 'send' } }[] = []

  constructor(scenario: TwinsScenario, { keys, mutation }: { keys: TeamKeys; mutation: Mutation }) {
    this.#scenario = scenario
    const { signs, verify } = keys
    const leaderOf = (view: number) => scenario[view]?.leader ?? view % AGENTS
    const checking: Checking = checkingOf(TEAM, {
      batch: 0,
      verify,
      mutation: { ...mutation, rules: { ...mutation.rules, leaderOf } },
    })
    const checker = new Checker({ ...checking, verify }, (agent) => agent !== 0)
    this.#checker = checker
    this.#hosts = AGENT_OF_HOST.map((agent, index) => {
      const sign = (statement: Statement) => {
        checker.signs(agent, statement)
        return signs[agent](statement)
      }
      const replica = new Replica({ checking, self: agent, sign, baseTimeoutMs: BASE_TIMEOUT_MS })
      if (agent !== 0) checker.wants(hostVotes(index))
      return { index, agent, replica, timers: [] }
    })
  }

  run(): readonly Violation[] {
    const everybody = this.#hosts.map(() => 0)
    const together = { prepare: everybody, commit: everybody }
    for (const host of this.#hosts) {
      this.#step(host, { type: 'begin' }, () => host.replica.begin(hostVotes(host.index)))
    }
    for (let round = 0; round < this.#scenario.length + 6; round++) {
      if (round > 0) this.#endViews()
      this.#deliver(this.#scenario[round]?.sets ?? together)
      if (this.#checker.violations.length > 0) return this.#checker.violations
    }
    const open = this.#hosts.filter(({ agent, replica }) => agent !== 0 && replica.committed === null)
    if (open.length > 0) this.#checker.fails('progress', `${open.map(({ agent }) => agent).join(' ')} never decide`)
    return this.#checker.violations
  }

  /** Everything that is sent in one round, and what it leads to, until nothing is left; then leaders wait no longer. */
  #deliver(sets: TwinsRound['sets']): void {
    for (;;) {
      while (this.#waiting.length > 0) {
        const sent = this.#waiting
        this.#waiting = []
        for (const { from, effect } of sent) {
          const set = sets[phaseOf(effect.envelope.message)]
          for (const host of this.#hosts) {
            const isAddressed = effect.to === 'all' ? host.agent !== from.agent : host.agent === effect.to
            if (!isAddressed || set[host.index] !== set[from.index]) continue
            this.#step(host, { type: 'message' }, () => host.replica.receive(effect.envelope))
          }
        }
      }
      if (this.#expire('gather').length === 0) return
    }
  }

  /** The time of a view is over; who has not entered one says again where it is. */
  #endViews(): void {
    const ended = this.#expire('view')
    this.#expire('resend', (host) => !ended.includes(host))
  }

  #expire(kind: Timer['kind'], applies: (host: Host) => boolean = () => true): Host[] {
    const expired: Host[] = []
    for (const host of this.#hosts) {
      const { view } = host.replica.durable
      const timer = host.timers.find((armed) => armed.kind === kind && armed.view === view)
      if (timer === undefined || !applies(host)) continue
      host.timers = host.timers.filter((armed) => armed !== timer && armed.view >= view)
      expired.push(host)
      this.#step(host, { type: 'timer', timer }, () => host.replica.expire(timer))
    }
    return expired
  }

  #step(host: Host, input: StepInput, step: () => Effect[]): void {
    this.#checker.before(input)
    const effects = step()
    if (host.agent !== 0) this.#checker.after(host, host.agent, host.replica)
    for (const effect of effects) {
      if (effect.type === 'timer') {
        host.timers.push(effect.timer)
      } else {
        if (host.agent !== 0) this.#checker.sends(host.agent, effect.envelope.message)
        this.#waiting.push({ from: host, effect })
      }
    }
  }
}

/** The three others are of one mind on every row, and the twins against them. */
function hostVotes(host: number) {
  return votesOf({ seed: 1, unanimity: 1 }, { host, batch: 0, lies: AGENT_OF_HOST[host] === 0 })
}

/** Which part of a round a message belongs to. */
function phaseOf(message: Message): Phase {
  const isLate = message.type === 'prepared' || message.type === 'committed'
  return isLate || (message.type === 'vote' && message.phase === 'commit') ? 'commit' : 'prepare'
}

/** The divisions of the hosts into at most `setsMax` sets; host 0 is in set 0, and a new set has the next number. */
function divisionsInto(setsMax: number): number[][] {
  let all: number[][] = [[0]]
  for (let host = 1; host < AGENT_OF_HOST.length; host++) {
    all = all.flatMap((sets) => {
      const used = Math.max(...sets) + 1
      return Array.from({ length: Math.min(used + 1, setsMax) }, (_, set) => [...sets, set])
    })
  }
  return all
}

/** The same round under every renaming of agents 1, 2, 3 and of the twins. */
function imagesOf({ leader, sets }: TwinsRound): TwinsRound[] {
  const orders = [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
  ]
  return orders.flatMap((order) =>
    [
      [0, 4],
      [4, 0],
    ].map(([first, second]) => {
      const hosts = [first, ...order, second]
      const image = (set: readonly number[]) => renumbered(hosts.map((host) => set[host]))
      const renamed = leader === 0 ? 0 : order.indexOf(leader) + 1
      return { leader: renamed, sets: { prepare: image(sets.prepare), commit: image(sets.commit) } }
    }),
  )
}

function renumbered(sets: readonly number[]): number[] {
  const seen: number[] = []
  return sets.map((set) => {
    if (!seen.includes(set)) seen.push(set)
    return seen.indexOf(set)
  })
}

function keyOf({ leader, sets }: TwinsRound): string {
  return `${leader} ${sets.prepare.join('')} ${sets.commit.join('')}`
}

/** Whether no renaming gives a scenario that comes before. */
function isFirst(chosen: readonly number[], imageIndex: readonly (readonly number[])[]): boolean {
  for (let renaming = 0; renaming < 12; renaming++) {
    for (const choice of chosen) {
      const image = imageIndex[choice][renaming]
      if (image < choice) return false
      if (image > choice) break
    }
  }
  return true
}
