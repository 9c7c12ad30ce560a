/** Bytes of a key in the list of uses, its name and its entry in the index left out. */
export const KEY_BYTES = 8

/**
 * Slots of keys, the least recently used first to go. Slot 0 belongs to nobody.
 *
 * The list of uses is circular through slot 0: `newer[0]` is the oldest, `older[0]` the newest.
 */
export type KeyTable<Key> = {
  /** Slot of a key, 0 where it is not remembered. */
  find(key: Key): number
  /** Makes a key the most recently used one. A key that was not remembered gets a slot, where need be the oldest key's. */
  use(key: Key): { readonly slot: number; readonly isNew: boolean }
  /** Slots in use, from 1 on. */
  readonly size: number
  /** Keys with their slots, from the one unused longest on. */
  entries(): Iterable<readonly [key: Key, slot: number]>
}

/** Where a table keeps the slot of each key: a Map, or what is faster for the keys at hand. */
export type SlotIndex<Key> = {
  get(key: Key): number | undefined
  set(key: Key, slot: number): void
  delete(key: Key): void
}

/**
 * @param slots an empty index
 * @param limit keys remembered
 * @param grow  called with the number of slots, slot 0 included, before a slot beyond the former number is used; it doubles
 */
export function createKeyTable<Key>(
  slots: SlotIndex<Key>,
  limit: number,
  grow: (slotCount: number) => void,
): KeyTable<Key> {
  const keys: (Key | undefined)[] = [undefined]
  let older = new Int32Array(1)
  let newer = new Int32Array(1)
  const used = { slot: 0, isNew: false }
  // An event is read and then absorbed: its key is looked up once.
  let found = 0

  const widen = () => {
    const slotCount = Math.min(limit + 1, Math.max(64, 2 * older.length))
    older = widened(older, slotCount)
    newer = widened(newer, slotCount)
    grow(slotCount)
  }
  const unlink = (slot: number) => {
    newer[older[slot]] = newer[slot]
    older[newer[slot]] = older[slot]
  }
  const linkNewest = (slot: number) => {
    older[slot] = older[0]
    newer[slot] = 0
    newer[older[0]] = slot
    older[0] = slot
  }
  /** A slot that nobody holds, in no list. */
  const freeSlot = () => {
    if (keys.length <= limit) {
      if (keys.length === older.length) widen()
      return keys.push(undefined) - 1
    }
    const oldest = newer[0]
    slots.delete(keys[oldest] as Key)
    unlink(oldest)
    return oldest
  }

  return {
    find: (key) => {
      found = slots.get(key) ?? 0
      return found
    },
    use: (key) => {
      const known = keys[found] === key ? found : slots.get(key)
      const slot = known ?? freeSlot()
      if (known === undefined) {
        slots.set(key, slot)
        keys[slot] = key
        linkNewest(slot)
      } else if (older[0] !== slot) {
        unlink(slot)
        linkNewest(slot)
      }
      used.slot = slot
      used.isNew = known === undefined
      return used
    },
    get size() {
      return keys.length - 1
    },
    *entries() {
      for (let slot = newer[0]; slot !== 0; slot = newer[slot]) yield [keys[slot] as Key, slot]
    },
  }
}

function widened(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(length)
  wider.set(array)
  return wider
}
