/** Tokens in the state are codes; this is the way to and fro. Tokens that no state holds any more make room. */
export type TokenTable = {
  /** Code of a token, which is valid until the next sweep. */
  codeOf(token: string): number
  /** Code of a token that is never forgotten. */
  pinnedCodeOf(token: string): number
  /** null for -1 */
  tokenOf(code: number): string | null
  /** Tokens by code; null = the code is free. */
  all(): (string | null)[]
  /** Takes tokens by code into a table that has its pinned tokens alone. @returns whether those have the same codes */
  restore(all: readonly (string | null)[]): boolean
  /** Forgets tokens that are neither pinned nor visited, once there are twice as many as the last sweep left. */
  sweepWhereDue(visitTokens: (visit: (code: number) => void) => void): void
}

/** No sweep before there are this many tokens. */
const FEW = 4096

export function createTokenTable(): TokenTable {
  const codes = new Map<string, number>()
  const tokens: string[] = []
  const free: number[] = []
  const pinned = new Set<number>()
  let due = FEW

  const codeOf = (token: string): number => {
    const known = codes.get(token)
    if (known !== undefined) return known
    const code = free.pop() ?? tokens.length
    tokens[code] = token
    codes.set(token, code)
    return code
  }
  return {
    codeOf,
    pinnedCodeOf: (token) => {
      const code = codeOf(token)
      pinned.add(code)
      return code
    },
    tokenOf: (code) => (code < 0 ? null : tokens[code]),
    all: () => tokens.map((token, code) => (codes.get(token) === code ? token : null)),
    restore: (all) => {
      if (!tokens.every((token, code) => token === all[code])) return false
      for (const [code, token] of all.entries()) {
        tokens[code] = token ?? ''
        if (token === null) free.push(code)
        else codes.set(token, code)
      }
      return true
    },
    sweepWhereDue: (visitTokens) => {
      if (codes.size < due) return
      const held = new Uint8Array(tokens.length)
      for (const code of pinned) held[code] = 1
      visitTokens((code) => {
        held[code] = 1
      })
      for (const [token, code] of codes) {
        if (held[code] === 1) continue
        codes.delete(token)
        tokens[code] = ''
        free.push(code)
      }
      due = Math.max(FEW, 2 * codes.size)
    },
  }
}
