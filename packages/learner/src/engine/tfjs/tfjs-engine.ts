import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { needsPortableEngine } from '../../config/defects.ts'
import { type Engine, isTooFar, SUPERVISED_MAX_GRAD_NORM, type UpdateSettings, type UpdateStats } from '../engine.ts'
import {
  assertLearningRate,
  assertMinibatch,
  assertOptimiserState,
  assertStateLength,
  assertSupervisedBatch,
  assertUpdateSettings,
} from '../engine-inputs.ts'
import { EngineError } from '../errors.ts'
import { assertFinite } from '../finite-stats.ts'
import { adamStep, clipByAgentNorm, type TrunkState } from './adam.ts'
import { type BackendChoice, selectBackend, startBackend } from './backend.ts'
import { chooseArithmetic } from './choose-arithmetic.ts'
import { ppoGradients, supervisedGradient, type TeamNetwork } from './gradients.ts'
import { PPO_TERMS } from './ppo-loss.ts'
import { joinTeam, splitTeam, type TeamTensors } from './team-tensors.ts'
import { trunksOf } from './trunk.ts'

export type TfjsEngineOptions = {
  readonly spec: NetworkSpec
  /** `auto` is tensorflow where the user has installed it, else wasm. */
  readonly backend: BackendChoice
  /** Of the wasm backend, 1 to 8, by default 1; see `startBackend`. The first wasm engine of a process decides. */
  readonly threads?: number
  /** [A, P] 1 = learns, 0 = stays at its loaded value (feature views); copied. By default all learn. */
  readonly viewMask?: Uint8Array
}

/** Everything that a step changes; `value` is null without a critic. */
type TeamState = { readonly policy: TrunkState; readonly value: TrunkState | null }

/**
 * The learner engine on TensorFlow.js: the products of the network and their gradients by hand, the losses by
 * automatic differentiation, Adam on tensors. On the backends wasm and cpu the same calls give the same bytes.
 *
 * @throws {EngineError} BACKEND_UNAVAILABLE with the command that makes the backend available, SETTINGS for a bad
 *     thread count or a spec with dropout, STATE_SHAPE for a mask of another length
 * @throws {PolicyError} NETWORK_SPEC
 */
export async function createTfjsEngine(options: TfjsEngineOptions): Promise<Engine> {
  const { spec } = options
  assertWithoutDropout(spec)
  const trunks = trunksOf(spec)
  const stateLength = spec.agentCount * (trunks.policy.parameterCount + (trunks.value?.parameterCount ?? 0))
  const viewMask = options.viewMask === undefined ? null : Uint8Array.from(options.viewMask)
  if (viewMask !== null) assertStateLength('viewMask', viewMask.length, stateLength)
  const backend = await startBackend(options.backend, options.threads)
  const network: TeamNetwork = { spec, trunks, arithmetic: chooseArithmetic(backend.name, spec) }
  selectBackend(backend.name)
  const split = (values: ArrayLike<number>) => splitTeam(values, spec.agentCount, trunks)
  const mask = viewMask === null ? null : split(viewMask)
  // Moments of a frozen parameter would still move it.
  const splitMoments = (moments: Float32Array) =>
    split(viewMask === null ? moments : moments.map((moment, index) => moment * viewMask[index]))

  let state: TeamState | null = null
  let stepCount = 0

  const loadedState = (): TeamState => {
    if (state === null) {
      throw new EngineError('STATE_MISSING', 'the engine holds no parameters: call loadParameters first.')
    }
    selectBackend(backend.name)
    return state
  }
  const replaceState = (next: TeamState | null) => {
    const kept = new Set(tensorsOf(next).map((tensor) => tf.keep(tensor)))
    tf.dispose(tensorsOf(state).filter((tensor) => !kept.has(tensor)))
    state = next
  }
  const trunkStep = (
    trunk: TrunkState,
    gradient: tf.Tensor2D,
    settings: { name: 'policy' | 'value'; maxNorm: number; learningRate: number },
  ) => {
    const trained = mask === null ? gradient : tf.mul<tf.Tensor2D>(gradient, mask[settings.name]!)
    const { gradient: clipped, norms, scales } = clipByAgentNorm(trained, settings.maxNorm)
    const next = adamStep(trunk, clipped, { learningRate: settings.learningRate, step: stepCount + 1 })
    return { next, norms, scales }
  }

  return {
    name: 'tfjs',
    backend: backend.name,
    device: backend.device,

    loadParameters(values) {
      assertStateLength('parameters', values.length, stateLength)
      selectBackend(backend.name)
      const noMoments = () => split(new Float32Array(stateLength))
      const first = state === null ? noMoments() : partOf(state, 'firstMoment')
      const second = state === null ? noMoments() : partOf(state, 'secondMoment')
      replaceState(stateOf(split(values), first, second))
    },

    async storeParameters() {
      return joinTeam(partOf(loadedState(), 'parameters'), trunks)
    },

    loadOptimiser(optimiser) {
      assertOptimiserState(optimiser, stateLength)
      const parameters = partOf(loadedState(), 'parameters')
      replaceState(stateOf(parameters, splitMoments(optimiser.firstMoment), splitMoments(optimiser.secondMoment)))
      stepCount = optimiser.step
    },

    async storeOptimiser() {
      const current = loadedState()
      const firstMoment = await joinTeam(partOf(current, 'firstMoment'), trunks)
      const secondMoment = await joinTeam(partOf(current, 'secondMoment'), trunks)
      return { step: stepCount, firstMoment, secondMoment }
    },

    async update(minibatch, settings) {
      assertMinibatch(minibatch, spec)
      assertUpdateSettings(settings)
      assertWithoutDefects(settings)
      const current = loadedState()
      const { learningRate, maxGradNormPolicy, maxGradNormValue } = settings
      const { next, report } = tidied(() => {
        const { terms, gradients } = ppoGradients({
          network,
          parameters: partOf(current, 'parameters'),
          minibatch,
          settings,
        })
        const policy = trunkStep(current.policy, gradients.policy, {
          name: 'policy',
          maxNorm: maxGradNormPolicy,
          learningRate,
        })
        const value =
          current.value === null || gradients.value === null
            ? { next: null, norms: tf.zerosLike(policy.norms) }
            : trunkStep(current.value, gradients.value, { name: 'value', maxNorm: maxGradNormValue, learningRate })
        return {
          next: { policy: policy.next, value: value.next },
          report: tf.concat([terms, tf.stack([policy.norms, value.norms, policy.scales])], 0),
        }
      })
      const discard = () => tf.dispose(tensorsOf(next).filter((tensor) => !tensorsOf(current).includes(tensor)))
      const means = await agentMeans(report).catch((error: unknown) => {
        discard()
        throw error
      })
      const names = [...PPO_TERMS, 'gradNormPolicy', 'gradNormValue', 'clipScalePolicy']
      const measured = Object.fromEntries(names.map((name, index) => [name, means[index]]))
      // Each trunk is clipped by its own norm. Shares of rows in f32 may add up to a little more than 1.
      const clipFraction = Math.min(1, measured.clipFraction)
      const stats = { ...measured, clipFraction, starvedByCritic: 0 } as UpdateStats
      if (isTooFar(stats, settings)) discard()
      else {
        replaceState(next)
        stepCount++
      }
      assertFinite(stats)
      return stats
    },

    async supervisedUpdate(batch, learningRate) {
      assertSupervisedBatch(batch, spec)
      assertLearningRate(learningRate)
      const current = loadedState()
      const { next, report } = tidied(() => {
        const { losses, gradient } = supervisedGradient(network, current.policy.parameters, batch)
        const policy = trunkStep(current.policy, gradient, {
          name: 'policy',
          maxNorm: SUPERVISED_MAX_GRAD_NORM,
          learningRate,
        })
        return { next: { policy: policy.next, value: current.value }, report: tf.stack([losses, policy.norms]) }
      })
      replaceState(next)
      stepCount++
      const [loss, gradNorm] = await agentMeans(report)
      assertFinite({ loss, gradNorm })
      return loss
    },

    dispose() {
      selectBackend(backend.name)
      replaceState(null)
      tf.dispose([mask?.policy, mask?.value].filter((tensor) => tensor != null))
    },
  }
}

/** Dropping hidden units is one of the faults, see assertWithoutDefects. */
function assertWithoutDropout({ dropout }: NetworkSpec): void {
  if (dropout === undefined) return
  throw new EngineError(
    'SETTINGS',
    `spec.dropout needs the engine "portable": this one drops nothing, but its rate is ${dropout.rate}.`,
  )
}

/** The faults that can be switched on are built into the portable engine alone. */
function assertWithoutDefects({ defects }: UpdateSettings): void {
  const defect = defects.find((name) => needsPortableEngine([name]))
  if (defect === undefined) return
  throw new EngineError('SETTINGS', `the defect "${defect}" needs the engine "portable": this one does not have it.`)
}

/** `tf.tidy` for results that hold nulls, which it skips but its type forbids. */
function tidied<Result>(compute: () => Result): Result {
  return tf.tidy(compute as () => tf.TensorContainer) as Result
}

/** One part of every trunk's state. */
function partOf(state: TeamState, part: keyof TrunkState): TeamTensors {
  return { policy: state.policy[part], value: state.value === null ? null : state.value[part] }
}

function stateOf(parameters: TeamTensors, first: TeamTensors, second: TeamTensors): TeamState {
  const trunk = (name: 'policy' | 'value'): TrunkState => ({
    parameters: parameters[name]!,
    firstMoment: first[name]!,
    secondMoment: second[name]!,
  })
  return { policy: trunk('policy'), value: parameters.value === null ? null : trunk('value') }
}

function tensorsOf(state: TeamState | null): tf.Tensor[] {
  if (state === null) return []
  return [state.policy, state.value].flatMap((trunk) =>
    trunk === null ? [] : [trunk.parameters, trunk.firstMoment, trunk.secondMoment],
  )
}

/** Mean over the agents of each row of [K, A]; disposes the tensor. */
async function agentMeans(report: tf.Tensor): Promise<number[]> {
  const [rowCount, agentCount] = report.shape
  const values = await report.data()
  report.dispose()
  return Array.from({ length: rowCount }, (_, row) => {
    const own = values.subarray(row * agentCount, (row + 1) * agentCount) as Float32Array
    return own.reduce((sum, value) => sum + value, 0) / agentCount
  })
}
