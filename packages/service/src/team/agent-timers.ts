/** Timers of an agent. What has come before one is due is heard before it. */

/** The timers that are running. */
export type AgentTimers = {
  /** Does something so many milliseconds from now, unless the timers were closed. */
  after(delayMs: number, act: () => void): void
  /** Ends all of them, and begins none any more. */
  close(): void
}

/** No timer is running. */
export function createAgentTimers(): AgentTimers {
  const ends = new Set<() => void>()
  let isClosed = false
  return {
    after(delayMs, act) {
      if (isClosed) return
      let turn: NodeJS.Immediate | undefined
      const timer = setTimeout(() => {
        // Where the thread was kept, timers are due before Node has looked for what has come meanwhile: it looks first.
        turn = setImmediate(() => {
          ends.delete(end)
          act()
        })
      }, delayMs)
      const end = () => {
        clearTimeout(timer)
        clearImmediate(turn)
      }
      ends.add(end)
    },
    close() {
      isClosed = true
      for (const end of ends) end()
      ends.clear()
    },
  }
}
