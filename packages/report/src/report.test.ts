import { type Evaluation, type IterationMetrics, parseEvaluation } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import {
  sampleCurve,
  sampleEvaluation,
  sampleMetrics,
  samplePoint,
  sampleScores,
  sampleSpecification,
  sampleThreshold,
} from '../../runs/src/sample-run.fixture.ts'
import { renderReport } from './report.ts'

const run = (iterations: number, changes: Partial<IterationMetrics> = {}) =>
  Array.from({ length: iterations }, (_, i) => sampleMetrics(i + 1, changes))

const page = (metrics: readonly IterationMetrics[] = run(20), evaluation: Evaluation = sampleEvaluation()) =>
  renderReport({ config: { seed: 1 }, metrics, evaluation })

const chartIds = (markup: string) => [...markup.matchAll(/aria-labelledby="([\w-]+)-title/g)].map(([, id]) => id)

/** Text of the page as a reader sees it. */
const textOf = (markup: string) => markup.replace(/<(style|script)>[\s\S]*?<\/\1>|<[^>]+>/g, ' ').replace(/\s+/g, ' ')

describe('renderReport', () => {
  it('says the verdict and shows the big numbers with what they are made of', () => {
    const text = textOf(page())
    expect(page()).toContain('<h1>The team beats every baseline.</h1>')
    for (const said of [
      'Team F1 0.939 best baseline: supervised, 0.925',
      '93 of 100 threats caught',
      '5 of 900 benign events stopped',
      'Reward per event +1.55 best baseline: supervised, +1.53',
      'From the Bayes optimum −0.020 F1',
      'exfiltration novel 70.0 %',
      'F1 of the vote: +0.010 against the mean agent, +0.005 against the best.',
      '20 iterations, 20,000 events',
    ]) {
      expect(text).toContain(said)
    }
    expect(textOf(page(run(1), sampleEvaluation({ bayes: null })))).toContain('PR-AUC 0.900')
  })

  it('keeps a figure and its per cent sign on one line', () => {
    const said = page(
      run(1),
      sampleEvaluation({ verdict: 'It goes 61.5 % of the way.', notes: ['Of 7 % nobody knows.'] }),
    )
    expect(said).toContain('<h1>It goes 61.5\u00A0% of the way.</h1>')
    expect(said).toContain('<li>Of 7\u00A0% nobody knows.</li>')
  })

  it('shows the first sentence of the verdict large, and the others below', () => {
    const said = page(
      run(1),
      sampleEvaluation({ verdict: 'It gains 0.812 over a rule. RL is not needed: 0.1. It returns 2.' }),
    )
    expect(said).toContain(
      '<h1>It gains 0.812 over a rule.</h1>\n<p class="verdict">RL is not needed: 0.1. It returns 2.</p>',
    )
  })

  it('says when the policy that acted was behind', () => {
    expect(textOf(page())).not.toContain('behind')
    const stale = [sampleMetrics(1), sampleMetrics(2, { policyVersion: 0, staleness: 1 })]
    expect(textOf(page(stale))).toContain('From the second one on, the policy that acted was one update behind.')
  })

  it('draws every chart with a title and a description in words', () => {
    const markup = page()
    expect(chartIds(markup)).toEqual([
      'baselines-f1',
      'baselines-reward',
      'agents',
      'roc',
      'precision-recall',
      'calibration',
      'faulty-agents',
      'attacks',
      'cannot-be-turned',
      'diversity',
      'reward',
      'validation',
      'action-mix',
      'value-loss',
      'explained-variance',
      'entropy',
      'approx-kl',
      'clip-fraction',
      'gradient-norms',
    ])
    for (const id of chartIds(markup)) {
      expect(markup).toMatch(new RegExp(`<title id="${id}-title">[^<]+</title>`))
      expect(markup).toMatch(new RegExp(`<desc id="${id}-description">[^<]+</desc>`))
    }
    expect(markup.match(/<summary>Numbers/g)).toHaveLength(19)
  })

  it('says where not every set of faulty agents was tried', () => {
    const { agents } = sampleEvaluation()
    const said = 'Of sets of 2 agents and more, which are too many to try, only that of the most skilled attacked'
    expect(textOf(page())).not.toContain('too many to try')
    const large = { agents: Array.from({ length: 10 }, () => agents[0]) }
    expect(textOf(page(run(1), sampleEvaluation(large)))).toContain(said)
  })

  it('shows what the specifications came to, and how training went about them', () => {
    const entry = { name: 'false alarms', satisfiedRate: 0.8, robustnessMin: -0.1, lambda: 0.4 }
    const evaluation = sampleEvaluation({ stl: [sampleSpecification(), sampleSpecification({ name: 'other' })] })
    const markup = page(run(20, { stl: [entry, { ...entry, name: 'other' }] }), evaluation)
    expect(textOf(markup)).toContain(
      'false alarms G (fp_rate[100] &#60;= 0.02) holds at 90.0\u00A0% of the steps (88.0\u00A0% to 92.0\u00A0%) and misses its target of 95.0\u00A0%.'.replace(
        /\u00A0/g,
        ' ',
      ),
    )
    const own = chartIds(markup).filter((id) => !chartIds(page()).includes(id))
    expect(own).toEqual(['strip-a', 'strip-b', 'satisfaction', 'multipliers'])
    const unlearnt = page(run(3, { stl: [{ ...entry, lambda: null }] }), evaluation)
    expect(chartIds(unlearnt)).not.toContain('multipliers')
    assertWellFormed(markup)
  })

  it('says what a budget became, and marks it on the curves', () => {
    const text = textOf(page())
    expect(text).toContain(
      'keeps at most 1 % false positives on validation (1.0 %); on test it has 2.0 %, 2 times the budget',
    )
    expect(text).toContain('team, FPR 1 %: validation 1.0 % 85.0 % 90.4 % 97.6 % 0.876 unknown')
    expect(text).toContain('team, FPR 1 %: test 2.0 % 90.0 % 83.3 % 97.2 % 0.865 unknown')
    const dots = (markup: string) => markup.match(/<circle/g)?.length ?? 0
    expect(dots(page())).toBe(dots(page(undefined, sampleEvaluation({ operatingPoints: [] }))) + 2)
    assertWellFormed(page(run(1), sampleEvaluation({ curves: [], operatingPoints: [] })))
  })

  it('shows the price of the targets beside single thresholds', () => {
    const missed = { ...sampleThreshold([0.5]), name: 'boosting', metOnValidation: false }
    const thresholds = [sampleThreshold([0.97]), missed]
    const text = textOf(page(run(3), sampleEvaluation({ stl: [sampleSpecification()], thresholds })))
    expect(text).toMatch(/The price of the targets.*false alarms reward F1 FPR alerts team 90\.0.%/)
    expect(text).toMatch(/threshold 0\.7\S* on the team score 97\.0.%/)
    expect(text).toContain('on the boosting score (target missed on validation) 50.0')
  })

  it('needs no network, has one script alone, and uses each id once', () => {
    const markup = page()
    expect(markup).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-`)
    expect(markup.match(/<script>/g)).toHaveLength(1)
    expect(markup.match(/<script |<link|<img|<iframe|@import|javascript:|\son\w+=/i)).toBeNull()
    expect(markup.match(/(?:src|href)=|url\((?!#)/i)).toBeNull()
    const ids = [...markup.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, id] of markup.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id)
  })

  it('is well formed: every tag is closed in order', () => {
    for (const markup of [page(), page([]), page(run(1)), page(run(3), hostileEvaluation())]) assertWellFormed(markup)
  })

  it('gives the same text for the same run', () => {
    const first = page()
    expect(page()).toBe(first)
  })

  it('escapes every string of the run', () => {
    const markup = renderReport({
      config: { '</pre><script>alert(1)</script>': '<img src=x onerror=alert(1)>' },
      metrics: run(3),
      evaluation: hostileEvaluation(),
    })
    expect(markup.match(/<script|<img|"\s*onmouseover/i)).toBeNull()
    expect(markup).toContain('&#60;script&#62;')
    // The marker stands in data set, split, rule, verdict, note, classes and baselines; it must never open a tag.
    expect(markup).not.toContain(`<${marker}`)
    expect(markup.split(marker).length).toBeGreaterThan(10)
  })

  it.each([
    ['no metrics', []],
    ['one iteration', run(1)],
    ['an iteration without actions', run(1, { actions: { allow: 0, block: 0, quarantine: 0, alert: 0 } })],
    ['no validation', run(5, { validation: null })],
    [
      'no critic',
      run(5, { valueLoss: null, explainedVariance: null, explainableVarianceCeiling: null, gradNormValue: null }),
    ],
    ['figures that are not finite', run(5, { entropy: Number.NaN, approxKl: Number.POSITIVE_INFINITY })],
    ['an exploded critic', run(5, { valueLoss: 38_588 })],
    ['a critic at exactly zero', run(5, { valueLoss: 0 })],
  ])('draws %s without a number that is none', (_, metrics) => {
    const markup = page(metrics)
    expect(markup.match(/NaN|Infinity|undefined|\[object/)).toBeNull()
    assertWellFormed(markup)
  })

  it('says what was not recorded', () => {
    expect(textOf(page([]))).toContain('No iteration was recorded')
    const markup = page(run(5, { validation: null, valueLoss: null }))
    expect(chartIds(markup)).not.toContain('validation')
    expect(chartIds(markup)).not.toContain('value-loss')
    expect(markup.match(/Not recorded in this run\./g)).toHaveLength(2)
  })

  it('lists forty classes, the absent and the nameless one included', () => {
    const perClass = Array.from({ length: 40 }, (_, i) => ({
      name: i === 3 ? '' : `class ${i}`,
      rows: i === 0 ? 962 : i === 1 ? 0 : 1,
      recall: i % 2,
      trainRows: i === 5 ? 0 : 7,
      validationRows: 3,
    }))
    const text = textOf(page(run(2), parseEvaluation(sampleEvaluation({ perClass, operatingPoints: [] }))))
    for (const { name } of perClass) expect(text).toContain(name === '' ? '(no name)' : ` ${name} `)
    expect(text).toContain('class 1 not in this split')
    expect(text).toContain('class 5 novel')
  })

  it('thins the tables of a long run and says so', () => {
    const markup = page(run(3000))
    expect(textOf(markup)).toContain('40 of 3,000 points, evenly chosen')
    expect(markup.length).toBeLessThan(600_000)
  })
})

const marker = 'hostile-marker'

function hostileEvaluation(): Evaluation {
  const text = `<${marker} class="x" onmouseover='y'><script>alert(1)</script></style></svg>]]>&amp;${'\u0000\u001b\u009b\u202e'}`
  return parseEvaluation(
    sampleEvaluation({
      dataset: text,
      split: text,
      rule: text,
      verdict: text,
      notes: [text],
      byzantine: sampleEvaluation().byzantine.map((entry) => ({
        ...entry,
        rule: text,
        attack: entry.f === 0 ? 'none' : `${entry.attack} ${text}`,
      })),
      perClass: [
        { name: text, rows: 900, recall: 0.99, trainRows: 1, validationRows: 1 },
        { name: `${text} again`, rows: 100, recall: 0.9, trainRows: 0, validationRows: 0 },
      ],
      curves: [sampleCurve({ name: text })],
      operatingPoints: [samplePoint({ name: text, recallByClass: [1, 1] })],
      baselines: [{ name: text, ...sampleScores({ tp: 0, fn: 100, fp: 0, tn: 900 }) }],
    }),
  )
}

function assertWellFormed(markup: string): void {
  const open: string[] = []
  const body = markup.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '').replace('<!doctype html>', '')
  for (const [tag, closing, name, selfClosing] of body.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)(?:\s+[\w:-]+="[^"<>]*")*\s*(\/?)>/g,
  )) {
    if (selfClosing === '/' || ['meta', 'col', 'input'].includes(name)) continue
    if (closing === '') open.push(name)
    else expect(open.pop(), tag).toBe(name)
  }
  expect(open).toEqual([])
  // Whatever is not a tag as matched above is text, where no angle bracket may stand.
  expect(body.replace(/<\/?[a-zA-Z][\w-]*(?:\s+[\w:-]+="[^"<>]*")*\s*\/?>/g, '').match(/.{0,60}[<>].{0,60}/)).toBeNull()
}
