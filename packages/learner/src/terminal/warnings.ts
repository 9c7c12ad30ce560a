import type { Config } from '../config/config.ts'
import { diagnoseMetrics } from '../diagnosis/diagnose.ts'
import type { FindingCode } from '../diagnosis/finding.ts'
import type { IterationMetrics } from '../run-files/metrics.ts'

/** Looking takes as long as there are lines: of a training longer than this only every hundredth iteration is looked at. */
const EVERY_ITERATION_UNTIL = 1000
const LATER_EVERY = 100

/** Warnings of a training under way. */
export type Warnings = {
  /** Takes the next iteration. @returns one line for every problem that is there for the first time */
  iteration(metrics: IterationMetrics): string[]
}

/**
 * Looks for problems after every iteration and says each code once. Notes are left to tools:doctor.
 *
 * @param before lines of metrics.jsonl from before a resume; problems that are there at their end were told then. One that
 *     had gone by then is told again if it comes back
 * @param run    the run folder, as tools:doctor is to be given it
 */
export function createWarnings(config: Config, before: readonly IterationMetrics[], run: string): Warnings {
  const lines = [...before]
  const problems = () => diagnoseMetrics(config, lines).filter(({ severity }) => severity === 'problem')
  const said = new Set<FindingCode>(problems().map(({ code }) => code))
  return {
    iteration(metrics) {
      lines.push(metrics)
      if (lines.length > EVERY_ITERATION_UNTIL && lines.length % LATER_EVERY !== 0) return []
      const found = problems().filter(({ code }) => !said.has(code))
      for (const { code } of found) said.add(code)
      return found.map(
        ({ code, title, evidence }) =>
          `warning ${code}: ${title} (${evidence.replace(/\.$/, '')}). npx nx run tools:doctor --run=${run} explains it.`,
      )
    },
  }
}
