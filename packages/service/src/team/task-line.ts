/** Tasks that wait in one line, each begun when the one before it has ended. */

/** The line. */
export type TaskLine = {
  /** Rejects with the error of the first task that failed. */
  readonly failed: Promise<never>
  /** Puts a task into the line. Behind one that failed none is begun any more. */
  add(task: () => Promise<void>): void
  /** Puts a task into the line where no more than `most` of its name wait there, and forgets it else. */
  addWithin(name: string, most: number, task: () => Promise<void>): void
  /** Resolves when the tasks that wait now, and those that they add, have ended. */
  ended(): Promise<void>
  /** Resolves when something holds, looked at behind each task; rejects as `failed`. */
  until(holds: () => boolean): Promise<void>
}

/** An empty line. */
export function createTaskLine(): TaskLine {
  let last: Promise<void> = Promise.resolve()
  let hasFailed = false
  let waiting: (() => void)[] = []
  const waitingOf = new Map<string, number>()
  const failure = Promise.withResolvers<never>()
  // Nobody need wait for a failure that is yet to come.
  failure.promise.catch(() => undefined)

  function add(task: () => Promise<void>): void {
    const unlessFailed = async () => {
      if (!hasFailed) await task()
    }
    last = last.then(unlessFailed).then(
      () => {
        const woken = waiting
        waiting = []
        for (const wake of woken) wake()
      },
      (error) => {
        hasFailed = true
        failure.reject(error)
      },
    )
  }

  return {
    ...{ failed: failure.promise, add },
    addWithin(name, most, task) {
      const count = waitingOf.get(name) ?? 0
      if (count === most) return
      waitingOf.set(name, count + 1)
      add(async () => {
        const left = waitingOf.get(name)! - 1
        // Names of batches never come again.
        if (left === 0) waitingOf.delete(name)
        else waitingOf.set(name, left)
        await task()
      })
    },
    async ended() {
      await last
      await last
    },
    async until(holds) {
      await last
      while (!holds()) await Promise.race([new Promise<void>((wake) => waiting.push(wake)), failure.promise])
    },
  }
}
