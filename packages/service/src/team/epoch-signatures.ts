/**
 * Signatures beside a manifest, one file for each: team.1.agent-0.json of an agent of the epoch before, under its successor, and
 * team.1.ready-0.json of an agent of the new one, which shows that it holds its key. What is none counts for nothing.
 */
import { readFile } from 'node:fs/promises'
import type { Epoch, SuccessorSignature } from '@vigil/agreement'
import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'

/** Longest file of a signature. */
const SIGNATURE_BYTES_MAX = 4096

const signatureSchema = z.strictObject({
  manifest: z.string(),
  agent: z.int().min(0),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
})

/** Who signs: an agent of the epoch before, or one of the new epoch. */
export type Signer = 'agent' | 'ready'

/** Signatures of all agents of an epoch that are there, whether they hold or not. @param manifest path of what they sign */
export async function readSignatures(manifest: string, signer: Signer, { team }: Epoch): Promise<SuccessorSignature[]> {
  const agents = Array.from({ length: team.agentCount }, (_, agent) => agent)
  const read = await Promise.all(agents.map(async (agent) => await readSignature(manifest, signer, agent)))
  return read.filter((one) => one !== null)
}

/** @returns null where there is none, or what is there is that of another agent */
export async function readSignature(
  manifest: string,
  signer: Signer,
  agent: number,
): Promise<SuccessorSignature | null> {
  const bytes = await readFile(signatureFile(manifest, signer, agent)).catch(() => null)
  const one = bytes === null || bytes.length > SIGNATURE_BYTES_MAX ? null : signatureOf(bytes.toString('utf8'))
  return one?.agent === agent ? one : null
}

/**
 * @param manifest path of what is signed
 * @returns the path of the signature
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function writeSignature(
  manifest: string,
  signer: Signer,
  { next, agent, signature }: SuccessorSignature & { readonly next: Epoch },
): Promise<string> {
  const file = signatureFile(manifest, signer, agent)
  await writeFileAtomically(file, `${JSON.stringify({ manifest: next.team.id, agent, signature })}\n`)
  return file
}

function signatureOf(text: string): SuccessorSignature | null {
  try {
    const read = signatureSchema.safeParse(JSON.parse(text))
    return read.success ? { agent: read.data.agent, signature: read.data.signature } : null
  } catch {
    return null
  }
}

/** The path of a signature. @param manifest path of what is signed */
function signatureFile(manifest: string, signer: Signer, agent: number): string {
  return manifest.replace(/(\.json)?$/, `.${signer}-${agent}.json`)
}
