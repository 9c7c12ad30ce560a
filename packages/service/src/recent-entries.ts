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

type Entry<Key, Value> = {
  readonly key: Key
  value: Value
  older: Entry<Key, Value> | null
  newer: Entry<Key, Value> | null
}

/**
 * A bounded map that forgets what is unused longest. Entries are linked in their order: the first key of a Map is found ever
 * slower the more keys before it have been deleted.
 */
export function createRecentEntries<Key, Value>(limit: number): RecentEntries<Key, Value> {
  const entries = new Map<Key, Entry<Key, Value>>()
  let [oldest, newest]: (Entry<Key, Value> | null)[] = [null, null]

  function unlink(entry: Entry<Key, Value>): void {
    if (entry.older === null) oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === null) newest = entry.older
    else entry.newer.older = entry.older
  }

  function linkLast(entry: Entry<Key, Value>): void {
    entry.older = newest
    entry.newer = null
    if (newest === null) oldest = entry
    else newest.newer = entry
    newest = entry
  }

  function forget(key: Key): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    unlink(entry)
    entries.delete(key)
  }

  return {
    peek: (key) => entries.get(key)?.value,
    use(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      unlink(entry)
      linkLast(entry)
      return entry.value
    },
    put(key, value) {
      forget(key)
      const entry: Entry<Key, Value> = { key, value, older: null, newer: null }
      entries.set(key, entry)
      linkLast(entry)
      if (entries.size > limit && oldest !== null) forget(oldest.key)
    },
    forget,
    *all() {
      for (let entry = oldest; entry !== null; entry = entry.newer) yield [entry.key, entry.value]
    },
    get oldest() {
      return oldest?.key
    },
    get size() {
      return entries.size
    },
  }
}
