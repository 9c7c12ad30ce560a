export { causesFirst } from './causes-first.ts'
export { diagnoseData, diagnoseEvaluation, diagnoseMetrics } from './diagnose.ts'
export type { Finding, FindingCode } from './finding.ts'
