/** One place that breaks a rule. `where` is what the table of exceptions names. */
export interface Finding {
  where: string
  what: string
}

/** Why a place may break a rule: place -> reason. */
export type Exceptions = Readonly<Record<string, string>>

export function withoutExceptions(findings: readonly Finding[], exceptions: Exceptions): string[] {
  return findings.filter(({ where }) => !(where in exceptions)).map(({ where, what }) => `${where}: ${what}`)
}
