/** Signatures that were checked once are not checked again. */
import type { Verify } from './statement.ts'

/** Sound signatures that are remembered: those of some views of the largest team. */
const SIGNATURES_MOST = 4096

/**
 * Remembers which signatures were sound, the oldest of which make place for new ones. What was not is checked each time:
 * there is no end of unsound ones to remember.
 *
 * @param verify what checks a signature for the first time
 */
export function remembered(verify: Verify): Verify {
  const sound = new Set<string>()
  return (agent, statement, signature) => {
    const { run, epoch, batch, kind, view, digest, lockView } = statement
    const key = `${agent} ${run} ${epoch} ${batch} ${kind} ${view} ${digest} ${lockView} ${signature}`
    if (sound.has(key)) return true
    if (!verify(agent, statement, signature)) return false
    if (sound.size >= SIGNATURES_MOST) sound.delete(sound.values().next().value!)
    sound.add(key)
    return true
  }
}
