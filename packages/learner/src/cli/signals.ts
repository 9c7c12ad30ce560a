import { reportExitCode } from '@vigil/command-line'

/** Whether somebody has asked for an end. */
export type StopRequest = {
  readonly requested: () => boolean
  /** Calls `listener` when the end is asked for. @returns what makes it stop listening */
  readonly onRequest: (listener: () => void) => () => void
  /** Gives the signals back: from now on they end the program at once. */
  readonly release: () => void
}

/** 128 + SIGINT, as shells have it. */
const INTERRUPTED = 130

/** Ctrl-C (or SIGTERM) asks for an end after the present iteration; a second one ends at once, with code 130. */
export function stopOnSignal(): StopRequest {
  let requested = false
  const listeners = new Set<() => void>()
  const onSignal = () => {
    if (requested) {
      reportExitCode(INTERRUPTED)
      process.exit(INTERRUPTED)
    }
    requested = true
    for (const listener of listeners) listener()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    requested: () => requested,
    onRequest(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
