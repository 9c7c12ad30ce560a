import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { type Engine, isTooFar } from '../engine.ts'
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
import type { LearnerThreads } from './learner-threads.ts'
import { createLearningMemory, type LayOutWorkspace, type LearningMemory } from './learning-memory.ts'
import { describePpoUpdate, describeSupervisedUpdate } from './update-description.ts'
import { ppoResults, supervisedResults } from './update-results.ts'

/** More threads than items would only wait. */
const THREADS_MAX = 64

export type MemoryEngineOptions = {
  readonly spec: NetworkSpec
  /** 1 to 64, the calling thread among them. The results are the same for every number. */
  readonly threads: number
  /** T of the segments to come, so that memory is laid out for them; others may come all the same. By default 1. */
  readonly stepCount?: number
  /** [A, P] 1 = learns, 0 = stays at its loaded value (inputs that a policy may not see); copied. By default all learn. */
  readonly inputMask?: Uint8Array
}

/** What computes in the memory. */
type MemoryKernels = Pick<Engine, 'name' | 'backend' | 'device'> & {
  readonly memory: WebAssembly.Memory
  readonly layOutWorkspace: LayOutWorkspace
  start(learning: LearningMemory): LearnerThreads
}

/**
 * An engine whose team, minibatch and description of the update lie in one memory, where kernels with gradients by hand
 * find them.
 *
 * @throws {VigilError} SETTINGS for a bad thread count, STATE_SHAPE for a mask of another length, MEMORY
 * @throws {VigilError} NETWORK_SPEC
 */
export function createMemoryEngine(options: MemoryEngineOptions, kernels: MemoryKernels): Engine {
  const { spec, threads, stepCount: firstStepCount = 1 } = options
  const stateLength = spec.agentCount * parameterLayout(spec).parametersPerAgent
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > THREADS_MAX) {
    throw engineError('SETTINGS', `threads must be an integer from 1 to ${THREADS_MAX}, but is ${threads}.`)
  }
  const inputMask = options.inputMask === undefined ? null : Uint8Array.from(options.inputMask)
  if (inputMask !== null) assertStateLength('inputMask', inputMask.length, stateLength)
  const { memory, layOutWorkspace } = kernels
  const learning = createLearningMemory({
    spec,
    memory,
    layOutWorkspace,
    threads,
    stepCount: firstStepCount,
    inputMask,
  })
  const learners = kernels.start(learning)
  // Moments of a frozen parameter would still move it.
  const trained = (moments: Float32Array) =>
    inputMask === null ? moments : moments.map((moment, index) => moment * inputMask[index])

  let isLoaded = false
  let isDisposed = false
  let stepCount = 0
  const assertLoaded = () => {
    if (!isLoaded || isDisposed) {
      throw engineError('STATE_MISSING', 'the engine holds no parameters: call loadParameters first.')
    }
  }

  return {
    name: kernels.name,
    backend: kernels.backend,
    device: kernels.device,

    loadParameters(values) {
      assertStateLength('parameters', values.length, stateLength)
      if (isDisposed) throw engineError('STATE_MISSING', 'the engine has been disposed.')
      learning.writeTeam(learning.parameters, values)
      isLoaded = true
    },

    async storeParameters() {
      assertLoaded()
      return learning.readTeam(learning.parameters)
    },

    loadOptimiser(optimiser) {
      assertOptimiserState(optimiser, stateLength)
      assertLoaded()
      learning.writeTeam(learning.firstMoment, trained(optimiser.firstMoment))
      learning.writeTeam(learning.secondMoment, trained(optimiser.secondMoment))
      stepCount = optimiser.step
    },

    async storeOptimiser() {
      assertLoaded()
      return {
        step: stepCount,
        firstMoment: learning.readTeam(learning.firstMoment),
        secondMoment: learning.readTeam(learning.secondMoment),
      }
    },

    async update(minibatch, settings) {
      assertMinibatch(minibatch, spec)
      assertUpdateSettings(settings)
      assertLoaded()
      const takeBack = settings.targetKl === null ? null : learning.keepTeam()
      const shares = describePpoUpdate({ spec, learning, minibatch, settings, step: stepCount + 1 })
      await learners.run()
      const stats = ppoResults({ spec, learning, shares })
      assertFinite(stats)
      // Each agent steps as soon as its own gradient is there; the divergence of the whole team is known last.
      if (isTooFar(stats, settings)) takeBack?.()
      else stepCount++
      return stats
    },

    async supervisedUpdate(batch, learningRate) {
      assertSupervisedBatch(batch, spec)
      assertLearningRate(learningRate)
      assertLoaded()
      const shares = describeSupervisedUpdate({ spec, learning, batch, learningRate, step: stepCount + 1 })
      await learners.run()
      stepCount++
      const results = supervisedResults({ spec, learning, shares })
      assertFinite(results)
      return results.loss
    },

    dispose() {
      if (!isDisposed) learners.close()
      isDisposed = true
    },
  }
}

/** As `2 threads`. */
export function threadsInWords(threads: number): string {
  return `${threads} thread${threads === 1 ? '' : 's'}`
}
