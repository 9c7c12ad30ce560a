/**
 * The worker thread's side: one task = one rollout of one shard, or the greedy team over some segments.
 *
 * A worker keeps nothing between tasks but its module instances and kernels, so any worker can run any shard.
 */
// The module alone: the package would bring the parser of formulas into every thread.
import { type Family, loadNativeKernels } from '@vigil/engine-native'
import { instantiateEnvironment } from '@vigil/env-wasm/module'
import { instantiatePolicy, type PolicyExports } from '@vigil/policy-wasm'
import { encodeTrajectory } from '@vigil/proto'
import { move, workerData } from 'piscina'
import { copyNoRows, createCopyRows } from './outside-rows.ts'
import { instantiateRollout } from './rollout-module.ts'
import type { EvaluationTask, RolloutExports, RolloutTask, Task, TaskResult, WorkerSetup } from './tasks.ts'

const setup = workerData as WorkerSetup
const { memory } = setup
const environment = instantiateEnvironment(setup.environment, memory)
const portable = instantiatePolicy(setup.policy, memory)
const rows = { copy: setup.outside === null ? copyNoRows : createCopyRows(setup.outside, memory) }
const link = (policy: PolicyExports) => instantiateRollout(setup.rollout, memory, { environment, policy, rows })
const modules = link(portable)
const native = new Map<Family, RolloutExports>()

/** The rollout loop with the kernels of a family in the place of policy.wasm. */
function modulesOf(family: Family): RolloutExports {
  const linked = native.get(family)
  if (linked !== undefined) return linked
  const kernels = loadNativeKernels()
  if (typeof kernels === 'string') throw new Error(`there are no native kernels: ${kernels}`)
  const made = link({ ...portable, ...kernels.actingOn(new Uint8Array(memory.buffer), family) })
  native.set(family, made)
  return made
}

/** @returns a TaskResult; a trajectory's buffer is transferred, not copied */
export default function work(task: Task): unknown {
  const result = task.kind === 'evaluation' ? evaluate(task) : rollout(task)
  return result instanceof Uint8Array ? move(result) : result
}

function rollout({ location, committed, parameters, shard, policyVersion, family }: RolloutTask): TaskResult {
  // The committed lanes stay as they are until the learner's side has the trajectory in its hands.
  const working = committed === 0 ? 1 : 0
  const [from, to] = [location.areas[committed], location.areas[working]]
  const laneStates = setup.lanesPerShard * setup.laneBytes
  const recurrentValues = setup.lanesPerShard * setup.agentCount * setup.stateSize
  const bytes = new Uint8Array(memory.buffer)
  bytes.copyWithin(to.lanes, from.lanes, from.lanes + laneStates)
  bytes.copyWithin(to.recurrentState, from.recurrentState, from.recurrentState + 4 * recurrentValues)
  const acting = family === null ? modules : modulesOf(family)
  const failure = failureOf(acting.rollout(location.job, to.lanes, to.recurrentState, parameters))
  if (failure !== null) return failure

  const { fields } = location
  const events = setup.stepsPerRollout * setup.lanesPerShard
  const decisions = events * setup.agentCount
  const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length)
  const octets = (at: number, length: number) => new Uint8Array(memory.buffer, at, length)
  const values = setup.critic ? decisions * setup.valueOutputCount : 0
  return encodeTrajectory({
    policyVersion,
    shard,
    stepCount: setup.stepsPerRollout,
    laneCount: setup.lanesPerShard,
    agentCount: setup.agentCount,
    contextSize: setup.contextSize,
    stateSize: setup.stateSize,
    valueOutputCount: setup.valueOutputCount,
    specificationCount: setup.specificationCount,
    datasetFingerprint: setup.datasetFingerprint,
    rows: new Uint32Array(memory.buffer, fields.rows, events),
    context: floats(fields.context, events * setup.contextSize),
    actions: octets(fields.actions, decisions),
    logProbs: floats(fields.logProbs, decisions),
    values: floats(fields.values, values),
    nextValues: floats(fields.nextValues, values),
    rewards: floats(fields.rewards, decisions),
    expectedRewards: floats(fields.expectedRewards, decisions),
    teamActions: octets(fields.teamActions, events),
    terminated: octets(fields.terminated, events),
    truncated: octets(fields.truncated, events),
    recurrentState: floats(from.recurrentState, recurrentValues),
    robustness: floats(fields.robustness, events * setup.specificationCount),
  })
}

function evaluate({ job, parameters, segments, segmentCount }: EvaluationTask): TaskResult {
  return failureOf(modules.evaluate(job, parameters, segments, segmentCount)) ?? 'evaluated'
}

/** @param status of rollout.wasm: 0, what policy.wasm said, or -1 - an instruction of the monitors, see assembly/rollout.ts */
function failureOf(status: number): TaskResult | null {
  if (status === 0) return null
  return status > 0 ? 'non-finite' : { instruction: -1 - status }
}
