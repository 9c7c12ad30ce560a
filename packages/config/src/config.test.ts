import { isErrorOf, VigilError } from '@vigil/errors'
import { describe, expect, it } from 'vitest'
import {
  beginningFrom,
  COMMAND_LINE,
  configFingerprint,
  configKeys,
  lengthened,
  parseSavedConfig,
  resolveConfig,
  resolveLabConfig,
  withSettings,
} from './config.ts'
import { CONFIG_ERRORS } from './errors.ts'

const refused = (input: unknown): VigilError => {
  try {
    resolveLabConfig(input, 'test')
  } catch (error) {
    if (isErrorOf(CONFIG_ERRORS, error)) return error
  }
  throw new Error(`${JSON.stringify(input)} was accepted`)
}

/** Settings under which an action's expected return is known exactly. */
const EXACT = { dataset: 'campaign', credit: 'exact' } as const

const rules = (formula: string) => [{ name: 'rule', formula }]

describe('resolveConfig', () => {
  it('knows 51 settings, and gives the others their defaults', () => {
    expect(new Set(configKeys().map((key) => key.split('.')[0])).size).toBe(51)
    expect(resolveConfig({ dataset: 'synthetic' }, 'test')).toEqual(resolveLabConfig({}, 'test'))
  })

  it('trains on campaign from a rule where nothing is said, and on synthetic where actions change nothing', () => {
    expect(resolveConfig({}, 'test')).toMatchObject({
      ...{ dataset: 'campaign', environment: 'respond', belief: 'hidden-markov', warmStart: 'rule', iterations: 16 },
    })
    const exact = { belief: 'exact', warmStart: 'rule', iterations: 16 }
    expect(resolveConfig({ features: 'posterior' }, 'test')).toMatchObject(exact)
    expect(resolveConfig({ dataset: 'quickest' }, 'test')).toMatchObject({ belief: 'exact', warmStart: 'none' })
    const budget = { stlMode: 'lagrangian', specifications: rules('alert_rate[200] <= 0.01') } as const
    expect(resolveConfig({ dataset: 'quickest', ...budget }, 'test')).toMatchObject(exact)
    const triage = { dataset: 'synthetic', environment: 'triage', warmStart: 'none', iterations: 60 }
    expect(resolveConfig({ environment: 'triage' }, 'test')).toMatchObject(triage)
    expect(resolveConfig({ data: 'events.yaml' }, 'test').dataset).toBe('events')
  })

  it('names the command that takes the settings of experiments', () => {
    const message = 'file: "teamBonus" is a setting of experiments. Train with it by: npx nx run lab:train.'
    expect(() => resolveConfig({ teamBonus: 1 }, 'file')).toThrow(message)
    expect(() => resolveConfig({ stlMode: 'penalty' }, 'file')).toThrow('stlMode must be one of off, lagrangian,')
  })
})

describe('defects', () => {
  it('are sorted, resolve what they stand for, and are off by default', () => {
    const { defects, attribution, engine } = resolveLabConfig(
      { defects: [...Array(5).fill('vote-reward'), 'joint-clip', 'vote-reward'] },
      'test',
    )
    expect({ defects, attribution, engine }).toEqual({
      ...{ defects: ['joint-clip', 'vote-reward'], attribution: 'consensus', engine: 'tfjs' },
    })
    expect(resolveLabConfig({ defects: ['vote-reward'] }, 'test').engine).toBe('auto')
    expect(resolveLabConfig({}, 'test')).toMatchObject({ defects: [], attribution: 'own', engine: 'auto' })
  })
})

describe('resolveLabConfig', () => {
  it('fills in the defaults and derives what follows from them', () => {
    const config = resolveLabConfig({}, 'test')
    expect(config).toMatchObject({ agents: 4, faults: 1, gamma: 0, baseline: 'critic' })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('takes the inputs and the division that a dataset has first', () => {
    const choices = (input: object) => {
      const { dataset, features, split } = resolveLabConfig(input, 'test')
      return [dataset, features, split]
    }
    expect(choices({})).toEqual(['synthetic', 'behaviour', 'stratified'])
    expect(choices({ data: 'events.yaml' })).toEqual(['events', 'behaviour', 'described'])
    expect(choices({ dataset: 'quickest' })).toEqual(['quickest', 'posterior', 'described'])
    expect(choices({ dataset: 'campaign' })).toEqual(['campaign', 'behaviour', 'described'])
    expect(choices({ dataset: 'quickest', features: 'history' })).toEqual(['quickest', 'history', 'described'])
    expect(resolveLabConfig({ dataset: 'quickest', rows: 20_000_000 }, 'test').rows).toBe(20_000_000)
  })

  it('puts the default specifications in force where a mode asks for some, each with its target', () => {
    expect(resolveLabConfig({}, 'test')).toMatchObject({ specifications: [], observeConstraints: 'none' })
    const config = resolveLabConfig({ stlMode: 'lagrangian', stlTarget: 0.8 }, 'test')
    expect(config.observeConstraints).toBe('critic')
    expect(config.specifications.map(({ name, target }) => [name, target])).toEqual(
      ['response', 'follow-up', 'posture', 'resources'].map((name) => [name, 0.8]),
    )
    const own = { stlMode: 'penalty', specifications: [{ ...rules('cpu < 1')[0], target: 0.5 }] } as const
    expect(resolveLabConfig(own, 'test')).toMatchObject({
      specifications: [{ target: 0.5 }],
      observeConstraints: 'none',
    })
    expect(resolveLabConfig({ specifications: 'original' }, 'test').specifications.length).toBe(4)
  })

  it('discounts in stream mode unless told otherwise', () => {
    expect(resolveLabConfig({ episodes: 'stream' }, 'test')).toMatchObject({ gamma: 0.9 })
    expect(resolveLabConfig({ gamma: 0.99 }, 'test')).toMatchObject({ gamma: 0.99 })
  })

  it('tolerates as many faults as the team can bear', () => {
    for (const [agents, faults] of [
      [1, 0],
      [3, 0],
      [4, 1],
      [7, 2],
    ]) {
      expect(resolveLabConfig({ agents }, 'test').faults).toBe(faults)
    }
  })

  it('takes widths of any size, and minibatches of any lanes for a recurrent team', () => {
    expect(resolveLabConfig({ policyHidden: [1, 100, 2048], valueHidden: [3] }, 'test').policyHidden).toEqual([
      1, 100, 2048,
    ])
    expect(resolveLabConfig({ policy: 'lstm', minibatchSize: 16 }, 'test')).toMatchObject({ lstmHidden: [128] })
    expect(resolveLabConfig({ minibatchSize: 8 }, 'test').policy).toBe('mlp')
  })

  it.each([
    [{ agents: 3, faults: 1 }, 'CONFLICT', /3 \* faults \+ 1 = 4\. Use --agents=4, or --faults=0/],
    [{ lerningRate: 1 }, 'UNKNOWN_KEY', /"lerningRate".*"learningRate"/],
    [{ rewards: { truePostive: 1 } }, 'UNKNOWN_KEY', /"rewards.truePostive".*"rewards.truePositive"/],
    [{ agents: 2.5 }, 'INVALID_VALUE', /agents must be a whole number, but is 2.5/],
    [{ learningRate: -1 }, 'INVALID_VALUE', /learningRate must be more than 0, but is -1/],
    [
      { features: 'all' },
      'INVALID_VALUE',
      /features must be one of auto, seed7, behaviour, full, posterior, history, but is "all"/,
    ],
    [
      { dataset: 'syntetic' },
      'INVALID_VALUE',
      /dataset must be one of .*, but is "syntetic"\. Did you mean synthetic\?$/,
    ],
    [{ policy: 'transformer' }, 'INVALID_VALUE', /policy must be one of mlp, lstm, but is "transformer"\.$/],
    [{ actors: 'many' }, 'INVALID_VALUE', /actors must be auto or a number, but is "many"/],
    [{ rowsPerIteration: 8000 }, 'CONFLICT', /multiple of shards \* rolloutSteps = 128.*8064/],
    [{ minibatchSize: 3000 }, 'CONFLICT', /must divide/],
    [{ gamma: 0.9, baseline: 'counterfactual' }, 'CONFLICT', /needs gamma 0/],
    [{ valueHidden: null }, 'CONFLICT', /needs a critic/],
    [{ valueHidden: null, baseline: 'counterfactual', returns: 'gae' }, 'CONFLICT', /"gae" need a critic/],
    [{ dataset: 'darpa-tc', data: 'x', rows: 5000 }, 'CONFLICT', /Leave --rows out/],
    [{ rewards: { truePositive: 1e39 } }, 'INVALID_VALUE', /rewards.truePositive must be at most 1000000/],
    [{ engine: 'portable', backend: 'wasm' }, 'CONFLICT', /has no backends/],
    [
      { engine: 'portable', defects: ['joint-clip'] },
      'CONFLICT',
      /"joint-clip" live in an update on TF.js, but engine is "portable"/,
    ],
    [{ defects: ['joint-clop'] }, 'INVALID_VALUE', /one of ratio-matrix, joint-clip, /],
    [
      { defects: '[joint-clip]' },
      'INVALID_VALUE',
      /defects must be a list of names such as joint-clip,vote-reward, but/,
    ],
    [{ policyHidden: 'x' }, 'INVALID_VALUE', /policyHidden must be a list of widths such as 128,128, but is "x"/],
    [{ specifications: 3 }, 'INVALID_VALUE', /one of auto, default, original or a list of specifications, but is 3/],
    [
      { defects: ['joint-clip'], valueHidden: null, baseline: 'counterfactual' },
      'CONFLICT',
      /"joint-clip" clips policy and critic together, but there is no critic/,
    ],
    [{ sampling: 'balanced', episodes: 'stream' }, 'CONFLICT', /Give --episodes=iid, or leave --sampling out/],
    [{ sampling: 'importance', episodes: 'stream' }, 'CONFLICT', /Give --episodes=iid, or leave --sampling out/],
    [{ sampling: 'importance', specifications: 'default' }, 'CONFLICT', /specifications count steps/],
    [{ sampling: 'importance', teamBonus: 0.2 }, 'CONFLICT', /but not teamBonus/],
    [{ policyHidden: [0] }, 'INVALID_VALUE', /policyHidden.0 must be at least 1, but is 0/],
    [{ policy: 'lstm', lstmHidden: [] }, 'INVALID_VALUE', /lstmHidden must be at least 1 long/],
    [{ lstmHidden: [64] }, 'CONFLICT', /policy "mlp" has no LSTM layers, but lstmHidden is 64\. Give --policy=lstm/],
    [{ policy: 'gru' }, 'INVALID_VALUE', /policy must be one of mlp, lstm/],
    [
      { policy: 'lstm', rolloutSteps: 64, minibatchSize: 32 },
      'CONFLICT',
      /rolloutSteps = 64 events, so minibatchSize \(32\).*--minibatch-size=64 \(1 of 128 lanes\)/,
    ],
    [
      { policy: 'lstm', rowsPerIteration: 1920, minibatchSize: 24 },
      'CONFLICT',
      /minibatchSize \(24\) must be a multiple of 16\. Use --minibatch-size=16 \(1 of 120 lanes\)/,
    ],
    [{ policy: 'lstm', minibatchSize: 16_384 }, 'CONFLICT', /must divide/],
    [{ stlMode: 'lagrangian', specifications: [] }, 'CONFLICT', /needs specifications/],
    [{ observeConstraints: 'team' }, 'CONFLICT', /there is none/],
    [{ stlMode: 'lagrangian', valueHidden: null, baseline: 'counterfactual' }, 'CONFLICT', /needs a critic/],
    [{ stlMode: 'penalty', baseline: 'counterfactual' }, 'CONFLICT', /changes rewards/],
    [{ stlMode: 'lagrangian', observeConstraints: 'none' }, 'CONFLICT', /--cost-critic=network/],
    [{ stlMode: 'strict' }, 'INVALID_VALUE', /stlMode must be one of off, penalty/],
    [{ stlTarget: 1 }, 'INVALID_VALUE', /stlTarget must be less than 1/],
    [
      { specifications: rules('G (fp_rat[100] < 0.1)') },
      'INVALID_VALUE',
      /column 4: There is no signal.*"fp_rat\[100\]"[\s\S]*\^/,
    ],
    [
      { stlMode: 'lagrangian+direct', specifications: rules('G (pow(max(fp_rate[9], 0.1), 2) <= 0.5)') },
      'INVALID_VALUE',
      /cannot take the gradient of ".*": pow has no smooth bound/,
    ],
    [{ specifications: rules('threat >') }, 'INVALID_VALUE', /column \d+: Expected/],
    [{ specifications: rules('F (threat > 0.5)') }, 'INVALID_VALUE', /needs an end/],
    [
      { specifications: [...rules('cpu < 1'), ...rules('cpu < 2')] },
      'CONFLICT',
      /Two specifications are called "rule"/,
    ],
    [{ dataset: 'synthetic', data: 'somewhere' }, 'CONFLICT', /generates its events/],
    [{ dataset: 'darpa-tc' }, 'CONFLICT', /--data=PATH/],
    [{ dataset: 'quickest', data: 'somewhere' }, 'CONFLICT', /generates its events/],
    [{ dataset: 'quickest', features: 'full' }, 'CONFLICT', /inputs posterior, history,.*--features=posterior/],
    [{ features: 'history' }, 'CONFLICT', /"synthetic" has the inputs behaviour, full, seed7/],
    [{ data: 'events.yaml', features: 'seed7' }, 'CONFLICT', /"events" has the inputs behaviour, full/],
    [{ data: 'events.yaml', rows: 2000 }, 'CONFLICT', /"events" is read\. Leave --rows out/],
    [{ dataset: 'campaign', rows: 5_000_001 }, 'CONFLICT', /"campaign" generates at most 5000000 events/],
    [{ dataset: 'quickest', episodes: 'iid' }, 'CONFLICT', /plays whole streams, but episodes is "iid"/],
    [{ dataset: 'quickest', split: 'stratified' }, 'CONFLICT', /tears them apart\. Give --split=by-stream/],
    [{ dataset: 'campaign', belief: 'exact' }, 'CONFLICT', /features "posterior" alone/],
    [{ warmStart: 'rule' }, 'CONFLICT', /but belief is "none"/],
    [{ belief: 'learnt' }, 'CONFLICT', /give --environment=respond/],
    [{ dataset: 'synthetic', credit: 'exact' }, 'CONFLICT', /of what follows in a stream, but environment is "triage"/],
    [{ dataset: 'synthetic', credit: 'hindsight' }, 'CONFLICT', /of what follows in a stream/],
    [
      { credit: 'hindsight', dataset: 'campaign', response: { block: 'retry' } },
      'CONFLICT',
      /response.block is "retry"/,
    ],
    [
      { credit: 'hindsight', dataset: 'campaign', stlMode: 'lagrangian+direct' },
      'CONFLICT',
      /both say what is gained from blocking/,
    ],
    [{ ...EXACT, policy: 'lstm' }, 'CONFLICT', /policy is "lstm". Give --policy=mlp/],
    [{ ...EXACT, response: { block: 'retry' } }, 'CONFLICT', /response.block is "retry"/],
    [{ ...EXACT, stlMode: 'lagrangian' }, 'CONFLICT', /samples no steps on which specifications/],
    [{ ...EXACT, staleness: 1 }, 'CONFLICT', /staleness is 1/],
    [{ ...EXACT, gamma: 0.9 }, 'CONFLICT', /gamma is 0.9/],
    [{ ...EXACT, valueHidden: [8] }, 'CONFLICT', /valueHidden is 8/],
    [{ response: { damage: 5 } }, 'CONFLICT', /response\.damage is a cost of environment "respond"/],
    [{ dataset: 'quickest', rewards: { alertCost: 5 } }, 'CONFLICT', /rewards\.alertCost is of environment "triage"/],
    [{ dataset: 'quickest', rule: 'weighted' }, 'CONFLICT', /rule "weighted" counts scores or skills/],
    [
      { dataset: 'quickest', stlMode: 'lagrangian', observeConstraints: 'team' },
      'CONFLICT',
      /go on across streams.*--observe-constraints=critic/,
    ],
    [{ specifications: rules('G (dwell_time <= 9)') }, 'INVALID_VALUE', /only where actions have consequences/],
    [{ dataset: 'campaign', response: { tickets: 2 } }, 'CONFLICT', /give --response\.layout=site/],
    [{ dataset: 'campaign', response: { layout: 'site', alertsPerShift: 3 } }, 'CONFLICT', /but there are no shifts/],
    [
      { dataset: 'campaign', response: { layout: 'site', shift: 9, analystDelay: 10 } },
      'CONFLICT',
      /analystDelay 10 is longer than a shift of 9/,
    ],
    [{ dataset: 'campaign', response: { layout: 'site' }, policy: 'lstm' }, 'CONFLICT', /"lstm" remembers/],
    [{ dataset: 'campaign', response: { damage: -1 } }, 'INVALID_VALUE', /response\.damage/],
    [
      { dataset: 'quickest', rowsPerIteration: 512, rolloutSteps: 512, shards: 1 },
      'CONFLICT',
      /1 lanes .* for 4 agents/,
    ],
    [{ response: { damage: -1 } }, 'INVALID_VALUE', /response\.damage.*at least 0/],
    [[], 'INVALID_VALUE', /./],
    [null, 'INVALID_VALUE', /./],
  ])('refuses %j', (input, code, message) => {
    const error = refused(input)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })
})

it.each([
  [{ policy: 'lstm', lstmHidden: [0] }, /^--lstm-hidden must be at least 1, but is 0\.$/],
  [{ policyHidden: [8, 'x'] }, /^--policy-hidden must be a number, but is "x"\.$/],
  [{ rewards: { truePositive: 'x' } }, /^--rewards\.true-positive must be a number, but is "x"\.$/],
])('on the command line the message on %j names a flag that exists', (input, message) => {
  expect(() => resolveLabConfig(input, COMMAND_LINE)).toThrow(message)
})

describe('a saved config', () => {
  it('reads back as itself', () => {
    const config = resolveLabConfig({ agents: 7, seed: 3, rewards: { truePositive: 4 }, stlMode: 'lagrangian' }, 'test')
    expect(parseSavedConfig(JSON.parse(JSON.stringify(config)), 'config.json')).toEqual(config)
  })

  it.each([null, 3, '{}', { seed: 'x' }])('is refused when it is %j', (json) => {
    expect(() => parseSavedConfig(json, 'config.json')).toThrow(VigilError)
  })

  it.each([
    [
      undefined,
      /earlierLengths must list .*, ascending to 60, but is missing\. The file was written by another version of Vigil/,
    ],
    [[{ upTo: 0, iterations: 6 }], /earlierLengths must list/],
    [[{ upTo: 7, iterations: 6 }], /earlierLengths must list/],
    [[{ upTo: 6, iterations: 60 }], /earlierLengths must list/],
    [[6, 5].map((upTo, i) => ({ upTo, iterations: 10 + i })), /earlierLengths must list/],
    [[5, 6].map((upTo) => ({ upTo, iterations: 10 })), /earlierLengths must list/],
  ])('is refused when its earlier lengths are %j', (earlierLengths, message) => {
    const json = { ...resolveLabConfig({}, 'test'), earlierLengths }
    expect(() => parseSavedConfig(json, 'config.json')).toThrow(message)
  })

  it('of an older Vigil, with a value that is derived today, is refused by the name of that value', () => {
    const json = { ...resolveLabConfig({}, 'test'), lanesPerShard: 64 }
    expect(() => parseSavedConfig(json, 'config.json')).toThrow(
      /^config\.json: there is no setting "lanesPerShard".* by another version of Vigil, or changed by hand: use that version/s,
    )
  })

  it.each([
    [{ agents: 3 }, 'CONFLICT', 'config.json: 3 agents cannot tolerate 1 Byzantine fault:'],
    [{ from: 'elsewhere' }, 'INVALID_VALUE', 'config.json: from must be null, or the run'],
    [{ agents: 'x' }, 'INVALID_VALUE', 'config.json: agents must be a number, but is "x"'],
  ])('that was changed by hand to %j is refused by the name of its file, and told so', (change, code, begin) => {
    const json = { ...resolveLabConfig({}, 'test'), ...change }
    const message = expect.stringMatching(new RegExp(`^${begin}.* or changed by hand: use that version`, 's'))
    expect(() => parseSavedConfig(json, 'config.json')).toThrow(expect.objectContaining({ code, message }))
  })
})

describe('a config that is made longer', () => {
  const six = resolveLabConfig({ iterations: 6 }, 'test')

  it('keeps the lengths that were in force, and reads back', () => {
    const longer = lengthened(lengthened(six, 4, 10), 7, 20)
    expect(longer.earlierLengths).toEqual([
      { upTo: 4, iterations: 6 },
      { upTo: 7, iterations: 10 },
    ])
    expect(parseSavedConfig(JSON.parse(JSON.stringify(longer)), 'config.json')).toEqual(longer)
  })

  it('forgets a length that no iteration was done with', () => {
    expect(lengthened(lengthened(six, 4, 10), 4, 20).earlierLengths).toEqual([{ upTo: 4, iterations: 6 }])
    expect(lengthened(six, 0, 20)).toEqual({ ...six, iterations: 20 })
  })

  it('has the fingerprint of the shorter one up to where that ended, and another from there on', () => {
    const longer = lengthened(six, 4, 10)
    expect(configFingerprint(longer, 4)).toBe(configFingerprint(six, 4))
    expect(configFingerprint(longer, 5)).not.toBe(configFingerprint(six, 5))
    expect(configFingerprint(longer)).not.toBe(configFingerprint({ ...longer, earlierLengths: [] }))
  })
})

describe('the config of a run that began from another one', () => {
  const config = resolveConfig({}, 'test')
  const begun = beginningFrom(config, { run: 'runs/old', weightsSha256: 'ab'.repeat(32) })

  it('reads back as itself, also with other settings', () => {
    expect(parseSavedConfig(JSON.parse(JSON.stringify(begun)), 'config.json')).toEqual(begun)
    expect(withSettings(begun, { actors: 2 }, 'test').from).toEqual(begun.from)
  })

  it('has a fingerprint of its own, by the weights and not by where they lay', () => {
    expect(configFingerprint(begun)).not.toBe(configFingerprint(config))
    const of = (from: typeof begun.from) => configFingerprint(beginningFrom(config, from!))
    expect(of({ ...begun.from!, run: 'elsewhere' })).toBe(configFingerprint(begun))
    expect(of({ ...begun.from!, weightsSha256: 'cd'.repeat(32) })).not.toBe(configFingerprint(begun))
  })

  it('is fresh in files from before there were others', () => {
    const { from: _none, ...older } = config
    expect(parseSavedConfig(JSON.parse(JSON.stringify(older)), 'config.json')).toEqual(config)
    expect(() => parseSavedConfig({ ...older, from: 'runs/old' }, 'config.json')).toThrow(
      /from must be null, or the run/,
    )
  })
})

describe('configFingerprint', () => {
  it('changes with everything that affects results, and with nothing else', () => {
    const of = (input: object) => configFingerprint(resolveLabConfig(input, 'test'))
    expect(of({ actors: 3, out: 'there', engineThreads: 1 })).toBe(of({}))
    for (const change of [{ seed: 2 }, { epochs: 3 }, { rewards: { truePositive: 9 } }, { agents: 7 }]) {
      expect(of(change)).not.toBe(of({}))
    }
  })
})

describe('configKeys', () => {
  it('names every setting once, nested ones with a dot', () => {
    const keys = configKeys()
    expect(keys).toContain('rewards.truePositive')
    expect(keys).not.toContain('rewards')
    expect(new Set(keys).size).toBe(keys.length)
  })
})
