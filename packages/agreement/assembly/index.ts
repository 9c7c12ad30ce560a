/** Roots of Merkle trees (RFC 6962): four messages or nodes are hashed at a time, one in each lane of a vector. */
import { begin, block, compress, digestTo, setWord, word } from './sha256'

/** Bytes of a hash. */
const HASH: usize = 32
/** Bytes of a block. */
const BLOCK: usize = 64
/** Before the two children of a node, as the first byte of a word. */
const NODE: u32 = 0x01000000
/** Bits of a node's message: the prefix and two hashes. */
const NODE_BITS: u32 = 8 * (1 + 2 * 32)

/** A message that is padded: where it begins, and its blocks. */
@unmanaged
class Message {
  at: u32
  blocks: u32
}

/**
 * Hashes messages.
 *
 * @param messages of `count`, at least 1, one Message after another
 * @param to gets their hashes
 */
export function hashEach(messages: usize, count: u32, to: usize): void {
  for (let first: u32 = 0; first < count; first += 4) {
    // Where fewer than four are left, the last one is hashed again.
    const m0 = messageAt(messages, first, count)
    const m1 = messageAt(messages, first + 1, count)
    const m2 = messageAt(messages, first + 2, count)
    const m3 = messageAt(messages, first + 3, count)
    const most = max(max(m0.blocks, m1.blocks), max(m2.blocks, m3.blocks))
    begin()
    for (let i: u32 = 0; i < most; i++) {
      block(blockOf(m0, i), blockOf(m1, i), blockOf(m2, i), blockOf(m3, i))
      compress()
      const done = i + 1
      if (done == m0.blocks) digestTo(hashAt(to, first, count), 0)
      if (done == m1.blocks) digestTo(hashAt(to, first + 1, count), 1)
      if (done == m2.blocks) digestTo(hashAt(to, first + 2, count), 2)
      if (done == m3.blocks) digestTo(hashAt(to, first + 3, count), 3)
    }
  }
}

/**
 * The root of the tree over hashes.
 *
 * @param hashes of `count` leaves, at least 1; the first of them becomes the root, the others are lost
 */
export function rootOf(hashes: usize, count: u32): void {
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    const pairs = width >> 1
    for (let first: u32 = 0; first < pairs; first += 4) {
      const c0 = childrenAt(hashes, first, pairs)
      const c1 = childrenAt(hashes, first + 1, pairs)
      const c2 = childrenAt(hashes, first + 2, pairs)
      const c3 = childrenAt(hashes, first + 3, pairs)
      hashNodes(c0, c1, c2, c3)
      // All children of these are read: their parents may stand in their place.
      digestTo(hashAt(hashes, first, pairs), 0)
      digestTo(hashAt(hashes, first + 1, pairs), 1)
      digestTo(hashAt(hashes, first + 2, pairs), 2)
      digestTo(hashAt(hashes, first + 3, pairs), 3)
    }
    // A node without a right neighbour moves up as it is.
    if ((width & 1) == 1) memory.copy(hashes + HASH * pairs, hashes + HASH * (width - 1), HASH)
  }
}

/** The message of a node is a prefix of one byte and two hashes: all words but the first begin a byte before those of the hashes. */
function hashNodes(c0: usize, c1: usize, c2: usize, c3: usize): void {
  begin()
  setWord(0, v128.or(i32x4.splat(NODE), i32x4.shr_u(word(c0, c1, c2, c3), 8)))
  for (let i: u32 = 1; i < 16; i++) {
    const at: usize = 4 * i - 1
    setWord(i, word(c0 + at, c1 + at, c2 + at, c3 + at))
  }
  compress()
  // The last byte of the hashes, then the padding.
  const last = i32x4.shl(word(c0 + BLOCK - 4, c1 + BLOCK - 4, c2 + BLOCK - 4, c3 + BLOCK - 4), 24)
  setWord(0, v128.or(last, i32x4.splat(0x00800000)))
  for (let i: u32 = 1; i < 15; i++) setWord(i, i32x4.splat(0))
  setWord(15, i32x4.splat(NODE_BITS))
  compress()
}

@inline
function messageAt(messages: usize, index: u32, count: u32): Message {
  return changetype<Message>(messages + offsetof<Message>() * min(index, count - 1))
}

/** A block of a message; of one that has ended, its last. */
@inline
function blockOf(message: Message, index: u32): usize {
  return <usize>message.at + BLOCK * <usize>min(index, message.blocks - 1)
}

@inline
function childrenAt(hashes: usize, pair: u32, pairs: u32): usize {
  return hashes + 2 * HASH * min(pair, pairs - 1)
}

@inline
function hashAt(hashes: usize, index: u32, count: u32): usize {
  return hashes + HASH * min(index, count - 1)
}
