import { existsSync } from 'node:fs'
import type { Config } from '@vigil/config'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { curvesFolder, type IterationMetrics, type RunFolder } from '@vigil/runs'
import { beginEventFile, type Hyperparameters } from '@vigil/tensorboard'

/** Takes the figures of an iteration, and where it was validated the weights [A, P] behind it. */
type Curves = (metrics: IterationMetrics, parameters: Float32Array | null) => Promise<void>

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
  {
    config,
    network,
    before,
    isAsked,
  }: {
    readonly config: Config
    readonly network: NetworkSpec
    readonly before: readonly IterationMetrics[]
    readonly isAsked: boolean
  },
): Promise<Curves | null> {
  const folder = curvesFolder(run)
  const hasCurves = existsSync(folder)
  if (!isAsked && !hasCurves) return null
  const firstStep = hasCurves ? 1 + (before.at(-1)?.iteration ?? 0) : 1
  const file = await beginEventFile(folder, { firstStep, hyperparameters: hyperparametersOf(config) })
  const add: Curves = async (metrics, parameters) =>
    await file.add(
      metrics.iteration,
      scalarsOf(metrics),
      parameters === null ? {} : weightsByTensor(network, parameters),
    )
  if (!hasCurves) for (const metrics of before) await add(metrics, null)
  return add
}

/** Weights of all agents by tensor. Zeros are left out: units that fill up memory are. */
function weightsByTensor(network: NetworkSpec, parameters: Float32Array): Record<string, Float32Array> {
  const { slices, parametersPerAgent } = parameterLayout(network)
  return Object.fromEntries(
    slices.map(({ name, offset, length }) => {
      const own = new Float32Array(network.agentCount * length)
      for (let agent = 0; agent < network.agentCount; agent++) {
        const from = agent * parametersPerAgent + offset
        own.set(parameters.subarray(from, from + length), agent * length)
      }
      return [`weights/${name}`, own.filter((value) => value !== 0)]
    }),
  )
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
