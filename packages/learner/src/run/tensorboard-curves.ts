import { existsSync } from 'node:fs'
import type { Config } from '@vigil/config'
import { curvesFolder, type IterationMetrics, type RunFolder } from '@vigil/runs'
import { beginEventFile, type Hyperparameters } from '@vigil/tensorboard'

/** Takes the figures of an iteration. */
type Curves = (metrics: IterationMetrics) => Promise<void>

/**
 * The curves of a run for TensorBoard, in the folder `tensorboard` of the run folder. A run that has none yet, but has been trained,
 * gets those of all its iterations.
 *
 * @param before the iterations that are done
 * @returns null where nobody asks for curves and the run has none
 * @throws {VigilError} FILE_UNWRITABLE, here and from what is returned
 */
export async function openCurves(
  run: Pick<RunFolder, 'path'>,
  { config, before, isAsked }: { config: Config; before: readonly IterationMetrics[]; isAsked: boolean },
): Promise<Curves | null> {
  const folder = curvesFolder(run)
  const hasCurves = existsSync(folder)
  if (!isAsked && !hasCurves) return null
  const firstStep = hasCurves ? 1 + (before.at(-1)?.iteration ?? 0) : 1
  const file = await beginEventFile(folder, { firstStep, hyperparameters: hyperparametersOf(config) })
  const add: Curves = async (metrics) => await file.add(metrics.iteration, scalarsOf(metrics))
  if (!hasCurves) for (const metrics of before) await add(metrics)
  return add
}

/** Every number of a line of metrics.jsonl, by the path to it; those that are not measured are left out. */
function scalarsOf({ stl, validation, actions, ...train }: IterationMetrics): Record<string, number> {
  const named = Object.fromEntries(stl.map(({ name, ...figures }) => [name, figures]))
  const { satisfied = [], ...validated } = validation ?? {}
  const held = Object.fromEntries(satisfied.map((share, s) => [stl[s].name, share]))
  return numbersIn({ train, actions, stl: named, validation: { ...validated, satisfied: held } })
}

/** Settings one by one; lists as JSON, and what is null left out. */
function hyperparametersOf(config: Config): Hyperparameters {
  const leaves = leavesOf(config, '.').filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(
    leaves.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : value]),
  ) as Hyperparameters
}

function numbersIn(object: object): Record<string, number> {
  const numbers = leavesOf(object, '/').filter((leaf): leaf is [string, number] => typeof leaf[1] === 'number')
  return Object.fromEntries(numbers)
}

/** What objects within objects come to, by the path to it. */
function leavesOf(object: object, separator: string): [string, unknown][] {
  return Object.entries(object).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leavesOf(value, separator).map(([inner, leaf]) => [`${name}${separator}${inner}`, leaf])
      : [[name, value]],
  )
}
