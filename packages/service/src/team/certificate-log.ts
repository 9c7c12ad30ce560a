/** A file of certificates (packages/agreement, certificate-file.ts) that grows, certificate by certificate, batch by batch. */
import { fstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import {
  type BatchCertificate,
  CHAIN_BEGIN,
  type ChainPlace,
  type ChainTeam,
  certificateEntry,
  certificatesHead,
  decodeCertificates,
  placeAfter,
  settingsOfLink,
  verifyLink,
} from '@vigil/agreement'
import { VigilError } from '@vigil/errors'
import { serviceError } from '../errors.ts'
import { keepSound, logUnwritable, writeThrough } from './write-through.ts'

const LENGTH_BYTES = 4

const BEGIN: ChainPlace = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }

/** Longest certificate that is read. */
const CERTIFICATE_BYTES_MAX = 2 ** 26

/** The team of a batch, as far as its epochs are known. */
export type TeamAt = (batch: number) => ChainTeam

/** The certificates of a chain, in a file. */
export type CertificateLog = {
  /** behind the last certificate */
  readonly place: ChainPlace
  /** Stores a certificate that holds as the next one. @throws {VigilError} LOG_UNWRITABLE */
  append(certificate: BatchCertificate): Promise<void>
  /** @param batch below place.batch */
  read(batch: number): Promise<BatchCertificate>
  close(): Promise<void>
}

/**
 * Opens the file, or makes one. A last certificate that the power's end has left unwritten or half written is cut off: it was never
 * said to be stored, and the agents have it.
 *
 * @param teams of all epochs: a last certificate of one that holds, where a later epoch should have decided, is never cut off
 * @throws {VigilError} LOG_INVALID where the last certificate is none of the team, EPOCH_OLD, TEAM_BROKEN, LOG_UNWRITABLE
 */
export async function openCertificateLog(
  path: string,
  teamAt: TeamAt,
  teams: readonly ChainTeam[],
): Promise<CertificateLog> {
  const file = await open(path, 'a+', 0o644)
  try {
    const head = certificatesHead()
    const { bytesRead, buffer } = await file.read(Buffer.alloc(head.length + 1), 0, null, 0)
    const begun = buffer.subarray(0, bytesRead)
    // A file may have got its length before its bytes: those are zeros then.
    const isTorn = begun.equals(head.subarray(0, bytesRead)) || begun.every((byte) => byte === 0)
    if (bytesRead <= head.length && isTorn) {
      await file.truncate(0)
      await stored(file, path, head)
    } else if (!buffer.subarray(0, head.length).equals(head)) throw invalid(path, 'it does not begin as one')
    const offsets = await offsetsIn(file, head.length)
    return await logOn(file, path, { teamAt, teams }, offsets)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Where each whole entry begins, and the last one ends. */
async function offsetsIn(file: FileHandle, from: number): Promise<number[]> {
  const { size } = await file.stat()
  const offsets = [from]
  for (let at = from; at + LENGTH_BYTES <= size; ) {
    const { buffer } = await file.read(Buffer.alloc(LENGTH_BYTES), 0, LENGTH_BYTES, at)
    const length = buffer.readUInt32LE(0)
    at += LENGTH_BYTES + length
    // A file may have got its length before its bytes: those are zeros then.
    if (length === 0 || at > size) break
    offsets.push(at)
  }
  return offsets
}

/** The teams of a chain, by batch and all of them. */
type Teams = { readonly teamAt: TeamAt; readonly teams: readonly ChainTeam[] }

async function logOn(
  file: FileHandle,
  path: string,
  { teamAt, teams }: Teams,
  offsets: number[],
): Promise<CertificateLog> {
  const certificateAt = async (batch: number, team = teamAt(batch)) => {
    const [begin, end] = [offsets[batch], offsets[batch + 1]]
    const bytes = Buffer.alloc(Math.min(end - begin, CERTIFICATE_BYTES_MAX))
    await file.read(bytes, 0, bytes.length, begin)
    return decodeCertificates(Buffer.concat([certificatesHead(), bytes]), team)[0]
  }
  const behind = async (count: number) => {
    if (count === 0) return BEGIN
    const batch = count - 1
    const read = async (team: ChainTeam) => await certificateAt(batch, team)
    const found = await placeBehind(path, read, { batch, team: teamAt(batch) })
    if ('torn' in found) await assertNoOtherHolds(read, { batch, teamAt, teams })
    return found
  }
  const count = offsets.length - 1
  const last = await behind(count)
  if (!('torn' in last)) return await growing(last)
  const before = await behind(count - 1)
  if ('torn' in before || !last.torn) throw invalid(path, `its last certificate does not hold (${last.reason})`)
  offsets.pop()
  return await growing(before)

  async function growing(first: ChainPlace): Promise<CertificateLog> {
    await keepSound(path, file.fd, offsets[offsets.length - 1])
    let now = first
    return {
      get place() {
        return now
      },
      async append(certificate) {
        const bytes = certificateEntry(certificate)
        await stored(file, path, bytes)
        offsets.push(offsets[offsets.length - 1] + bytes.length)
        now = placeAfter(certificate)
      },
      read: async (batch) => await certificateAt(batch),
      close: async () => await file.close(),
    }
  }
}

/** What is wrong with a certificate, and whether the power's end may have left it so: another team's it is not. */
type Unsound = { readonly reason: string; readonly torn: boolean }

/**
 * The place behind a certificate; what stands before it was checked when it was stored.
 *
 * @throws {VigilError} EPOCH_OLD where it is of an epoch that is not known
 */
async function placeBehind(
  path: string,
  read: (team: ChainTeam) => Promise<BatchCertificate>,
  { batch, team }: { readonly batch: number; readonly team: ChainTeam },
): Promise<ChainPlace | Unsound> {
  let found: BatchCertificate
  try {
    found = await read(team)
  } catch (error) {
    if (error instanceof VigilError) return { reason: error.message, torn: true }
    throw error
  }
  const { settings, link } = found
  const { domain, firstRow, rows } = settings
  const before = { batch, firstRow, previous: link?.previous ?? '' }
  const reason = verifyLink(found, before, team)
  if (reason === null) return placeAfter(found)
  if (domain.epoch > team.epoch) throw epochOld(path, domain.epoch, team.epoch)
  const own = settingsOfLink(team, { ...before, rows, events: link?.events ?? '' })
  return { reason, torn: batch > 0 || own.domain.run === domain.run }
}

/**
 * Something was done by a certificate that holds. Where an earlier epoch gave it and a valid successor begins no later, both pasts
 * were signed.
 *
 * @throws {VigilError} TEAM_BROKEN
 */
async function assertNoOtherHolds(
  read: (team: ChainTeam) => Promise<BatchCertificate>,
  { batch, teamAt, teams }: Teams & { readonly batch: number },
): Promise<void> {
  const now = teamAt(batch)
  for (const team of teams.filter(({ epoch }) => epoch < now.epoch)) {
    const found = await read(team).catch((error) => {
      if (error instanceof VigilError) return null
      throw error
    })
    if (found === null) continue
    const before = { batch, firstRow: found.settings.firstRow, previous: found.link?.previous ?? '' }
    if (verifyLink(found, before, team) === null) throw bothPasts({ batch, old: team.epoch, epoch: now.epoch })
  }
}

/** An epoch certified a batch, and its agents signed a successor that begins no later. */
export function bothPasts({
  batch,
  old,
  epoch,
}: {
  readonly batch: number
  readonly old: number
  readonly epoch: number
}): VigilError {
  return serviceError(
    'TEAM_BROKEN',
    `Epoch ${old} has certified batch ${batch}, and a quorum of it has signed that epoch ${epoch} begins no later: more agents have lied than the team bears. Make a new team without them.`,
  )
}

async function stored(file: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  const { size } = fstatSync(file.fd)
  try {
    writeThrough(file.fd, bytes, size)
  } catch (cause) {
    await file.truncate(size).catch(() => undefined)
    throw logUnwritable(path, cause as Error)
  }
}

function epochOld(path: string, done: number, known: number) {
  return serviceError(
    'EPOCH_OLD',
    `${path} ends with a certificate of epoch ${done}, but the manifests end with epoch ${known}. Give the manifests and signatures of all epochs.`,
  )
}

function invalid(path: string, reason: string) {
  return serviceError('LOG_INVALID', `${path} is no file of this team: ${reason}. Give the folder of this epoch.`)
}
