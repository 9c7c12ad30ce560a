/** One place that breaks a rule. `where` is what the table of exceptions names. */
export interface Finding {
  where: string
  what: string
}

/** Why a place may break a rule: place -> reason. */
export type Exceptions = Readonly<Record<string, string>>

/** What remains to be put right: findings without an exception, and exceptions without a finding. */
export function withoutExceptions(findings: readonly Finding[], exceptions: Exceptions): string[] {
  const places = new Set(findings.map(({ where }) => where))
  return [
    ...findings.filter(({ where }) => !(where in exceptions)).map(({ where, what }) => `${where}: ${what}`),
    ...Object.keys(exceptions)
      .filter((where) => !places.has(where))
      .map((where) => `${where}: its exception excuses nothing`),
  ]
}
