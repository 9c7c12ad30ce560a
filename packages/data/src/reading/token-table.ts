/**
 * Numbers texts in the order in which they come: equal bytes, equal code. Bytes are compared, so no string is made for a
 * cell that was seen before.
 */
export type TokenTable = {
  readonly size: number
  /** The code of bytes[from .. to), a new one where they were not seen before. */
  codeOf(bytes: Uint8Array, from: number, to: number): number
  text(code: number): string
  /** The texts by code. */
  texts(): string[]
}

const HASH_START = 0x811c9dc5
const HASH_PRIME = 0x01000193

/** @example tokenTable().codeOf(Buffer.from('tcp'), 0, 3) // 0 */
export function tokenTable(): TokenTable {
  let slots = new Int32Array(256) // code + 1; 0 = free
  let hashes = new Int32Array(128) // by code
  let starts = new Float64Array(129) // by code, where its bytes begin in the store
  let store = new Uint8Array(4096)
  let size = 0

  function equals(code: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = starts[code]
    if (starts[code + 1] - start !== to - from) return false
    for (let i = from; i < to; i++) if (store[start + i - from] !== bytes[i]) return false
    return true
  }

  function add(hash: number, bytes: Uint8Array, from: number, to: number): number {
    if (size === hashes.length) grow()
    const start = starts[size]
    const end = start + to - from
    if (end > store.length) store = enlarged(store, new Uint8Array(2 * end))
    for (let i = from; i < to; i++) store[start + i - from] = bytes[i]
    hashes[size] = hash
    starts[size + 1] = end
    return size++
  }

  function grow(): void {
    hashes = enlarged(hashes, new Int32Array(2 * size))
    starts = enlarged(starts, new Float64Array(2 * size + 1))
    slots = new Int32Array(4 * size)
    for (let code = 0; code < size; code++) {
      let slot = hashes[code] & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = code + 1
    }
  }

  return {
    get size() {
      return size
    },
    codeOf(bytes, from, to) {
      let hash = HASH_START
      for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], HASH_PRIME)
      hash ^= hash >>> 15
      let slot = hash & (slots.length - 1)
      for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
        const code = slots[slot] - 1
        if (hashes[code] === hash && equals(code, bytes, from, to)) return code
      }
      const slotsBefore = slots
      const code = add(hash, bytes, from, to)
      if (slots !== slotsBefore) {
        slot = hash & (slots.length - 1)
        while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      }
      slots[slot] = code + 1
      return code
    },
    text: (code) => Buffer.from(store.buffer, starts[code], starts[code + 1] - starts[code]).toString('utf8'),
    texts() {
      const bytes = Buffer.from(store.buffer, 0, starts[size])
      return Array.from({ length: size }, (_, code) => bytes.toString('utf8', starts[code], starts[code + 1]))
    },
  }
}

/** @param larger takes the items, and is returned */
export function enlarged<A extends Uint8Array | Int32Array | Float64Array>(items: A, larger: A): A {
  larger.set(items as never)
  return larger
}
