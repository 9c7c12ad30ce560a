import { type Finding, type FindingCode, SEVERITIES } from './finding.ts'

/** What a training shows that does not learn, for whatever reason. */
const SYMPTOMS: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'VALUE_LOSS_STUCK',
  'VALUES_NEAR_ZERO',
  'NO_THREAT_STOPPED',
  'NOTHING_ALLOWED',
  'ONE_ACTION',
  'ACTION_MIX_OFF',
  'NO_EXPLOITATION',
  'REWARD_NOT_RISING',
  'TEAM_NO_BETTER_THAN_CONSTANT',
  'AGENTS_IDENTICAL',
  'STREAMS_NEVER_STOPPED',
  'STREAMS_STOPPED_AT_ONCE',
])

/**
 * Findings in the order in which they are told: problems, notes, and what follows. Where some problem is more than a symptom,
 * problems that are symptoms become consequences; else they are all that is known, and stay problems.
 */
export function causesFirst(findings: readonly Finding[]): Finding[] {
  const hasCause = findings.some(({ code, severity }) => severity === 'problem' && !SYMPTOMS.has(code))
  const graded = findings.map(
    (finding): Finding =>
      hasCause && finding.severity === 'problem' && SYMPTOMS.has(finding.code)
        ? { ...finding, severity: 'consequence' }
        : finding,
  )
  return SEVERITIES.flatMap((wanted) => graded.filter(({ severity }) => severity === wanted))
}
