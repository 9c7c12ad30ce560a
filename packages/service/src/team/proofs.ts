/** Proofs that agents have lied, one of each agent and batch, and what they come to. */
import type { ChainTeam, Domain, Evidence } from '@vigil/agreement'
import { serviceError } from '../errors.ts'

/** An agent of an epoch that is proven to have lied. */
export type Accused = { readonly epoch: number; readonly agent: number }

/** Where proofs come from and go to. */
export type ProofOptions = {
  /** of whose lies there were proofs before the start */
  readonly accused: readonly Accused[]
  /** keeps a proof that an agent has lied, a line of JSON */
  readonly evidence: (line: string) => Promise<void>
  /** told in a sentence what a person should know */
  readonly alarm: (text: string) => void
}

/** Proofs against agents. */
export type Proofs = {
  /** Whether there is one of a batch, or of a later one. */
  has(domain: Domain, agent: number): boolean
  /** Keeps one that holds, unless there is one. */
  keep(domain: Domain, evidence: Pick<Evidence, 'agent' | 'first' | 'second'>): Promise<void>
  /** Nothing is done by the certificates of an epoch of which more agents have lied than it bears. @throws {VigilError} TEAM_BROKEN */
  assertSound(team: Pick<ChainTeam, 'epoch' | 'faults'>): void
}

/** Those that are known, and those that come. */
export function createProofs({ accused, evidence, alarm }: ProofOptions): Proofs {
  /** by epoch and agent: the latest batch of which there is one */
  const latest = new Map<number, Map<number, number>>()
  const inEpoch = (epoch: number) => {
    const known = latest.get(epoch) ?? new Map<number, number>()
    latest.set(epoch, known)
    return known
  }
  for (const { epoch, agent } of accused) inEpoch(epoch).set(agent, -1)
  const has: Proofs['has'] = ({ epoch, batch }, agent) => (inEpoch(epoch).get(agent) ?? -1) >= batch
  return {
    has,
    async keep(domain, { agent, first, second }) {
      if (has(domain, agent)) return
      const known = inEpoch(domain.epoch)
      const isFirst = !known.has(agent)
      known.set(agent, domain.batch)
      await evidence(JSON.stringify({ ...domain, agent, first, second }))
      if (isFirst) {
        alarm(`Agent ${agent} has signed two statements in batch ${domain.batch} that contradict each other.`)
      }
    },
    assertSound({ epoch, faults }) {
      const liars = [...inEpoch(epoch).keys()].sort((a, b) => a - b)
      if (liars.length <= faults) return
      throw serviceError(
        'TEAM_BROKEN',
        `Agents ${liars.join(', ')} of epoch ${epoch} have contradicted themselves, and the team bears ${faults}: its certificates prove nothing any more. Make a new team without them.`,
      )
    },
  }
}
