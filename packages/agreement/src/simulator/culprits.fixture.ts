/**
 * Who is provably guilty when more than f agents are faulty and the others have been made to disagree. Every violated
 * agreement leaves more than f of them among the statements that honest agents have received (docs/agreement.md).
 */
import { type Checking, isSigned, statementOfClaim } from '../protocol/checks.ts'
import type { Claim, Message, QuorumCertificate } from '../protocol/messages.ts'
import { STANDARD_RULES } from '../protocol/rules.ts'
import { type Claimed, claimed, type SignedStatement } from '../protocol/statement.ts'

type Signed = { readonly agent: number; readonly statement: SignedStatement }

/**
 * All agents that contradict themselves in what was received.
 *
 * @param messages of one batch, from anybody: what is not signed by the one that it names does not count
 * @returns ascending
 */
export function culpritsOf(messages: Iterable<Message>, checking: Checking): number[] {
  const byAgent = new Map<number, SignedStatement[]>()
  const guilty = new Set<number>()
  for (const message of messages) {
    for (const { agent, statement } of statementsIn(message, checking)) {
      const earlier = byAgent.get(agent) ?? []
      if (earlier.some((other) => isSame(other, statement))) continue
      const { signature, ...unsigned } = statement
      if (!isSigned(checking, { agent, statement: unsigned, signature })) continue
      if (earlier.some((other) => STANDARD_RULES.conflicting(other, statement))) guilty.add(agent)
      byAgent.set(agent, [...earlier, statement])
    }
  }
  return [...guilty].sort((a, b) => a - b)
}

function statementsIn(message: Message, { rules, settings }: Checking): Signed[] {
  switch (message.type) {
    case 'ballot': {
      const { agent, digest, signature } = message.ballot
      return [of(agent, claimed('ballot', 0, digest), signature)]
    }
    case 'proposal': {
      const header = claimed('proposal', message.view, message.digest)
      const leader = of(rules.leaderOf(message.view, settings), header, message.signature)
      return [leader, ...message.claims.map(ofClaim), ...(message.lock === null ? [] : ofCertificate(message.lock))]
    }
    case 'vote':
      return [of(message.agent, claimed(message.phase, message.view, message.digest), message.signature)]
    case 'prepared':
    case 'committed':
      return ofCertificate(message.certificate)
    case 'status':
      return [ofClaim(message.claim)]
    case 'evidence':
      return [message.first, message.second].map((statement) => ({ agent: message.agent, statement }))
    case 'ask':
      return []
  }
}

function of(agent: number, statement: Claimed, signature: string): Signed {
  return { agent, statement: { ...statement, signature } }
}

function ofClaim(claim: Claim): Signed {
  return of(claim.agent, statementOfClaim(claim), claim.signature)
}

function ofCertificate({ phase, view, digest, signatures }: QuorumCertificate): Signed[] {
  return signatures.map(({ agent, signature }) => of(agent, claimed(phase, view, digest), signature))
}

function isSame(a: Claimed, b: Claimed): boolean {
  return a.kind === b.kind && a.view === b.view && a.digest === b.digest && a.lockView === b.lockView
}
