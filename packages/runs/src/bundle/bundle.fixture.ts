/** A team small enough to look at, with everything that a bundle may hold. */
import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import { parameterLayout } from '@vigil/policy-wasm'
import type { Bundle } from './bundle.ts'

/** A recurrent team of four, in streams, under one specification that it sees, with votes by weight; `changes` replaces fields. */
export function sampleBundle(changes: Partial<Bundle> = {}): Bundle {
  const specification = { name: 'false alarms', formula: 'G (fp_rate[100] <= 0.02)', target: 0.95 }
  const network = {
    ...{ agentCount: 4, policyHidden: [8], valueHidden: [8], lstmHidden: [8], layerNorm: true, constraintCount: 1 },
    // One dense column, four moving averages, one observed robustness; a vocabulary of two tokens and the unknown.
    ...{ denseSize: 6, vocabularySizes: [3] },
  }
  const length = network.agentCount * parameterLayout(network).parametersPerAgent
  return {
    iteration: 40,
    configFingerprint: 'c0'.repeat(32),
    datasetFingerprint: 'da'.repeat(32),
    pipeline: {
      ...{ version: 1, dataset: 'synthetic', features: 'behaviour', history: null },
      reading: { missing: [''], time: null, stream: ['process'], keys: {}, where: null, labels: [] },
      columns: [
        { kind: 'vocabulary', name: 'call', source: 'call', tokens: ['read', 'write'] },
        { kind: 'standard', name: 'size', source: 'bytes', mean: 12.5, deviation: 3 },
      ],
    },
    network,
    environment: {
      ...{ mode: 'stream', agentCount: 4, seed: 7, episodeSteps: 200, attribution: 'own', rule: 'majority' },
      ...{
        faults: 1,
        fallbackAction: 3,
        rewards: DEFAULT_REWARDS,
        teamBonus: 0,
        response: null,
        showsBelief: false,
        observeConstraints: true,
      },
      specifications: [specification.formula],
    },
    vote: {
      ...{ rule: 'weighted', faults: 1, fallbackAction: 3 },
      weights: Uint32Array.of(374_999, 250_000, 250_000, 125_000),
    },
    specifications: [specification],
    stopFactor: 1,
    belief: null,
    reference: {
      rows: 10,
      dense: [{ edges: [-0.5, 0.5], counts: [2, 5, 3] }],
      categorical: [{ categories: [2], counts: [1, 6, 3] }],
    },
    parameters: Float32Array.from({ length }, (_, i) => Math.sin(i)),
    ...changes,
  }
}
