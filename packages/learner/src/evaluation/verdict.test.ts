import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { scoresOf } from './scores.ts'
import { notesOn, verdictOn } from './verdict.ts'

const LABELS = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1)
const decided = (actions: number[], scores = actions.map((a) => (a === 1 ? 0.9 : 0.1))) =>
  scoresOf({ actions: Uint8Array.from(actions), scores: Float32Array.from(scores), labels: LABELS }, DEFAULT_REWARDS)

const RIGHT = decided([1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
const HALF = decided([1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const ALLOW = decided(new Array(10).fill(0))
const BLOCK = decided(new Array(10).fill(1))
const baselines = (crossEntropy: typeof RIGHT) => [
  { name: 'always-allow', ...ALLOW },
  { name: 'always-block', ...BLOCK },
  { name: 'cross-entropy', ...crossEntropy },
]

describe('verdictOn', () => {
  it.each([
    ['beats every baseline: reward +2.500 per event against +0.650 of the best of them, cross-entropy', RIGHT, HALF],
    ['does as well as the best baseline, cross-entropy', HALF, HALF],
    [
      'does not beat cross-entropy: reward +0.650 per event against +2.500. It beats always-allow and always-block',
      HALF,
      RIGHT,
    ],
    ['does not beat cross-entropy: reward -5.900 per event against +2.500. It beats none', BLOCK, RIGHT],
  ])('says: %s', (sentence, team, crossEntropy) => {
    expect(verdictOn({ team, baselines: baselines(crossEntropy) })).toContain(sentence)
  })
})

describe('notesOn', () => {
  const result = (team: typeof RIGHT, crossEntropy: typeof RIGHT, scores: number[]) => ({
    team,
    baselines: baselines(crossEntropy),
    perClass: [{ name: 'odd <one>', rows: 4, recall: 0.25, trainRows: 0 }],
    rows: 10,
    threats: 2,
    threshold: 10.5 / 29,
    features: 'seed7',
    supervised: {
      labels: LABELS,
      classes: new Uint8Array(10),
      posterior: null,
      actions: new Uint8Array(10),
      scores: Float32Array.from(scores),
      agents: [],
    },
  })

  it('says that always-allow is optimal only where the labelled network finds nothing that pays', () => {
    const dull = notesOn(result(ALLOW, ALLOW, new Array(10).fill(0.2)))[0]
    expect(dull).toMatch(/allows every event.*above a threat probability of 0\.362/)
    expect(dull).toMatch(/puts 0 of 10 events above it/)
    expect(dull).toMatch(/Always-allow is optimal on these inputs \(seed7\) under this reward/)
    const missed = notesOn(result(ALLOW, RIGHT, [0.9, 0, 0, 0, 0, 0, 0, 0, 0, 0.9]))[0]
    expect(missed).not.toMatch(/optimal/)
    expect(missed).toMatch(/puts 2 of 10 events above it.*100\.0 % are threats.*hold more than the team has learnt/)
  })

  it('names constant policies and classes that training never saw', () => {
    expect(notesOn(result(BLOCK, RIGHT, new Array(10).fill(0)))[0]).toMatch(
      /all 10 events: it is the policy always-block/,
    )
    expect(notesOn(result(RIGHT, RIGHT, new Array(10).fill(0)))).toEqual([
      'The class "odd <one>" does not occur in the training split; of its 4 events the team decided 25.0 % rightly.',
    ])
  })
})
