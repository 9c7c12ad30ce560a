import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { EvaluationSplit, Team } from '@vigil/actors'
import { agree, decodePublicTeam, encodeCertificates, encodePublicTeam, generateTeamKeys } from '@vigil/agreement'
import { writeFileAtomically } from '@vigil/command-line'
import type { Config } from '@vigil/config'
import { type SplitDecisions, voteSettings, weightsOfTeam } from '@vigil/evaluation'
import { weightsSha256 } from '@vigil/runs'
import { evaluationSettingsOf } from '../settings.ts'
import type { RunIdentity } from './session.ts'

/** Rows that are agreed on at a time: batch b is led by agent b mod n first, so that no agent leads more than its share. */
const BATCH_ROWS = 1000

/** What is decided on by whom. */
export type Certified = Pick<RunIdentity, 'datasetFingerprint' | 'configFingerprint'> & {
  /** [A, P] */
  readonly parameters: Float32Array
  readonly split: EvaluationSplit
}

/**
 * The name by which certificates call the run: SHA-256 over four lines, of weights, data, split and settings. It names
 * them; that the votes came from them is not proven, for who signs can sign any votes under any name.
 *
 * @returns 64 hex digits
 */
export function certifiedRun({ parameters, datasetFingerprint, split, configFingerprint }: Certified): string {
  const lines = [
    `weights ${weightsSha256(parameters)}`,
    `dataset ${datasetFingerprint}`,
    `split ${split}`,
    `config ${configFingerprint}`,
  ]
  return hash('sha256', lines.map((line) => `${line}\n`).join(''))
}

/**
 * Lets the team agree on its decisions and writes the certificates, with the public keys to check them by.
 *
 * The private keys are made for this and are not stored: with what is on the disk nobody can sign anything more that holds
 * under these public keys. Who can write to the folder can put other keys and certificates in place of both files, which
 * only the SHA-256 of the public keys, kept elsewhere, shows. All agents run in this process, so the signatures do not say
 * that several machines had a say.
 *
 * @param certified parameters [A, P] of the team, published here; `decisions` what they decide on the split; `files` where to write
 * @returns decisions certified, and the SHA-256 of the file of public keys (hex)
 * @throws {VigilError} FILE_UNWRITABLE, NO_AGREEMENT
 */
export async function certifyDecisions(
  team: Team,
  config: Config,
  certified: Certified & {
    readonly decisions: SplitDecisions
    readonly files: { readonly certificates: string; readonly publicKeys: string }
  },
): Promise<{ readonly rows: number; readonly keysSha256: string }> {
  const { parameters, decisions, files } = certified
  const settings = evaluationSettingsOf(config)
  const { rule, faults, agents: agentCount } = settings
  team.publish(parameters, 0)
  const weights = rule === 'weighted' ? await weightsOfTeam(team, settings) : new Uint32Array(agentCount).fill(1)
  const { faults: _stated, ...decision } = voteSettings(settings, rule, weights)
  const keys = generateTeamKeys(agentCount)
  const rows = decisions.actions.length
  const epoch = await epochAfter(files.publicKeys)
  const terms = { run: certifiedRun(certified), epoch, agentCount, faults, decision, rows, batchRows: BATCH_ROWS }
  const certificates = agree({ terms, keys, votes: decisions.agents })
  // A crash between the two leaves certificates that do not hold, never some that only seem to.
  const publicTeam = encodePublicTeam({ ...terms, publicKeys: keys.map(({ publicKey }) => publicKey) })
  await writeFileAtomically(files.publicKeys, publicTeam)
  await writeFileAtomically(files.certificates, encodeCertificates(certificates))
  return { rows, keysSha256: hash('sha256', publicTeam) }
}

/** The epoch after that of the keys that are about to be replaced; 0 where there are none to read. Only the keys are always new. */
async function epochAfter(publicKeys: string): Promise<number> {
  try {
    return (decodePublicTeam(await readFile(publicKeys, 'utf8')).epoch + 1) % 2 ** 32
  } catch {
    return 0
  }
}
