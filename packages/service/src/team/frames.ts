/**
 * What the members of a team send each other on a connection:
 *
 *   bytes 0-3  length of what follows, u32 big-endian
 *   byte 4     kind
 *   then       the content
 *
 * The connection is not trusted with anything but the way: what counts in the content is signed.
 */

/** Numbers of the kinds. */
export const FRAME_KINDS = {
  /** between agents: batch u32, envelope of packages/agreement */
  message: 1,
  /** agent to enforcer: batch u32 that it can begin next */
  want: 2,
  /** enforcer to agent: a batch, as batchContent lays it out */
  batch: 3,
  /** both ways: batch u32, envelope with a committed value */
  committed: 4,
  /** agent to enforcer: batch u32, envelope with evidence */
  evidence: 5,
} as const

/** A name in FRAME_KINDS. */
export type FrameKind = keyof typeof FRAME_KINDS

/** One frame, without its length. */
export type Frame = { readonly kind: FrameKind; readonly content: Uint8Array }

const KIND_NAMES = Object.keys(FRAME_KINDS) as FrameKind[]
const HEAD_BYTES = 5

/** A frame's bytes. */
export function encodeFrame({ kind, content }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + content.length)
  bytes.writeUInt32BE(1 + content.length, 0)
  bytes[4] = FRAME_KINDS[kind]
  bytes.set(content, HEAD_BYTES)
  return bytes
}

/** Puts frames together from the pieces of a connection. */
export type FrameReader = {
  /** @returns the frames that are whole now; null = the sender keeps to no frames, and nothing more is to be read */
  push(piece: Uint8Array): Frame[] | null
}

/** @param bytesMax longest frame: a longer one is refused before anything is kept of it */
export function createFrameReader(bytesMax: number): FrameReader {
  let kept: Uint8Array[] = []
  let keptBytes = 0
  let isBroken = false
  return {
    push(piece) {
      if (isBroken) return null
      kept.push(piece)
      keptBytes += piece.length
      const frames: Frame[] = []
      for (;;) {
        if (keptBytes < HEAD_BYTES) return frames
        const head = firstBytes(kept, HEAD_BYTES)
        const length = head.readUInt32BE(0)
        const kind = KIND_NAMES[head[4] - 1]
        isBroken = length === 0 || length > bytesMax || kind === undefined
        if (isBroken) {
          kept = []
          return null
        }
        if (keptBytes < 4 + length) return frames
        const all = kept.length === 1 ? kept[0] : Buffer.concat(kept, keptBytes)
        frames.push({ kind, content: all.subarray(HEAD_BYTES, 4 + length) })
        keptBytes -= 4 + length
        kept = keptBytes > 0 ? [all.subarray(4 + length)] : []
      }
    },
  }
}

/** The first bytes of pieces that hold as many. */
function firstBytes(pieces: readonly Uint8Array[], count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count)
  let at = 0
  for (let i = 0; at < count; i++) {
    const part = pieces[i].subarray(0, count - at)
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** A number and bytes, as most frames have them. */
export function numbered(batch: number, bytes: Uint8Array = new Uint8Array(0)): Uint8Array {
  const content = Buffer.allocUnsafe(4 + bytes.length)
  content.writeUInt32BE(batch, 0)
  content.set(bytes, 4)
  return content
}

/** @returns null where the content is too short */
export function readNumbered(content: Uint8Array): { readonly batch: number; readonly bytes: Uint8Array } | null {
  if (content.length < 4) return null
  return { batch: bufferOf(content).readUInt32BE(0), bytes: content.subarray(4) }
}

/** A batch as agents are given it. */
export type BatchContent = {
  readonly batch: number
  readonly firstRow: number
  /** an envelope with the committed value, where the batch is decided already; empty elsewhere */
  readonly committed: Uint8Array
  /** each as writtenEvent has it */
  readonly events: readonly string[]
}

const BATCH_HEAD_BYTES = 12

/** The content of a frame of the kind `batch`. */
export function encodeBatch({ batch, firstRow, committed, events }: BatchContent): Uint8Array {
  const head = Buffer.allocUnsafe(BATCH_HEAD_BYTES)
  head.writeUInt32BE(batch, 0)
  head.writeUInt32BE(firstRow, 4)
  head.writeUInt32BE(committed.length, 8)
  return Buffer.concat([head, committed, Buffer.from(events.join('\n'))])
}

/** @returns null where these are no such bytes */
export function decodeBatch(content: Uint8Array, rowsMax: number): BatchContent | null {
  if (content.length < BATCH_HEAD_BYTES) return null
  const bytes = bufferOf(content)
  const end = BATCH_HEAD_BYTES + bytes.readUInt32BE(8)
  if (end > bytes.length) return null
  const events = bytes.toString('utf8', end).split('\n')
  if (events.length > rowsMax || events.some((event) => event === '')) return null
  const committed = bytes.subarray(BATCH_HEAD_BYTES, end)
  return { batch: bytes.readUInt32BE(0), firstRow: bytes.readUInt32BE(4), committed, events }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
