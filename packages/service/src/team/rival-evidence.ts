/** Proofs against agents that have signed two successors of one epoch. */
import { type Epoch, successorEvidence } from '@vigil/agreement'
import { serviceError } from '../errors.ts'
import { readEpochs, successorFile } from './epoch-files.ts'
import { readSignatures } from './epoch-signatures.ts'
import { readTeam } from './team-files.ts'

/**
 * Compares the successor in the folder of a team with another one of the same epoch. Only signatures that hold count.
 *
 * @param team manifest of the first epoch
 * @param rival the other manifest, with the signatures under it beside it
 * @param note told in a sentence what a person should know
 * @returns a line of JSON for each proof, as the enforcer keeps them, and who is named
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
export async function rivalEvidence(
  team: string,
  rival: string,
  note: (text: string) => void,
): Promise<{ readonly lines: readonly string[]; readonly agents: readonly number[] }> {
  const other = await readTeam(rival)
  const epochs = await readEpochs(team, note)
  const before = epochs.find(({ team: { id } }) => id === other.manifest.follows?.manifest)
  if (before === undefined) {
    throw serviceError('TEAM_INVALID', `${rival} follows no epoch of ${team}. Give another successor of one of those.`)
  }
  const file = successorFile(team, epochs.slice(0, epochs.indexOf(before) + 1))
  const sideOf = async (next: Epoch, path: string) => ({
    next,
    signatures: await readSignatures(path, 'agent', before),
  })
  const proofs = successorEvidence(before, [await sideOf(await readTeam(file), file), await sideOf(other, rival)])
  return {
    lines: proofs.map(({ domain, evidence: { agent, first, second } }) =>
      JSON.stringify({ ...domain, agent, first, second }),
    ),
    agents: proofs.map(({ evidence }) => evidence.agent),
  }
}
