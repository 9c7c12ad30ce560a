/** Values by key within a bound. */
export type RecentEntries<Key, Value> = {
  /** Does not count as use. */
  peek(key: Key): Value | undefined
  /** Its key is then the one used latest. */
  use(key: Key): Value | undefined
  /** Its key is then the one used latest; of one more than the bound, the one unused longest is forgotten. */
  put(key: Key, value: Value): void
  forget(key: Key): void
  /** From the one unused longest on. */
  all(): Iterable<readonly [Key, Value]>
  /** Key unused longest. */
  readonly oldest: Key | undefined
  readonly size: number
}

/** Slots that are made room for at first. */
const SLOTS_LEAST = 64

/**
 * A bounded map that forgets what is unused longest. Slots are linked in the order of their use, in a circle through slot 0, which is nobody's: an
 * object for each entry would be one more for the collector of garbage, and the first key of a Map is found ever slower the more keys
 * before it have been deleted.
 */
export function createRecentEntries<Key, Value>(limit: number): RecentEntries<Key, Value> {
  const slots = new Map<Key, number>()
  const keys: (Key | undefined)[] = [undefined]
  const values: (Value | undefined)[] = [undefined]
  const free: number[] = []
  let older = new Int32Array(SLOTS_LEAST)
  let newer = new Int32Array(SLOTS_LEAST)

  function unlink(slot: number): void {
    newer[older[slot]] = newer[slot]
    older[newer[slot]] = older[slot]
  }

  function linkNewest(slot: number): void {
    older[slot] = older[0]
    newer[slot] = 0
    newer[older[0]] = slot
    older[0] = slot
  }

  function freeSlot(): number {
    if (slots.size === limit) forget(keys[newer[0]] as Key)
    const slot = free.pop() ?? keys.length
    if (slot === older.length) {
      older = widened(older)
      newer = widened(newer)
    }
    return slot
  }

  function forget(key: Key): void {
    const slot = slots.get(key)
    if (slot === undefined) return
    slots.delete(key)
    unlink(slot)
    keys[slot] = undefined
    values[slot] = undefined
    free.push(slot)
  }

  return {
    peek: (key) => values[slots.get(key) ?? 0],
    use(key) {
      const slot = slots.get(key)
      if (slot === undefined) return undefined
      unlink(slot)
      linkNewest(slot)
      return values[slot]
    },
    put(key, value) {
      forget(key)
      const slot = freeSlot()
      slots.set(key, slot)
      keys[slot] = key
      values[slot] = value
      linkNewest(slot)
    },
    forget,
    *all() {
      for (let slot = newer[0]; slot !== 0; slot = newer[slot]) yield [keys[slot] as Key, values[slot] as Value]
    },
    get oldest() {
      return keys[newer[0]]
    },
    get size() {
      return slots.size
    },
  }
}

function widened(links: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(2 * links.length)
  wider.set(links)
  return wider
}
