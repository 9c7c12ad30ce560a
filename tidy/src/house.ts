import type { Exceptions } from './finding.ts'
import type { Arrows } from './rules/arrows.ts'

const ground = ['command-line', 'random', 'blocks', 'errors', 'tfjs']
const middle = ['stl-smooth', 'env-wasm', 'agreement', 'policy-wasm', 'boosting', 'stl', 'data', 'features', 'vote']

/** Package -> what it may import. From top to bottom: a row names only rows below it. */
export const arrows: Arrows = {
  tools: [
    'lab',
    'learner',
    'report',
    'doctor',
    'evaluation',
    'ppo',
    'config',
    'actors',
    'runs',
    'engine',
    ...middle,
    ...ground,
  ],
  lab: ['learner', 'report', 'doctor', 'evaluation', 'ppo', 'config', 'actors', 'runs', 'engine', ...middle, ...ground],
  learner: [
    'report',
    'doctor',
    'evaluation',
    'ppo',
    'config',
    'actors',
    'runs',
    'engine',
    ...middle,
    'proto',
    ...ground,
  ],
  report: ['doctor', 'evaluation', 'config', 'runs', ...middle, ...ground],
  doctor: ['evaluation', 'ppo', 'config', 'actors', 'runs', 'engine', ...middle, ...ground],
  config: ['ppo', 'actors', 'runs', 'engine', ...middle, ...ground],
  evaluation: ['ppo', 'actors', 'runs', 'engine', ...middle, ...ground],
  ppo: ['actors', 'runs', 'engine', ...middle, 'proto', ...ground],
  actors: ['env-wasm', 'policy-wasm', 'stl', 'data', 'vote', 'proto', ...ground],
  runs: ['env-wasm', 'policy-wasm', 'features', 'stl', 'vote', ...ground],
  engine: ['policy-wasm', 'proto', ...ground],
  'stl-smooth': ['stl', ...ground],
  'env-wasm': ['policy-wasm', 'stl', 'vote', ...ground],
  agreement: ['vote', ...ground],
  'policy-wasm': [...ground],
  boosting: [...ground],
  stl: [...ground],
  data: ['features', ...ground],
  features: [...ground],
  vote: [...ground],
  proto: [...ground],
  'command-line': ['errors'],
  random: [],
  blocks: [],
  tfjs: [],
  errors: [],
  tidy: [],
}

/** The config is cut into settings at the top: below, nobody knows it. */
export const configImporters = ['tools', 'lab', 'learner', 'report', 'doctor']

/** Heavy libraries, and who may import them. */
export const libraryOwners: Arrows = {
  '@vigil/tfjs': ['engine', 'stl-smooth', 'lab', 'learner'],
  '@tensorflow/tfjs-core': ['tfjs'],
  '@tensorflow/tfjs-backend-cpu': ['tfjs'],
  '@tensorflow/tfjs-backend-wasm': ['engine'],
  piscina: ['actors', 'engine'],
  '@duckdb/node-api': ['data'],
  protobufjs: ['proto', 'agreement'],
  chevrotain: ['stl'],
}

export const limits = { fileLines: 400, functionLines: 70, packageShare: 0.17, proseLength: 170 }

const closure =
  'one closure over WebAssembly memory: its parts share the memory and cannot be called before it is laid out'
const report = 'one chart from its figures to its axes'
const prose = 'long lines from before this rule'
const checks = 'one check after another, in the order of the file or of the settings'

/** What breaks a rule today, rule by rule, and why it may. */
export const exceptions = {
  arrows: {},
  libraries: {},
  packageCircles: {},
  folderCircles: {
    'packages/env-wasm/assembly': 'plan.ts reads the parts that its own structs hold',
  },
  fileCircles: {
    'packages/env-wasm/assembly/plan.ts': 'plan.ts reads the parts that its own structs hold',
  },
  fileSizes: {
    'replica.ts': 'one state machine of the protocol; to be split by noun',
    'dense.test.ts': 'one test per operator of dense time',
  },
  functionSizes: {
    'matmul.ts matmul': 'two kernels and their remainders, in the order of one pass',
    'actor-pool.ts createActorPool': closure,
    'memory-layout.ts layOutMemory': closure,
    'lanes.fixture.ts openLanes': closure,
    'checkpoint.ts decodeCheckpoint': checks,
    'config.ts assertConsistent': checks,
    'learning-memory.ts createLearningMemory': closure,
    'portable-engine.ts createPortableEngine': closure,
    'tfjs-engine.ts createTfjsEngine': closure,
    'evaluate-team.ts evaluateTeam': 'evaluation.json from its first key to its last',
    'learning-curves.ts learningCards': report,
    'train.ts train': 'the algorithm, in the order of the paper',
    'forward.oracle.ts forwardOracle': 'the oracle states the whole network in one place',
    'smooth.oracle.ts evaluate': 'one case per operator',
  },
  packageShares: {},
  supportSpelling: {},
  supportInDisguise: {
    'nx-plugin.mjs': 'nx loads it, by nx.json',
  },
  exportedNames: {},
  proseLines: {
    'ARCHITECTURE.md': prose,
    'README.md': prose,
    'docs/agreement.md': prose,
    'docs/constraints.md': prose,
    'docs/features.md': prose,
    'docs/history.md': prose,
    'docs/performance.md': prose,
    'docs/robustness.md': prose,
    'docs/stl.md': prose,
    'packages/learner/README.md': prose,
    'packages/stl/README.md': prose,
    'tools/README.md': prose,
  },
} satisfies Record<string, Exceptions>
