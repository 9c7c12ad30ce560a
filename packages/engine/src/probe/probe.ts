/**
 * The program of one probe, in a process of its own because a native add-on that does not fit the machine can end it:
 *
 *   node probe.ts MINIBATCH_SIZE ENGINE BACKEND
 *
 * Creates the engine and runs one update, then says by process.send how that went.
 */

import { initialiseParameters, type NetworkSpec } from '@vigil/policy-wasm'
import type { EngineSettings } from '../create-engine.ts'
import { createEngine } from '../create-engine.ts'
import type { Minibatch, UpdateSettings } from '../engine.ts'
import { BackendUnavailableError } from '../tfjs/backend-unavailable.ts'
import type { ProbeMessage } from './probe-backends.ts'

const SPEC: NetworkSpec = {
  agentCount: 2,
  denseSize: 4,
  vocabularySizes: [3],
  policyHidden: [8, 8],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}

const MINIBATCH: Minibatch = {
  size: 4,
  dense: Float32Array.from({ length: 16 }, (_, index) => (index % 5) / 5),
  categorical: Uint16Array.of(0, 1, 2, 1),
  actions: Uint8Array.of(0, 1, 2, 3, 3, 2, 1, 0),
  oldLogProbs: new Float32Array(8).fill(Math.log(1 / 4)),
  advantages: Float32Array.of(1, -1, 1, -1, 1, -1, 1, -1),
  valueTargets: new Float32Array(8).fill(1),
  weights: new Float32Array(8).fill(1),
  constraints: null,
  direct: null,
  recurrence: null,
}

const SETTINGS: UpdateSettings = {
  learningRate: 1e-3,
  clipEpsilon: 0.2,
  entropyCoef: 0.01,
  valueCoef: 1,
  constraintCoef: 1,
  maxGradNormPolicy: 0.5,
  maxGradNormValue: 0.5,
  targetKl: null,
}

const [rows, engine, backend] = process.argv.slice(2) as [string, EngineSettings['engine'], EngineSettings['backend']]
const message = await probe().catch(refusal)
// The process ends here whatever a device or a thread of it still waits for.
process.send!(message, () => process.exit(0))

async function probe(): Promise<ProbeMessage> {
  const settings = { engine, backend, minibatchSize: Number(rows), engineThreads: 'auto', rolloutSteps: 1 } as const
  const created = await createEngine(settings, SPEC, null)
  created.loadParameters(initialiseParameters(SPEC, 1))
  await created.update(MINIBATCH, SETTINGS)
  return { available: true, engine: created.name, backend: created.backend, device: created.device }
}

function refusal(error: Error): ProbeMessage {
  if (error instanceof BackendUnavailableError) {
    return { available: false, reason: error.reason, command: error.command }
  }
  return { available: false, reason: error.message.split('\n')[0], command: null }
}
