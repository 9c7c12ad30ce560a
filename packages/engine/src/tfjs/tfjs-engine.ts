import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { type Engine, isTooFar, SUPERVISED_MAX_GRAD_NORM, type UpdateStats } from '../engine.ts'
import {
  assertLearningRate,
  assertMinibatch,
  assertOptimiserState,
  assertStateLength,
  assertSupervisedBatch,
  assertUpdateSettings,
} from '../engine-inputs.ts'
import { engineError } from '../errors.ts'
import { assertFinite } from '../finite-stats.ts'
import { isSelection, minibatchOf } from '../selection.ts'
import { adamStep, clipByAgentNorm } from './adam.ts'
import { type BackendChoice, selectBackend, startBackend } from './backend.ts'
import { supervisedGradient } from './gradients.ts'
import { type GradientRule, ppoRule, type RuleInput } from './ppo-rule.ts'
import { trunksOf } from './team-network.ts'
import { joinTeam, splitTeam, type TeamState, tensorsOf } from './team-state.ts'

export type TfjsEngineOptions = {
  readonly spec: NetworkSpec
  /** `auto` is tensorflow where the user has installed it, else wasm. */
  readonly backend: BackendChoice
  /** Of the wasm backend, 1 to 8, by default 1; see `startBackend`. The first wasm engine of a process decides. */
  readonly threads?: number
  /** [A, P] 1 = learns, 0 = stays at its loaded value (inputs that a policy may not see); copied. By default all learn. */
  readonly inputMask?: Uint8Array
  /** How a minibatch becomes gradients. By default that of clipped PPO. */
  readonly rule?: GradientRule
}

/**
 * The learner engine on TensorFlow.js, which differentiates the losses of a plain forward pass; Adam on tensors. On the backends wasm and cpu the same calls give the same bytes.
 *
 * @throws {VigilError} BACKEND_UNAVAILABLE with the command that makes the backend available, SETTINGS for a bad
 *     thread count, STATE_SHAPE for a mask of another length
 * @throws {VigilError} NETWORK_SPEC
 */
export async function createTfjsEngine(options: TfjsEngineOptions): Promise<Engine> {
  const { spec, rule = ppoRule } = options
  const trunks = trunksOf(spec)
  const [policyTrunk] = trunks
  const stateLength = spec.agentCount * trunks.reduce((sum, { parameterCount }) => sum + parameterCount, 0)
  const inputMask = options.inputMask === undefined ? null : Uint8Array.from(options.inputMask)
  if (inputMask !== null) assertStateLength('inputMask', inputMask.length, stateLength)
  const backend = await startBackend(options.backend, options.threads)
  selectBackend(backend.name)
  const mask = inputMask === null ? null : splitTeam(inputMask, trunks)
  // Moments of a frozen parameter would still move it.
  const splitMoments = (moments: Float32Array) =>
    splitTeam(inputMask === null ? moments : moments.map((moment, index) => moment * inputMask[index]), trunks)

  let state: TeamState | null = null
  let stepCount = 0

  const loadedState = (): TeamState => {
    if (state === null) {
      throw engineError('STATE_MISSING', 'the engine holds no parameters: call loadParameters first.')
    }
    selectBackend(backend.name)
    return state
  }
  const replaceState = (next: TeamState | null) => {
    const kept = new Set(tensorsOf(next ?? []).map((tensor) => tf.keep(tensor)))
    tf.dispose(tensorsOf(state ?? []).filter((tensor) => !kept.has(tensor)))
    state = next
  }

  return {
    name: 'tfjs',
    backend: backend.name,
    device: backend.device,

    loadParameters(values) {
      assertStateLength('parameters', values.length, stateLength)
      selectBackend(backend.name)
      const before = state
      const next = splitTeam(values, trunks).map((parameters, index) => ({
        parameters,
        firstMoment: before?.[index].firstMoment ?? tf.zerosLike(parameters),
        secondMoment: before?.[index].secondMoment ?? tf.zerosLike(parameters),
      }))
      replaceState(next)
    },

    async storeParameters() {
      return joinTeam(loadedState().map(({ parameters }) => parameters))
    },

    loadOptimiser(optimiser) {
      assertOptimiserState(optimiser, stateLength)
      const current = loadedState()
      const [first, second] = [optimiser.firstMoment, optimiser.secondMoment].map(splitMoments)
      replaceState(
        current.map(({ parameters }, index) => ({
          parameters,
          firstMoment: first[index],
          secondMoment: second[index],
        })),
      )
      stepCount = optimiser.step
    },

    async storeOptimiser() {
      const current = loadedState()
      const firstMoment = await joinTeam(current.map((trunk) => trunk.firstMoment))
      const secondMoment = await joinTeam(current.map((trunk) => trunk.secondMoment))
      return { step: stepCount, firstMoment, secondMoment }
    },

    async update(given, settings) {
      assertMinibatch(given, spec)
      assertUpdateSettings(settings)
      const current = loadedState()
      const minibatch = isSelection(given) ? minibatchOf(given) : given
      const step = stepCount + 1
      let names: readonly string[] = []
      const { next, report } = tf.tidy(() => {
        const parameters = current.map((trunk) => trunk.parameters)
        const input: RuleInput = { spec, trunks, parameters, mask, minibatch, settings, step }
        const { gradients, figures } = rule(input)
        names = Object.keys(figures)
        return {
          next: current.map((trunk, i) => adamStep(trunk, gradients[i], { learningRate: settings.learningRate, step })),
          report: tf.stack(Object.values(figures)),
        }
      })
      const discard = () => tf.dispose(tensorsOf(next))
      const means = await agentMeans(report).catch((error: unknown) => {
        discard()
        throw error
      })
      const measured = Object.fromEntries(names.map((name, index) => [name, means[index]]))
      // Shares of rows in f32 may add up to a little more than 1.
      const stats = { ...measured, clipFraction: Math.min(1, measured.clipFraction) } as UpdateStats
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
      const [policy, ...critic] = current
      const { next, report } = tf.tidy(() => {
        const { losses, gradient } = supervisedGradient({
          spec,
          trunk: policyTrunk,
          parameters: policy.parameters,
          batch,
        })
        const trained = mask === null ? gradient : tf.mul<tf.Tensor2D>(gradient, mask[0])
        const clipped = clipByAgentNorm(trained, SUPERVISED_MAX_GRAD_NORM)
        const next = adamStep(policy, clipped.gradient, { learningRate, step: stepCount + 1 })
        return { next: [next, ...critic], report: tf.stack([losses, clipped.norms]) }
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
      if (mask !== null) tf.dispose(mask)
    },
  }
}

/** Mean over the agents of each row of [rows, A]; disposes the tensor. */
async function agentMeans(report: tf.Tensor): Promise<number[]> {
  const [rowCount, agentCount] = report.shape
  const values = await report.data()
  report.dispose()
  return Array.from({ length: rowCount }, (_, row) => {
    const own = values.subarray(row * agentCount, (row + 1) * agentCount) as Float32Array
    return own.reduce((sum, value) => sum + value, 0) / agentCount
  })
}
