/** A file of certificates (packages/agreement, certificate-file.ts) that grows, certificate by certificate, batch by batch. */
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
  verifyLink,
} from '@vigil/agreement'
import { serviceError } from '../errors.ts'

const LENGTH_BYTES = 4

/** Longest certificate that is read. */
const CERTIFICATE_BYTES_MAX = 2 ** 26

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
 * Opens the file, or makes one. A certificate that is torn at its end is cut off.
 *
 * @throws {VigilError} LOG_INVALID where the last certificate is none of the team, LOG_UNWRITABLE
 */
export async function openCertificateLog(path: string, team: ChainTeam): Promise<CertificateLog> {
  const file = await open(path, 'a+', 0o644)
  try {
    const head = certificatesHead()
    const { size } = await file.stat()
    if (size < head.length) {
      await file.truncate(0)
      await stored(file, path, head)
    }
    const offsets = await offsetsIn(file, head.length)
    return await logOn(file, path, team, offsets)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Where each entry begins, and the last one ends. */
async function offsetsIn(file: FileHandle, from: number): Promise<number[]> {
  const { size } = await file.stat()
  const offsets = [from]
  for (let at = from; at + LENGTH_BYTES <= size; ) {
    const { buffer } = await file.read(Buffer.alloc(LENGTH_BYTES), 0, LENGTH_BYTES, at)
    at += LENGTH_BYTES + buffer.readUInt32LE(0)
    if (at > size) break
    offsets.push(at)
  }
  const end = offsets[offsets.length - 1]
  if (end < size) await file.truncate(end)
  return offsets
}

async function logOn(file: FileHandle, path: string, team: ChainTeam, offsets: number[]): Promise<CertificateLog> {
  const certificateAt = async (batch: number) => {
    const [begin, end] = [offsets[batch], offsets[batch + 1]]
    const bytes = Buffer.alloc(Math.min(end - begin, CERTIFICATE_BYTES_MAX))
    await file.read(bytes, 0, bytes.length, begin)
    return decodeCertificates(Buffer.concat([certificatesHead(), bytes]), team)[0]
  }
  const count = offsets.length - 1
  const place =
    count === 0
      ? { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }
      : await placeIn(path, team, await certificateAt(count - 1))
  if (place.batch !== count)
    throw invalid(path, `it holds ${count} certificates, and the last is that of batch ${place.batch - 1}`)
  return growing(place)

  function growing(first: ChainPlace): CertificateLog {
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
      read: certificateAt,
      close: async () => await file.close(),
    }
  }
}

/** What stands before the last certificate was checked when it was stored. */
async function placeIn(path: string, team: ChainTeam, last: BatchCertificate): Promise<ChainPlace> {
  const { settings, link } = last
  const before = { batch: settings.domain.batch, firstRow: settings.firstRow, previous: link?.previous ?? '' }
  const reason = verifyLink(last, before, team)
  if (reason !== null) throw invalid(path, `its last certificate does not hold (${reason})`)
  return placeAfter(last)
}

async function stored(file: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  const { size } = await file.stat()
  try {
    await file.appendFile(bytes)
    await file.datasync()
  } catch (cause) {
    await file.truncate(size).catch(() => undefined)
    throw serviceError(
      'LOG_UNWRITABLE',
      `${path} could not be extended: ${(cause as Error).message}. Nothing is done that is not stored. Make room, and start again.`,
      { cause },
    )
  }
}

function invalid(path: string, reason: string) {
  return serviceError('LOG_INVALID', `${path} is no file of this team: ${reason}. Give the folder of this epoch.`)
}
