import type { Config } from '@vigil/config'
import { causesFirst, diagnoseMetrics, type FindingCode } from '@vigil/doctor'
import type { IterationMetrics } from '@vigil/runs'

/** Looking takes as long as there are lines: of a training longer than this only every hundredth iteration is looked at. */
const EVERY_ITERATION_UNTIL = 1000
const LATER_EVERY = 100

/** Problems told in full, of one iteration and of a run. The others are named, once more after the last of these, and then no more. */
const TOLD_AT_ONCE = 2
const TOLD_MAX = 4

/** Warnings of a training under way. */
export type Warnings = {
  /** Takes the next iteration. @returns lines for the problems that are there for the first time, at most three */
  iteration(metrics: IterationMetrics): string[]
}

/**
 * Looks for problems after every iteration and says each code once: the first ones in full, the others by their code, and a
 * few lines in all. Notes, what follows from a problem that was found, and the rest are left to tools:doctor.
 *
 * @param before lines of metrics.jsonl from before a resume; problems that are there at their end were told then. One that
 *     had gone by then is told again if it comes back
 * @param run    the run folder, as tools:doctor is to be given it
 */
export function createWarnings(config: Config, before: readonly IterationMetrics[], run: string): Warnings {
  const lines = [...before]
  const problems = () => causesFirst(diagnoseMetrics(config, lines)).filter(({ severity }) => severity === 'problem')
  const said = new Set<FindingCode>(before.length === 0 ? [] : problems().map(({ code }) => code))
  const explains = `npx nx run tools:doctor --run=${quoted(run)} explains`
  let told = 0
  let isClosed = false
  return {
    iteration(metrics) {
      lines.push(metrics)
      if (lines.length > EVERY_ITERATION_UNTIL && lines.length % LATER_EVERY !== 0) return []
      const found = problems().filter(({ code }) => !said.has(code))
      for (const { code } of found) said.add(code)
      if (isClosed || found.length === 0) return []
      isClosed = told === TOLD_MAX
      const full = found.slice(0, Math.min(TOLD_AT_ONCE, TOLD_MAX - told))
      const named = found.slice(full.length).map(({ code }) => code)
      told += full.length
      return [
        ...full.map(
          ({ code, title, evidence }) => `warning ${code}: ${title} (${evidence.replace(/\.$/, '')}). ${explains} it.`,
        ),
        ...(named.length === 0
          ? []
          : [
              `warning ${named.join(', ')}: ${explains} ${named.length === 1 ? 'it' : 'them'}.${isClosed ? ' Further problems are left to it.' : ''}`,
            ]),
      ]
    },
  }
}

/** A path as a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
