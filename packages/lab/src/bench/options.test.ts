import { expect, it } from 'vitest'
import { casesOf } from './cases.ts'
import { parseOptions } from './options.ts'

it('measures everything that needs no data by default', () => {
  const { plan, json } = parseOptions([])
  const cases = casesOf(plan)
  expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(['environment', 'rollout', 'training', 'peer']))
  const peers = cases.filter((one) => one.kind === 'peer')
  expect(peers).toEqual([
    expect.objectContaining({ engine: 'portable', command: expect.stringMatching('portable-peer') }),
  ])
  expect(json).toBeNull()
})

it('measures what is asked for', () => {
  const { plan } = parseOptions(['--only=tfjs', '--backends=webgpu', '--minibatches=4096,262144', '--cores=3'])
  expect(casesOf(plan).map((one) => (one.kind === 'training' ? one.change : null))).toEqual([
    expect.objectContaining({ backend: 'webgpu', minibatchSize: 4096, rowsPerIteration: 8192, actors: 3 }),
    expect.objectContaining({ backend: 'webgpu', minibatchSize: 262144, rowsPerIteration: 262144 }),
  ])
  const timed = parseOptions(['--only=time-to-f1', '--data=events'])
  expect(casesOf(timed.plan)).toHaveLength(3)
})

it('compares every engine on the cores with a peer, with a critic, without, and with LSTM layers', () => {
  const { plan } = parseOptions(['--only=peer', '--peer=python3 peer.py', '--cores=2'])
  const cases = casesOf({ ...plan, hasNative: true })
  expect(cases).toEqual(
    ['native', 'portable'].flatMap((engine) =>
      ['dense', 'critic', 'lstm'].map((workload) => ({
        kind: 'peer',
        command: 'python3 peer.py',
        workload,
        engine,
        threads: 2,
      })),
    ),
  )
  expect(casesOf({ ...plan, hasNative: false })).toEqual(cases.slice(3))
})

it.each([
  [['--only=rollouts'], /--only must be some of .*but one is "rollouts"/],
  [['--only'], /--only has no value/],
  [['--backends=cuda'], /--backends must be some of/],
  [['--minibatches=1000'], /powers of two.*"1000"/],
  [['--only=time-to-f1'], /give --data=PATH/],
  [['--only=peer'], /give --peer=COMMAND/],
  [['--cores=0'], /--cores must be an integer from 1/],
  [['--core=2'], /Did you mean --cores/],
])('refuses %j', (words, message) => {
  expect(() => parseOptions(words)).toThrow(message)
})
