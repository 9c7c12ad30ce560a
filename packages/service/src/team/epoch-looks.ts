import { VigilError } from '@vigil/errors'

/** Between two looks for a successor that has become valid. */
const LOOK_MS = 1000

/**
 * Looks now and then, one look after the other. Files may be on their way: what is wrong with them is told once, and they are
 * looked at again.
 */
export function repeatedly(look: () => Promise<void>, say: (text: string) => void): NodeJS.Timeout {
  let isLooking = false
  let told = ''
  const once = async () => {
    isLooking = true
    try {
      await look()
    } catch (error) {
      if (!(error instanceof VigilError)) throw error
      if (error.message !== told) say(error.message)
      told = error.message
    } finally {
      isLooking = false
    }
  }
  return setInterval(() => {
    if (!isLooking) void once()
  }, LOOK_MS)
}
