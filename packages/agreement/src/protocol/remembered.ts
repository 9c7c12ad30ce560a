/** Signatures that were checked once are not checked again. */
import type { Verify } from './statement.ts'

/**
 * Remembers which signatures were sound. What was not is checked each time: there is no end of unsound ones to remember.
 *
 * @param verify what checks a signature for the first time
 * @param most   sound signatures that are remembered; the oldest make place for new ones
 */
export function remembered(verify: Verify, most: number): Verify {
  const sound = new Set<string>()
  return (agent, statement, signature) => {
    const { run, epoch, batch, kind, view, digest, lockView } = statement
    const key = `${agent} ${run} ${epoch} ${batch} ${kind} ${view} ${digest} ${lockView} ${signature}`
    if (sound.has(key)) return true
    if (!verify(agent, statement, signature)) return false
    if (sound.size >= most) sound.delete(sound.values().next().value!)
    sound.add(key)
    return true
  }
}
