/**
 * What faulty agents do. A faulty agent runs the honest code and changes what it sends (`outgoing`), and adds messages of
 * its own when it hears one from an honest agent (`incoming`). It can sign as any liar, and as nobody else.
 */
import type { Ballot, Claim, Envelope, Message, QuorumCertificate, Value } from '../protocol/messages.ts'
import { type Claimed, claimed, NO_DIGEST } from '../protocol/statement.ts'
import { ballotDigest } from '../protocol/value.ts'
import { type Conspiracy, sorted } from './conspiracy.ts'
import type { Draws } from './draws.ts'

/** A faulty agent in one batch. */
export type Liar = {
  readonly agent: number
  readonly knows: Conspiracy
  readonly draws: Draws
  /** agents that it favours, where it does not treat all alike */
  readonly favoured: ReadonlySet<number>
  /** honest agents whose ballots it leaves out where it censors */
  readonly victims: ReadonlySet<number>
  /** other batches of the run, to carry messages over */
  readonly otherDomains: readonly Envelope['domain'][]
}

/** A message of a liar's own making. */
export type Sent = { readonly to: number | 'all'; readonly envelope: Envelope }

type Behaviour = {
  /** whether its honest code never gets to see a message */
  readonly ignores?: (liar: Liar, envelope: Envelope) => boolean
  readonly outgoing?: (liar: Liar, sent: { to: number; envelope: Envelope }) => Envelope[]
  readonly incoming?: (liar: Liar, envelope: Envelope) => Sent[]
}

/** Everything that a faulty agent may do, by name; it may do several of them. */
export const BEHAVIOURS = {
  silent: { outgoing: () => [] },
  selective: { outgoing: ({ favoured }, { to, envelope }) => (favoured.has(to) ? [envelope] : []) },
  // A leader that has not heard a ballot proposes without it, as an honest one does when its time is up.
  censor: { ignores: isOfVictim },
  'equivocal-leader': { outgoing: otherProposal },
  'equivocal-ballot': { outgoing: otherBallot },
  'double-vote': { incoming: voteForAll },
  collusion: { incoming: collude },
  fork: { incoming: fork },
  amnesia: { outgoing: forgetLock },
  overclaim: { outgoing: inventLock },
  forgery: { incoming: forge },
  replay: { incoming: replay },
  'far-view': { incoming: farView },
  'short-quorum': { incoming: shortQuorum },
  relabel: { incoming: relabel },
  'phantom-votes': { incoming: phantoms },
  'false-blame': { incoming: blame },
  nonsense: { incoming: nonsense },
  // The second host of the identity is the world's business.
  twin: {},
} as const satisfies Record<string, Behaviour>

/** A name in BEHAVIOURS. */
export type BehaviourName = keyof typeof BEHAVIOURS

/** Whether a faulty agent keeps a message from its honest code. */
export function ignores(liar: Liar, names: readonly BehaviourName[], envelope: Envelope): boolean {
  return names.some((name) => (BEHAVIOURS[name] as Behaviour).ignores?.(liar, envelope) ?? false)
}

/** What becomes of a message that the honest code of a faulty agent sends to one agent. */
export function outgoing(
  liar: Liar,
  names: readonly BehaviourName[],
  sent: { to: number; envelope: Envelope },
): Envelope[] {
  let envelopes = [sent.envelope]
  for (const name of names) {
    const behaviour: Behaviour = BEHAVIOURS[name]
    if (behaviour.outgoing === undefined) continue
    envelopes = envelopes.flatMap((envelope) => behaviour.outgoing!(liar, { to: sent.to, envelope }))
  }
  return envelopes
}

/** What a faulty agent sends when an honest one has sent it a message. */
export function incoming(liar: Liar, names: readonly BehaviourName[], envelope: Envelope): Sent[] {
  return names.flatMap((name) => (BEHAVIOURS[name] as Behaviour).incoming?.(liar, envelope) ?? [])
}

function isOfVictim({ victims }: Liar, { message }: Envelope): boolean {
  return message.type === 'ballot' && victims.has(message.ballot.agent)
}

function otherProposal({ knows, agent }: Liar, { to, envelope }: { to: number; envelope: Envelope }): Envelope[] {
  const { message } = envelope
  if (message.type !== 'proposal' || to % 2 === 0) return [envelope]
  const value = knows.otherValue(message.value)
  return value === null ? [envelope] : [knows.envelope(knows.proposal(agent, { ...message, value }))]
}

function otherBallot({ knows, agent }: Liar, { to, envelope }: { to: number; envelope: Envelope }): Envelope[] {
  const { message } = envelope
  if (message.type !== 'ballot' || to % 2 === 0) return [envelope]
  return [knows.envelope({ type: 'ballot', ballot: knows.otherBallot(agent, message.ballot) })]
}

/** Votes of both phases for whatever is proposed. */
function voteForAll({ knows, agent }: Liar, { message }: Envelope): Sent[] {
  if (message.type !== 'proposal') return []
  const { view } = message
  return (['prepare', 'commit'] as const).flatMap((phase) =>
    [...knows.values.keys()].slice(-3).map((digest): Sent => {
      const signature = knows.sign(agent, claimed(phase, view, digest))
      const vote: Message = { type: 'vote', phase, view, digest, agent, signature }
      return { to: knows.leaderOf(view), envelope: knows.envelope(vote) }
    }),
  )
}

/** The liars sign for every value that they know, and show any quorum that comes of it to some of the agents. */
function collude({ knows, draws }: Liar, { message }: Envelope): Sent[] {
  if (message.type !== 'vote') return []
  const { view } = message
  const sent: Sent[] = []
  for (const [digest, value] of [...knows.values].slice(-3)) {
    const prepared = knows.certificate('prepare', view, digest)
    const committed = knows.certificate('commit', view, digest)
    for (let to = 0; to < knows.settings.agentCount; to++) {
      if (draws.chance(0.5)) continue
      if (prepared !== null) sent.push({ to, envelope: knows.envelope({ type: 'prepared', certificate: prepared }) })
      if (committed === null) continue
      sent.push({ to, envelope: knows.envelope({ type: 'committed', certificate: committed, value }) })
    }
  }
  return sent
}

/** Leads with a value of its own choice, on the claims that know least and an old certificate or none. */
function fork({ knows, agent, draws }: Liar, { message }: Envelope): Sent[] {
  if (message.type !== 'status' || knows.leaderOf(message.claim.view) !== agent) return []
  const { view } = message.claim
  const others = [...knows.claims.get(view)!.values()].filter((claim) => !knows.signs.has(claim.agent))
  others.sort((a, b) => a.lockView - b.lockView)
  const claims = [...[...knows.signs.keys()].map((liar) => knows.emptyClaim(liar, view)), ...others]
  if (claims.length < knows.quorum) return []
  const chosen = claims.slice(0, knows.quorum).sort((a, b) => a.agent - b.agent)
  const lock = draws.chance(0.5) ? null : (knows.certificates[0] ?? null)
  const locked = lock === null ? undefined : knows.values.get(lock.digest)
  const value = locked ?? freshValue(knows, draws)
  if (value === null) return []
  return [{ to: 'all', envelope: knows.envelope(knows.proposal(agent, { view, value, claims: chosen, lock })) }]
}

function forgetLock({ knows, agent }: Liar, { envelope }: { envelope: Envelope }): Envelope[] {
  const { message } = envelope
  if (message.type !== 'status') return [envelope]
  const claim = knows.emptyClaim(agent, message.claim.view)
  return [knows.envelope({ ...message, claim, lock: null, value: [] })]
}

function inventLock({ knows, agent }: Liar, { envelope }: { envelope: Envelope }): Envelope[] {
  const { message } = envelope
  if (message.type !== 'status') return [envelope]
  const { view } = message.claim
  const digest = [...knows.values.keys()].at(-1)
  if (digest === undefined) return [envelope]
  const statement: Claimed = { kind: 'status', view, digest, lockView: view - 1 }
  const claim: Claim = { agent, view, digest, lockView: view - 1, signature: knows.sign(agent, statement) }
  return [knows.envelope({ ...message, claim, lock: knows.certificates[0] ?? null })]
}

/** Messages in the name of an honest agent, with the liar's signature or one that was made for something else. */
function forge({ knows, agent, draws }: Liar, _: Envelope): Sent[] {
  if (!draws.chance(0.2) || knows.statements.length === 0) return []
  const victim = draws.pick(knows.statements)
  const view = knows.view + draws.below(2)
  const digest = [...knows.values.keys()].at(-1) ?? NO_DIGEST
  const signatureFor = (statement: Claimed) =>
    draws.chance(0.5) ? knows.sign(agent, statement) : victim.statement.signature
  const phase = draws.pick(['prepare', 'commit'] as const)
  const vote: Message = {
    type: 'vote',
    phase,
    view,
    digest,
    agent: victim.agent,
    signature: signatureFor(claimed(phase, view, digest)),
  }
  const empty = knows.emptyClaim(agent, view)
  const status: Message = {
    type: 'status',
    claim: { ...empty, agent: victim.agent },
    seen: null,
    lock: null,
    value: [],
  }
  const messages: Message[] = [vote, status]
  const ballot = knows.ballots.get(victim.agent)
  if (ballot !== undefined) {
    const actions = ballot.actions.map((action) => 3 - action)
    const own = ballotDigest({ actions, scores: ballot.scores })
    // Other votes under the victim's digest and signature, or under their own digest with a signature that is not its.
    const forged: Ballot = draws.chance(0.5)
      ? { ...ballot, actions }
      : { ...ballot, actions, digest: own, signature: signatureFor(claimed('ballot', 0, own)) }
    messages.push({ type: 'ballot', ballot: forged })
    const value = knows.values.get(digest)?.map((other) => (other.agent === victim.agent ? forged : other))
    if (value !== undefined && knows.leaderOf(view) === agent) {
      messages.push(knows.proposal(agent, { view, value, claims: [], lock: null }))
    }
  }
  return [{ to: 'all', envelope: knows.envelope(draws.pick(messages)) }]
}

/** Messages again, as they were or in another batch, epoch, phase or view. */
function replay({ knows, draws, otherDomains }: Liar, _: Envelope): Sent[] {
  if (!draws.chance(0.4) || knows.heard.length === 0) return []
  const { domain, message } = draws.pick(knows.heard)
  const domains = [domain, domain, { ...domain, epoch: domain.epoch + 1 }, ...otherDomains, ...otherDomains]
  const moved = draws.pick(domains)
  if (message.type !== 'vote') return [{ to: 'all', envelope: { domain: moved, message } }]
  const phase = draws.pick(['prepare', 'commit'] as const)
  const view = draws.chance(0.5) ? message.view : knows.view
  return [{ to: knows.leaderOf(view), envelope: { domain: moved, message: { ...message, phase, view } } }]
}

/** Claims and proposals of views that are long over or far away. */
function farView({ knows, agent, draws }: Liar, _: Envelope): Sent[] {
  if (!draws.chance(0.2)) return []
  const view = draws.pick([Math.max(1, knows.view - 2), knows.view + 2, knows.view + 5, 1000, 2 ** 31 - 1])
  const claim = knows.emptyClaim(agent, view)
  const value = freshValue(knows, draws)
  if (value === null || draws.chance(0.5)) {
    return [{ to: 'all', envelope: knows.envelope({ type: 'status', claim, seen: null, lock: null, value: [] }) }]
  }
  const proposal = knows.proposal(agent, { view, value, claims: [claim], lock: null })
  return [{ to: 'all', envelope: knows.envelope(proposal) }]
}

/** Certificates with too few signatures, with one several times, or with those of the other phase. */
function shortQuorum({ knows, agent, draws }: Liar, { message }: Envelope): Sent[] {
  if (message.type !== 'vote' && message.type !== 'proposal') return []
  const { view } = message
  const digest = draws.pick([...knows.values.keys()].slice(-3))
  if (digest === undefined) return []
  const phase = draws.pick(['prepare', 'commit'] as const)
  const own = { agent, signature: knows.sign(agent, claimed(phase, view, digest)) }
  const known = sorted(new Map(knows.votesFor({ phase, view, digest })).set(agent, own.signature))
  const otherPhase = phase === 'prepare' ? 'commit' : 'prepare'
  const signatures = draws.pick([
    known.slice(0, knows.quorum - 1),
    Array.from({ length: knows.quorum }, (_, i) => known[i] ?? own).sort((a, b) => a.agent - b.agent),
    sorted(knows.votesFor({ phase: otherPhase, view, digest })),
  ])
  return certificateToAll(knows, { phase, view, digest, signatures })
}

/** Certificates of another view or phase under the label of this one. */
function relabel({ knows }: Liar, { message }: Envelope): Sent[] {
  if (message.type !== 'proposal') return []
  const { view } = message
  return knows.certificates.flatMap((certificate) =>
    (['prepare', 'commit'] as const).flatMap((phase) => certificateToAll(knows, { ...certificate, phase, view })),
  )
}

/** Certificates signed by agents that do not exist, or have not voted. */
function phantoms({ knows, agent, draws }: Liar, { message }: Envelope): Sent[] {
  if (message.type !== 'proposal' || !draws.chance(0.5)) return []
  const { view } = message
  const { digest } = message
  const phase = draws.pick(['prepare', 'commit'] as const)
  const first = draws.chance(0.5) ? knows.settings.agentCount - 1 : 0
  const signature = knows.sign(agent, claimed(phase, view, digest))
  const signatures = Array.from({ length: knows.quorum }, (_, i) => ({ agent: first + i, signature }))
  return certificateToAll(knows, { phase, view, digest, signatures })
}

/** Evidence against honest agents: a statement of theirs beside one that they did not sign. */
function blame({ knows, agent, draws }: Liar, _: Envelope): Sent[] {
  if (!draws.chance(0.2) || knows.statements.length === 0) return []
  const { agent: victim, statement } = draws.pick(knows.statements)
  const digest = 'ab'.repeat(32)
  const other = { ...statement, digest }
  const forged = { ...other, signature: draws.chance(0.5) ? knows.sign(agent, other) : statement.signature }
  const [first, second] = draws.chance(0.5) ? [statement, forged] : [forged, statement]
  return [{ to: 'all', envelope: knows.envelope({ type: 'evidence', agent: victim, first, second }) }]
}

/** Ballots and values that make no sense, with the liar's own sound signature. */
function nonsense({ knows, agent, draws }: Liar, _: Envelope): Sent[] {
  const own = knows.ballots.values().next().value
  if (!draws.chance(0.2) || own === undefined) return []
  const broken = draws.pick<Ballot>([
    { ...own, agent, actions: own.actions.map(() => 9) },
    { ...own, agent, scores: own.scores.map(() => Number.NaN) },
    { ...own, agent, actions: new Uint8Array(0), scores: new Float32Array(0) },
    { ...own, agent: knows.settings.agentCount },
  ])
  const digest = 'cd'.repeat(32)
  const ballot = { ...broken, digest, signature: knows.sign(agent, claimed('ballot', 0, digest)) }
  const value = [...knows.ballots.values(), ballot]
  const signature = knows.sign(agent, claimed('proposal', knows.view, digest))
  const proposal: Message = { type: 'proposal', view: knows.view, digest, value, claims: [], lock: null, signature }
  const message = draws.chance(0.5) ? proposal : ({ type: 'ballot', ballot } as const)
  return [{ to: 'all', envelope: knows.envelope(message) }]
}

function certificateToAll(knows: Conspiracy, certificate: QuorumCertificate): Sent[] {
  const value = knows.values.get(certificate.digest)
  if (certificate.phase === 'prepare')
    return [{ to: 'all', envelope: knows.envelope({ type: 'prepared', certificate }) }]
  if (value === undefined) return []
  return [{ to: 'all', envelope: knows.envelope({ type: 'committed', certificate, value }) }]
}

/** A sound value of the ballots that are known, other than the usual one; null when there are too few. */
function freshValue(knows: Conspiracy, draws: Draws): Value | null {
  const { agentCount, faults } = knows.settings
  const ballots = [...knows.ballots.values()].sort((a, b) => a.agent - b.agent)
  if (ballots.length < agentCount - faults) return null
  return draws.chance(0.5) ? ballots.slice(0, agentCount - faults) : ballots.slice(-(agentCount - faults))
}
