/** A command of the published package. */
export type CommandEntry = {
  /** As nx calls it. */
  readonly nx: string
  /** From the root of the repository; in the package the same with `.js`. */
  readonly file: string
  readonly about: string
  /** Default true. */
  readonly hasFlags?: boolean
}

/** Commands by the word behind `vigil`, in the order in which a user meets them. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  inspect: {
    nx: 'tools:inspect',
    file: 'tools/src/inspect/inspect.ts',
    about: 'what events are like, and a drafted description of them',
  },
  train: { nx: 'learner:train', file: 'packages/learner/src/cli/train.ts', about: 'trains a team in a run folder' },
  evaluate: {
    nx: 'learner:evaluate',
    file: 'packages/learner/src/cli/evaluate.ts',
    about: 'evaluates the best checkpoint of a run again',
  },
  doctor: { nx: 'tools:doctor', file: 'tools/src/doctor/doctor.ts', about: 'why a training went as it did' },
  runs: { nx: 'tools:runs', file: 'tools/src/runs/runs.ts', about: 'lists, compares, tags and deletes runs' },
  sweep: { nx: 'tools:sweep', file: 'tools/src/sweep/sweep.ts', about: 'searches for settings on validation' },
  replay: { nx: 'tools:replay', file: 'tools/src/replay/replay.ts', about: 'whether a run is what its config makes' },
  decide: { nx: 'service:decide', file: 'packages/service/src/cli/decide.ts', about: 'decides on events line by line' },
  serve: { nx: 'service:serve', file: 'packages/service/src/cli/serve.ts', about: 'decides on events over HTTP' },
  env: {
    nx: 'environments:serve',
    file: 'packages/environments/src/cli/serve.ts',
    about: 'the environment for learners in other languages, over HTTP',
  },
  check: {
    nx: 'service:check',
    file: 'packages/service/src/cli/check.ts',
    about: 'stores events of a run by which a service checks its team',
  },
  sample: {
    nx: 'service:sample',
    file: 'packages/service/src/cli/sample.ts',
    about: 'stores training events that reasons of decisions name',
  },
  'team-create': {
    nx: 'service:team-create',
    file: 'packages/service/src/cli/team-create.ts',
    about: 'keys and settings for agents that are processes of their own',
  },
  'team-rotate': {
    nx: 'service:team-rotate',
    file: 'packages/service/src/cli/team-rotate.ts',
    about: 'the next keys of a team of processes',
  },
  'team-sign': {
    nx: 'service:team-sign',
    file: 'packages/service/src/cli/team-sign.ts',
    about: 'an agent signs the next keys of its team',
  },
  sign: { nx: 'service:sign', file: 'packages/service/src/cli/sign.ts', about: 'signs the team of a run' },
  'team-ready': {
    nx: 'service:team-ready',
    file: 'packages/service/src/cli/team-ready.ts',
    about: 'an agent shows that it holds its next keys',
  },
  'team-evidence': {
    nx: 'service:team-evidence',
    file: 'packages/service/src/cli/team-evidence.ts',
    about: 'proofs against who signed two next epochs',
  },
  agent: { nx: 'service:agent', file: 'packages/service/src/cli/agent.ts', about: 'one agent as a process of its own' },
  enforce: {
    nx: 'service:enforce',
    file: 'packages/service/src/cli/enforce.ts',
    about: 'acts on certified decisions of agents',
  },
  export: {
    nx: 'learner:export',
    file: 'packages/export/src/cli/export.ts',
    about: 'the team of a run for other runtimes',
  },
  verify: { nx: 'tools:verify', file: 'tools/src/verify/verify.ts', about: 'checks certificates by public keys alone' },
  budget: { nx: 'tools:budget', file: 'tools/src/budget/budget.ts', about: 'what one more analyst saves' },
  'reward-balance': {
    nx: 'tools:reward-balance',
    file: 'tools/src/reward-balance/reward-balance.ts',
    about: 'what a reward table makes of a threat rate',
  },
  'data-export': {
    nx: 'data:export',
    file: 'packages/data/src/export/export.ts',
    about: 'writes events as a training sees them',
  },
  'stl-check': {
    nx: 'stl:check',
    file: 'packages/stl/src/cli/check.ts',
    about: 'Signal Temporal Logic on recorded signals',
  },
  simulate: {
    nx: 'consensus:simulate',
    file: 'packages/agreement/src/simulator/simulate-command.ts',
    about: 'random runs of the agreement protocol',
  },
  join: {
    nx: 'actors:join',
    file: 'packages/hosts/src/cli/join.ts',
    about: 'collects for a learner on another machine',
  },
  scale: { nx: 'tools:scale', file: 'tools/src/scale/scale.ts', about: 'how many hosts a learner can use' },
  backends: {
    nx: 'learner:backends',
    file: 'packages/learner/src/cli/backends.ts',
    about: 'which engines this machine has',
  },
  'build-native': {
    nx: 'engine-native:build',
    file: 'packages/engine-native/src/addon/build.ts',
    about: "compiles the native engine with this machine's C compiler, cc or what CC names",
    hasFlags: false,
  },
  'link-tensorflow': {
    nx: 'tools:link-tensorflow',
    file: 'tools/src/link-tensorflow/link-tensorflow.ts',
    about: 'links a TensorFlow of pip into @tensorflow/tfjs-node',
  },
  'lab-train': {
    nx: 'lab:train',
    file: 'packages/lab/src/train/train.ts',
    about: 'attempts of the earlier system and other experiments',
  },
}

/** Commands of nx that the package does not have, because they are about this repository. */
export const REPOSITORY_COMMANDS: readonly string[] = [
  'tools:ablation',
  'tools:bench',
  'tools:vigil-bench',
  'vigil:pack',
]
