import type { PpoSettings } from './settings.ts'
import { TEAM } from './team.fixture.ts'

/** Three short iterations on independent rows. */
export const SETTINGS: PpoSettings = {
  ...{ seed: 1, iterations: 3, earlierLengths: [], environment: TEAM.environment, episodes: 'iid' },
  ...{ staleness: 0, credit: 'sampled', gamma: 0.5, gaeLambda: 0.9, returns: 'monte-carlo', baseline: 'critic' },
  ...{ returnNormalisation: 'running', learningRate: 1e-2, anneal: true, minibatchSize: 128, epochs: 2 },
  ...{
    clipEpsilon: 0.2,
    entropyCoef: 0.01,
    valueCoef: 1,
    targetKl: null,
    maxGradNormPolicy: 0.5,
    maxGradNormValue: 0.5,
  },
  ...{ specifications: [], stlMode: 'off', observeConstraints: 'none', costCritic: 'robustness', costGamma: 0.9 },
  ...{ costLambda: 0, constraintCoef: 1 },
  pid: { proportional: 1, integral: 0.1, derivative: 0 },
} as const
