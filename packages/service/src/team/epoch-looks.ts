import { VigilError } from '@vigil/errors'

/** Between two looks for a successor that has become valid. */
const LOOK_MS = 1000

/** Looks that go on until they are stopped. */
export type Looks = {
  /** Rejects where a look failed by what is no fault of the files. */
  readonly failed: Promise<never>
  /** Resolves when the look that is under way has ended: no other one begins. */
  stop(): Promise<void>
}

/**
 * Looks now and then, one look after the other. Files may be on their way: what is wrong with them is told once, and they are
 * looked at again.
 *
 * @param look is given what tells a sentence, each once
 */
export function repeatedly(look: (note: (text: string) => void) => Promise<void>, say: (text: string) => void): Looks {
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const told = new Set<string>()
  let underWay: Promise<void> | null = null
  const note = (text: string) => {
    if (!told.has(text)) say(text)
    told.add(text)
  }
  const once = async () => {
    try {
      await look(note)
    } catch (error) {
      if (error instanceof VigilError) note(error.message)
      else failure.reject(error)
    } finally {
      underWay = null
    }
  }
  const timer = setInterval(() => {
    underWay ??= once()
  }, LOOK_MS)
  const stop = async () => {
    clearInterval(timer)
    await underWay
  }
  return { failed: failure.promise, stop }
}
