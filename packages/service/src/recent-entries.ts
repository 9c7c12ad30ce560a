/** Values by key within a bound. */
export type RecentEntries<Key, Value> = {
  /** Does not count as use. */
  peek(key: Key): Value | undefined
  /** Its key is then the one used latest. */
  use(key: Key): Value | undefined
  /**
   * Its key is then the one used latest; of one more than the bound, the one unused longest is forgotten.
   *
   * @returns its slot, which is another's when it has been forgotten
   */
  put(key: Key, value: Value): number
  /** Value in a slot; undefined where it is free. */
  at(slot: number): Value | undefined
  /** Another value for the key in a slot that is not free; does not count as use. */
  exchange(slot: number, value: Value): void
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
 *
 * @param onForget called with each value that is forgotten, or in whose place another is put
 */
export function createRecentEntries<Key, Value>(
  limit: number,
  onForget: (value: Value) => void = () => undefined,
): RecentEntries<Key, Value> {
  const slots = new Map<Key, number>()
  const keys: (Key | undefined)[] = [undefined]
  const values: (Value | undefined)[] = [undefined]
  const free: number[] = []
  const uses = createUseOrder()

  /** A slot in no list: a free one, a new one, or that of the key unused longest. */
  function freeSlot(): number {
    return slots.size === limit ? take(uses.next(0)) : (free.pop() ?? keys.length)
  }

  /** Takes a slot from its key. */
  function take(slot: number): number {
    slots.delete(keys[slot] as Key)
    uses.unlink(slot)
    onForget(values[slot] as Value)
    return slot
  }

  return {
    peek: (key) => values[slots.get(key) ?? 0],
    use(key) {
      const slot = slots.get(key)
      if (slot === undefined) return undefined
      uses.unlink(slot)
      uses.linkNewest(slot)
      return values[slot]
    },
    put(key, value) {
      const known = slots.get(key)
      const slot = known ?? freeSlot()
      if (known === undefined) {
        slots.set(key, slot)
        keys[slot] = key
      } else {
        uses.unlink(slot)
        onForget(values[slot] as Value)
      }
      values[slot] = value
      uses.linkNewest(slot)
      return slot
    },
    at: (slot) => values[slot],
    exchange(slot, value) {
      values[slot] = value
    },
    forget(key) {
      const slot = slots.get(key)
      if (slot === undefined) return
      take(slot)
      keys[slot] = undefined
      values[slot] = undefined
      free.push(slot)
    },
    *all() {
      for (let slot = uses.next(0); slot !== 0; slot = uses.next(slot)) yield [keys[slot] as Key, values[slot] as Value]
    },
    get oldest() {
      return keys[uses.next(0)]
    },
    get size() {
      return slots.size
    },
  }
}

/** The order in which slots were used, in a circle through slot 0. */
function createUseOrder() {
  let older = new Int32Array(SLOTS_LEAST)
  let newer = new Int32Array(SLOTS_LEAST)
  return {
    unlink(slot: number): void {
      newer[older[slot]] = newer[slot]
      older[newer[slot]] = older[slot]
    },
    /** @param slot no greater than the number of those before it */
    linkNewest(slot: number): void {
      if (slot === older.length) {
        older = widened(older)
        newer = widened(newer)
      }
      older[slot] = older[0]
      newer[slot] = 0
      newer[older[0]] = slot
      older[0] = slot
    },
    /** The slot that was used behind another; behind 0 is the one unused longest, behind the one used latest 0. */
    next: (slot: number) => newer[slot],
  }
}

function widened(links: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(2 * links.length)
  wider.set(links)
  return wider
}
