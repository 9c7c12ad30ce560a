/** Roots of trees without the trees: tree.wasm hashes four leaves or nodes at a time. */
import { readFileSync } from 'node:fs'
import { agreementError } from '../errors.ts'
import { RFC6962 } from './merkle.ts'

const FILE = new URL('../../build/tree.wasm', import.meta.url)

const HASH_BYTES = 32
const BLOCK_BYTES = 64
/** What SHA-256 adds to a message at least, and the prefix of a leaf. */
const ADDED_BYTES = 1 + 1 + 8

/** Leaves that are hashed together, each with two words: where it is, and its blocks. */
const LEAVES_TOGETHER = 256
/** Behind the static data of tree.wasm. */
const TABLE_AT = 8192
const MESSAGES_AT = TABLE_AT + 8 * LEAVES_TOGETHER
const HASHES_AT = 2 ** 17

type TreeExports = {
  readonly memory: WebAssembly.Memory
  hashEach(messages: number, count: number, to: number): void
  rootOf(hashes: number, count: number): void
}

let loaded: TreeExports | null = null

/**
 * Loads what hashes trees. Who begins by it does not end behind its first batch where it is missing.
 *
 * @throws {VigilError} NOT_BUILT
 */
export function loadTree(): void {
  loaded ??= readTree()
}

/**
 * The root of the tree over contents, as `merkleTree` has it.
 *
 * @param contents of the leaves, at least one
 * @returns 64 hex digits
 * @throws {VigilError} NOT_BUILT
 */
export function rootOfLeaves(contents: readonly Uint8Array[]): string {
  const count = contents.length
  if (count === 0) throw new RangeError('A tree has at least one leaf.')
  loaded ??= readTree()
  const { memory, hashEach, rootOf } = loaded
  const missing = HASHES_AT + HASH_BYTES * count - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16))
  const bytes = Buffer.from(memory.buffer)
  const table = new Uint32Array(memory.buffer, TABLE_AT, 2 * LEAVES_TOGETHER)
  let at = MESSAGES_AT
  let waiting = 0
  let hashed = 0
  const flush = () => {
    if (waiting > 0) hashEach(TABLE_AT, waiting, HASHES_AT + HASH_BYTES * hashed)
    hashed += waiting
    waiting = 0
    at = MESSAGES_AT
  }
  for (const content of contents) {
    const blocks = Math.ceil((content.length + ADDED_BYTES) / BLOCK_BYTES)
    const isLong = MESSAGES_AT + blocks * BLOCK_BYTES > HASHES_AT
    if (isLong || waiting === LEAVES_TOGETHER || at + blocks * BLOCK_BYTES > HASHES_AT) flush()
    if (isLong) {
      bytes.set(RFC6962.leaf(content), HASHES_AT + HASH_BYTES * hashed)
      hashed++
      continue
    }
    const end = at + blocks * BLOCK_BYTES
    writeLeaf(bytes, content, { at, end })
    table[2 * waiting] = at
    table[2 * waiting + 1] = blocks
    waiting++
    at = end
  }
  flush()
  rootOf(HASHES_AT, count)
  return bytes.toString('hex', HASHES_AT, HASHES_AT + HASH_BYTES)
}

/** The message of a leaf, padded: the prefix, the content, a bit, zeros, and the number of bits before these. */
function writeLeaf(bytes: Buffer, content: Uint8Array, { at, end }: { readonly at: number; readonly end: number }) {
  const contentEnd = at + 1 + content.length
  bytes[at] = 0
  bytes.set(content, at + 1)
  bytes[contentEnd] = 0x80
  bytes.fill(0, contentEnd + 1, end - 4)
  bytes.writeUInt32BE(8 * (1 + content.length), end - 4)
}

/** @throws {VigilError} NOT_BUILT */
export function readTree(file = FILE): TreeExports {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports as unknown as TreeExports
  } catch (cause) {
    throw agreementError(
      'NOT_BUILT',
      `packages/agreement/build/tree.wasm is missing or not whole (${cause instanceof Error ? cause.message : cause}). Build it with: npx nx run agreement:build`,
      { cause },
    )
  }
}
