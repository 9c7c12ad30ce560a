/** What ends a command from outside: Ctrl-C, `kill`, a terminal that closes. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
type StopSignal = keyof typeof NUMBERS
const SIGNALS = Object.keys(NUMBERS) as StopSignal[]

/** Whether somebody has asked for an end, for work that ends well only at certain moments. */
export type StopRequest = {
  readonly requested: () => boolean
  /**
   * Calls `listener` when the end is asked for. While somebody listens the first signal only asks; a second one, and one
   * that nobody listens to, ends the program at once.
   *
   * @returns what makes it stop listening
   */
  readonly onRequest: (listener: () => void) => () => void
}

/** The signals of one command. */
export type SignalWatch = StopRequest & {
  /** The exit code that a request asks for, 128 + the signal's number as shells have it; null without a request. */
  readonly exitCode: () => number | null
  /** Listens no longer. */
  readonly close: () => void
}

/**
 * Listens to the signals that end a command, from the first time that somebody waits for one. Before, the system ends the
 * program itself: long work in one piece, as reading data, would not let a listener hear. Process 1 of a container listens
 * from the beginning, since the system does not end it.
 *
 * @param end ends the program with an exit code, and does not return
 */
export function watchSignals(end: (exitCode: number, signal: string) => void): SignalWatch {
  let first: StopSignal | null = null
  const listeners = new Set<() => void>()
  const onSignal = (signal: StopSignal) => {
    if (listeners.size === 0 || first !== null) {
      end(128 + NUMBERS[signal], signal)
      return
    }
    first = signal
    for (const listener of listeners) listener()
  }
  let isListening = false
  const listen = () => {
    if (!isListening) for (const signal of SIGNALS) process.on(signal, onSignal)
    isListening = true
  }
  if (process.pid === 1) listen()
  return {
    requested: () => first !== null,
    onRequest(listener) {
      listen()
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    exitCode: () => (first === null ? null : 128 + NUMBERS[first]),
    close() {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
