import type { ResponseScores } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { sampleResponse, sampleResponseEvaluation, sampleTimeline } from '../../../runs/src/sample-response.fixture.ts'
import { sampleMetrics, sampleSpecification } from '../../../runs/src/sample-run.fixture.ts'
import { renderReport } from '../report.ts'

const page = (response: Partial<ResponseScores> = {}) =>
  renderReport({ config: {}, metrics: [sampleMetrics(1)], evaluation: sampleResponseEvaluation({ response }) })

const textOf = (markup: string) => markup.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ')

describe('the report of a team whose actions have consequences', () => {
  it('begins with what the team gains over the best rule, and how near to the bound it comes', () => {
    const [, heading] = page().match(/<h1>(.*?)<\/h1>/)!
    expect(heading).toMatch(/^RL is needed here: the team gains 0\.200 \(0\.100 to 0\.300\) per stream/)
    for (const said of [
      'Return per stream −2.30 best tuned rule: ladder on belief, −2.50',
      'Gain over the best rule +0.20 +0.10 to +0.30 (95 %, paired over 20 streams)',
      'Share of the possible gain 96.3 % from the per-event rule, −4.90, to the exact optimum, −2.20',
      'Threats contained 6 of 8 streams with a threat, half of them within 4 events of the first; nobody contained 2',
      'False containments 1 of 20 streams',
      'Alerts 20 from its first threat on a stream goes on for 9.5 events',
    ])
      expect(textOf(page()).replaceAll('\u00A0', ' ')).toContain(said)
    expect(textOf(page({ alertsPerDay: 41.6, dwellEvents: null }))).toContain('Alerts 20 42 a day; no threat happened')
  })

  it('draws streams, and nothing that needs independent rows', () => {
    const ids = [...page().matchAll(/aria-labelledby="([\w-]+)-title/g)].map(([, id]) => id)
    expect(ids.slice(0, 8)).toEqual([
      'returns',
      'ledger',
      'members',
      'stop-level',
      'validity',
      'timeline-contained',
      'attacks',
      'diversity',
    ])
    expect(textOf(page())).not.toContain('Confusion matrix')
    expect(textOf(page())).toContain('Validation return +1.40')
  })

  it('shows of each rule the score that did best on validation, but not the score of the team itself', () => {
    const [bars] = page().match(/<desc id="returns-description">[^<]+/)!
    expect(bars).toMatch(/exact optimum −2\.20, Team −2\.30, ladder −2\.50, per-event −4\.90$/)
    expect(textOf(page())).toContain('ladder on team −2.350')
  })

  it('shows what a budget of alerts costs, and a rule that keeps it as often', () => {
    const stl = [sampleSpecification()]
    const rule = { score: 'belief', parameters: {}, surcharge: 0.5, laxShare: 0, isAsSatisfied: true }
    const alertBudget = {
      prices: stl.map((_, s) => (s === 0 ? 0.25 : null)),
      rule: {
        ...sampleResponse().members[0],
        ...rule,
        returnMean: -2.44,
        satisfied: stl.map(() => 0.875),
        low: -0.1,
        high: 0.4,
      },
    }
    const evaluation = sampleResponseEvaluation({ stl, response: { alertBudget } })
    const markup = renderReport({ config: {}, metrics: [sampleMetrics(1)], evaluation })
    const text = textOf(markup).replaceAll('\u00A0', ' ')
    expect(text).toContain(`Under ${stl[0].name} training charged −0.250 for each alert beside its cost.`)
    expect(text).toMatch(/ladders on belief (87\.5 % )+−2\.440/)
    expect(textOf(page())).not.toContain('The price of the alert budget')
  })

  it('steps through a stream without a script: one choice for each event', () => {
    const markup = page({ timelines: [sampleTimeline(), sampleTimeline({ kind: 'missed' })] })
    expect(markup.match(/<input type="radio" name="step-contained"/g)).toHaveLength(6)
    expect(markup.match(/checked="checked"/g)).toHaveLength(2)
    expect(markup).not.toContain('<script')
    const text = textOf(markup).replaceAll('\u00A0', ' ')
    expect(text).toContain(
      'Event 2, benign threat score 0.400, belief 0.050. Votes: alert, alert, alert, allow. The team does alert; reward −0.98.',
    )
    expect(text).toContain('Event 3, threat threat score 0.100, belief 0.600, verdict in 5 events.')
    expect(text).toContain('Event 5, threat never happened: the stream had been ended.')
    expect(text).toContain('Stream 3, 18 events; its return is at the right. 12 events after are not shown.')
    const ids = [...markup.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('says what hangs on blocked intruders', () => {
    const { validity } = sampleResponse()
    const blockedIntruder = { 'fail-soft': -2.3, 'fail-stop': -1.9, retry: -2.8 }
    expect(textOf(page({ validity: { ...validity, blockedIntruder } }))).toContain('return under retry −2.800')
    expect(textOf(page())).not.toContain('return under retry')
  })

  it('is drawn without timelines, attacks and rules of note', () => {
    const { references } = sampleResponse()
    const bare = page({ timelines: [], attacks: [], references: references.slice(0, 3) })
    expect(bare).not.toContain('Streams, step by step')
    expect(bare).not.toMatch(/NaN|Infinity|undefined/)
  })
})
