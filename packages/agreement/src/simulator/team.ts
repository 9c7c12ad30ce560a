/** What the agents of a simulated run have: keys, votes, and the settings of their batches. */
import { hash } from 'node:crypto'
import { type DecisionRule, type decideBatch, weightsOfSkill } from '@vigil/vote'
import type { Checking } from '../protocol/checks.ts'
import { ed25519Sign, ed25519Verify, keysOfSecret } from '../protocol/keys.ts'
import type { Ballot } from '../protocol/messages.ts'
import { type AgreementRules, STANDARD_RULES } from '../protocol/rules.ts'
import type { Sign, Statement, Verify } from '../protocol/statement.ts'
import { type BatchSettings, Digests } from '../protocol/value.ts'
import { Draws } from './draws.ts'

/** Rows of a simulated batch: enough for votes that differ. */
const ROWS = 3

/** What is put in place of a part of the protocol, to see it caught. */
export type Mutation = {
  readonly rules?: Partial<AgreementRules>
  /** what agents put into the place of the statement that is signed */
  readonly signed?: (statement: Statement) => Statement
  /** how agents count the votes of a value */
  readonly count?: typeof decideBatch
  /** whether agents check signatures */
  readonly unchecked?: boolean
  /** agents that have lost their state take part as if nothing had happened: at once, or after another crash */
  readonly forgetful?: 'at once' | 'later'
}

/** Keys of every agent: real ones, or a double that costs nothing and that no simulated liar forges. */
export type TeamKeys = { readonly signs: readonly Sign[]; readonly verify: Verify }

/** The keys of a team. */
export function keysOf(
  { seed, agentCount, signatures }: { seed: number; agentCount: number; signatures: 'ed25519' | 'double' },
  { signed = (statement) => statement }: Mutation = {},
): TeamKeys {
  if (signatures === 'double') {
    const sign = (agent: number, statement: Statement) => doubleSignature(agent, signed(statement))
    return {
      signs: Array.from({ length: agentCount }, (_, agent) => (statement) => sign(agent, statement)),
      verify: (agent, statement, signature) => agent < agentCount && sign(agent, statement) === signature,
    }
  }
  const keys = Array.from({ length: agentCount }, (_, agent) =>
    keysOfSecret(hash('sha256', `simulated agent ${agent} of run ${seed}`, 'buffer')),
  )
  const verify = ed25519Verify(keys.map(({ publicKey }) => publicKey))
  return onceEach({
    signs: keys.map(({ privateKey }) => {
      const sign = ed25519Sign(privateKey)
      return (statement) => sign(signed(statement))
    }),
    verify: (agent, statement, signature) => verify(agent, signed(statement), signature),
  })
}

/**
 * Real keys that sign each statement once and verify each signature once: both are functions of what they are given, and in
 * a run all agents ask for the same. What n agents find out n times is found out once, so that a run with real signatures
 * costs three times as much as one with doubles, and not n times that.
 */
function onceEach({ signs, verify }: TeamKeys): TeamKeys {
  const made = new Map<string, string>()
  const known = new Map<string, boolean>()
  return {
    signs: signs.map((sign, agent) => (statement) => {
      const key = doubleSignature(agent, statement)
      const signature = made.get(key) ?? sign(statement)
      made.set(key, signature)
      return signature
    }),
    verify: (agent, statement, signature) => {
      const key = `${signature} ${doubleSignature(agent, statement)}`
      const holds = known.get(key) ?? verify(agent, statement, signature)
      known.set(key, holds)
      return holds
    },
  }
}

/** What the settings of a simulated team are made of. */
export type SimulatedTeam = {
  readonly seed: number
  readonly agentCount: number
  readonly faults: number
  readonly rule: DecisionRule
}

/** The settings of batch `batch`, and what its agents check by. */
export function checkingOf(
  { seed, agentCount, faults, rule }: SimulatedTeam,
  { batch, verify, mutation = {} }: { batch: number; verify: Verify; mutation?: Mutation },
): Checking {
  const skills = new Draws(seed, 'skills')
  const weights = weightsOfSkill(
    Array.from({ length: agentCount }, () => skills.pick([0, 0.5, 1, skills.unit()])),
    faults,
  )
  const settings: BatchSettings = {
    domain: { run: hash('sha256', `simulated run ${seed}`), epoch: 1, batch },
    agentCount,
    faults,
    firstRow: batch * ROWS,
    rows: ROWS,
    decision: { rule, threshold: 0.5, weights },
  }
  const rules = { ...STANDARD_RULES, ...mutation.rules }
  const digests = new Digests(settings, mutation.count)
  return { settings, rules, digests, verify: mutation.unchecked ? () => true : verify }
}

/**
 * An agent's votes on a batch; a twin's second host has votes of its own. On a row on which the honest agents are of one
 * mind all of them want its class, by action and by score, and liars say the opposite as loudly as they can.
 */
export function votesOf(
  { seed, unanimity }: { readonly seed: number; readonly unanimity: number },
  { host, batch, lies }: { host: number; batch: number; lies: boolean },
): Pick<Ballot, 'actions' | 'scores'> {
  const minds = new Draws(seed, 'minds', batch)
  const draws = new Draws(seed, 'votes', 64 * batch + host)
  const actions = new Uint8Array(ROWS)
  const scores = new Float32Array(ROWS)
  for (let row = 0; row < ROWS; row++) {
    const [agreed, threat] = [minds.chance(unanimity), minds.chance(0.5)]
    const [action, score] = [draws.below(4), draws.unit()]
    const wanted = threat ? 1 + (action % 2) : 3 * (action % 2)
    const opposite = threat ? 0 : 1
    actions[row] = !agreed ? action : lies ? opposite : wanted
    scores[row] = !agreed ? score : lies ? opposite : threat ? 1 - 0.49 * score : 0.49 * score
  }
  return { actions, scores }
}

function doubleSignature(agent: number, { kind, view, digest, lockView, batch, epoch, run }: Statement): string {
  return `${agent} ${kind} ${view} ${lockView} ${batch} ${epoch} ${digest} ${run}`
}
