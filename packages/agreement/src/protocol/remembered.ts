/** Signatures that were checked once, or made here, are not checked again. */
import type { AuthorOptions } from './author.ts'
import type { Statement } from './statement.ts'

/** Sound signatures that are remembered: those of some views of the largest team. */
const SIGNATURES_MOST = 4096

/**
 * Remembers which signatures were sound, the oldest of which make place for new ones: those that were found so, and those that the
 * agent has made. What was not is checked each time: there is no end of unsound ones to remember. A signature that the agent makes is
 * taken for sound: its key must be the one of `self` in the team, which whoever gives it the key has to look at.
 *
 * @param options what the agent signs by, and what checks a signature for the first time
 * @returns the same with a memory
 */
export function remembered({ checking, self, sign }: AuthorOptions): AuthorOptions {
  const sound = new Set<string>()
  const keep = (key: string) => {
    if (sound.size >= SIGNATURES_MOST) sound.delete(sound.values().next().value!)
    sound.add(key)
  }
  return {
    self,
    checking: {
      ...checking,
      verify(agent, statement, signature) {
        const key = keyOf(agent, statement, signature)
        if (sound.has(key)) return true
        if (!checking.verify(agent, statement, signature)) return false
        keep(key)
        return true
      },
    },
    sign(statement) {
      const signature = sign(statement)
      keep(keyOf(self, statement, signature))
      return signature
    },
  }
}

function keyOf(agent: number, { run, epoch, batch, kind, view, digest, lockView }: Statement, signature: string) {
  return `${agent} ${run} ${epoch} ${batch} ${kind} ${view} ${digest} ${lockView} ${signature}`
}
