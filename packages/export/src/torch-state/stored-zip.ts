import { crc32 } from 'node:zlib'

/** A file of an archive. */
export type StoredFile = { readonly path: string; readonly bytes: Uint8Array }

/** Midnight of 1 January 1980, the first that the format knows: the same files give the same archive. */
const DATE = 0x21
const LOCAL_HEADER = 0x04034b50
const CENTRAL_HEADER = 0x02014b50
const END = 0x06054b50
const VERSION = 20
/** Names are UTF-8. */
const FLAGS = 0x800
/** PyTorch maps values into memory where they begin at multiples of this. */
const ALIGNMENT = 64
/** The header of an extra field that only fills up. */
const PADDING_ID = 0x4246
const PADDING_HEADER_BYTES = 4

/**
 * Files in a ZIP archive as they are, without compression (APPNOTE.TXT 6.3.10); each begins at a multiple of 64 bytes. Archives
 * are below 4 GiB: weights are at most 1 GiB.
 *
 * @example
 * ```ts
 * storedZip([{ path: 'team/version', bytes: Buffer.from('3\n') }])
 * ```
 */
export function storedZip(files: readonly StoredFile[]): Uint8Array {
  const parts: Uint8Array[] = []
  const central: Uint8Array[] = []
  let at = 0
  for (const { path, bytes } of files) {
    const common = commonFields(path, bytes)
    central.push(centralEntry(path, common, at))
    const local = localHeader(path, common, at)
    parts.push(local, bytes)
    at += local.length + bytes.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, directory, end])
}

/** What both headers of a file say: from the version that reads it to the length of its name. */
function commonFields(path: string, bytes: Uint8Array): Buffer {
  const fields = Buffer.alloc(24)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(FLAGS, 2)
  fields.writeUInt16LE(DATE, 8)
  fields.writeUInt32LE(crc32(bytes), 10)
  fields.writeUInt32LE(bytes.length, 14)
  fields.writeUInt32LE(bytes.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(path), 22)
  return fields
}

function localHeader(path: string, common: Buffer, at: number): Buffer {
  const before = at + 30 + Buffer.byteLength(path) + PADDING_HEADER_BYTES
  const padding = Buffer.alloc(PADDING_HEADER_BYTES + ((ALIGNMENT - (before % ALIGNMENT)) % ALIGNMENT))
  padding.writeUInt16LE(PADDING_ID, 0)
  padding.writeUInt16LE(padding.length - PADDING_HEADER_BYTES, 2)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(LOCAL_HEADER)
  const extraLength = Buffer.alloc(2)
  extraLength.writeUInt16LE(padding.length)
  return Buffer.concat([head, common, extraLength, Buffer.from(path), padding])
}

function centralEntry(path: string, common: Buffer, at: number): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt32LE(CENTRAL_HEADER)
  head.writeUInt16LE(VERSION, 4)
  // No extra field, no comment, the first disk, no attributes.
  const rest = Buffer.alloc(16)
  rest.writeUInt32LE(at, 12)
  return Buffer.concat([head, common, rest, Buffer.from(path)])
}
